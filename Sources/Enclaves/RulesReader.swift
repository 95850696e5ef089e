import AccessControl
import Cedar
import Labels

/// Reads `rules` in `labels.yaml`.
struct RulesReader {
    let attributes: AttributeReader
    let declarations: [ByteText: AttributeDeclaration]
    let log: ProblemLog

    /// The rules that can be read; what cannot is reported.
    func rules(_ tree: YAMLTree) -> [LabelRule] {
        guard case .list(let items) = tree.content, !items.isEmpty else {
            log.report(tree.line, "`rules` must be a list with at least one rule; without one no document has a label")
            return []
        }
        return items.compactMap(rule)
    }

    private func rule(_ tree: YAMLTree) -> LabelRule? {
        guard var fields = YAMLFields(tree, path: "rules", log: log) else { return nil }
        let patterns = fields.patterns("path", orReport: "the rule has no `path`; say which documents it is about")
        let values = fields.take("set").map {
            attributes.checkedValues($0, declarations: declarations, path: "set", log: log)
        }
        let parents = parents(&fields)
        let mayLower = fields.take("may_lower").flatMap(mayLower) ?? LabelRule.MayLower()
        fields.refuseRest()
        return LabelRule(
            line: tree.line, patterns: patterns, values: values ?? [:], parents: parents, mayLower: mayLower)
    }

    private func parents(_ fields: inout YAMLFields) -> Set<Labels.EntityReference> {
        var parents: Set<Labels.EntityReference> = []
        for (text, line) in fields.texts("in") {
            guard let uid = EntityUID(written: text) else {
                log.report(line, "`in`: `\(text)` is not an entity; write it like 'Project::\"falcon\"'")
                continue
            }
            if uid.type == LabelEntity.documentType {
                log.report(line, "`in`: every passage is in its document already, and in no other")
            } else if let problem = attributes.problem(withParent: uid, of: LabelEntity.type) {
                log.report(line, "`in`: \(problem)")
            } else {
                parents.insert(Labels.EntityReference(uid))
            }
        }
        return parents
    }

    private func mayLower(_ tree: YAMLTree) -> LabelRule.MayLower? {
        guard var fields = YAMLFields(tree, path: "may_lower", log: log) else { return nil }
        defer { fields.refuseRest() }
        return LabelRule.MayLower(
            portionMarks: names("portion_marks", &fields), frontMatter: names("front_matter", &fields),
            sidecar: names("sidecar", &fields))
    }

    private func names(_ key: String, _ fields: inout YAMLFields) -> Set<ByteText> {
        var names: Set<ByteText> = []
        for (text, line) in fields.texts(key) {
            if declarations[ByteText(text)] == nil {
                log.report(line, "`may_lower.\(key)`: there is no attribute `\(text)`\(attributeNames)")
            }
            names.insert(ByteText(text))
        }
        return names
    }

    private var attributeNames: String { AttributeReader.names(declarations) }
}

extension EntityUID {
    /// Reads `Type::"id"` without escapes.
    init?(written text: String) {
        let bytes = Array(text.utf8)
        let separator = Array("::\"".utf8)
        guard bytes.last == UInt8(ascii: "\""),
            let start = bytes.indices.first(where: { bytes[$0...].starts(with: separator) }),
            start + separator.count < bytes.count,
            let type = EntityTypeName(parsing: CedarString(utf8: bytes[..<start]))
        else { return nil }
        let id = bytes[(start + separator.count)..<(bytes.count - 1)]
        guard !id.isEmpty, !id.contains(UInt8(ascii: "\"")), !id.contains(UInt8(ascii: "\\")) else { return nil }
        self.init(type: type, id: CedarString(utf8: id))
    }
}

extension AttributeReader {
    /// Why an entity cannot be a parent of entities of a type, or nil.
    func problem(withParent uid: EntityUID, of type: EntityTypeName) -> String? {
        guard let declared = schema.entityType(uid.type) else { return "the schema has no entity type \(uid.type)" }
        guard schema.entityType(type)?.memberOf.contains(uid.type) == true else {
            return "the schema does not let \(type) be in \(uid.type)"
        }
        if let list = declared.enumeration, !list.contains(uid.id) {
            return
                "\(uid.type) has no entity \(uid.id.quoted); there are: \(list.map(\.description).joined(separator: ", "))"
        }
        return nil
    }
}
