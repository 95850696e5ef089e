/// Checks entities and requests against a schema.
public struct Conformance: Sendable {
    let schema: Schema

    public init(schema: Schema) {
        self.schema = schema
    }

    /// Checks that an entity is of a declared type and has the attributes, tags and parents that the type allows; an
    /// action must be as it was declared.
    public func check(_ entity: Entity) throws(EntityError) {
        let uid = entity.uid
        if uid.type.isAction {
            try checkAction(entity)
            return
        }
        guard let type = schema.entityType(uid.type) else {
            throw .nonconforming(uid, "its type is not declared")
        }
        if let problem = problem(with: uid) { throw .nonconforming(uid, problem) }
        if let problem = problem(with: entity.attributes, as: type.attributes) {
            throw .nonconforming(uid, problem)
        }
        for parent in entity.parents {
            guard type.ancestors.contains(parent.type) else {
                throw .nonconforming(uid, "it cannot be in an entity of type \(parent.type)")
            }
            if let problem = problem(with: parent) { throw .nonconforming(uid, problem) }
        }
        guard !entity.tags.isEmpty else { return }
        guard let tagType = type.tags else { throw .nonconforming(uid, "its type has no tags") }
        for (name, value) in entity.tags.sorted(by: { $0.key < $1.key }) {
            if let problem = problem(with: value, as: tagType) {
                throw .nonconforming(uid, "tag `\(name)`: \(problem)")
            }
        }
    }

    private func checkAction(_ entity: Entity) throws(EntityError) {
        guard let action = schema.action(entity.uid) else {
            throw .nonconforming(entity.uid, "the action is not declared")
        }
        var ancestors = entity.parents
        for parent in entity.parents { ancestors.formUnion(schema.action(parent)?.ancestors ?? []) }
        guard ancestors == action.ancestors, entity.attributes.isEmpty, entity.tags.isEmpty else {
            throw .actionMismatch(entity.uid)
        }
    }

    /// Checks that the action applies to principal and resource, and that the context is of the declared type.
    public func check(_ request: Request) throws(RequestError) {
        guard let action = schema.action(request.action) else { throw .undeclaredAction(request.action) }
        for uid in [request.principal, request.resource] {
            if let problem = problem(with: uid) { throw .invalidEntity(uid, problem) }
        }
        guard action.principalTypes.contains(request.principal.type) else {
            throw .invalidPrincipalType(request.principal.type, action: action.uid)
        }
        guard action.resourceTypes.contains(request.resource.type) else {
            throw .invalidResourceType(request.resource.type, action: action.uid)
        }
        if let problem = problem(with: request.context, as: action.context) {
            throw .invalidContext(problem, action: action.uid)
        }
    }

    // MARK: Values

    /// What is wrong with an entity's identity: an undeclared type, or an id that its enumeration lacks.
    func problem(with uid: EntityUID) -> String? {
        if uid.type.isAction {
            return schema.action(uid) == nil ? "the action \(uid) is not declared" : nil
        }
        guard let type = schema.entityType(uid.type) else { return "the type \(uid.type) is not declared" }
        guard let enumeration = type.enumeration, !enumeration.contains(uid.id) else { return nil }
        return "the type \(uid.type) has no entity \(uid.id.quoted)"
    }

    func problem(with attributes: [CedarString: Value], as type: RecordType) -> String? {
        fits(attributes, type) ? nil : firstProblem(with: attributes, as: type)
    }

    /// Whether there is no problem, without the sorting that it takes to always name the same one.
    private func fits(_ attributes: [CedarString: Value], _ type: RecordType) -> Bool {
        var found = 0
        for (name, attribute) in type.attributes {
            guard let value = attributes[name] else {
                if attribute.isRequired { return false }
                continue
            }
            found += 1
            if problem(with: value, as: attribute.type) != nil { return false }
        }
        return found == attributes.count
    }

    private func firstProblem(with attributes: [CedarString: Value], as type: RecordType) -> String? {
        for (name, attribute) in type.attributes.sorted(by: { $0.key < $1.key }) {
            guard let value = attributes[name] else {
                if attribute.isRequired { return "the attribute `\(name)` is missing" }
                continue
            }
            if let problem = problem(with: value, as: attribute.type) { return "attribute `\(name)`: \(problem)" }
        }
        return attributes.keys.sorted().first { type.attributes[$0] == nil }
            .map { "the attribute `\($0)` is not declared" }
    }

    func problem(with value: Value, as type: SchemaType) -> String? {
        switch (type, value) {
        case (.bool, .bool), (.long, .long), (.string, .string), (.decimal, .decimal), (.ipaddr, .ip),
            (.datetime, .datetime), (.duration, .duration):
            return nil
        case (.entity(let name), .entity(let uid)) where uid.type == name:
            return problem(with: uid)
        case (.set(let element), .set(let members)):
            for member in members {
                if let problem = problem(with: member, as: element) { return "in the set: \(problem)" }
            }
            return nil
        case (.record(let record), .record(let attributes)):
            return problem(with: attributes, as: record)
        default: return "\(value.kind) where \(type) is declared"
        }
    }
}

/// Why a request does not fit a schema.
public enum RequestError: Error, Hashable, Sendable, CustomStringConvertible {
    case undeclaredAction(EntityUID)
    case invalidEntity(EntityUID, String)
    case invalidPrincipalType(EntityTypeName, action: EntityUID)
    case invalidResourceType(EntityTypeName, action: EntityUID)
    case invalidContext(String, action: EntityUID)

    public var description: String {
        switch self {
        case .undeclaredAction(let uid): "the action \(uid) is not declared"
        case .invalidEntity(let uid, let problem): "\(uid): \(problem)"
        case .invalidPrincipalType(let type, let action): "\(action) does not apply to principals of type \(type)"
        case .invalidResourceType(let type, let action): "\(action) does not apply to resources of type \(type)"
        case .invalidContext(let problem, let action): "the context of \(action): \(problem)"
        }
    }
}
