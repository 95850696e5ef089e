package import Cedar
package import Labels

/// Decides which labels a request may read: the policy decision point.
package struct LabelAuthorizer: Sendable {
    private let authorizer: Authorizer
    private let conformance: Conformance
    private let entities: Entities
    private let principalTypes: Set<EntityTypeName>

    /// - Parameter entities: people, groups, services and whatever labels refer to. No entity is a passage.
    package init(policies: PolicySet, schema: Schema, entities: Entities) throws(EntityError) {
        authorizer = Authorizer(policies: policies)
        conformance = Conformance(schema: schema)
        self.entities = try entities.adding(schema.actionEntities)
        principalTypes = schema.action(AccessRequest.action)?.principalTypes ?? []
    }

    /// One decision for each label. The labels are distinct and so are their ids.
    package func permittedLabels(among labels: [(LabelID, Label)], for request: AccessRequest) -> PermittedLabels {
        var permitted: [LabelID: Label] = [:]
        var failures: [String: Int] = [:]
        var nonconforming = 0
        var seen: Set<LabelID> = []
        let isKnown = isKnown(request.principal)
        let context = request.context
        for (id, label) in labels {
            precondition(seen.insert(id).inserted, "a label id stands for two labels")
            guard isKnown else { continue }
            switch decide(label, for: request, context: context) {
            case .permitted: permitted[id] = label
            case .denied: break
            case .nonconforming: nonconforming += 1
            case .failed(let policies):
                for policy in policies { failures[policy, default: 0] += 1 }
            }
        }
        assert(seen.count == labels.count)
        return PermittedLabels(
            permitted,
            report: DecisionReport(
                decided: labels.count, permitted: permitted.count, nonconforming: nonconforming, failures: failures,
                isPrincipalKnown: isKnown))
    }

    /// The decision for one label by itself.
    package func mayRead(_ label: Label, for request: AccessRequest) -> Bool {
        guard isKnown(request.principal), case .permitted = decide(label, for: request, context: request.context) else {
            return false
        }
        return true
    }

    private enum Outcome {
        case permitted, denied, nonconforming
        case failed(policies: Set<String>)
    }

    /// Rule 4, fail closed, twice. A label that is not as the schema says (left from an older schema) is denied, because a
    /// policy that asks `has` would take no notice of what is missing. And a policy that fails denies the label: Cedar
    /// itself skips such a policy, and a `forbid` that overflows would then let through what it is there to hold back.
    private func decide(_ label: Label, for request: AccessRequest, context: [CedarString: Value]) -> Outcome {
        let resource = LabelEntity.entity(of: label)
        let store: Entities
        do {
            try conformance.check(resource)
            store = try entities.adding([resource])
        } catch {
            return .nonconforming
        }
        let response = authorizer.authorize(
            Request(
                principal: request.principal, action: AccessRequest.action, resource: LabelEntity.uid,
                context: context),
            entities: store)
        guard response.errors.isEmpty else {
            return .failed(policies: Set(response.errors.map { name(of: $0.policy) }))
        }
        return response.decision == .allow ? .permitted : .denied
    }

    /// The policy's `@id`, or else its number in the set.
    private func name(of policy: PolicyID) -> String {
        (authorizer.policies[policy]?.annotation("id") ?? policy.name).description
    }

    /// Clearance comes from the store: a principal that is not in it has none, even where a policy permits anyone.
    private func isKnown(_ principal: EntityUID) -> Bool {
        principalTypes.contains(principal.type) && entities.record(of: principal) != nil
    }
}
