/// Decides blocks of resources by a residual policy set, one after another.
///
/// It remembers what a test says of each distinct value that it has met, so a test costs one evaluation for each value
/// and one look-up for each resource. Time: O(tests × (resources + distinct values)).
public struct ResidualDecisions {
    /// The outcome for the resources of a block, one bit for each, the first in the lowest.
    public struct Outcome: Hashable, Sendable {
        /// By residual: the resources to which it applies.
        public fileprivate(set) var applied: [UInt64]
        /// By residual: the resources on which it fails.
        public fileprivate(set) var failed: [UInt64]
        /// The resources to which a permit applies and no forbid: Cedar's own decision, whatever failed.
        public fileprivate(set) var allowed: UInt64 = 0
        /// The resources on which any policy fails.
        public fileprivate(set) var anyFailed: UInt64 = 0
    }

    private let set: ResidualPolicySet
    /// How many numbers each column had when this was made: what is numbered later is not known here.
    private let counts: [Int]
    private let isRemembering: Bool
    private var answers: [Answer]
    /// How long the outcomes so far stay as they are; nil where they are for this instant alone.
    public private(set) var validity: ValidityInterval?

    /// How a test is answered for a resource.
    private enum Answer {
        /// By the number that the resource has in a column: true for those named, or for all but them.
        case numbers([Int32], column: Int, isNegated: Bool, failsWhereAbsent: Bool)
        /// By that number and by what is remembered of it.
        case remembered([ResidualTruth], column: Int)
        /// By evaluation.
        case evaluated
        /// Not by anything: the test is asked of no resource.
        case none
    }

    /// - Parameters:
    ///   - interner: That of all blocks, which have been made before.
    ///   - isRemembering: Whether answers are kept for further resources. Not worth it for a few.
    public init(_ set: ResidualPolicySet, interner: ResourceInterner, isRemembering: Bool = true) {
        precondition(interner.type == set.resourceType)
        self.set = set
        validity = set.validity
        counts = interner.counts
        self.isRemembering = isRemembering
        answers = Array(repeating: .none, count: set.questions.count)
        for (number, question) in set.questions.enumerated() {
            if let question { answers[number] = answer(question, interner) }
        }
    }

    private func answer(_ question: ResidualQuestion, _ interner: ResourceInterner) -> Answer {
        switch question.test.shape {
        case .known, .resource: return .evaluated
        case .presence(let column):
            return .numbers([ResourceInterner.absent], column: column, isNegated: true, failsWhereAbsent: false)
        case .operation(_, _, let column, _):
            if case .operation(let operation, let isKnownFirst) = question.shortcut, let known = question.known,
                let values = Self.values(operation, known, isKnownFirst: isKnownFirst)
            {
                // To number many values takes longer than to compare them with those of a few resources.
                guard isRemembering || values.count <= Self.listLimit else { return .evaluated }
                let wanted = interner.numbers(of: values, column: column)
                let isNegated = operation == .notEqual
                guard wanted.count > Self.listLimit else {
                    return .numbers(wanted, column: column, isNegated: isNegated, failsWhereAbsent: true)
                }
                var truths = Array(repeating: isNegated ? ResidualTruth.yes : .no, count: counts[column])
                for number in wanted { truths[Int(number)] = isNegated ? .no : .yes }
                truths[Int(ResourceInterner.absent)] = .fault
                return .remembered(truths, column: column)
            }
            return remembered(column)
        case .emptiness(let column), .column(let column): return remembered(column)
        }
    }

    private func remembered(_ column: Int) -> Answer {
        isRemembering
            ? .remembered(Array(repeating: .unasked, count: counts[column]), column: column) : .evaluated
    }

    /// From how many values on a table is quicker than a list.
    private static let listLimit = 4

    /// The values of the attribute for which an operation is true (for `!=`: false), where they can be listed.
    private static func values(_ operation: Expr.BinaryOperator, _ known: Value, isKnownFirst: Bool) -> [Value]? {
        switch (operation, known) {
        case (.equal, _), (.notEqual, _): [known]
        case (.contains, .set(let members)) where isKnownFirst: Array(members)
        default: nil
        }
    }

    // MARK: - Deciding

    /// Decides the resources of a block that are in `mask`.
    public mutating func decide(_ block: ResourceBlock, mask: UInt64 = .max) -> Outcome {
        precondition(
            zip(block.highest, counts).allSatisfy { $0 < $1 },
            "the block is newer than what decides it")
        let all = mask & block.all
        var outcome = Outcome(
            applied: Array(repeating: 0, count: set.residuals.count),
            failed: Array(repeating: 0, count: set.residuals.count))
        var (permitted, forbidden) = (UInt64(0), UInt64(0))
        for (number, residual) in set.residuals.enumerated() {
            let result = holds(residual.condition, block, all)
            outcome.applied[number] = result.yes
            outcome.failed[number] = result.fault
            outcome.anyFailed |= result.fault
            switch residual.effect {
            case .permit: permitted |= result.yes
            case .forbid: forbidden |= result.yes
            }
        }
        outcome.allowed = permitted & ~forbidden
        return outcome
    }

    /// The resources among those asked for which a condition is true, and for which it has no truth value.
    private typealias Result = (yes: UInt64, fault: UInt64)

    private mutating func holds(_ condition: ResidualCondition, _ block: ResourceBlock, _ asked: UInt64) -> Result {
        guard asked != 0 else { return (0, 0) }
        switch condition {
        case .known(let truth): return (truth ? asked : 0, 0)
        case .fault: return (0, asked)
        case .test(let number): return ask(number, block, asked)
        case .not(let operand):
            let result = holds(operand, block, asked)
            return (asked & ~result.yes & ~result.fault, result.fault)
        case .and(let operands):
            var result: Result = (asked, 0)
            for operand in operands {
                let next = holds(operand, block, result.yes)
                result = (next.yes, result.fault | next.fault)
            }
            return result
        case .or(let operands):
            var result: Result = (0, 0)
            for operand in operands {
                let next = holds(operand, block, asked & ~result.yes & ~result.fault)
                result = (result.yes | next.yes, result.fault | next.fault)
            }
            return result
        case .choice(let operand, let then, let otherwise):
            let choice = holds(operand, block, asked)
            let first = holds(then, block, choice.yes)
            let second = holds(otherwise, block, asked & ~choice.yes & ~choice.fault)
            return (first.yes | second.yes, choice.fault | first.fault | second.fault)
        }
    }

    private mutating func ask(_ number: Int, _ block: ResourceBlock, _ asked: UInt64) -> Result {
        var result: Result = (0, 0)
        func add(_ truth: ResidualTruth, _ row: Int) {
            switch truth {
            case .yes: result.yes |= 1 << UInt64(row)
            case .fault: result.fault |= 1 << UInt64(row)
            default: break
            }
        }
        switch answers[number] {
        case .numbers(let wanted, let column, let isNegated, let failsWhereAbsent):
            for row in Rows(asked) {
                let value = block.number(column: column, row: row)
                if value == ResourceInterner.absent, failsWhereAbsent {
                    add(.fault, row)
                } else {
                    add(wanted.contains(value) != isNegated ? .yes : .no, row)
                }
            }
        case .remembered(var truths, let column):
            // Out of the array while it is changed, so that changing it copies nothing.
            answers[number] = .none
            for row in Rows(asked) {
                let value = Int(block.number(column: column, row: row))
                var truth = truths[value]
                if truth == .unasked {
                    truth = evaluate(number, block.records[row], isForAll: true)
                    truths[value] = truth
                }
                add(truth == .dependent ? evaluate(number, block.records[row], isForAll: false) : truth, row)
            }
            answers[number] = .remembered(truths, column: column)
        case .evaluated:
            for row in Rows(asked) { add(evaluate(number, block.records[row], isForAll: false), row) }
        case .none: preconditionFailure("a test that no residual has")
        }
        return result
    }

    /// - Parameter isForAll: Whether the answer is to hold for every resource with the same value in the test's column; it
    ///   is `dependent` where it would not.
    private mutating func evaluate(_ number: Int, _ record: Entities.Record, isForAll: Bool) -> ResidualTruth {
        guard let question = set.questions[number] else { preconditionFailure("a test that no residual has") }
        if let truth = question.answer(record, set.evaluator) { return truth }
        let test = question.test
        let evaluator = Evaluator(set.evaluator, resource: record, unknownType: isForAll ? set.resourceType : nil)
        let truth: ResidualTruth
        do {
            truth = try evaluator.isTrue(test.expression) ? .yes : .no
        } catch {
            truth = error.fault == .resourceUnknown ? .dependent : .fault
        }
        if case .comparison(let operation, let other, let isFirst) = test.clock, let now = set.now {
            if truth != .dependent, case .datetime(let instant)? = try? evaluator.evaluate(other) {
                validity?.narrow(operation, now: now, other: instant.millisecondsSinceEpoch, isNowFirst: isFirst)
            }
        }
        return truth
    }
}

/// The positions of the bits that are set, from the lowest on.
private struct Rows: Sequence, IteratorProtocol {
    private var bits: UInt64

    init(_ bits: UInt64) {
        self.bits = bits
    }

    mutating func next() -> Int? {
        guard bits != 0 else { return nil }
        defer { bits &= bits - 1 }
        return bits.trailingZeroBitCount
    }
}
