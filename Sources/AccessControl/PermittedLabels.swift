package import Labels

/// The labels that one request may read.
///
/// Only `LabelAuthorizer` makes one: there is no initialiser outside of this module. Whoever scans or fetches rows asks
/// for this type, so a scan without a decision does not compile (rule 1, decide before touching).
package struct PermittedLabels: Sendable {
    private let table: LabelTable
    /// By block of the table: one bit for each label, the first in the lowest.
    private let permitted: [UInt64]
    package let count: Int
    /// How the decisions went, for the audit and for administrators; not for the caller.
    package let report: DecisionReport

    /// For `LabelAuthorizer` alone.
    ///
    /// - Parameter count: How many bits of `permitted` are set.
    init(_ table: LabelTable, permitted: [UInt64], count: Int, report: DecisionReport) {
        precondition(permitted.count == table.blocks.count)
        assert(permitted.reduce(0) { $0 + $1.nonzeroBitCount } == count)
        self.table = table
        self.permitted = permitted
        self.count = count
        self.report = report
    }

    package var isEmpty: Bool { count == 0 }

    /// In ascending order.
    package var ids: [LabelID] {
        var ids: [LabelID] = []
        ids.reserveCapacity(count)
        for (block, bits) in zip(table.blocks, permitted) {
            var rest = bits
            while rest != 0 {
                ids.append(block.ids[rest.trailingZeroBitCount])
                rest &= rest - 1
            }
        }
        return ids
    }

    package func contains(_ id: LabelID) -> Bool { self[id] != nil }

    /// The label, if it is permitted. O(log labels).
    package subscript(id: LabelID) -> Label? {
        guard let (block, row) = table.place(of: id), permitted[block] & (1 << UInt64(row)) != 0 else { return nil }
        return table.blocks[block].labels[row]
    }

    /// Those permitted labels that a filter keeps. A filter only narrows.
    package func narrowed(to isKept: (Label) throws -> Bool) rethrows -> PermittedLabels {
        var narrowed = permitted
        for (position, block) in table.blocks.enumerated() {
            var rest = permitted[position]
            while rest != 0 {
                let row = rest.trailingZeroBitCount
                if try !isKept(block.labels[row]) { narrowed[position] &= ~(1 << UInt64(row)) }
                rest &= rest - 1
            }
        }
        let count = narrowed.reduce(0) { $0 + $1.nonzeroBitCount }
        return PermittedLabels(table, permitted: narrowed, count: count, report: report)
    }
}

/// What happened while labels were decided. It holds ids of policies and numbers, no values.
package struct DecisionReport: Hashable, Sendable {
    /// How many distinct labels were decided.
    package internal(set) var decided = 0
    /// How many of them were permitted, before any filter.
    package internal(set) var permitted = 0
    /// How many of them were not as the schema declares passages. They are denied.
    package internal(set) var nonconforming = 0
    /// For how many labels each policy failed, by its `@id` or number. They are denied, whatever other policies say.
    package internal(set) var failures: [String: Int] = [:]
    /// Whether the principal is in the store; nothing is permitted to one that is not.
    package internal(set) var isPrincipalKnown = true
    /// Whether everything that policies name has a label of its own; nothing is permitted where it has not.
    package internal(set) var areNamesDistinguished = true
}
