/// A policy set prepared to be specialised: taken apart once, for all requests.
///
/// Deciding many resources for one request goes in three steps. `specialized` answers everything that does not depend on
/// the resource; what remains is a `ResidualPolicySet`. `ResourceBlock`s hold the resources, the values of each attribute
/// numbered. `ResidualDecisions` asks each remaining test once for each distinct value, and joins the answers of 64
/// resources at a time.
///
/// The result is what `Authorizer` gives for each resource by itself: same decision, same determining policies, same
/// policies with errors.
public struct PolicyPlan: Sendable {
    public let policies: PolicySet
    /// The attribute of the context that holds the instant of a request, if there is one.
    public let clock: CedarString?
    /// The attributes of the context that the policies read, without the clock; nil where one reads the context whole.
    public let contextAttributes: Set<CedarString>?
    let plans: [ConditionPlan]
    let tests: [ConditionTest]
    let columns: ResourceColumns

    /// Takes time in the size of all policies.
    public init(policies: PolicySet, clock: CedarString? = nil) {
        self.policies = policies
        self.clock = clock
        var planner = ConditionPlanner(clock: clock)
        plans = policies.policies.map { planner.plan($0) }
        tests = planner.tests
        columns = planner.columns
        var read: Set<CedarString>? = []
        for policy in policies.policies {
            for condition in policy.conditions { Self.collect(condition.body, into: &read) }
        }
        if let clock { read?.remove(clock) }
        contextAttributes = read
    }

    private static func collect(_ expression: Expr, into read: inout Set<CedarString>?) {
        // The evaluator refuses what is higher without looking at the context.
        guard expression.height <= Limits.expressionHeight else { return }
        switch expression.kind {
        case .variable(.context): read = nil
        case .attribute(let target, let name) where target.kind == .variable(.context): read?.insert(name)
        case .has(let target, let path) where target.kind == .variable(.context): read?.insert(path[0])
        default: for operand in expression.kind.operands { collect(operand, into: &read) }
        }
    }

    /// The context without what no policy reads, and without the clock: requests that agree in it, in principal and in
    /// action have the same residual policies, as far as time does not matter.
    public func relevant(_ context: [CedarString: Value]) -> [CedarString: Value] {
        context.filter { name, _ in name != clock && (contextAttributes?.contains(name) ?? true) }
    }
}
