package import Cedar
import Labels

/// Decides which labels a request may read: the policy decision point.
///
/// The policies are specialised for the request, and what remains of them is decided for each distinct label. The result
/// is kept: the next request that policies cannot tell from this one takes no decision, and a new label takes one.
///
/// Rule 4, fail closed, twice. A label that is not as the schema says (left from an older schema) is denied, because a
/// policy that asks `has` would take no notice of what is missing. And a policy that fails on a label denies that label
/// (`LabelDecisions`).
package struct LabelAuthorizer: Sendable {
    /// What the policies name. No table is decided that does not tell it from everything else.
    package let names: ResourceNames
    let plan: PolicyPlan
    let entities: Entities
    let schema: Schema
    private let principalTypes: Set<EntityTypeName>
    let records: LabelRecords
    let cache: DecisionCache

    /// - Parameters:
    ///   - entities: people, groups, services and whatever labels refer to. No entity is a passage.
    ///   - cacheLimit: How many requests' decisions are kept.
    package init(
        policies: PolicySet, schema: Schema, entities: Entities, cacheLimit: Int = 1_024
    ) throws(EntityError) {
        names = ResourceNames(policies)
        plan = PolicyPlan(policies: policies, clock: AccessRequest.clock)
        self.entities = try entities.adding(schema.actionEntities)
        principalTypes = schema.action(AccessRequest.action)?.principalTypes ?? []
        self.schema = schema
        records = LabelRecords(plan: plan, schema: schema, entities: self.entities)
        cache = DecisionCache(limit: cacheLimit)
    }

    /// Checks labels by the schema and numbers their values, for which the first request would wait otherwise. Takes time
    /// for those alone that were not prepared before.
    package func prepare(_ labels: LabelTable) {
        // Where it cannot be done, it is the requests that are denied.
        try? records.prepare(labels)
    }

    /// One decision for each label.
    package func permittedLabels(among labels: LabelTable, for request: AccessRequest) -> PermittedLabels {
        guard isKnown(request.principal) else {
            var report = DecisionReport(decided: labels.count)
            report.isPrincipalKnown = false
            return nothing(of: labels, report)
        }
        guard labels.names.isSuperset(of: names) else {
            var report = DecisionReport(decided: labels.count)
            report.areNamesDistinguished = false
            return nothing(of: labels, report)
        }
        let context = request.context
        let key = DecisionCache.Key(principal: request.principal, context: plan.relevant(context))
        do {
            if var known = cache.decisions(for: key, at: request.now), known.isPrefix(of: labels) {
                if known.count == labels.count { return known.permittedLabels }
                try known.extend(to: labels, records) { name(of: $0) }
                // The new labels were decided as of the instant of the first request. Where one of them makes it matter,
                // all are decided anew.
                if known.validity?.contains(request.now) == true {
                    cache.store(known, for: key)
                    return known.permittedLabels
                }
            }
            let decisions = try decided(labels, for: request, context: context, records)
            cache.store(decisions, for: key)
            return decisions.permittedLabels
        } catch {
            // The store has an entity that stands for labels: nothing can be said about any.
            return nothing(of: labels, DecisionReport(decided: labels.count, nonconforming: labels.count))
        }
    }

    private func nothing(of labels: LabelTable, _ report: DecisionReport) -> PermittedLabels {
        PermittedLabels(labels, permitted: labels.blocks.map { _ in 0 }, count: 0, report: report)
    }

    /// Records of no labels yet.
    func newRecords() -> LabelRecords { LabelRecords(plan: plan, schema: schema, entities: entities) }

    /// Decisions that owe nothing to earlier ones.
    func decided(
        _ labels: LabelTable, for request: AccessRequest, context: [CedarString: Value], _ records: LabelRecords
    ) throws(EntityError) -> LabelDecisions {
        var decisions = LabelDecisions(
            plan.specialized(
                principal: request.principal, action: AccessRequest.action, context: context,
                resourceType: LabelEntity.type, entities: entities))
        try decisions.extend(to: labels, records) { name(of: $0) }
        return decisions
    }

    func name(of policy: PolicyID) -> String { (plan.policies[policy]?.name ?? policy.name).description }

    /// Clearance comes from the store: a principal that is not in it has none, even where a policy permits anyone.
    func isKnown(_ principal: EntityUID) -> Bool {
        principalTypes.contains(principal.type) && entities.record(of: principal) != nil
    }
}
