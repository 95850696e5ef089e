/// Decides requests by a set of policies.
///
/// A request is allowed when a `permit` applies and no `forbid` does. A policy applies when its scope matches and each
/// `when` is true and each `unless` false.
public struct Authorizer: Sendable {
    public let policies: PolicySet
    /// The policies again, each behind one reference: to go through them must not copy them.
    private let shared: [SharedPolicy]

    private final class SharedPolicy: Sendable {
        let policy: Policy

        init(_ policy: Policy) {
            self.policy = policy
        }
    }

    public init(policies: PolicySet) {
        self.policies = policies
        shared = policies.policies.map(SharedPolicy.init)
    }

    /// Decides one request. Takes one evaluation of each policy.
    public func authorize(_ request: Request, entities: Entities) -> Response {
        let evaluator = Evaluator(request: request, entities: entities)
        var permits: [PolicyID] = []
        var forbids: [PolicyID] = []
        var errors: [PolicyEvaluationError] = []
        for item in shared {
            do {
                guard try evaluator.applies(item.policy) else { continue }
                switch item.policy.effect {
                case .permit: permits.append(item.policy.id)
                case .forbid: forbids.append(item.policy.id)
                }
            } catch {
                errors.append(PolicyEvaluationError(error, in: item.policy))
            }
        }
        let isAllowed = forbids.isEmpty && !permits.isEmpty
        return Response(
            decision: isAllowed ? .allow : .deny, determiningPolicies: forbids.isEmpty ? permits : forbids,
            errors: errors)
    }
}

extension Evaluator {
    /// Whether a policy applies to the request. A slot that was left open matches nothing.
    public func applies(_ policy: Policy) throws(EvaluationError) -> Bool {
        guard matches(policy.principal, principal), matches(policy.action), matches(policy.resource, resource) else {
            return false
        }
        for condition in policy.conditions {
            guard try isTrue(condition.body) == (condition.kind == .when) else { return false }
        }
        return true
    }

    func matches(_ constraint: ScopeConstraint, _ uid: EntityUID) -> Bool {
        switch constraint {
        case .any: true
        case .equal(.entity(let other)): uid == other
        case .in(.entity(let group)): entities.isEntity(uid, in: group)
        case .is(let type): uid.type == type
        case .isIn(let type, .entity(let group)): uid.type == type && entities.isEntity(uid, in: group)
        case .equal(.slot), .in(.slot), .isIn(_, .slot): false
        }
    }

    func matches(_ constraint: ActionConstraint) -> Bool {
        switch constraint {
        case .any: true
        case .equal(let other): action == other
        case .in(let group): entities.isEntity(action, in: group)
        case .inAny(let groups): groups.contains { entities.isEntity(action, in: $0) }
        }
    }
}
