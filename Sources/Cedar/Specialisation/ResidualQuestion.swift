/// A test that remains when a policy set is specialised, with everything that does not depend on the resource.
///
/// A class, so that asking copies a reference and not what stands here.
final class ResidualQuestion: Sendable {
    /// How the test is answered without walking through its expression.
    enum Shortcut: Sendable {
        case none
        /// Whether the attribute is a set without members.
        case emptiness
        /// The operation on the attribute and the known value.
        case operation(Expr.BinaryOperator, isKnownFirst: Bool)
    }

    let test: ConditionTest
    let shortcut: Shortcut
    /// The attribute that the shortcut is about.
    let attribute: CedarString
    /// The value of the operand that does not depend on the resource, where the test has one and it has a value.
    let known: Value?
    /// That operand, or the test itself.
    let operand: Expr

    init(_ test: ConditionTest, columns: ResourceColumns, evaluator: Evaluator) {
        self.test = test
        var (shortcut, attribute, known, operand) = (Shortcut.none, CedarString(utf8: []), Value?.none, test.expression)
        switch test.shape {
        case .emptiness(let column):
            shortcut = .emptiness
            attribute = columns.attributes[column - 1]
        case .operation(let operation, let other, let column, let isKnownFirst):
            operand = other
            known = try? evaluator.evaluate(other)
            attribute = columns.attributes[column - 1]
            // `in` looks into the store, where the resource is another matter.
            if known != nil, operation != .in { shortcut = .operation(operation, isKnownFirst: isKnownFirst) }
        case .known, .presence, .column, .resource: break
        }
        // Each comparison with the clock bounds how long the outcome holds.
        if case .unused = test.clock { self.shortcut = shortcut } else { self.shortcut = .none }
        (self.attribute, self.known, self.operand) = (attribute, known, operand)
    }

    /// By the shortcut; nil where there is none. A test without a truth value is a fault.
    func answer(_ record: Entities.Record, _ evaluator: Evaluator) -> ResidualTruth? {
        switch shortcut {
        case .none: return nil
        case .emptiness:
            guard case .set(let members)? = record.attributes[attribute] else { return .fault }
            return members.isEmpty ? .yes : .no
        case .operation(let operation, let isKnownFirst):
            guard let value = record.attributes[attribute], let known else { return .fault }
            do throws(EvaluationError) {
                let result = try evaluator.apply(
                    operation, isKnownFirst ? known : value, isKnownFirst ? value : known, operand, operand, at: operand
                )
                guard case .bool(let truth) = result else { return .fault }
                return truth ? .yes : .no
            } catch {
                return .fault
            }
        }
    }
}

/// What is known of a test's answer.
enum ResidualTruth: UInt8 {
    case unasked, no, yes
    /// Evaluation fails.
    case fault
    /// The answer depends on more than the value in the test's column.
    case dependent
}
