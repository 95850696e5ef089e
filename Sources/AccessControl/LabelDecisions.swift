import Cedar
import Labels

/// What one request may read of one table, with all that is needed to go on from there when labels are added.
struct LabelDecisions: Sendable {
    private let residual: ResidualPolicySet
    private var table = LabelTable()
    private var permitted: [UInt64] = []
    private var report = DecisionReport()
    /// The instants at which the same is permitted; nil where that is this one alone.
    private(set) var validity: ValidityInterval?

    init(_ residual: ResidualPolicySet) {
        self.residual = residual
        validity = residual.validity
    }

    /// How many labels are decided.
    var count: Int { table.count }

    /// Whether this was made for the labels of `other` or for the first of them.
    func isPrefix(of other: LabelTable) -> Bool { table.isPrefix(of: other) }

    var permittedLabels: PermittedLabels {
        PermittedLabels(table, permitted: permitted, count: report.permitted, report: report)
    }

    /// Decides those labels of `other` that are new.
    ///
    /// - Parameter name: What reports call a policy.
    mutating func extend(to other: LabelTable, _ records: LabelRecords, name: (PolicyID) -> String) throws(EntityError)
    {
        guard other.count > table.count else { return }
        let first = max(0, table.blocks.count - 1)
        let blocks = try records.blocks(of: other, from: first)
        // For a few labels it is quicker to ask each than to make tables of answers.
        var decisions = ResidualDecisions(
            residual, interner: records.interner,
            isRemembering: other.count - table.count > LabelTable.Block.capacity)
        for (position, block) in zip(first..., blocks) {
            let decided = position < table.blocks.count ? table.blocks[position].ids.count : 0
            guard decided < block.resources.count else { continue }
            let fresh = block.resources.all & ~((1 << UInt64(decided)) - 1)
            let outcome = decisions.decide(block.resources, mask: fresh & block.conforming)
            // Rule 4, fail closed: Cedar skips a policy that fails, and a `forbid` that overflows would then let through
            // what it is there to hold back.
            let permitted = outcome.allowed & ~outcome.anyFailed
            if position < self.permitted.count {
                self.permitted[position] |= permitted
            } else {
                self.permitted.append(permitted)
            }
            report.decided += fresh.nonzeroBitCount
            report.permitted += permitted.nonzeroBitCount
            report.nonconforming += (fresh & ~block.conforming).nonzeroBitCount
            for (number, failed) in outcome.failed.enumerated() where failed != 0 {
                for policy in residual.policies(of: number) {
                    report.failures[name(policy), default: 0] += failed.nonzeroBitCount
                }
            }
        }
        table = other
        validity = validity.flatMap { span in
            decisions.validity.map {
                var both = span
                both.formIntersection($0)
                return both
            }
        }
        assert(report.decided == table.count)
    }
}
