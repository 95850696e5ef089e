/// What the types tell of a policy's scope for a kind of request: whether it always, never, or perhaps matches.
struct ScopeTyping {
    let facts: SchemaFacts

    func truth(of policy: Policy, in environment: RequestEnvironment) -> StaticType.Truth {
        let parts = [
            truth(of: policy.principal, for: environment.principal), truth(of: policy.action, for: environment.action),
            truth(of: policy.resource, for: environment.resource),
        ]
        if parts.contains(.never) { return .never }
        return parts.contains(.unknown) ? .unknown : .always
    }

    /// The places of a scope that ask whether an entity is in another, as far as they are reached for some of the kinds
    /// of request: the parts are compared in the order principal, action, resource, and the first that cannot match
    /// ends the comparison.
    func reads(of policy: Policy, in environments: [RequestEnvironment]) -> [SourceSpan] {
        var principal = false
        var action = false
        var resource = false
        for environment in environments {
            if reads(policy.principal, for: environment.principal) { principal = true }
            if truth(of: policy.principal, for: environment.principal) == .never { continue }
            switch policy.action {
            case .in, .inAny: action = true
            case .any, .equal: break
            }
            if truth(of: policy.action, for: environment.action) == .never { continue }
            if reads(policy.resource, for: environment.resource) { resource = true }
        }
        let spans = policy.scopeSpans
        return (principal ? [spans.principal] : []) + (action ? [spans.action] : [])
            + (resource ? [spans.resource] : [])
    }

    private func reads(_ constraint: ScopeConstraint, for type: EntityTypeName) -> Bool {
        switch constraint {
        case .any, .equal, .is: false
        case .in: true
        case .isIn(let name, _): name == type
        }
    }

    func principalTruth(of policy: Policy, in environment: RequestEnvironment) -> StaticType.Truth {
        truth(of: policy.principal, for: environment.principal)
    }

    private func truth(of constraint: ScopeConstraint, for type: EntityTypeName) -> StaticType.Truth {
        switch constraint {
        case .any: .always
        case .equal(.entity(let uid)): uid.type == type ? .unknown : .never
        case .in(.entity(let group)): facts.canBeIn(type, group.type) ? .unknown : .never
        case .is(let name): name == type ? .always : .never
        case .isIn(let name, .entity(let group)):
            name == type && facts.canBeIn(type, group.type) ? .unknown : .never
        case .isIn(let name, .slot): name == type ? .unknown : .never
        case .equal(.slot), .in(.slot): .unknown
        }
    }

    private func truth(of constraint: ActionConstraint, for action: EntityUID) -> StaticType.Truth {
        switch constraint {
        case .any: .always
        case .equal(let uid): uid == action ? .always : .never
        case .in(let group): facts.isAction(action, in: group) ? .always : .never
        case .inAny(let groups): groups.contains { facts.isAction(action, in: $0) } ? .always : .never
        }
    }
}
