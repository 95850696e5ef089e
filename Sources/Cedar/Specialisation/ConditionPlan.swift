/// What a policy asks, as tests joined by the operators that decide which of them are asked at all.
indirect enum ConditionPlan: Hashable, Sendable {
    case test(Int)
    case not(ConditionPlan)
    case and([ConditionPlan])
    case or([ConditionPlan])
    case choice(ConditionPlan, then: ConditionPlan, else: ConditionPlan)
}

/// Makes plans of policies. Equal tests of all policies are one.
struct ConditionPlanner {
    let clock: CedarString?
    private(set) var tests: [ConditionTest] = []
    private(set) var columns = ResourceColumns()
    private var numbers: [Expr: Int] = [:]

    init(clock: CedarString?) {
        self.clock = clock
    }

    /// The part of the scope that speaks of the resource, then the conditions.
    mutating func plan(_ policy: Policy) -> ConditionPlan {
        var parts: [ConditionPlan] = []
        if let scope = Self.expression(policy.resource) { parts.append(plan(scope)) }
        for condition in policy.conditions {
            let body = plan(condition.body)
            parts.append(condition.kind == .when ? body : .not(body))
        }
        return .and(parts)
    }

    /// What the scope says of the resource as an expression; nil where it says nothing.
    private static func expression(_ constraint: ScopeConstraint) -> Expr? {
        let resource = Expr(.variable(.resource))
        func literal(_ uid: EntityUID) -> Expr { Expr(.literal(.entity(uid))) }
        return switch constraint {
        case .any: nil
        case .equal(.entity(let uid)): Expr(.binary(.equal, resource, literal(uid)))
        case .in(.entity(let uid)): Expr(.binary(.in, resource, literal(uid)))
        case .is(let type): Expr(.isType(resource, type, in: nil))
        case .isIn(let type, .entity(let uid)): Expr(.isType(resource, type, in: literal(uid)))
        // A slot that was left open matches nothing.
        case .equal(.slot), .in(.slot), .isIn(_, .slot): Expr(.literal(.bool(false)))
        }
    }

    private mutating func plan(_ expression: Expr) -> ConditionPlan {
        // What is too high for the evaluator is left to it whole: it says so.
        guard expression.height <= Limits.expressionHeight else { return test(expression) }
        switch expression.kind {
        case .and(let operands): return .and(operands.map { plan($0) })
        case .or(let operands): return .or(operands.map { plan($0) })
        case .not(let operand): return .not(plan(operand))
        case .ifThenElse(let condition, let then, let otherwise):
            return .choice(plan(condition), then: plan(then), else: plan(otherwise))
        default: return test(expression)
        }
    }

    private mutating func test(_ expression: Expr) -> ConditionPlan {
        if let number = numbers[expression] { return .test(number) }
        numbers[expression] = tests.count
        tests.append(ConditionTest(expression, clock: clock, columns: &columns))
        return .test(tests.count - 1)
    }
}
