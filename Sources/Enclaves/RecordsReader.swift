import Cedar
import Labels

/// Reads `records` in `labels.yaml`.
struct RecordsReader {
    let attributes: AttributeReader
    let log: ProblemLog

    /// The entries that can be read; what cannot is reported.
    func rules(_ tree: YAMLTree) -> [RecordRule] {
        guard case .list(let items) = tree.content else {
            log.report(tree.line, "`records` must be a list, not \(tree.kind)")
            return []
        }
        return items.compactMap(rule)
    }

    private func rule(_ tree: YAMLTree) -> RecordRule? {
        guard var fields = YAMLFields(tree, path: "records", log: log) else { return nil }
        let patterns = fields.patterns("path", orReport: "the entry has no `path`; say which files hold these records")
        let id = fields.requiredText("id")?.text
        let title = fields.text("title")?.text
        let text = fields.texts("text", orOne: true).map(\.text)
        let mapped = fields.take("attributes").map(mapping) ?? [:]
        let metadata = Set(fields.texts("metadata").map(\.text))
        fields.refuseRest()
        if text.isEmpty { log.report(tree.line, "`records.text` is missing; name the fields that are the text") }
        guard let id else { return nil }
        return RecordRule(
            patterns: patterns,
            layout: RecordLayout(id: id, title: title, text: text, attributes: mapped, metadata: metadata))
    }

    /// `attribute: field`.
    private func mapping(_ tree: YAMLTree) -> [ByteText: String] {
        guard var fields = YAMLFields(tree, path: "records.attributes", log: log) else { return [:] }
        var mapped: [ByteText: String] = [:]
        for entry in fields.takeAll() {
            let name = ByteText(entry.key)
            guard attributes.passage.attributes[.init(utf8: name.bytes)] != nil else {
                log.report(entry.line, "`records.attributes.\(entry.key)`: there is no such attribute")
                continue
            }
            mapped[name] = YAMLFields.text(entry.value, path: "records.attributes.\(entry.key)", log: log)
        }
        return mapped
    }
}

extension YAMLFields {
    /// Patterns for paths, one or a list.
    ///
    /// - Parameter missing: What is reported where there is none, good or bad.
    mutating func patterns(_ key: String, orReport missing: String) -> [PathPattern] {
        let reported = log.problems.count
        let patterns = texts(key, orOne: true).compactMap { text, line -> PathPattern? in
            do {
                return try PathPattern(ByteText(text))
            } catch {
                log.report(line, "`\(key)`: the pattern `\(text.prefix(64))` \(error)")
                return nil
            }
        }
        if patterns.isEmpty, log.problems.count == reported { log.report(line, missing) }
        return patterns
    }
}
