/// An entity as it is put into a store.
public struct Entity: Hashable, Sendable {
    public let uid: EntityUID
    public var attributes: [CedarString: Value]
    /// The entities directly above; they need not be in the store themselves.
    public var parents: Set<EntityUID>
    public var tags: [CedarString: Value]

    public init(
        uid: EntityUID, attributes: [CedarString: Value] = [:], parents: Set<EntityUID> = [],
        tags: [CedarString: Value] = [:]
    ) {
        self.uid = uid
        self.attributes = attributes
        self.parents = parents
        self.tags = tags
    }
}

/// Why entities cannot be stored.
public enum EntityError: Error, Hashable, Sendable, CustomStringConvertible {
    case duplicate(EntityUID)
    case cycle(EntityUID)
    case tooManyAncestors(limit: Int)
    /// The text is not JSON, or its JSON is not a list of entities that can be stored.
    case malformed(ParseErrors)
    /// The entity contradicts the schema.
    case nonconforming(EntityUID, String)
    /// An action differs from what the schema says of it.
    case actionMismatch(EntityUID)

    public var description: String {
        switch self {
        case .duplicate(let uid): "\(uid) is given twice, with different content"
        case .cycle(let uid): "\(uid) is above itself"
        case .tooManyAncestors(let limit): "the entities have more than \(limit) ancestors in all"
        case .malformed(let errors): errors.description
        case .nonconforming(let uid, let message): "\(uid): \(message)"
        case .actionMismatch(let uid): "\(uid) is not as the schema declares it"
        }
    }
}
