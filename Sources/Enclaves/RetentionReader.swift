import Labels

/// Reads `retention` in `labels.yaml`.
struct RetentionReader {
    let attributes: AttributeReader
    let declarations: [ByteText: AttributeDeclaration]
    let log: ProblemLog

    /// The entries that can be read; what cannot is reported.
    func schedule(_ tree: YAMLTree) -> RetentionSchedule {
        guard case .list(let items) = tree.content else {
            log.report(tree.line, "`retention` must be a list, not \(tree.kind)")
            return RetentionSchedule()
        }
        guard items.count <= EnclaveLimits.retentionRules else {
            log.report(
                tree.line, "`retention` has \(items.count) rules; the limit is \(EnclaveLimits.retentionRules)")
            return RetentionSchedule()
        }
        return RetentionSchedule(rules: items.compactMap(rule))
    }

    private func rule(_ tree: YAMLTree) -> RetentionRule? {
        guard var fields = YAMLFields(tree, path: "retention", log: log) else { return nil }
        let conditions = fields.take("where").map(conditions) ?? [:]
        let term = fields.requiredText("retain").flatMap { self.term($0.text, line: $0.line) }
        fields.refuseRest()
        return term.map { RetentionRule(line: tree.line, conditions: conditions, term: $0) }
    }

    private func conditions(_ tree: YAMLTree) -> [ByteText: AttributeValue] {
        let values = attributes.checkedValues(tree, declarations: declarations, path: "where", log: log)
        guard case .mapping(let entries) = tree.content else { return [:] }
        if entries.isEmpty {
            log.report(tree.line, "`where` has no condition; leave it out, and the rule is about every document")
        }
        for entry in entries where values[ByteText(entry.key)] == .set([]) {
            log.report(
                entry.line,
                "`where.\(entry.key)` is an empty list, which every set contains; name a member, or leave it out")
        }
        return values
    }

    /// `SPAN after ANCHOR`, or `forever`.
    private func term(_ text: String, line: Int) -> RetentionRule.Term? {
        if text == "forever" { return .forever }
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[1] == "after" else {
            log.report(
                line,
                "`retain` is `\(text.prefix(64))`; write a span and what it begins with, such as "
                    + "6y after document.date, or forever alone")
            return nil
        }
        let anchor = self.anchor(String(words[2]), line: line)
        do throws(RetentionSpanError) {
            let span = try RetentionSpan(parsing: words[0])
            return anchor.map { .span(span, after: $0) }
        } catch {
            log.report(line, "`retain`: `\(words[0].prefix(64))` \(error)")
            return nil
        }
    }

    private func anchor(_ text: String, line: Int) -> RetentionRule.Anchor? {
        switch text {
        case "document.date": return .documentDate
        case "document.ingested": return .documentIngested
        default: break
        }
        let name = ByteText(text)
        if declarations[name]?.type == .datetime { return .attribute(name) }
        let dates = declarations.values.filter { $0.type == .datetime }.map(\.name.string).sorted()
        let anchors = (["document.date", "document.ingested"] + dates).joined(separator: ", ")
        log.report(line, "`retain`: a span cannot begin with `\(text.prefix(64))`; it can with: \(anchors)")
        return nil
    }
}
