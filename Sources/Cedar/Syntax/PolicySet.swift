/// Policies that are decided together, and templates that they may be linked from.
///
/// A set that was read from text numbers its policies and templates by position: `policy0`, `policy1`, …
public struct PolicySet: Sendable {
    public private(set) var policies: [Policy] = []
    public private(set) var templates: [Template] = []

    /// The empty set, under which every request is denied.
    public init() {}

    /// Policies built by code. Their ids differ and they have no slots.
    public init(_ policies: [Policy]) throws(PolicySetError) {
        try add(policies)
    }

    /// Policies without slots and templates, whose ids all differ.
    init(policies: [Policy], templates: [Template]) {
        self.policies = policies
        self.templates = templates
    }

    /// Reads policy text.
    public init(parsing source: String, file: String = "policy") throws(ParseErrors) {
        try self.init(parsing: Array(source.utf8), file: file)
    }

    /// Reads policy text from bytes, which must be UTF-8.
    public init(parsing source: [UInt8], file: String = "policy") throws(ParseErrors) {
        self.init(numbering: try Self.parse(source, file: file))
    }

    /// Reads several files as one set, numbered through in the order given, and reports the errors of all of them.
    public init(parsing files: [(file: String, source: [UInt8])]) throws(ParseErrors) {
        var parsed: [Policy] = []
        var errors: [ParseError] = []
        for (file, source) in files {
            do {
                parsed += try Self.parse(source, file: file)
            } catch {
                errors += error.errors
            }
        }
        guard errors.isEmpty else { throw ParseErrors(errors) }
        self.init(numbering: parsed)
    }

    private static func parse(_ source: [UInt8], file: String) throws(ParseErrors) -> [Policy] {
        let text = try SourceText.bounded(file: file, bytes: source)
        return try PolicyParser.parse(text)
    }

    private init(numbering parsed: [Policy]) {
        for (position, policy) in parsed.enumerated() {
            var policy = policy
            policy.id = PolicyID(position: position)
            if policy.slots.isEmpty { policies.append(policy) } else { templates.append(Template(body: policy)) }
        }
    }

    /// How many policies and templates there are.
    public var count: Int { policies.count + templates.count }

    public subscript(id: PolicyID) -> Policy? { policies.first { $0.id == id } }

    /// Adds policies whose ids are not taken yet.
    public mutating func add(_ more: [Policy]) throws(PolicySetError) {
        var taken = Set(policies.map(\.id)).union(templates.map(\.id))
        for policy in more {
            if let slot = policy.slots.first { throw .unlinkedSlot(slot, policy: policy.id) }
            guard taken.insert(policy.id).inserted else { throw .duplicateID(policy.id) }
        }
        policies += more
    }

    /// Links a template of the set and adds the policy that this makes.
    public mutating func link(
        _ template: PolicyID, as id: PolicyID, _ values: [Slot: EntityUID]
    ) throws(PolicySetError) {
        guard let template = templates.first(where: { $0.id == template }) else { throw .noSuchTemplate(template) }
        try add([try template.link(as: id, values)])
    }

    /// Both sets as one.
    ///
    /// Ids that were given by position continue the count of `left`, so `b` of `a + b` follows `a`; other ids stay,
    /// and a clash among them is an error.
    public static func + (left: PolicySet, right: PolicySet) throws(PolicySetError) -> PolicySet {
        var renamed: [PolicyID: PolicyID] = [:]
        for index in 0..<right.count {
            renamed[PolicyID(position: index)] = PolicyID(position: left.count + index)
        }
        var result = left
        var taken = Set(left.policies.map(\.id)).union(left.templates.map(\.id))
        for template in right.templates {
            var template = template
            template.body.id = renamed[template.id] ?? template.id
            guard taken.insert(template.id).inserted else { throw .duplicateID(template.id) }
            result.templates.append(template)
        }
        try result.add(
            right.policies.map { policy in
                var policy = policy
                policy.id = renamed[policy.id] ?? policy.id
                policy.template = policy.template.map { renamed[$0] ?? $0 }
                return policy
            })
        return result
    }
}
