/// The entries of `retention` in `labels.yaml`, and what they say about a document.
package struct RetentionSchedule: Hashable, Sendable {
    package let rules: [RetentionRule]

    package init(rules: [RetentionRule] = []) {
        self.rules = rules
    }

    /// How long a document is kept. Of several rules that apply, the one that keeps it longest decides; a rule whose
    /// term cannot be told keeps the document, for what is gone does not come back. So does the lack of a rule.
    ///
    /// - Parameters:
    ///   - labels: Of the title, the headings and the passages. A rule applies to the document where it applies to one.
    ///   - date: That the document bears, and `ingested`: in milliseconds since 1970.
    package func retention(labels: Set<Label>, date: Int64?, ingested: Int64) -> Retention {
        var undetermined: Retention?
        var latest: (end: Int64, rule: Int)?
        for (number, rule) in rules.enumerated() {
            let governed = labels.filter(rule.applies)
            guard !governed.isEmpty || rule.conditions.isEmpty else { continue }
            guard case .span(let span, let anchor) = rule.term else { return .unlimited }
            if let start = anchor.start(labels: governed, date: date, ingested: ingested) {
                let end = span.added(to: start)
                if latest.map({ end > $0.end }) ?? true { latest = (end, number) }
            } else {
                undetermined = undetermined ?? .undetermined(rule: number, missing: "\(anchor)")
            }
        }
        return undetermined ?? latest.map { .until($0.end, rule: $0.rule) } ?? .unlimited
    }
}

/// How long a document is kept. Rules are numbered as in `RetentionSchedule.rules`, from 0.
package enum Retention: Hashable, Sendable {
    /// For ever, or because no rule is about the document.
    case unlimited
    /// In milliseconds since 1970: from then on it may go.
    case until(Int64, rule: Int)
    /// It is kept: what the rule's span begins with is missing (`document.date`, or the name of an attribute).
    case undetermined(rule: Int, missing: String)
}

extension RetentionRule.Anchor {
    /// The latest start that the labels have; nil where one of them has none.
    fileprivate func start(labels: Set<Label>, date: Int64?, ingested: Int64) -> Int64? {
        switch self {
        case .documentDate: return date
        case .documentIngested: return ingested
        case .attribute(let name):
            var latest: Int64?
            for label in labels {
                guard case .datetime(let instant) = label.attributes[name] else { return nil }
                latest = max(latest ?? instant, instant)
            }
            return latest
        }
    }
}
