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
