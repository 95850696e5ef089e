/// Decides requests by a set of policies.
///
/// A request is allowed when a `permit` applies and no `forbid` does. A policy applies when its scope matches and each
/// `when` is true and each `unless` false.
public struct Authorizer: Sendable {
    public let policies: PolicySet

    public init(policies: PolicySet) {
        self.policies = policies
    }

    /// Decides one request. Takes one evaluation of each policy.
    public func authorize(_ request: Request, entities: Entities) -> Response {
        let evaluator = Evaluator(request: request, entities: entities)
        var permits: [PolicyID] = []
        var forbids: [PolicyID] = []
        var errors: [PolicyEvaluationError] = []
        for policy in policies.policies {
            do {
                guard try evaluator.applies(policy) else { continue }
                switch policy.effect {
                case .permit: permits.append(policy.id)
                case .forbid: forbids.append(policy.id)
                }
            } catch {
                errors.append(
                    PolicyEvaluationError(
                        policy: policy.id, effect: policy.effect, fault: error.fault,
                        location: policy.source.location(of: error.span)))
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

    private func matches(_ constraint: ScopeConstraint, _ uid: EntityUID) -> Bool {
        switch constraint {
        case .any: true
        case .equal(.entity(let other)): uid == other
        case .in(.entity(let group)): entities.isEntity(uid, in: group)
        case .is(let type): uid.type == type
        case .isIn(let type, .entity(let group)): uid.type == type && entities.isEntity(uid, in: group)
        case .equal(.slot), .in(.slot), .isIn(_, .slot): false
        }
    }

    private func matches(_ constraint: ActionConstraint) -> Bool {
        switch constraint {
        case .any: true
        case .equal(let other): action == other
        case .in(let group): entities.isEntity(action, in: group)
        case .inAny(let groups): groups.contains { entities.isEntity(action, in: $0) }
        }
    }
}
