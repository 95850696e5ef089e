package import Cedar
package import Labels

extension LabelAuthorizer {
    /// What every policy about retrieving says about a label, each evaluated from the beginning; nil for a label that
    /// is not as the schema says, or for a principal that is not in the store: both are denied whatever the policies say.
    package func outcomes(of label: Label, for request: AccessRequest) -> [PolicyOutcome]? {
        guard isKnown(request.principal), let resource = records.resource(of: label),
            let store = try? entities.adding([resource])
        else { return nil }
        return Authorizer(policies: plan.policies).outcomes(
            of: Request(
                principal: request.principal, action: AccessRequest.action, resource: resource.uid,
                context: request.context),
            entities: store
        ).filter { isAboutRetrieving($0.policy) }
    }

    /// Whether the scope of a policy takes the action in, whatever it says of principal and resource.
    private func isAboutRetrieving(_ policy: Policy) -> Bool {
        switch policy.action {
        case .any: true
        case .equal(let action): action == AccessRequest.action
        case .in(let group): entities.isEntity(AccessRequest.action, in: group)
        case .inAny(let groups): groups.contains { entities.isEntity(AccessRequest.action, in: $0) }
        }
    }

    /// Whether one label may be read, whatever index it is of. Nothing is kept of the decision.
    package func mayRead(_ label: Label, for request: AccessRequest) -> Bool {
        guard isKnown(request.principal) else { return false }
        let table = LabelTable([(LabelID(0), label)])
        let decisions = try? decided(table, for: request, context: request.context, newRecords())
        return decisions.map { !$0.permittedLabels.isEmpty } ?? false
    }
}
