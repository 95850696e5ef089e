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
        var lines = [error.message]
        if !error.snippet.isEmpty { lines.append(error.snippet) }
        if !error.expected.isEmpty { lines.append("  = expected: " + error.expected.joined(separator: ", ")) }
        if let hint = error.hint { lines.append("  = hint: \(hint)") }
        self.init(error.location, message: lines.joined(separator: "\n"))
    }

    init(_ error: ValidationError) {
        var lines = [error.message]
        if !error.snippet.isEmpty { lines.append(error.snippet) }
        if let hint = error.hint { lines.append("  = hint: \(hint)") }
        self.init(error.location, message: lines.joined(separator: "\n"))
    }

    init(_ warning: ValidationWarning) {
        var lines = [warning.message]
        if !warning.snippet.isEmpty { lines.append(warning.snippet) }
        if let hint = warning.hint { lines.append("  = hint: \(hint)") }
        self.init(warning.location, message: lines.joined(separator: "\n"))
    }

    init(_ place: SourceLocation, message: String) {
        file = place.file
        line = place.line
        self.place = place.description
        self.message = message
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

    /// About another file than the log's own.
    func report(file: String, _ message: String) {
        problems.append(EnclaveProblem(file: file, message: message))
    }

    func report(_ errors: [ValidationError]) {
        problems += errors.prefix(max(0, Self.limit - problems.count)).map(EnclaveProblem.init)
    }

    func report(policy place: SourceLocation, _ message: String) {
        problems.append(EnclaveProblem(place, message: message))
    }

    func report(_ errors: ParseErrors) {
        for error in errors.errors.prefix(max(0, Self.limit - problems.count)) {
            problems.append(EnclaveProblem(error))
        }
    }
}
