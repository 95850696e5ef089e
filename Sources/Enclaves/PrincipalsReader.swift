import AccessControl
import Cedar
import Labels

/// Reads `principals.yaml`.
struct PrincipalsReader {
    static let file = "principals.yaml"
    let attributes: AttributeReader
    /// Every purpose of use of the enclave; nil where the settings could not be read.
    let purposes: Set<ByteText>?
    let log: ProblemLog

    /// Nil after a report.
    func store(_ tree: YAMLTree) -> PrincipalStore? {
        guard var fields = YAMLFields(tree, path: "", log: log) else { return nil }
        let groupEntries = entries("groups", &fields)
        let groups = Set(groupEntries.map { CedarString($0.key) })
        var entities = groupEntries.compactMap { entry -> Entity? in
            entity(entry, type: SchemaRequirements.groupType, path: "groups", groups: groups)
        }
        var principals: [Principal] = []
        var ids: [CedarString: String] = [:]
        for (section, type) in [("people", Principal.personType), ("services", Principal.serviceType)] {
            for entry in entries(section, &fields) {
                if let other = ids.updateValue(section, forKey: CedarString(entry.key)) {
                    log.report(
                        entry.line,
                        "`\(section).\(entry.key)`: \(other) has the same id; ids of people and services differ")
                    continue
                }
                guard let (principal, entity) = principal(entry, type: type, path: section, groups: groups) else {
                    continue
                }
                principals.append(principal)
                entities.append(entity)
            }
        }
        entities += otherEntities(&fields)
        fields.refuseRest()
        guard log.problems.isEmpty else { return nil }
        do {
            return PrincipalStore(entities: try Entities(entities), principals: principals)
        } catch {
            log.report(nil, error.description)
            return nil
        }
    }

    private func entries(_ key: String, _ fields: inout YAMLFields) -> [YAMLTree.Entry] {
        guard let tree = fields.take(key), var inner = YAMLFields(tree, path: key, log: log) else { return [] }
        return inner.takeAll()
    }

    private func principal(
        _ entry: YAMLTree.Entry, type: EntityTypeName, path: String, groups: Set<CedarString>
    ) -> (Principal, Entity)? {
        var name = entry.key
        var allowed: Set<ByteText> = []
        let entity = entity(entry, type: type, path: path, groups: groups) { fields in
            name = fields.text("name", limit: 256)?.text ?? name
            for (purpose, line) in fields.texts("purposes") {
                if let purposes, !purposes.contains(ByteText(purpose)) {
                    log.report(
                        line,
                        "`\(fields.path(of: "purposes"))`: `\(purpose)` is not among the purposes of "
                            + SettingsReader.file)
                }
                allowed.insert(ByteText(purpose))
            }
        }
        return entity.map { (Principal(uid: $0.uid, displayName: name, purposes: allowed), $0) }
    }

    private func otherEntities(_ fields: inout YAMLFields) -> [Entity] {
        guard let tree = fields.take("entities"), var inner = YAMLFields(tree, path: "entities", log: log) else {
            return []
        }
        let elsewhere: [EntityTypeName: String] = [
            Principal.personType: "write it under people", Principal.serviceType: "write it under services",
            SchemaRequirements.groupType: "write it under groups",
            LabelEntity.type: "passages come from documents alone",
            LabelEntity.documentType: "documents come from the folder alone",
        ]
        var entities: [Entity] = []
        for entry in inner.takeAll() {
            let path = "entities.\(entry.key)"
            let type = EntityTypeName(entry.key)
            guard elsewhere[type] == nil, attributes.schema.entityType(type) != nil else {
                log.report(entry.line, "`\(path)`: \(elsewhere[type] ?? "the schema has no such entity type")")
                continue
            }
            guard var ids = YAMLFields(entry.value, path: path, log: log) else { continue }
            entities += ids.takeAll().compactMap { entity($0, type: type, path: path, groups: nil) }
        }
        return entities
    }

    /// One entity: its parents, its attributes, and whatever else `more` takes.
    ///
    /// - Parameter groups: the declared groups, where a plain name under `in` is one of them.
    private func entity(
        _ entry: YAMLTree.Entry, type: EntityTypeName, path: String, groups: Set<CedarString>?,
        more: (inout YAMLFields) -> Void = { _ in }
    ) -> Entity? {
        let path = "\(path).\(entry.key)"
        guard !entry.key.isEmpty, entry.key.utf8.count <= 256 else {
            log.report(entry.line, "`\(path)`: an id has 1 to 256 bytes; this one has \(entry.key.utf8.count)")
            return nil
        }
        let problemsBefore = log.problems.count
        guard var fields = YAMLFields(entry.value, path: path, log: log) else { return nil }
        let parents = self.parents(&fields, of: type, groups: groups)
        let attributePath = fields.path(of: "attributes")
        let values = fields.take("attributes").map { self.values($0, type: type, path: attributePath) } ?? [:]
        more(&fields)
        fields.refuseRest()
        let entity = Entity(
            uid: EntityUID(type: type, id: CedarString(entry.key)), attributes: values, parents: parents)
        guard log.problems.count == problemsBefore else { return nil }
        do {
            try Conformance(schema: attributes.schema).check(entity)
        } catch .nonconforming(_, let problem) {
            log.report(entry.line, "`\(path)`: \(problem)")
            return nil
        } catch {
            log.report(entry.line, "`\(path)`: \(error)")
            return nil
        }
        return entity
    }

    private func parents(_ fields: inout YAMLFields, of type: EntityTypeName, groups: Set<CedarString>?) -> Set<
        EntityUID
    > {
        var parents: Set<EntityUID> = []
        for (text, line) in fields.texts("in") {
            let path = fields.path(of: "in")
            let uid: EntityUID
            if let written = EntityUID(written: text) {
                uid = written
            } else if groups != nil {
                uid = EntityUID(type: SchemaRequirements.groupType, id: CedarString(text))
            } else {
                log.report(line, "`\(path)`: `\(text)` is not an entity; write it like 'Program::\"f-35\"'")
                continue
            }
            if uid.type == SchemaRequirements.groupType, let groups, !groups.contains(uid.id) {
                log.report(line, "`\(path)`: there is no group `\(uid.id)`; declare it under groups")
            } else if let problem = attributes.problem(withParent: uid, of: type) {
                log.report(line, "`\(path)`: \(problem)")
            } else {
                parents.insert(uid)
            }
        }
        return parents
    }

    private func values(_ tree: YAMLTree, type: EntityTypeName, path: String) -> [CedarString: Value] {
        guard var fields = YAMLFields(tree, path: path, log: log) else { return [:] }
        let declared = attributes.schema.entityType(type)?.attributes.attributes ?? [:]
        var values: [CedarString: Value] = [:]
        for entry in fields.takeAll() {
            guard let attribute = declared[CedarString(entry.key)] else {
                let names = declared.keys.sorted().map(\.description).joined(separator: ", ")
                log.report(
                    entry.line,
                    "`\(path).\(entry.key)`: the schema gives \(type) no such attribute; "
                        + (names.isEmpty ? "it has none" : "it has: \(names)"))
                continue
            }
            do {
                values[CedarString(entry.key)] = try attributes.value(entry.value, as: attribute.type)
            } catch {
                log.report(error.line, "`\(path).\(entry.key)` \(error.message)")
            }
        }
        return values
    }
}
