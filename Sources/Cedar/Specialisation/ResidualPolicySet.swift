/// What remains of a policy set when principal, action and context are known: conditions on the resource.
public struct ResidualPolicySet: Sendable {
    /// Policies with the same effect whose conditions are the same by now.
    struct Residual: Sendable {
        let effect: Effect
        let condition: ResidualCondition
        /// Positions in the set.
        var policies: [Int]
    }

    let plan: PolicyPlan
    /// Finds values that do not depend on the resource, and refuses others.
    let evaluator: Evaluator
    let resourceType: EntityTypeName
    let residuals: [Residual]
    /// By test: what is asked of a resource; nil for tests that do not remain.
    let questions: [ResidualQuestion?]
    /// The instant of the request, if the context has one.
    let now: Int64?
    /// How long what has been answered already stays as it is; nil where it is for this instant alone.
    public let validity: ValidityInterval?

    /// How many policies may still apply or fail, those that have become the same counted once.
    public var count: Int { residuals.count }

    /// The ids of the policies that a residual stands for.
    public func policies(of residual: Int) -> [PolicyID] {
        residuals[residual].policies.map { plan.policies.policies[$0].id }
    }
}

/// What is left of a `ConditionPlan`.
indirect enum ResidualCondition: Hashable, Sendable {
    case known(Bool)
    /// It has no truth value, whatever the resource is.
    case fault
    case test(Int)
    case not(ResidualCondition)
    case and([ResidualCondition])
    case or([ResidualCondition])
    case choice(ResidualCondition, then: ResidualCondition, else: ResidualCondition)
}

extension ResidualCondition {
    fileprivate func collectTests(into tests: inout Set<Int>) {
        switch self {
        case .known, .fault: break
        case .test(let number): tests.insert(number)
        case .not(let operand): operand.collectTests(into: &tests)
        case .and(let operands), .or(let operands): for operand in operands { operand.collectTests(into: &tests) }
        case .choice(let first, let second, let third):
            for operand in [first, second, third] { operand.collectTests(into: &tests) }
        }
    }
}

extension PolicyPlan {
    /// The policies for resources of one type, of which nothing is known yet.
    ///
    /// Takes one evaluation of each part of a condition that does not depend on the resource and is reached.
    ///
    /// - Parameter entities: As in the request, without the resources.
    public func specialized(
        principal: EntityUID, action: EntityUID, context: [CedarString: Value], resourceType: EntityTypeName,
        entities: Entities
    ) -> ResidualPolicySet {
        let evaluator = Evaluator(
            request: Request(
                principal: principal, action: action, resource: EntityUID(type: resourceType, id: ""),
                context: context),
            entities: entities, unknownType: resourceType)
        var now: Int64?
        if let clock, case .datetime(let instant)? = context[clock] { now = instant.millisecondsSinceEpoch }
        var specializer = Specializer(tests: tests, evaluator: evaluator, now: now)
        var residuals: [ResidualPolicySet.Residual] = []
        var places: [Effect: [ResidualCondition: Int]] = [:]
        for (position, policy) in policies.policies.enumerated() {
            guard evaluator.matches(policy.principal, principal), evaluator.matches(policy.action) else { continue }
            let condition = specializer.condition(plans[position])
            if condition == .known(false) { continue }
            if let same = places[policy.effect]?[condition] {
                residuals[same].policies.append(position)
            } else {
                places[policy.effect, default: [:]][condition] = residuals.count
                residuals.append(.init(effect: policy.effect, condition: condition, policies: [position]))
            }
        }
        var remaining: Set<Int> = []
        for residual in residuals { residual.condition.collectTests(into: &remaining) }
        var questions: [ResidualQuestion?] = Array(repeating: nil, count: tests.count)
        for number in remaining {
            questions[number] = ResidualQuestion(tests[number], columns: columns, evaluator: evaluator)
        }
        return ResidualPolicySet(
            plan: self, evaluator: evaluator, resourceType: resourceType, residuals: residuals,
            questions: questions, now: now, validity: specializer.validity)
    }
}

/// Answers the tests that do not depend on the resource, each at most once, and folds what follows from them.
private struct Specializer {
    let tests: [ConditionTest]
    let evaluator: Evaluator
    let now: Int64?
    private(set) var validity: ValidityInterval? = ValidityInterval()
    private var answers: [ResidualCondition?]

    init(tests: [ConditionTest], evaluator: Evaluator, now: Int64?) {
        self.tests = tests
        self.evaluator = evaluator
        self.now = now
        answers = Array(repeating: nil, count: tests.count)
    }

    mutating func condition(_ plan: ConditionPlan) -> ResidualCondition {
        switch plan {
        case .test(let number): return answer(number)
        case .not(let operand):
            switch condition(operand) {
            case .known(let truth): return .known(!truth)
            case .fault: return .fault
            case let open: return .not(open)
            }
        case .and(let operands): return junction(operands, stoppingAt: false) { .and($0) }
        case .or(let operands): return junction(operands, stoppingAt: true) { .or($0) }
        case .choice(let operand, let then, let otherwise):
            switch condition(operand) {
            case .known(let truth): return condition(truth ? then : otherwise)
            case .fault: return .fault
            case let open: return .choice(open, then: condition(then), else: condition(otherwise))
            }
        }
    }

    /// Operands behind one that ends the evaluation are dropped; those before it stay, since they may fail first.
    private mutating func junction(
        _ operands: [ConditionPlan], stoppingAt end: Bool, join: ([ResidualCondition]) -> ResidualCondition
    ) -> ResidualCondition {
        var open: [ResidualCondition] = []
        for operand in operands {
            let part = condition(operand)
            if part == .known(!end) { continue }
            open.append(part)
            if part == .known(end) || part == .fault { break }
        }
        return open.isEmpty ? .known(!end) : open.count == 1 ? open[0] : join(open)
    }

    private mutating func answer(_ number: Int) -> ResidualCondition {
        if let answer = answers[number] { return answer }
        let answer = evaluated(number)
        answers[number] = answer
        return answer
    }

    private mutating func evaluated(_ number: Int) -> ResidualCondition {
        let test = tests[number]
        if case .used = test.clock { validity = nil }
        guard case .known = test.shape else { return .test(number) }
        let answer: ResidualCondition
        do {
            answer = .known(try evaluator.isTrue(test.expression))
        } catch {
            answer = error.fault == .resourceUnknown ? .test(number) : .fault
        }
        if case .comparison(let operation, let other, let isFirst) = test.clock, let now, answer != .test(number) {
            if case .datetime(let instant)? = try? evaluator.evaluate(other) {
                validity?.narrow(
                    operation, now: now, other: instant.millisecondsSinceEpoch, isNowFirst: isFirst)
            }
        }
        return answer
    }
}
