extension Entities {
    /// Reads the JSON form of entities: a list of `{"uid": …, "attrs": …, "parents": …, "tags": …}`, the last of which
    /// may be missing.
    ///
    /// With a schema every entity is checked against it, and the actions that it declares become part of the store.
    public init(json: [UInt8], schema: Schema?, file: String = "entities") throws(EntityError) {
        let source = SourceText(file: file, bytes: json)
        let document: JSONValue
        do {
            document = try JSONReader.read(source)
        } catch {
            throw .malformed(ParseErrors([error]))
        }
        try self.init(document, in: source, schema: schema)
    }

    init(_ document: JSONValue, in source: SourceText, schema: Schema?) throws(EntityError) {
        let reader = EntityReader(values: ValueReader(source: source), schema: schema)
        var entities: [Entity] = []
        do {
            entities = try reader.entities(document)
        } catch {
            throw .malformed(ParseErrors([error]))
        }
        guard let schema else {
            try self.init(entities)
            return
        }
        let conformance = Conformance(schema: schema)
        var stored: [Entity] = []
        for entity in entities {
            try conformance.check(entity)
            if !entity.uid.type.isAction { stored.append(entity) }
        }
        try self.init(stored + schema.actionEntities)
    }
}

/// Reads entities out of JSON, with the types that the schema gives to their attributes and tags.
struct EntityReader {
    let values: ValueReader
    let schema: Schema?

    func entities(_ document: JSONValue) throws(ParseError) -> [Entity] {
        guard let elements = document.elements else {
            throw values.error("\(document.shown) where a list of entities belongs", at: document)
        }
        var entities: [Entity] = []
        entities.reserveCapacity(elements.count)
        for element in elements { entities.append(try entity(element)) }
        return entities
    }

    private func entity(_ json: JSONValue) throws(ParseError) -> Entity {
        guard json.members != nil else { throw values.error("\(json.shown) where an entity belongs", at: json) }
        guard let uidJSON = json["uid"], let attributesJSON = json["attrs"], let parentsJSON = json["parents"] else {
            throw values.error("an entity needs `uid`, `attrs` and `parents`", at: json)
        }
        let uid = try values.uid(uidJSON)
        let type = schema?.entityType(uid.type)
        guard let parentList = parentsJSON.elements else {
            throw values.error("\(parentsJSON.shown) where a list of parents belongs", at: parentsJSON)
        }
        var parents: Set<EntityUID> = []
        for parent in parentList { parents.insert(try values.uid(parent)) }
        var tags: [CedarString: Value] = [:]
        if let tagsJSON = json["tags"] {
            guard let members = tagsJSON.members else {
                throw values.error("\(tagsJSON.shown) where tags belong", at: tagsJSON)
            }
            for member in members { tags[member.key] = try values.value(member.value, type?.tags) }
        }
        return Entity(
            uid: uid, attributes: try values.record(attributesJSON, type?.attributes), parents: parents, tags: tags)
    }
}

extension Request {
    /// A request whose context is JSON, read by the type that the schema gives to the action's context.
    public init(
        principal: EntityUID, action: EntityUID, resource: EntityUID, contextJSON: [UInt8], schema: Schema?,
        file: String = "context"
    ) throws(ParseErrors) {
        let source = SourceText(file: file, bytes: contextJSON)
        do {
            let document = try JSONReader.read(source)
            try self.init(
                principal: principal, action: action, resource: resource, context: document, in: source,
                schema: schema)
        } catch {
            throw ParseErrors([error])
        }
    }

    init(
        principal: EntityUID, action: EntityUID, resource: EntityUID, context: JSONValue, in source: SourceText,
        schema: Schema?
    ) throws(ParseError) {
        let reader = ValueReader(source: source)
        self.init(
            principal: principal, action: action, resource: resource,
            context: try reader.record(context, schema?.action(action)?.context))
    }
}
