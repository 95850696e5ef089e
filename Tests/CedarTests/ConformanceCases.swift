import Foundation
import Testing

@testable import Cedar

/// The official cases, in the folder `../shared/cedar` beside the package.
enum ConformanceCases {
    /// Found from the place of this file: `Tests/CedarTests` below the root of the package.
    static let folder: URL = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "shared/cedar")

    static var arePresent: Bool { FileManager.default.fileExists(atPath: folder.path) }

    static let absence: Comment =
        "skipped: the folder ../shared/cedar with the official cases is not beside the package"

    /// The lines of a file, unpacked if its name ends in `gz`.
    static func lines(_ name: String) async throws -> [[UInt8]] {
        let url = folder.appending(path: name)
        let data = name.hasSuffix(".gz") ? try await unpack(url) : try Data(contentsOf: url)
        return [UInt8](data).split(separator: 0x0A).map(Array.init)
    }

    /// Waits for `gzip` on a thread of its own: the pool that runs the tests has one thread for each core.
    private static func unpack(_ url: URL) async throws -> Data {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread {
                continuation.resume(
                    with: Result {
                        let process = Process()
                        let output = Pipe()
                        process.executableURL = URL(filePath: "/usr/bin/env")
                        process.arguments = ["gzip", "-dc", url.path]
                        process.standardOutput = output
                        try process.run()
                        return try output.fileHandleForReading.readToEnd() ?? Data()
                    })
            }
            thread.start()
        }
    }
}

/// One line of a file of cases.
struct ConformanceCase {
    let name: String
    let document: JSONValue
    let source: SourceText

    init(line: [UInt8]) throws {
        source = SourceText(file: "case", bytes: line)
        document = try JSONReader.read(source)
        name = document["name"]?.string?.description ?? ""
    }

    func text(_ key: CedarString) throws -> [UInt8] { try #require(document[key]?.string).utf8 }

    var shouldValidate: Bool {
        if case .bool(true)? = document["shouldValidate"]?.kind { true } else { false }
    }

    var requests: [JSONValue] { document["requests"]?.elements ?? [] }

    func request(_ json: JSONValue, schema: Schema?) throws -> Request {
        let values = ValueReader(source: source)
        return try Request(
            principal: values.uid(try #require(json["principal"])), action: values.uid(try #require(json["action"])),
            resource: values.uid(try #require(json["resource"])), context: try #require(json["context"]), in: source,
            schema: schema)
    }
}

/// What the authorizer said and what it should have said, as one line to compare.
func outcome(decision: String, reasons: some Sequence<String>, hasErrors: Bool) -> String {
    "\(decision) \(reasons.sorted()) \(hasErrors ? "errors" : "no errors")"
}

func outcome(_ response: Response) -> String {
    outcome(
        decision: response.decision.rawValue, reasons: response.determiningPolicies.map(\.description),
        hasErrors: !response.errors.isEmpty)
}
