import AccessControl
import Cedar
import Labels

/// What `labels.yaml` says.
struct LabelsFile {
    let rules: LabelRules
    let records: [RecordRule]
    let retention: RetentionSchedule
}

/// Reads `labels.yaml`: attributes and their joins, how labels are marked, the rules, and how long what is kept.
struct LabelsReader {
    static let file = "labels.yaml"
    let attributes: AttributeReader
    let log: ProblemLog

    /// Nil after a report.
    func file(_ tree: YAMLTree) -> LabelsFile? {
        guard var fields = YAMLFields(tree, path: "", log: log) else { return nil }
        // What follows refers to the attributes, so it says nothing of use while they are wrong.
        guard let declarations = fields.require("attributes").flatMap(declarations), log.problems.isEmpty else {
            return nil
        }
        let marking = fields.require("marking").flatMap {
            MarkingReader(attributes: attributes, declarations: declarations, log: log).marking($0)
        }
        let metadata = fields.take("front_matter").map { metadataKeys($0, declarations) } ?? []
        let rules = fields.require("rules").map {
            RulesReader(attributes: attributes, declarations: declarations, log: log).rules($0)
        }
        let records = fields.take("records").map { RecordsReader(attributes: attributes, log: log).rules($0) }
        let retention = fields.take("retention").map {
            RetentionReader(attributes: attributes, declarations: declarations, log: log).schedule($0)
        }
        fields.refuseRest()
        guard log.problems.isEmpty, let marking, let rules else { return nil }
        return LabelsFile(
            rules: LabelRules(
                scheme: LabelScheme(attributes: declarations, marking: marking), rules: rules, metadataKeys: metadata),
            records: records ?? [], retention: retention ?? RetentionSchedule())
    }

    private func declarations(_ tree: YAMLTree) -> [ByteText: AttributeDeclaration]? {
        guard var fields = YAMLFields(tree, path: "attributes", log: log) else { return nil }
        var declarations: [ByteText: AttributeDeclaration] = [:]
        for entry in fields.takeAll() {
            let name = ByteText(entry.key)
            guard let attribute = attributes.passage.attributes[CedarString(name)] else {
                log.report(
                    entry.line,
                    "`attributes.\(entry.key)`: the schema gives Passage no such attribute; declare it in "
                        + "\(SchemaRequirements.file), or take it out here")
                continue
            }
            declarations[name] = declaration(entry, name, attribute)
        }
        for name in attributes.passage.attributes.keys.sorted() where !tree.hasKey(name) {
            log.report(
                tree.line, "`attributes` lacks `\(name)`, which the schema gives Passage; say how it is joined")
        }
        return declarations
    }

    private func declaration(
        _ entry: YAMLTree.Entry, _ name: ByteText, _ attribute: RecordType.Attribute
    ) -> AttributeDeclaration? {
        let path = "attributes.\(entry.key)"
        guard var fields = YAMLFields(entry.value, path: path, log: log), let type = AttributeType(attribute.type)
        else {
            return nil
        }
        defer { fields.refuseRest() }
        let join = join(&fields)
        let isVisible = fields.truth("visible", default: false)
        let standard = fields.take("default")
        guard let join else { return nil }
        guard join.accepts(type) else {
            log.report(entry.line, "`\(path)`: the join does not fit the type \(attribute.type): \(Self.joinsAndTypes)")
            return nil
        }
        var declaration = AttributeDeclaration(
            name: name, type: type, join: join, isRequired: attribute.isRequired, defaultValue: nil,
            isVisible: isVisible)
        if let standard {
            guard let value = attributes.checkedValue(standard, for: declaration, path: "\(path).default", log: log)
            else {
                return nil
            }
            declaration = AttributeDeclaration(
                name: name, type: type, join: join, isRequired: attribute.isRequired, defaultValue: value,
                isVisible: isVisible)
        }
        return declaration
    }

    private static let joinsAndTypes =
        "maximum is for String, largest for Long, union and intersection for Set, earliest for datetime, either for Bool, "
        + "same for any"

    private func join(_ fields: inout YAMLFields) -> Join? {
        let order = fields.texts("order")
        guard let (text, line) = fields.requiredText("join") else { return nil }
        if text != "maximum", let first = order.first {
            log.report(first.line, "`\(fields.path(of: "order"))` is for the join maximum only")
        }
        switch text {
        case "maximum":
            let names = order.map { ByteText($0.text) }
            guard !names.isEmpty, Set(names).count == names.count else {
                log.report(
                    line, "`\(fields.path)`: maximum needs `order`, a list of different names, least strict first")
                return nil
            }
            return .maximum(order: names)
        case "largest": return .largest
        case "union": return .union
        case "intersection": return .intersection
        case "earliest": return .earliest
        case "either": return .either
        case "same": return .same
        default:
            log.report(
                line,
                "`\(fields.path(of: "join"))` is `\(text)`; it must be maximum, largest, union, intersection, earliest, "
                    + "either or same")
            return nil
        }
    }

    private func metadataKeys(_ tree: YAMLTree, _ declarations: [ByteText: AttributeDeclaration]) -> Set<ByteText> {
        guard var fields = YAMLFields(tree, path: "front_matter", log: log) else { return [] }
        defer { fields.refuseRest() }
        var keys: Set<ByteText> = []
        for (key, line) in fields.texts("metadata") {
            if declarations[ByteText(key)] != nil {
                log.report(line, "`front_matter.metadata`: `\(key)` is an attribute, and cannot be ignored")
            }
            keys.insert(ByteText(key))
        }
        return keys
    }
}

extension YAMLTree {
    fileprivate func hasKey(_ key: CedarString) -> Bool {
        guard case .mapping(let entries) = content else { return false }
        return entries.contains { CedarString($0.key) == key }
    }
}

extension AttributeReader {
    /// Values of a label by attribute; what cannot be read is reported.
    ///
    /// - Parameter path: Of the mapping, for messages.
    func checkedValues(
        _ tree: YAMLTree, declarations: [ByteText: AttributeDeclaration], path: String, log: ProblemLog
    ) -> [ByteText: AttributeValue] {
        guard var fields = YAMLFields(tree, path: path, log: log) else { return [:] }
        var values: [ByteText: AttributeValue] = [:]
        for entry in fields.takeAll() {
            let name = ByteText(entry.key)
            guard let declaration = declarations[name] else {
                log.report(
                    entry.line, "`\(path).\(entry.key)`: there is no such attribute\(Self.names(declarations))")
                continue
            }
            values[name] = checkedValue(entry.value, for: declaration, path: "\(path).\(entry.key)", log: log)
        }
        return values
    }

    /// What messages add about an attribute that is not there.
    static func names(_ declarations: [ByteText: AttributeDeclaration]) -> String {
        "; there are: \(declarations.keys.sorted().map(\.string).joined(separator: ", "))"
    }

    /// A value of a label, checked against its declaration; nil after a report.
    func checkedValue(
        _ tree: YAMLTree, for declaration: AttributeDeclaration, path: String, log: ProblemLog
    ) -> AttributeValue? {
        guard let type = passage.attributes[CedarString(declaration.name)]?.type else { return nil }
        do {
            let value = try labelValue(tree, as: type)
            do {
                try declaration.check(value)
                return value
            } catch {
                log.report(tree.line, "`\(path)` is \(value): \(error)")
            }
        } catch {
            log.report(error.line, "`\(path)` \(error.message)")
        }
        return nil
    }
}
