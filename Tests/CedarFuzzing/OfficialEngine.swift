package import Foundation

/// The official engine, asked by `cedar_peer.py` in the Python environment that `.ci/setup cedarpy` makes.
package struct OfficialEngine: Sendable {
    private static let folder = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()

    package let python: URL

    /// `CEDAR_PEER_PYTHON` in the environment, else `.cache/cedarpy` of the package; nil where there is neither.
    package static let installed: OfficialEngine? = {
        let given = ProcessInfo.processInfo.environment["CEDAR_PEER_PYTHON"].map { URL(filePath: $0) }
        let root = folder.deletingLastPathComponent().deletingLastPathComponent()
        let python = given ?? root.appending(path: ".cache/cedarpy/bin/python3")
        return FileManager.default.isExecutableFile(atPath: python.path) ? OfficialEngine(python: python) : nil
    }()

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// The lines of verdicts on lines of cases. Waits on a thread of its own, and speaks through files, which cannot
    /// fill up as pipes do.
    package func verdicts(on lines: [String]) async throws -> [String] {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread { continuation.resume(with: Result { try ask(lines) }) }
            thread.start()
        }
    }

    private func ask(_ lines: [String]) throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "cedar-peer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (cases, verdicts, errors) = (
            folder.appending(path: "cases"), folder.appending(path: "verdicts"), folder.appending(path: "errors")
        )
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: cases)
        for file in [verdicts, errors] { try Data().write(to: file) }
        let process = Process()
        process.executableURL = python
        process.arguments = [Self.folder.appending(path: "cedar_peer.py").path]
        process.standardInput = try FileHandle(forReadingFrom: cases)
        process.standardOutput = try FileHandle(forWritingTo: verdicts)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let said = String(decoding: try Data(contentsOf: errors).suffix(2000), as: UTF8.self)
            throw Failure(description: "cedar_peer.py ended with status \(process.terminationStatus): \(said)")
        }
        return String(decoding: try Data(contentsOf: verdicts), as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
