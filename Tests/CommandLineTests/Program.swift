import Foundation
import TestSupport
import Testing

/// The built program, run as its users run it.
enum Program {
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Beside the bundle that holds these tests.
    static var url: URL {
        URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "portcullis")
    }

    static func start(_ arguments: [String]) throws -> RunningProgram {
        try RunningProgram(executable: url, arguments: arguments)
    }

    static func run(_ arguments: String...) async throws -> Outcome {
        try await start(arguments).outcome()
    }

    /// - Parameters:
    ///   - environment: What differs from the environment of the tests; nil takes a variable away.
    ///   - folder: The current folder.
    static func run(_ arguments: [String], environment: [String: String?], in folder: URL? = nil) async throws
        -> Outcome
    {
        var all = ProcessInfo.processInfo.environment
        for (name, value) in environment { all[name] = value }
        return try await RunningProgram(executable: url, arguments: arguments, environment: all, folder: folder)
            .outcome()
    }

    /// The model of the tests.
    static var model: URL { root.appending(path: ".cache/models/all-MiniLM-L6-v2") }

    /// The small enclave of the tests, with the real model.
    static func enclave(files: [String: String] = [:]) throws -> SampleEnclave {
        let settings = try #require(SampleEnclave.settings["portcullis.yaml"])
        let all = ["portcullis.yaml": settings.replacing("model: ../model", with: "model: \(model.path)")]
        return try SampleEnclave(files: all.merging(files) { $1 })
    }
}

/// A process of the program with its output in files, so that no pipe can fill up.
final class RunningProgram {
    let process = Process()
    private let folder: TemporaryFolder
    private var outputs: (output: URL, errors: URL) {
        (folder.url.appending(path: "output"), folder.url.appending(path: "errors"))
    }

    init(executable: URL, arguments: [String], environment: [String: String]? = nil, folder current: URL? = nil) throws
    {
        folder = try TemporaryFolder()
        if let environment { process.environment = environment }
        if let current { process.currentDirectoryURL = current }
        process.executableURL = executable
        process.arguments = arguments
        for (file, isOutput) in [(outputs.output, true), (outputs.errors, false)] {
            _ = FileManager.default.createFile(atPath: file.path, contents: nil)
            let handle = try FileHandle(forWritingTo: file)
            if isOutput { process.standardOutput = handle } else { process.standardError = handle }
        }
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    var errors: String { (try? String(contentsOf: outputs.errors, encoding: .utf8)) ?? "" }

    func outcome(within seconds: Int = 120) async throws -> Program.Outcome {
        for _ in 0..<(seconds * 20) where process.isRunning { try await Task.sleep(for: .milliseconds(50)) }
        if process.isRunning {
            process.terminate()
            Issue.record("the program did not end within \(seconds) seconds")
        }
        process.waitUntilExit()
        return Program.Outcome(
            status: process.terminationStatus, output: try String(contentsOf: outputs.output, encoding: .utf8),
            errors: errors)
    }

    /// Waits until standard error holds a text, and gives what follows it on the line.
    func wait(for text: String) async throws -> String {
        for _ in 0..<600 {
            if let range = errors.range(of: text) {
                let rest = errors[range.upperBound...]
                if let end = rest.firstIndex(of: "\n") { return String(rest[..<end]) }
            }
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw NotSaid(text: text, said: errors)
    }

    struct NotSaid: Error {
        let text: String
        let said: String
    }
}
