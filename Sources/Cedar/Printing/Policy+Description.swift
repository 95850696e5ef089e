extension Policy: CustomStringConvertible {
    /// The policy as text whose parse has the same effect, scope, conditions and annotations.
    ///
    /// Annotations and clauses each take a line, however long; `PolicyFormatter` lays the text out. Ids are no part of
    /// policy text, and neither is the template that a policy is a link of: its scope shows the entities.
    public var description: String {
        var lines = annotations.map { $0.value.isEmpty ? "@\($0.name)" : "@\($0.name)(\($0.value.quoted))" }
        lines.append("\(effect.rawValue) (principal\(principal.text), action\(action.text), resource\(resource.text))")
        lines += conditions.map { "\($0.kind.rawValue) { \($0.body) }" }
        return lines.joined(separator: "\n") + ";"
    }
}

extension Template: CustomStringConvertible {
    /// The template as text, with its slots; see `Policy.description`.
    public var description: String { body.description }
}

extension PolicySet: CustomStringConvertible {
    /// All policies and templates as text, with an empty line between two.
    ///
    /// Those with an id by position stand at that position among the others, as they did in the text that they were
    /// read from; then follow those with other ids, templates before policies. Parsing numbers them all
    /// anew. A template without slots, which only JSON can hold, is left out: text would make a policy of it.
    public var description: String {
        let all = templates.map(\.body).filter { !$0.slots.isEmpty } + policies
        var positional: [Int: Policy] = [:]
        var named: [Policy] = []
        for policy in all {
            if let position = policy.id.position { positional[position] = policy } else { named.append(policy) }
        }
        let ordered = positional.sorted { $0.key < $1.key }.map(\.value) + named
        return ordered.map { "\($0)\n" }.joined(separator: "\n")
    }
}

extension ScopeConstraint {
    /// What stands after `principal` or `resource`, with the space before it; empty for `any`.
    fileprivate var text: String {
        switch self {
        case .any: ""
        case .equal(let reference): " == \(reference.text)"
        case .in(let reference): " in \(reference.text)"
        case .is(let type): " is \(type)"
        case .isIn(let type, let reference): " is \(type) in \(reference.text)"
        }
    }
}

extension ActionConstraint {
    /// What stands after `action`, with the space before it; empty for `any`.
    fileprivate var text: String {
        switch self {
        case .any: ""
        case .equal(let uid): " == \(uid)"
        case .in(let uid): " in \(uid)"
        case .inAny(let uids): " in [" + uids.map(\.description).joined(separator: ", ") + "]"
        }
    }
}

extension EntityReference {
    fileprivate var text: String {
        switch self {
        case .entity(let uid): uid.description
        case .slot(let slot): slot.rawValue
        }
    }
}
