extension JSONWriter {
    /// A policy or a template's body.
    mutating func policy(_ policy: Policy) {
        raw("{\"effect\":\"\(policy.effect.rawValue)\"")
        key("principal")
        scope(policy.principal)
        key("action")
        scope(policy.action)
        key("resource")
        scope(policy.resource)
        key("conditions")
        list(policy.conditions) { writer, condition in
            writer.raw("{\"kind\":\"\(condition.kind.rawValue)\",\"body\":")
            writer.expression(condition.body)
            writer.raw("}")
        }
        if !policy.annotations.isEmpty {
            key("annotations")
            raw("{")
            for (position, annotation) in policy.annotations.enumerated() {
                key(annotation.name, isFirst: position == 0)
                string(annotation.value)
            }
            raw("}")
        }
        raw("}")
    }

    private mutating func scope(_ constraint: ScopeConstraint) {
        switch constraint {
        case .any: raw("{\"op\":\"All\"")
        case .equal(let reference):
            raw("{\"op\":\"==\",")
            self.reference(reference)
        case .in(let reference):
            raw("{\"op\":\"in\",")
            self.reference(reference)
        case .is(let type), .isIn(let type, _):
            raw("{\"op\":\"is\",\"entity_type\":")
            string(type.name)
            if case .isIn(_, let reference) = constraint {
                raw(",\"in\":{")
                self.reference(reference)
                raw("}")
            }
        }
        raw("}")
    }

    private mutating func scope(_ constraint: ActionConstraint) {
        switch constraint {
        case .any: raw("{\"op\":\"All\"")
        case .equal(let uid):
            raw("{\"op\":\"==\",")
            reference(.entity(uid))
        case .in(let uid):
            raw("{\"op\":\"in\",")
            reference(.entity(uid))
        case .inAny(let uids):
            raw("{\"op\":\"in\",\"entities\":")
            list(uids) { writer, uid in writer.entity(uid) }
        }
        raw("}")
    }

    private mutating func reference(_ reference: EntityReference) {
        switch reference {
        case .entity(let uid):
            key("entity", isFirst: true)
            entity(uid)
        case .slot(let slot): raw("\"slot\":\"\(slot.rawValue)\"")
        }
    }

    /// `{"templates": …, "staticPolicies": …, "templateLinks": …}`, each in the order of the set.
    mutating func policySet(_ set: PolicySet) {
        var templates: [PolicyID: Template] = [:]
        for template in set.templates { templates[template.id] = template }
        var plain: [Policy] = []
        var links: [(policy: Policy, values: [Slot: EntityUID])] = []
        for policy in set.policies {
            if let id = policy.template, let values = templates[id]?.values(of: policy) {
                links.append((policy, values))
            } else {
                plain.append(policy)
            }
        }
        raw("{\"templates\":")
        policies(set.templates.map(\.body))
        raw(",\"staticPolicies\":")
        policies(plain)
        raw(",\"templateLinks\":")
        list(links) { writer, link in
            writer.raw("{\"templateId\":")
            writer.string((link.policy.template ?? link.policy.id).name)
            writer.key("newId")
            writer.string(link.policy.id.name)
            writer.raw(",\"values\":{")
            for (position, slot) in Slot.allCases.filter({ link.values[$0] != nil }).enumerated() {
                writer.key(CedarString(slot.rawValue), isFirst: position == 0)
                if let uid = link.values[slot] { writer.entity(uid) }
            }
            writer.raw("}}")
        }
        raw("}")
    }

    private mutating func policies(_ policies: [Policy]) {
        raw("{")
        for (position, policy) in policies.enumerated() {
            key(policy.id.name, isFirst: position == 0)
            self.policy(policy)
        }
        raw("}")
    }
}

extension Template {
    /// What a link of the template has in the place of the slots; nothing for a policy that is no link of it.
    fileprivate func values(of policy: Policy) -> [Slot: EntityUID]? {
        var values: [Slot: EntityUID] = [:]
        for (slot, place) in [(body.principal.slot, policy.principal), (body.resource.slot, policy.resource)] {
            guard let slot else { continue }
            switch place {
            case .equal(.entity(let uid)), .in(.entity(let uid)), .isIn(_, .entity(let uid)): values[slot] = uid
            default: return nil
            }
        }
        guard let linked = try? link(as: policy.id, values), linked.hasSameContent(as: policy) else { return nil }
        return values
    }
}

extension Policy {
    fileprivate func hasSameContent(as other: Policy) -> Bool {
        effect == other.effect && principal == other.principal && action == other.action
            && resource == other.resource && conditions == other.conditions
            && annotations.elementsEqual(other.annotations) { $0.name == $1.name && $0.value == $1.value }
    }
}
