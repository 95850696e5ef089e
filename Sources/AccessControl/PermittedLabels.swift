package import Labels

/// The labels that one request may read.
///
/// Only `LabelAuthorizer` makes one: there is no initialiser outside of this module. Whoever scans or fetches rows asks
/// for this type, so a scan without a decision does not compile (rule 1, decide before touching).
package struct PermittedLabels: Sendable {
    private let labels: [LabelID: Label]
    private let permitted: Set<Label>
    /// How the decisions went, for the audit and for administrators; not for the caller.
    package let report: DecisionReport

    /// For `LabelAuthorizer` alone.
    init(_ labels: [LabelID: Label], report: DecisionReport) {
        self.labels = labels
        self.permitted = Set(labels.values)
        self.report = report
    }

    package var count: Int { labels.count }
    package var isEmpty: Bool { labels.isEmpty }

    /// In the order of the ids.
    package var ids: [LabelID] { labels.keys.sorted() }

    package func contains(_ id: LabelID) -> Bool { labels[id] != nil }

    /// The label, if it is permitted.
    package subscript(id: LabelID) -> Label? { labels[id] }

    /// Whether text of this label may be shown: a title or heading, whose label was among those decided.
    package func mayRead(_ label: Label) -> Bool { permitted.contains(label) }

    /// Those permitted labels that a filter keeps. A filter only narrows.
    package func narrowed(to isKept: (Label) throws -> Bool) rethrows -> PermittedLabels {
        PermittedLabels(try labels.filter { try isKept($0.value) }, report: report)
    }
}

/// What happened while labels were decided. It holds ids of policies and numbers, no values.
package struct DecisionReport: Hashable, Sendable {
    /// How many distinct labels were decided.
    package let decided: Int
    /// How many of them were permitted, before any filter.
    package let permitted: Int
    /// How many of them were not as the schema declares passages. They are denied.
    package let nonconforming: Int
    /// For how many labels each policy failed, by its `@id` or number. They are denied, whatever other policies say.
    package let failures: [String: Int]
    /// Whether the principal is in the store; nothing is permitted to one that is not.
    package let isPrincipalKnown: Bool
}
