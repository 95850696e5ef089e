/// One entry of `retention` in `labels.yaml`: which documents are kept, and how long at least.
package struct RetentionRule: Hashable, Sendable {
    package enum Term: Hashable, Sendable {
        case forever
        case span(RetentionSpan, after: Anchor)
    }

    /// What a span begins with.
    package enum Anchor: Hashable, Sendable {
        /// The date that the document itself bears.
        case documentDate
        /// When the document first came into the index.
        case documentIngested
        /// An attribute of the label; its type is datetime.
        case attribute(ByteText)
    }

    /// Line of `labels.yaml` where the rule begins.
    package let line: Int
    /// What a label must hold for the rule to be about it: the value, or of a set at least these members.
    package let conditions: [ByteText: AttributeValue]
    package let term: Term

    package init(line: Int, conditions: [ByteText: AttributeValue] = [:], term: Term) {
        self.line = line
        self.conditions = conditions
        self.term = term
    }

    /// Whether the label holds all conditions. An attribute that it does not have holds none.
    package func applies(to label: Label) -> Bool {
        conditions.allSatisfy { name, wanted in
            switch (label.attributes[name], wanted) {
            case (.set(let members), .set(let wanted)): members.isSuperset(of: wanted)
            case (let value, _): value == wanted
            }
        }
    }
}

extension RetentionRule.Term: CustomStringConvertible {
    /// As `retain` has it.
    package var description: String {
        switch self {
        case .forever: "forever"
        case .span(let span, let anchor): "\(span) after \(anchor)"
        }
    }
}

extension RetentionRule.Anchor: CustomStringConvertible {
    package var description: String {
        switch self {
        case .documentDate: "document.date"
        case .documentIngested: "document.ingested"
        case .attribute(let name): name.string
        }
    }
}
