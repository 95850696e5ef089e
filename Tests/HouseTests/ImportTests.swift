import Foundation
import Testing

/// Holds the sources to the picture in docs/ARCHITECTURE.md: imports point downwards only.
@Suite("Imports")
struct ImportTests {
    /// What each room may import, besides the standard library.
    static let allowed: [String: Set<String>] = [
        "Cedar": ["Synchronization"],
        "CedarCases": ["Cedar", "Foundation"],
        "StrictJSON": [],
        "Labels": [],
        "Passages": ["Labels"],
        "Inspection": ["Passages"],
        "Sealing": ["CSealing", "Crypto", "Foundation", "Glibc", "Synchronization"],
        "LexicalSearch": ["CStemmer", "CUnistring", "Glibc"],
        "VectorSearch": ["CBLAS", "CVectorKernels", "Dispatch", "Glibc", "Synchronization"],
        "TextEmbedding": [
            "CBLAS", "CVectorKernels", "AsyncHTTPClient", "Crypto", "Dispatch", "Foundation", "Glibc", "NIOCore",
            "NIOFoundationCompat", "NIOHTTP1", "NIOPosix", "NIOSSL", "Synchronization",
        ],
        "AccessControl": ["Cedar", "Labels", "Synchronization"],
        "IndexStore": [
            "AccessControl", "Labels", "LexicalSearch", "Passages", "Sealing", "VectorSearch", "GRDB", "Dispatch",
            "Foundation", "Glibc",
            "Synchronization",
        ],
        "Enclaves": [
            "AccessControl", "Cedar", "Labels", "Passages", "Sealing", "Yams", "Crypto", "Foundation", "Glibc",
        ],
        "Ingest": [
            "Enclaves", "IndexStore", "Inspection", "Labels", "Passages", "Sealing", "StrictJSON", "TextEmbedding",
            "CMarkGFM",
            "CLibXML2", "Crypto", "Subprocess", "SystemPackage", "Foundation", "Glibc", "Synchronization", "Dispatch",
        ],
        "Retrieval": [
            "AccessControl", "IndexStore", "Inspection", "Labels", "LexicalSearch", "Passages", "StrictJSON",
            "TextEmbedding",
        ],
        "QueryService": [
            "AccessControl", "Cedar", "Enclaves", "IndexStore", "Ingest", "Inspection", "Labels", "Passages",
            "Retrieval", "Sealing", "StrictJSON", "TextEmbedding", "VectorSearch", "AsyncHTTPClient", "Crypto",
            "Foundation",
            "Glibc",
            "HTTPTypes", "Hummingbird", "HummingbirdCore", "JWTKit", "Logging", "NIOCore", "NIOFoundationCompat",
            "NIOHTTP1", "ServiceLifecycle", "Synchronization", "UnixSignals",
        ],
        "portcullis": [
            "CedarCases", "Enclaves", "IndexStore", "QueryService", "Retrieval", "Sealing", "TextEmbedding",
            "ArgumentParser",
            "Foundation",
            "Glibc", "Logging", "Synchronization",
        ],
    ]

    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The modules that the files of a room import, each with the file.
    static func imports(of room: String) throws -> [(file: String, module: String)] {
        let folder = root.appending(path: "Sources/\(room)")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        return try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.flatMap { file in
            try modules(in: String(contentsOf: file, encoding: .utf8)).map { (file.lastPathComponent, $0) }
        }
    }

    static func modules(in source: String) -> [String] {
        source.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ").drop {
                $0.hasPrefix("@") || ["package", "internal", "private"].contains($0)
            }
            return words.first == "import" ? words.dropFirst().first.map(String.init) : nil
        }
    }

    @Test("A room imports only what stands below it", arguments: allowed.keys.sorted())
    func importsPointDownwards(room: String) throws {
        let imports = try Self.imports(of: room)
        for (file, module) in imports where !Self.allowed[room, default: []].contains(module) {
            Issue.record("\(room)/\(file) imports \(module)")
        }
    }

    /// The control socket, and the sockets on which a verification asks its own process, are Unix domain sockets.
    @Test("What can open a connection is imported by the embedding endpoint and users of local sockets alone")
    func connectionsComeFromFewFiles() throws {
        let clients: Set = ["AsyncHTTPClient", "FoundationNetworking", "NIO", "NIOPosix", "NIOTransportServices"]
        let files = try Self.allowed.keys.flatMap { room in
            try Self.imports(of: room).filter { clients.contains($0.module) }.map { "\(room)/\($0.file)" }
        }
        #expect(
            Set(files) == [
                "TextEmbedding/EndpointConnection.swift", "QueryService/ControlClient.swift",
                "QueryService/TwinServices.swift",
            ])
    }

    @Test("Every room is in the picture, and the picture has no other")
    func everyRoomIsListed() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: "Sources").path)
        let rooms = Set(folders.filter { !$0.hasPrefix("C") || $0.hasPrefix("Cedar") })
        #expect(rooms == Set(Self.allowed.keys))
    }

    @Test("The reader of import lines sees every form of them")
    func readsImports() {
        let source = "import A\npackage import B\n@testable import C\n// import D\n@_spi(X) internal import E\n"
        #expect(Self.modules(in: source) == ["A", "B", "C", "E"])
    }

    @Test("Deliberate mistakes stay with the tests of the room that has them")
    func plantedFaultsStayInside() throws {
        for room in Self.allowed.keys where room != "VectorSearch" {
            let folder = Self.root.appending(path: "Sources/\(room)")
            for case let file as URL in try #require(
                FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
            where file.pathExtension == "swift" {
                #expect(
                    try !String(contentsOf: file, encoding: .utf8).contains("PlantedFault"), "\(file.lastPathComponent)"
                )
            }
        }
    }
}
