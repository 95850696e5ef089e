import AccessControl
import Cedar
import Labels

/// Reads `marking` in `labels.yaml`.
struct MarkingReader {
    let attributes: AttributeReader
    let declarations: [ByteText: AttributeDeclaration]
    let log: ProblemLog

    /// Nil after a report.
    func marking(_ tree: YAMLTree) -> MarkingScheme? {
        guard var fields = YAMLFields(tree, path: "marking", log: log) else { return nil }
        defer { fields.refuseRest() }
        let level = fields.require("level").flatMap(level)
        let categories = tokens("categories", &fields)
        let dissemination = tokens("dissemination", &fields)
        if let categories, let dissemination {
            if categories.name == dissemination.name {
                log.report(fields.line, "`marking`: categories and dissemination are the same attribute")
            }
            let both = Set(categories.closedList ?? []).intersection(dissemination.closedList ?? [])
            if let token = both.min() {
                log.report(
                    fields.line,
                    "`marking`: \(token) is both a category and a dissemination control, so a mark with it has "
                        + "two meanings; rename one in \(SchemaRequirements.file)")
            }
        }
        guard let level else { return nil }
        return MarkingScheme(
            levelAttribute: level.attribute, levels: level.levels, categories: categories, dissemination: dissemination)
    }

    private func level(_ tree: YAMLTree) -> (attribute: ByteText, levels: [MarkingScheme.Level])? {
        guard var fields = YAMLFields(tree, path: "marking.level", log: log) else { return nil }
        defer { fields.refuseRest() }
        let texts = fields.require("text")
        guard let (name, line) = fields.requiredText("attribute"), let texts else { return nil }
        guard let declaration = declarations[ByteText(name)], case .maximum(let order) = declaration.join else {
            log.report(line, "`marking.level.attribute`: `\(name)` is not an attribute whose join is maximum")
            return nil
        }
        guard declaration.isRequired || declaration.defaultValue != nil else {
            log.report(
                line,
                "`marking.level.attribute`: `\(name)` may be absent; make it required in \(SchemaRequirements.file) or "
                    + "give it a default, so that every passage has a marking")
            return nil
        }
        return levels(texts, order: order).map { (declaration.name, $0) }
    }

    private func levels(_ tree: YAMLTree, order: [ByteText]) -> [MarkingScheme.Level]? {
        guard var fields = YAMLFields(tree, path: "marking.level.text", log: log) else { return nil }
        var levels: [MarkingScheme.Level] = []
        var texts: Set<ByteText> = []
        for value in order {
            guard let (text, line) = fields.requiredText(value.string) else { continue }
            if !isMarkText(text) {
                log.report(line, "`marking.level.text.\(value)`: \(Self.markTextRule), not `\(text)`")
            }
            if !texts.insert(ByteText(text)).inserted {
                log.report(line, "`marking.level.text.\(value)`: `\(text)` stands for another level too")
            }
            levels.append(MarkingScheme.Level(value: value, text: ByteText(text)))
        }
        fields.refuseRest()
        return levels.count == order.count ? levels : nil
    }

    private func tokens(_ key: String, _ fields: inout YAMLFields) -> MarkingScheme.TokenAttribute? {
        guard let (name, line) = fields.text(key) else { return nil }
        guard let declaration = declarations[ByteText(name)], declaration.join == .union,
            case .set(let element) = declaration.type
        else {
            log.report(line, "`marking.\(key)`: `\(name)` is not an attribute whose join is union")
            return nil
        }
        switch element {
        case .string:
            return MarkingScheme.TokenAttribute(name: declaration.name, entityType: nil, closedList: nil)
        case .entity(let type):
            let list = attributes.closedList(of: EntityTypeName(CedarString(type)))
            for token in list ?? [] where !isMarkText(token.description) {
                log.report(
                    line, "`marking.\(key)`: `\(token)` of \(type) cannot be written in a mark; \(Self.markTextRule)")
            }
            return MarkingScheme.TokenAttribute(
                name: declaration.name, entityType: type, closedList: list?.map { ByteText($0) })
        default:
            log.report(line, "`marking.\(key)`: the members of `\(name)` are neither text nor entities")
            return nil
        }
    }

    private static let markTextRule =
        "texts of marks are at most 64 bytes, printable ASCII without ( ) / \\ * `, and no blanks at the ends or two together"

    private func isMarkText(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64 && !text.hasPrefix(" ") && !text.hasSuffix(" ") && !text.contains("  ")
            && text.utf8.allSatisfy { (0x20...0x7E).contains($0) && !Array("()/\\*`".utf8).contains($0) }
    }
}
