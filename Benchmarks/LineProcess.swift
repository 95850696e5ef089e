import Foundation
import Glibc

/// A Python script that answers line by line: one JSON object for each that it gets.
final class LineProcess {
    private let script: String
    private let process = Process()
    private let requests = Pipe()
    private let answers = Pipe()
    private var received = Data()

    /// Whether `.ci/setup` made an environment in this folder, to the end: it writes this file last.
    static func isThere(_ environment: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(environment)/requirements.txt")
    }

    init(script: String, arguments: [String] = [], environment: String) throws {
        self.script = script
        // A process that ended is an error to report, not a signal to die of.
        signal(SIGPIPE, SIG_IGN)
        process.executableURL = URL(filePath: "\(environment)/bin/python3")
        process.arguments = [script] + arguments
        process.standardInput = requests
        process.standardOutput = answers
        try process.run()
    }

    deinit {
        try? requests.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    func exchange<Answer: Decodable>(_ request: [String: some Encodable], for type: Answer.Type) throws -> Answer {
        try requests.fileHandleForWriting.write(contentsOf: JSONEncoder().encode(request) + Data("\n".utf8))
        while true {
            if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                defer { received = Data(received[(end + 1)...]) }
                return try JSONDecoder().decode(type, from: received[..<end])
            }
            let more = answers.fileHandleForReading.availableData
            guard !more.isEmpty else {
                throw UnexpectedAnswer(what: "\(script) ended; what it said stands above")
            }
            received += more
        }
    }
}
