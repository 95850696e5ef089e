import Cedar
import CedarCases

/// Draws the entities and requests of a world, as JSON.
struct EntityWriter {
    let world: World
    /// Without a schema entities and extension values in attributes must be marked as such.
    let hasSchema: Bool
    /// Whether some values, parents and attributes are other than the schema wants.
    let isSloppy: Bool

    static func uid(_ type: String, _ id: String) -> String {
        "{\"type\": \(quote(type)), \"id\": \(quote(id))}"
    }

    private static func quote(_ text: String) -> String { JSONText.string(CedarString(text)) }

    func entities(_ generator: inout FuzzGenerator) -> [CaseDraft.EntityDraft] {
        var drafts: [CaseDraft.EntityDraft] = []
        // The position in this list orders the hierarchy: parents stand before their children.
        var universe: [(type: Int, id: String)] = []
        for (index, type) in world.types.enumerated() {
            for id in World.distinct(type.ids) where generator.chance(85) { universe.append((index, id)) }
        }
        universe.shuffle(using: &generator)
        let isCyclic = isSloppy && generator.chance(10)
        for (position, entity) in universe.enumerated() {
            let type = world.types[entity.type]
            var candidates = (isCyclic ? universe[...] : universe[..<position]).filter {
                type.memberOf.contains($0.type)
            }
            if entity.id.hasPrefix("deep"), let previous = candidates.last { candidates = [previous] }
            var parents = generator.some(of: Array(candidates), atMost: entity.id.hasPrefix("deep") ? 1 : 3)
            if isSloppy, generator.chance(2) { parents.append(generator.one(of: universe)) }
            // A parent that is not in the store.
            if let group = type.memberOf.first, generator.chance(4), world.types[group].enumeration == nil {
                parents.append((group, "absent"))
            }
            drafts.append(
                CaseDraft.EntityDraft(
                    uid: Self.uid(type.name, entity.id),
                    attributes: type.enumeration == nil ? members(type.attributes, &generator) : [],
                    parents: parents.map { Self.uid(world.types[$0.type].name, $0.id) },
                    tags: type.tags.flatMap { tags($0, &generator) }))
        }
        if !hasSchema || generator.chance(25) {
            drafts += world.actions.map { action in
                CaseDraft.EntityDraft(
                    uid: Self.uid(action.type, action.id), attributes: [],
                    parents: action.parents.map { Self.uid(world.actions[$0].type, world.actions[$0].id) })
            }
        }
        return drafts
    }

    private func tags(_ type: World.ValueType, _ generator: inout FuzzGenerator) -> [String]? {
        if generator.chance(10) { return nil }
        let keys = World.distinct(generator.some(of: ["a", "é", "e\u{301}", "k", ""], atMost: 4))
        return keys.map { "\(Self.quote($0)): \(value(type, &generator))" }
    }

    /// Values for the attributes, as members of an object. Rarely a required one is forgotten or a stranger added.
    func members(_ attributes: [World.Attribute], _ generator: inout FuzzGenerator) -> [String] {
        var members: [String] = []
        for attribute in attributes
        where attribute.isRequired ? !(isSloppy && generator.chance(1)) : generator.chance(55) {
            members.append("\(Self.quote(attribute.name)): \(value(attribute.type, &generator))")
        }
        if isSloppy, generator.number(0...199) == 0 { members.append("\"stranger\": 1") }
        return members
    }

    private func value(_ type: World.ValueType, _ generator: inout FuzzGenerator) -> String {
        // Of another type than declared, rarely.
        let type = isSloppy && generator.chance(1) ? world.type(&generator, depth: 1) : type
        switch type {
        case .bool: return generator.one(of: ["true", "false"])
        case .long: return "\(generator.one(of: Literals.longs))"
        case .string: return Self.quote(generator.one(of: Literals.texts))
        case .decimal: return call("decimal", Literals.decimals, Literals.wrongDecimals, &generator)
        case .ipaddr: return call("ip", Literals.addresses, Literals.wrongAddresses, &generator)
        case .datetime: return call("datetime", Literals.datetimes, Literals.wrongDatetimes, &generator)
        case .duration: return call("duration", Literals.durations, Literals.wrongDurations, &generator)
        case .entity(let index):
            let uid = Self.uid(world.types[index].name, generator.one(of: world.types[index].ids))
            return odd(uid, "__entity", &generator)
                ?? (hasSchema && generator.chance(50) ? uid : "{\"__entity\": \(uid)}")
        case .set(let element):
            let elements = (0..<generator.number(0...3)).map { _ in value(element, &generator) }
            return "[\(elements.joined(separator: ", "))]"
        case .record(let attributes): return "{\(members(attributes, &generator).joined(separator: ", "))}"
        }
    }

    private func call(_ function: String, _ texts: [String], _ wrong: [String], _ generator: inout FuzzGenerator)
        -> String
    {
        let text = Self.quote(generator.one(of: isSloppy && generator.chance(1) ? wrong : texts))
        let object = "{\"fn\": \"\(function)\", \"arg\": \(text)}"
        if let odd = odd(object, "__extn", &generator) { return odd }
        guard hasSchema else { return "{\"__extn\": \(object)}" }
        return generator.one(of: [text, object, "{\"__extn\": \(object)}"])
    }

    /// An escape that has more members than it should, or not the form of one.
    private func odd(_ object: String, _ escape: String, _ generator: inout FuzzGenerator) -> String? {
        guard isSloppy, generator.chance(2) else { return nil }
        let open = object.dropLast()
        return generator.one(of: [
            "{\"\(escape)\": \(object), \"more\": 1}", "{\"\(escape)\": \(open), \"more\": 1}}",
            "\(open), \"more\": 1}",
            "{\"\(escape)\": 1}", "{\"\(escape)\": {}}", "{\"\(escape)\": [\(object)]}", "{\"\(escape)\": \"a\"}",
            "{\"__expr\": 1}",
            "{\"__expr\": \"1\"}", "{\"__expr\": \"1\", \"more\": 1}",
            "{\"__extn\": {\"fn\": \"ip\", \"args\": [\"::1\"]}}",
            "{\"__extn\": {\"fn\": \"ip\", \"args\": []}}", "{\"__extn\": {\"fn\": \"nothing\", \"arg\": 1}}",
            "{\"__extn\": {\"fn\": \"ip\", \"arg\": {\"__extn\": {\"fn\": \"ip\", \"arg\": \"::1\"}}}}",
            "{\"__extn\": {\"fn\": \"toDate\", \"arg\": {\"__extn\": {\"fn\": \"datetime\", \"arg\": \"2024-01-01\"}}}}",
            "{\"__entity\": {\"type\": \"a b\", \"id\": \"x\"}}", "{\"__entity\": {\"type\": \"User\", \"id\": 1}}",
            "{}",
        ])
    }

    func request(_ generator: inout FuzzGenerator) -> CaseDraft.RequestDraft {
        let usable = world.actions.filter { !$0.principals.isEmpty }
        let action = generator.chance(97) ? generator.one(of: usable) : generator.one(of: world.actions)
        func entity(_ types: [Int]) -> String {
            let index =
                types.isEmpty || generator.chance(3)
                ? generator.number(0...world.types.count - 1) : generator.one(of: types)
            let type = world.types[index]
            let id = generator.chance(4) ? generator.one(of: Literals.texts) : generator.one(of: type.ids)
            return Self.uid(generator.number(0...499) == 0 ? type.name + " " : type.name, id)
        }
        let id = generator.chance(2) ? generator.one(of: Literals.texts) : action.id
        return CaseDraft.RequestDraft(
            entities: """
                "principal": \(entity(action.principals)), "action": \(Self.uid(action.type, id)), \
                "resource": \(entity(action.resources))
                """,
            context: members(action.context, &generator))
    }
}
