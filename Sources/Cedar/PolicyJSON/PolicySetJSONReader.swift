/// Reads a policy set in the JSON policy format and notes one error for each policy that cannot be read.
struct PolicySetJSONReader {
    private let reader: PolicyJSONReader
    private var errors: [ParseError] = []
    private var taken: Set<PolicyID> = []

    private init(_ source: SourceText) {
        reader = PolicyJSONReader(source)
    }

    /// `{"staticPolicies": …, "templates": …, "templateLinks": …}`, or one policy or template alone.
    static func read(_ source: SourceText) throws(ParseErrors) -> PolicySet {
        var reader = PolicySetJSONReader(source)
        let set: PolicySet
        do {
            let document = try JSONReader.read(source, depth: Limits.policyJSONDepth)
            set = try document["effect"] == nil ? reader.policySet(document) : reader.onePolicy(document)
        } catch {
            throw ParseErrors([error])
        }
        guard reader.errors.isEmpty else { throw ParseErrors(reader.errors) }
        return set
    }

    private mutating func note(_ error: ParseError) {
        if errors.count < Limits.reportedErrors { errors.append(error) }
    }

    private func onePolicy(_ json: JSONValue) throws(ParseError) -> PolicySet {
        let policy = try reader.policy(json, id: PolicyID(position: 0))
        guard policy.slots.isEmpty else { return PolicySet(policies: [], templates: [Template(body: policy)]) }
        return PolicySet(policies: [policy], templates: [])
    }

    private mutating func policySet(_ json: JSONValue) throws(ParseError) -> PolicySet {
        let parts = try reader.shapes.object(
            json, "a policy set", required: ["staticPolicies", "templates", "templateLinks"])
        var policies = try self.policies(parts[0], isTemplate: false)
        let templates = try self.policies(parts[1], isTemplate: true).map { Template(body: $0) }
        let byID = Dictionary(templates.map { ($0.id, $0) }) { first, _ in first }
        for element in try reader.shapes.elements(parts[2], "a list of links") {
            do {
                let policy = try link(element, byID)
                taken.insert(policy.id)
                policies.append(policy)
            } catch {
                note(error)
            }
        }
        return PolicySet(policies: policies, templates: templates)
    }

    private mutating func policies(_ json: JSONValue, isTemplate: Bool) throws(ParseError) -> [Policy] {
        var policies: [Policy] = []
        for member in try reader.shapes.members(json, "an object of policies") {
            let id = PolicyID(member.key)
            do {
                policies.append(try policy(member.value, id: id, isTemplate: isTemplate))
            } catch {
                note(error)
            }
            taken.insert(id)
        }
        return policies
    }

    private func policy(_ json: JSONValue, id: PolicyID, isTemplate: Bool) throws(ParseError) -> Policy {
        try requireFree(id, at: json)
        let policy = try reader.policy(json, id: id)
        guard !isTemplate, let slot = policy.slots.first else { return policy }
        throw reader.values.error(
            PolicySetError.unlinkedSlot(slot, policy: id).description, at: json,
            hint: "a policy with slots belongs into `templates`")
    }

    private func requireFree(_ id: PolicyID, at json: JSONValue) throws(ParseError) {
        guard !taken.contains(id) else {
            throw reader.values.error(PolicySetError.duplicateID(id).description, at: json)
        }
    }

    private func link(_ json: JSONValue, _ templates: [PolicyID: Template]) throws(ParseError) -> Policy {
        let parts = try reader.shapes.object(json, "a template link", required: ["templateId", "newId", "values"])
        let templateID = PolicyID(try reader.shapes.string(parts[0], "the id of a template"))
        let id = PolicyID(try reader.shapes.string(parts[1], "the id of a policy"))
        try requireFree(id, at: parts[1])
        guard let template = templates[templateID] else {
            throw reader.values.error(PolicySetError.noSuchTemplate(templateID).description, at: parts[0])
        }
        var filled: [Slot: EntityUID] = [:]
        for member in try reader.shapes.members(parts[2], "an object with the values of the slots") {
            guard let slot = Slot(name: member.key) else {
                throw reader.shapes.error(
                    "there is no slot \(member.key.quoted)", at: member.keySpan,
                    expected: Slot.allCases.map { "\"\($0.rawValue)\"" })
            }
            filled[slot] = try reader.values.uid(member.value)
        }
        do {
            return try template.link(as: id, filled)
        } catch {
            throw reader.values.error(error.description, at: parts[2])
        }
    }
}
