/// One thing that strict validation finds wrong with a policy.
public struct ValidationError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: String, Hashable, Sendable {
        case unknownEntityType, unknownEntity, unknownAction
        /// No kind of request that the schema allows can match the scope.
        case noApplicableAction
        case unexpectedType, incompatibleTypes
        case unknownAttribute, unguardedAttribute
        case noTags, unguardedTag
        case emptySet
        case extensionCall
        case tooDeep
        /// Entities are read beyond the maximum level.
        case levelExceeded
        /// Something is read from an entity that the policy names by its id, which no level allows.
        case literalDereferenced
    }

    public let policy: PolicyID
    public let kind: Kind
    /// What is wrong, in one sentence without a full stop.
    public let message: String
    public let location: SourceLocation
    /// The line with carets below the place.
    public let snippet: String
    public let hint: String?

    public var description: String {
        var lines = ["\(location): error in `\(policy)`: \(message)"]
        if !snippet.isEmpty { lines.append(snippet) }
        if let hint { lines.append("  = hint: \(hint)") }
        return lines.joined(separator: "\n")
    }
}

/// What strict validation found in a set of policies, in the order of the policies and their text.
public struct ValidationResult: Sendable {
    public let errors: [ValidationError]
    public let warnings: [ValidationWarning]

    /// Whether there are no errors; warnings are allowed.
    public var isValid: Bool { errors.isEmpty }
}
