import Cedar
package import Labels

extension LabelAuthorizer {
    /// Permits an administrative action on all of the labels, or on none.
    ///
    /// Every policy is evaluated on every label from the beginning, and nothing is kept: this is rare, and what it
    /// permits cannot be undone. Rule 4, fail closed, as for retrieving: a label on which a policy fails is refused, and
    /// so is one that is not as the schema says. Time: labels × policies.
    ///
    /// - Parameter labels: From a table that distinguishes `names` (`LabelTable.names`). Of a label that lacks its name,
    ///   a policy that names the document knows nothing, and no authorizer can tell.
    package func authorization(
        of action: AdministrativeAction, on labels: Set<Label>, for request: AccessRequest
    ) throws(ActionRefused) -> AuthorizedAction {
        guard let declared = schema.action(action.uid) else { throw ActionRefused(action, .undeclared) }
        guard declared.principalTypes.contains(request.principal.type), entities.record(of: request.principal) != nil
        else { throw ActionRefused(action, .principal) }
        guard !labels.isEmpty else { throw ActionRefused(action, .nothing) }
        var refused = 0
        var failed: Set<String> = []
        for label in labels {
            guard let response = response(to: action, on: label, for: request) else {
                refused += 1
                continue
            }
            failed.formUnion(response.errors.map { name(of: $0.policy) })
            if response.decision != .allow || !response.errors.isEmpty { refused += 1 }
        }
        guard refused == 0 else {
            throw ActionRefused(action, .labels(refused: refused, of: labels.count, failed: failed.sorted()))
        }
        return AuthorizedAction(action, on: labels, for: request)
    }

    /// Nil where label or request are not as the schema says: policies would not be what was validated.
    private func response(
        to action: AdministrativeAction, on label: Label, for request: AccessRequest
    ) -> Response? {
        guard let resource = records.resource(of: label), let store = try? entities.adding([resource]) else {
            return nil
        }
        let question = Request(
            principal: request.principal, action: action.uid, resource: resource.uid, context: request.context)
        guard (try? Conformance(schema: schema).check(question)) != nil else { return nil }
        return Authorizer(policies: plan.policies).authorize(question, entities: store)
    }
}
