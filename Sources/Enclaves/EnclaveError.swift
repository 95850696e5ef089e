import Cedar

/// Everything that is wrong in an enclave folder; the enclave does not open before all of it is put right.
package struct EnclaveError: Error, Hashable, Sendable, CustomStringConvertible {
    package let problems: [EnclaveProblem]

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// One thing that is wrong in one file of an enclave.
package struct EnclaveProblem: Hashable, Sendable, CustomStringConvertible {
    /// Relative to the enclave folder.
    package let file: String
    /// From 1; nil where the whole file is meant.
    package let line: Int?
    /// What is wrong and what to do. May go on over several lines, with the faulty line and a caret below it.
    package let message: String
    private let place: String

    init(file: String, line: Int? = nil, message: String) {
        self.file = file
        self.line = line
        self.message = message
        place = line.map { "\(file):\($0)" } ?? file
    }

    init(_ error: ParseError) {
        file = error.location.file
        line = error.location.line
        place = error.location.description
        let lines = [error.message, error.snippet] + (error.expected.isEmpty ? [] : [
            "  = expected: " + error.expected.joined(separator: ", ")
        ])
        message = (lines + (error.hint.map { ["  = hint: \($0)"] } ?? [])).filter { !$0.isEmpty }.joined(separator: "\n")
    }

    package var description: String { "\(place): \(message)" }
}

/// Collects what is wrong in one file, so that it can be reported at once.
final class ProblemLog {
    let file: String
    private(set) var problems: [EnclaveProblem] = []

    /// So that a file of another kind does not fill the screen.
    private static let limit = 50

    init(file: String) {
        self.file = file
    }

    func report(_ line: Int?, _ message: String) {
        guard problems.count < Self.limit else { return }
        problems.append(EnclaveProblem(file: file, line: line, message: message))
    }

    func report(_ errors: ParseErrors) {
        for error in errors.errors.prefix(Self.limit - problems.count) { problems.append(EnclaveProblem(error)) }
    }
}
