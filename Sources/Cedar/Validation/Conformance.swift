/// Checks entities and requests against a schema.
public struct Conformance: Sendable {
    let schema: Schema

    public init(schema: Schema) {
        self.schema = schema
    }

    /// What is wrong with an entity, and in which part of it.
    struct EntityProblem {
        enum Part {
            case uid
            case attributes
            case attribute(CedarString)
            case parent(EntityUID)
            case tags
            case tag(CedarString)
        }

        let message: String
        let part: Part
    }

    /// Checks that an entity is of a declared type and has the attributes, tags and parents that the type allows; an
    /// action must be as it was declared.
    public func check(_ entity: Entity) throws(EntityError) {
        if entity.uid.type.isAction {
            try checkAction(entity)
        } else if let problem = problem(with: entity) {
            throw .nonconforming(entity.uid, problem.message)
        }
    }

    /// The first problem of an entity that is no action.
    func problem(with entity: Entity) -> EntityProblem? {
        guard let type = schema.entityType(entity.uid.type) else {
            return EntityProblem(message: "its type is not declared", part: .uid)
        }
        if let message = problem(with: entity.uid) { return EntityProblem(message: message, part: .uid) }
        if !fits(entity.attributes, type.attributes),
            let (message, name) = firstProblem(with: entity.attributes, as: type.attributes)
        {
            return EntityProblem(message: message, part: name.map { .attribute($0) } ?? .attributes)
        }
        for parent in entity.parents.count > 1 ? entity.parents.sorted() : Array(entity.parents) {
            guard type.ancestors.contains(parent.type) else {
                return EntityProblem(
                    message: "it cannot be in an entity of type \(parent.type)", part: .parent(parent))
            }
            if let message = problem(with: parent) { return EntityProblem(message: message, part: .parent(parent)) }
        }
        guard !entity.tags.isEmpty else { return nil }
        guard let tagType = type.tags else { return EntityProblem(message: "its type has no tags", part: .tags) }
        for (name, value) in entity.tags.sorted(by: { $0.key < $1.key }) {
            if let problem = problem(with: value, as: tagType) {
                return EntityProblem(message: "tag `\(name)`: \(problem)", part: .tag(name))
            }
        }
        return nil
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
        fits(attributes, type) ? nil : firstProblem(with: attributes, as: type)?.message
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

    /// With the name of the attribute, unless it is missing.
    func firstProblem(
        with attributes: [CedarString: Value], as type: RecordType
    ) -> (message: String, name: CedarString?)? {
        for (name, attribute) in type.attributes.sorted(by: { $0.key < $1.key }) {
            guard let value = attributes[name] else {
                if attribute.isRequired { return ("the attribute `\(name)` is missing", nil) }
                continue
            }
            if let problem = problem(with: value, as: attribute.type) {
                return ("attribute `\(name)`: \(problem)", name)
            }
        }
        return attributes.keys.sorted().first { type.attributes[$0] == nil }
            .map { ("the attribute `\($0)` is not declared", $0) }
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
