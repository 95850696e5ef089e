extension Entities {
    /// Reads the JSON form of entities: a list of `{"uid": …, "attrs": …, "parents": …, "tags": …}`, the last of which
    /// may be missing.
    ///
    /// With a schema every entity is checked against it, and the actions that it declares become part of the store.
    /// The only error is `malformed`: each entity that cannot be read or contradicts the schema is reported where it
    /// stands, up to `Limits.reportedErrors`; or an entity that stands there twice or above itself.
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
        do {
            self = try reader.store(document)
        } catch {
            throw .malformed(error)
        }
    }
}

/// Reads entities out of JSON, with the types that the schema gives to their attributes and tags.
struct EntityReader {
    let values: ValueReader
    let schema: Schema?

    /// The store of all entities of a list, or what is wrong with each of them.
    func store(_ document: JSONValue) throws(ParseErrors) -> Entities {
        guard let elements = document.elements else {
            throw ParseErrors([
                values.error(
                    "\(document.shown) where a list of entities belongs", at: document,
                    expected: ["`[{\"uid\": …, \"attrs\": …, \"parents\": …}, …]`"])
            ])
        }
        var entities: [Entity] = []
        entities.reserveCapacity(elements.count)
        var errors: [ParseError] = []
        for element in elements where errors.count < Limits.reportedErrors {
            do {
                let entity = try entity(element)
                if let error = contradiction(entity, element) {
                    errors.append(error)
                } else if schema == nil || !entity.uid.type.isAction {
                    entities.append(entity)
                }
            } catch {
                errors.append(error)
            }
        }
        guard errors.isEmpty else { throw ParseErrors(errors) }
        do {
            return try Entities(entities + (schema?.actionEntities ?? []))
        } catch {
            throw ParseErrors([located(error, elements)])
        }
    }

    /// How an entity contradicts the schema, at the place where it does.
    private func contradiction(_ entity: Entity, _ json: JSONValue) -> ParseError? {
        guard let schema else { return nil }
        let conformance = Conformance(schema: schema)
        if entity.uid.type.isAction {
            do {
                try conformance.check(entity)
                return nil
            } catch {
                return values.error(
                    error.description, at: json["uid"] ?? json,
                    hint: "actions need not be listed: the schema adds those that it declares")
            }
        }
        guard let problem = conformance.problem(with: entity) else { return nil }
        let place: JSONValue?
        switch problem.part {
        case .uid: place = json["uid"]
        case .attributes: place = json["attrs"]
        case .attribute(let name): place = json["attrs"]?[name]
        case .parent(let uid):
            place = json["parents"]?.elements?.first { parent in (try? values.uid(parent)) == uid }
        case .tags: place = json["tags"]
        case .tag(let name): place = json["tags"]?[name]
        }
        return values.error("\(entity.uid): \(problem.message)", at: place ?? json)
    }

    /// Why entities do not form a store, at the last of those that the error speaks of.
    private func located(_ error: EntityError, _ elements: [JSONValue]) -> ParseError {
        let uid: EntityUID?
        switch error {
        case .duplicate(let duplicate): uid = duplicate
        case .cycle(let member): uid = member
        default: uid = nil
        }
        let place = uid.flatMap { uid in
            elements.reversed().compactMap { $0["uid"] }.first { (try? values.uid($0)) == uid }
        }
        return ParseError(error.description, at: place?.span ?? SourceSpan(0, 1), in: values.source)
    }

    private func entity(_ json: JSONValue) throws(ParseError) -> Entity {
        guard json.members != nil else { throw values.error("\(json.shown) where an entity belongs", at: json) }
        guard let uidJSON = json["uid"], let attributesJSON = json["attrs"], let parentsJSON = json["parents"] else {
            let missing = (["uid", "attrs", "parents"] as [CedarString]).filter { json[$0] == nil }
            throw values.error(
                "an entity without \(missing.map { "`\($0)`" }.joined(separator: " and "))", at: json,
                expected: ["`{\"uid\": …, \"attrs\": …, \"parents\": …}`"],
                hint: "where it has none, write `\"attrs\": {}` and `\"parents\": []`")
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

extension Conformance {
    /// Reads the context of requests for an action by the type that the schema gives it, and checks it; what is wrong
    /// is reported where it stands.
    public func context(
        json: [UInt8], for action: EntityUID, file: String = "context"
    ) throws(ParseErrors) -> [CedarString: Value] {
        let source = SourceText(file: file, bytes: json)
        do throws(ParseError) {
            let document = try JSONReader.read(source)
            guard let type = schema.action(action)?.context else {
                throw ParseError("the action \(action) is not declared", at: document.span, in: source)
            }
            let values = ValueReader(source: source)
            let context = try values.record(document, type)
            guard problem(with: context, as: type) != nil,
                let (message, name) = firstProblem(with: context, as: type)
            else { return context }
            throw values.error("the context of \(action): \(message)", at: name.flatMap { document[$0] } ?? document)
        } catch {
            throw ParseErrors([error])
        }
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
