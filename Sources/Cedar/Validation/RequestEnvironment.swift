/// A kind of request that the schema allows: types of principal and resource, one action, the type of its context.
struct RequestEnvironment: Hashable, Sendable {
    let principal: EntityTypeName
    let action: EntityUID
    let resource: EntityTypeName
    let context: RecordType

    /// All kinds of requests that a schema allows, in a fixed order.
    static func all(in schema: Schema) -> [RequestEnvironment] {
        var environments: [RequestEnvironment] = []
        for action in schema.actions.values.sorted(by: { $0.uid < $1.uid }) {
            for principal in action.principalTypes.sorted() {
                for resource in action.resourceTypes.sorted() {
                    environments.append(
                        RequestEnvironment(
                            principal: principal, action: action.uid, resource: resource, context: action.context))
                }
            }
        }
        return environments
    }

    /// `User × Action::"read" × Document`.
    var shown: String { "\(principal) × \(action) × \(resource)" }
}

/// What strict validation asks of a schema again and again.
struct SchemaFacts: Sendable {
    let schema: Schema
    private let actionTypes: Set<EntityTypeName>

    init(_ schema: Schema) {
        self.schema = schema
        actionTypes = Set(schema.actions.keys.map(\.type))
    }

    func isActionType(_ name: EntityTypeName) -> Bool { actionTypes.contains(name) }

    /// Whether the type may stand after `is`.
    func isKnown(_ name: EntityTypeName) -> Bool { name.isAction || schema.entityType(name) != nil }

    /// Whether an entity of the first type can be one of the second type or below it.
    func canBeIn(_ type: EntityTypeName, _ group: EntityTypeName) -> Bool {
        if type == group { return true }
        if let entityType = schema.entityType(type) { return entityType.ancestors.contains(group) }
        return schema.actions.values.contains { action in
            action.uid.type == type && action.ancestors.contains { $0.type == group }
        }
    }

    /// Whether one action is another or in it.
    func isAction(_ action: EntityUID, in group: EntityUID) -> Bool {
        action == group || schema.action(action)?.ancestors.contains(group) ?? false
    }
}
