/// A policy whose scope has slots. It decides nothing until it is linked.
public struct Template: Sendable {
    /// The policy with its slots.
    public internal(set) var body: Policy

    public var id: PolicyID { body.id }
    public var slots: [Slot] { body.slots }

    /// A policy with the slots filled.
    ///
    /// `values` names every slot of the template and no other.
    public func link(as id: PolicyID, _ values: [Slot: EntityUID]) throws(PolicySetError) -> Policy {
        for slot in body.slots where values[slot] == nil { throw .missingSlot(slot, template: self.id) }
        for slot in Slot.allCases where values[slot] != nil && !body.slots.contains(slot) {
            throw .unknownSlot(slot, template: self.id)
        }
        var policy = body
        policy.id = id
        policy.template = self.id
        policy.principal = Self.fill(body.principal, values)
        policy.resource = Self.fill(body.resource, values)
        return policy
    }

    private static func fill(_ constraint: ScopeConstraint, _ values: [Slot: EntityUID]) -> ScopeConstraint {
        func filled(_ reference: EntityReference) -> EntityReference {
            guard case .slot(let slot) = reference, let uid = values[slot] else { return reference }
            return .entity(uid)
        }
        return switch constraint {
        case .any, .is: constraint
        case .equal(let reference): .equal(filled(reference))
        case .in(let reference): .in(filled(reference))
        case .isIn(let type, let reference): .isIn(type, filled(reference))
        }
    }
}

/// Why policies cannot be put together.
public enum PolicySetError: Error, Hashable, Sendable, CustomStringConvertible {
    case duplicateID(PolicyID)
    case unlinkedSlot(Slot, policy: PolicyID)
    case missingSlot(Slot, template: PolicyID)
    case unknownSlot(Slot, template: PolicyID)
    case noSuchTemplate(PolicyID)

    public var description: String {
        switch self {
        case .duplicateID(let id): "the policy id `\(id)` is taken"
        case .unlinkedSlot(let slot, let policy):
            "policy `\(policy)` has the slot \(slot.rawValue), which only a template may"
        case .missingSlot(let slot, let template): "template `\(template)` needs an entity for \(slot.rawValue)"
        case .unknownSlot(let slot, let template): "template `\(template)` has no slot \(slot.rawValue)"
        case .noSuchTemplate(let id): "there is no template `\(id)`"
        }
    }
}
