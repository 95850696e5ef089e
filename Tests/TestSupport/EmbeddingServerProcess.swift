package import Foundation

/// The embedding endpoint of the tests (Tests/EmbeddingServer) in a process of its own, which ends with this object.
package final class EmbeddingServerProcess {
    package let port: Int
    private let process = Process()
    private let folder: TemporaryFolder
    private var log: URL { folder.url.appending(path: "requests") }

    /// A request as the server saw it.
    package struct Request: Decodable, Sendable {
        package let path: String
        package let model: String
        package let texts: [String]
        package let encodingFormat: String
        package let authorization: String?
        /// Requests that were being answered when this one came, itself included.
        package let inFlight: Int
    }

    package struct NotStarted: Error {
        let said: String
    }

    /// - Parameters:
    ///   - programs: The folder of the built programs.
    ///   - certificate: Certificate and key (PEM), for TLS.
    package init(programs: URL = BuiltPrograms.folder, certificate: (file: URL, key: URL)? = nil) async throws {
        folder = try TemporaryFolder()
        let output = folder.url.appending(path: "output")
        _ = FileManager.default.createFile(atPath: output.path, contents: nil)
        process.executableURL = programs.appending(path: "EmbeddingServer")
        process.arguments =
            [folder.url.appending(path: "requests").path] + (certificate.map { [$0.file.path, $0.key.path] } ?? [])
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = process.standardOutput
        process.standardInput = FileHandle.nullDevice
        try process.run()
        port = try await Self.port(said: output, by: process)
    }

    deinit {
        if process.isRunning { process.terminate() }
    }

    private static func port(said output: URL, by process: Process) async throws -> Int {
        func said() -> String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }
        for _ in 0..<1200 {
            let lines = said().split(separator: "\n", omittingEmptySubsequences: false)
            if let line = lines.dropLast().first(where: { $0.hasPrefix("listening on ") }),
                let port = Int(line.dropFirst("listening on ".count))
            {
                return port
            }
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        process.terminate()
        throw NotStarted(said: said())
    }

    /// Every request so far, in their order.
    package func requests() throws -> [Request] {
        try String(contentsOf: log, encoding: .utf8).split(separator: "\n").map {
            try JSONDecoder().decode(Request.self, from: Data($0.utf8))
        }
    }
}

/// Where the programs of the package are, beside the bundle that holds the tests.
package enum BuiltPrograms {
    package static var folder: URL {
        URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
    }
}
