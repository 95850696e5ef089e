/// Which types of entities there are, and which actions apply to which.
public struct Schema: Sendable {
    /// By name; actions have types that are not among these.
    public let entityTypes: [EntityTypeName: EntityType]
    public let actions: [EntityUID: Action]

    /// Reads a schema in human syntax.
    public init(parsing source: String, file: String = "schema") throws(ParseErrors) {
        try self.init(parsing: Array(source.utf8), file: file)
    }

    /// Reads a schema in human syntax from bytes, which must be UTF-8.
    public init(parsing source: [UInt8], file: String = "schema") throws(ParseErrors) {
        let text = try SourceText.bounded(file: file, bytes: source)
        let declarations: [SchemaSyntax.Namespace]
        do {
            declarations = try SchemaParser.parse(text)
        } catch {
            throw ParseErrors([error])
        }
        self = try SchemaResolver.resolve(declarations, in: text)
    }

    init(entityTypes: [EntityTypeName: EntityType], actions: [EntityUID: Action]) {
        self.entityTypes = entityTypes
        self.actions = actions
    }

    public func entityType(_ name: EntityTypeName) -> EntityType? { entityTypes[name] }

    public func action(_ uid: EntityUID) -> Action? { actions[uid] }

    /// Whether the type is one that declared actions have.
    public func isActionType(_ name: EntityTypeName) -> Bool { actions.keys.contains { $0.type == name } }

    /// The declared actions as entities: no attributes, and the groups that they are in as parents.
    public var actionEntities: [Entity] {
        actions.values.map { Entity(uid: $0.uid, parents: $0.parents) }
    }
}

/// A declared type of entities.
public struct EntityType: Hashable, Sendable {
    public let name: EntityTypeName
    /// The types that the declaration lists after `in`.
    public let memberOf: Set<EntityTypeName>
    /// All types that an entity may be below: `memberOf` and theirs. May contain the type itself.
    public let ancestors: Set<EntityTypeName>
    public let attributes: RecordType
    /// The type of all tags, if the entities may have any.
    public let tags: SchemaType?
    /// The only ids there are, for a type declared with `enum`; in the order of the declaration.
    public let enumeration: [CedarString]?
    public let annotations: [Annotation]

    public static func == (left: EntityType, right: EntityType) -> Bool {
        left.name == right.name && left.memberOf == right.memberOf && left.attributes == right.attributes
            && left.tags == right.tags && left.enumeration == right.enumeration
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
    }
}

/// A declared action, which may also be a group of actions.
public struct Action: Sendable {
    public let uid: EntityUID
    /// The groups that the declaration lists after `in`.
    public let parents: Set<EntityUID>
    /// All groups that the action is in.
    public let ancestors: Set<EntityUID>
    /// The types of principals that may be asked about; empty for an action without `appliesTo`.
    public let principalTypes: Set<EntityTypeName>
    /// The types of resources that may be asked about; empty for an action without `appliesTo`.
    public let resourceTypes: Set<EntityTypeName>
    public let context: RecordType
    public let annotations: [Annotation]
}
