/// One thing that is wrong in a policy, schema or JSON text: where, what, what was expected, and what may help.
public struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, in one sentence without a full stop.
    public let message: String
    public let location: SourceLocation
    /// The line with carets below the place.
    public let snippet: String
    /// What could have stood there; empty where a list would not help.
    public let expected: [String]
    /// What the writer probably meant.
    public let hint: String?

    package init(
        _ message: String, at span: SourceSpan, in source: SourceText, expected: [String] = [], hint: String? = nil
    ) {
        self.message = message
        self.location = source.location(of: span)
        self.snippet = source.snippet(span)
        self.expected = expected
        self.hint = hint
    }

    public var description: String {
        var lines = ["\(location): error: \(message)"]
        if !snippet.isEmpty { lines.append(snippet) }
        if !expected.isEmpty { lines.append("  = expected: \(expected.joined(separator: ", "))") }
        if let hint { lines.append("  = hint: \(hint)") }
        return lines.joined(separator: "\n")
    }
}

/// Everything that is wrong in one or more texts; never empty.
public struct ParseErrors: Error, Hashable, Sendable, CustomStringConvertible {
    public let errors: [ParseError]

    init(_ errors: [ParseError]) {
        self.errors = errors
    }

    public var description: String {
        errors.map(\.description).joined(separator: "\n")
    }
}

/// Bounds on what the parsers take. Each error that reports one of them gives both numbers.
public enum Limits {
    /// Errors that are collected from one text, or from one policy in validation.
    public static let reportedErrors = 50
    /// Bytes of one policy or schema text.
    public static let sourceBytes = 8 << 20
    /// Height of an expression tree, and of nested types in a schema.
    public static let expressionHeight = 200
    /// Names in a type after all common types are written out.
    public static let typeSize = 100_000
    /// Pairs of an action, or of an entity type, and something above it.
    public static let schemaAncestors = 1_000_000
    /// Pairs of an entity and something above it in one store.
    public static let entityAncestors = 16_000_000
    /// Nesting of arrays and objects in JSON.
    public static let jsonDepth = 64
    /// Nesting of arrays and objects in JSON policies and schemas: two for each level of an expression or a type, and
    /// those around it.
    public static let policyJSONDepth = 2 * expressionHeight + 16
}
