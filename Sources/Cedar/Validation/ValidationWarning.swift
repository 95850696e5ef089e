/// Something in a policy that is allowed but probably not meant. A policy with warnings is valid.
public struct ValidationWarning: Hashable, Sendable, CustomStringConvertible {
    public enum Kind: String, Hashable, Sendable {
        /// The conditions are false for every kind of request that the schema allows.
        case impossiblePolicy
        /// A string or pattern holds characters that change the direction in which text is shown, so that an editor
        /// may show it in another order than it is read.
        case bidirectionalString
        /// A string or pattern mixes scripts, as a Latin word with a Cyrillic letter does.
        case mixedScriptString
        /// As `bidirectionalString`, in an attribute's name or an entity's id.
        case bidirectionalIdentifier
        /// An attribute's name or an entity's id holds a character that is neither printable ASCII nor within the
        /// General Security Profile for Identifiers of UTS 39: an invisible or control character, an emoji, a letter
        /// of a dead script.
        case restrictedIdentifier
        /// As `mixedScriptString`, in an attribute's name or an entity's id.
        case mixedScriptIdentifier
    }

    public let policy: PolicyID
    public let kind: Kind
    /// What stands out, in one sentence without a full stop.
    public let message: String
    public let location: SourceLocation
    /// The line with carets below the place.
    public let snippet: String
    public let hint: String?

    init(_ kind: Kind, _ message: String, at span: SourceSpan, in policy: Policy, hint: String? = nil) {
        self.policy = policy.id
        self.kind = kind
        self.message = message
        location = policy.source.location(of: span)
        snippet = policy.source.snippet(span)
        self.hint = hint
    }

    public var description: String {
        var lines = ["\(location): warning in `\(policy)`: \(message)"]
        if !snippet.isEmpty { lines.append(snippet) }
        if let hint { lines.append("  = hint: \(hint)") }
        return lines.joined(separator: "\n")
    }
}
