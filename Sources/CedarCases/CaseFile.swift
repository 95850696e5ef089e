internal import Foundation

/// A file of cases: one JSON object a line, packed by gzip or not, or standard input.
public struct CaseFile: Sendable {
    /// Why the lines of a file cannot be read.
    public enum Failure: Error, CustomStringConvertible {
        case unreadable(path: String, reason: String)
        case notUnpacked(path: String, status: Int32)

        public var description: String {
            switch self {
            case .unreadable(let path, let reason): "\(path): \(reason)"
            case .notUnpacked(let path, let status):
                "\(path): gzip ended with status \(status); see whether `gzip -t` takes the file"
            }
        }
    }

    /// The path as it was given; `-` is standard input.
    public let path: String

    public init(path: String) {
        self.path = path
    }

    /// The lines that are not empty, without their ends. A file whose name ends in `.gz` is unpacked by `gzip`, on a
    /// thread of its own: whoever waits may be one of the few threads that everything else runs on.
    public func lines() async throws -> [[UInt8]] {
        let path = path
        let content = try await withCheckedThrowingContinuation { continuation in
            let thread = Thread { continuation.resume(with: Result { try Self.content(of: path) }) }
            thread.start()
        }
        return content.split(separator: 0x0A).map(Array.init)
    }

    private static func content(of path: String) throws -> [UInt8] {
        do {
            if path == "-" { return [UInt8](try FileHandle.standardInput.readToEnd() ?? Data()) }
            // Opened first, so that a file that is not there is reported in the same words, packed or not.
            let handle = try FileHandle(forReadingFrom: URL(filePath: path))
            guard path.hasSuffix(".gz") else { return [UInt8](try handle.readToEnd() ?? Data()) }
            return try unpack(handle, path)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure.unreadable(path: path, reason: error.localizedDescription)
        }
    }

    private static func unpack(_ packed: FileHandle, _ path: String) throws -> [UInt8] {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc"]
        process.standardInput = packed
        process.standardOutput = output
        try process.run()
        let content = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure.notUnpacked(path: path, status: process.terminationStatus)
        }
        return [UInt8](content)
    }
}
