import Cedar
import CedarCases

/// Draws policies and templates, and the links of these.
struct PolicyWriter {
    let world: World
    /// How many of a hundred choices are wrong on purpose.
    let sloppiness: Int
    /// How many of a hundred conditions read an optional attribute or a tag without having asked for it.
    let rashness: Int

    /// An entity of the type as it is written in policies.
    static func uid(_ type: World.EntityType, _ generator: inout FuzzGenerator) -> String {
        "\(type.name)::\(Literals.quoted(generator.one(of: type.ids), &generator))"
    }

    static func uid(_ action: World.Action, _ generator: inout FuzzGenerator) -> String {
        "\(action.type)::\(Literals.quoted(action.id, &generator))"
    }

    func policies(_ generator: inout FuzzGenerator) -> [CaseDraft.PolicyDraft] {
        let count = generator.chance(5) ? generator.number(10...25) : generator.number(1...7)
        return (0..<count).map { _ in policy(&generator) }
    }

    private func policy(_ generator: inout FuzzGenerator) -> CaseDraft.PolicyDraft {
        let usable = world.actions.indices.filter { !world.actions[$0].principals.isEmpty }
        let chosen = generator.one(of: usable)
        let action = world.actions[chosen]
        let isTemplate = generator.chance(18)
        let principal = generator.one(of: action.principals)
        let resource = generator.one(of: action.resources)
        let principalScope = scope("principal", principal, isTemplate: isTemplate && generator.chance(80), &generator)
        let resourceScope = scope("resource", resource, isTemplate: isTemplate && generator.chance(50), &generator)
        let actionScope = self.actionScope(chosen, &generator)
        // What the scope leaves open, a condition may settle before the rest.
        var tests: [String] = []
        func settles(_ isSettled: Bool, _ test: String) -> Bool {
            if isSettled || generator.chance(sloppiness) { return true }
            if generator.chance(50) { return false }
            tests.append(test)
            return true
        }
        let hasPrincipal = settles(principalScope.isSettled, "principal is \(world.types[principal].name)")
        let hasResource = settles(resourceScope.isSettled, "resource is \(world.types[resource].name)")
        let hasAction = settles(actionScope.isSettled, "action == \(Self.uid(action, &generator))")
        var expressions = ExpressionGenerator(
            world: world, principal: hasPrincipal ? principal : nil, resource: hasResource ? resource : nil,
            action: hasAction ? chosen : nil, sloppiness: sloppiness, rashness: rashness,
            generator: FuzzGenerator(seed: generator.next()))
        let count = generator.one(of: [0, 0, 1, 1, 1, 1, 2])
        let conditions = (0..<count).map { _ in
            let body = expressions.condition(depth: generator.one(of: [0, 1, 1, 2, 3]))
            let opening = tests.isEmpty ? "" : tests.joined(separator: " && ") + " && ("
            return CaseDraft.Condition(
                word: generator.chance(75) ? "when" : "unless",
                body: tests.isEmpty ? body : ExpressionDraft([opening, ")"], [body]))
        }
        return CaseDraft.PolicyDraft(
            annotations: generator.chance(10) ? annotation(&generator) : "",
            effect: generator.chance(68) ? "permit" : "forbid", principal: principalScope.text,
            action: actionScope.text, resource: resourceScope.text, conditions: conditions)
    }

    private func annotation(_ generator: inout FuzzGenerator) -> String {
        let name = generator.one(of: ["id", "advice", "permit", "if", "in", "a"])
        return generator.chance(20)
            ? "@\(name) " : "@\(name)(\(Literals.quoted(generator.one(of: Literals.texts), &generator)))\n"
    }

    /// The scope of principal or resource, and whether it settles the type.
    private func scope(
        _ variable: String, _ index: Int, isTemplate: Bool, _ generator: inout FuzzGenerator
    ) -> (text: String, isSettled: Bool) {
        let type = world.types[index]
        // A group above the type if there is one.
        let group = world.types[generator.one(of: type.memberOf + [index])]
        if isTemplate {
            switch generator.number(0...2) {
            case 0: return ("\(variable) == ?\(variable)", false)
            case 1: return ("\(variable) in ?\(variable)", false)
            default: return ("\(variable) is \(type.name) in ?\(variable)", true)
            }
        }
        switch generator.number(0...9) {
        case 0: return ("\(variable) == \(Self.uid(type, &generator))", true)
        case 1, 2: return ("\(variable) in \(Self.uid(group, &generator))", false)
        case 3, 4, 5: return ("\(variable) is \(type.name)", true)
        case 6: return ("\(variable) is \(type.name) in \(Self.uid(group, &generator))", true)
        case 7 where generator.chance(sloppiness):
            return ("\(variable) is \(generator.one(of: world.types).name)", false)
        default: return (variable, false)
        }
    }

    private func actionScope(_ chosen: Int, _ generator: inout FuzzGenerator) -> (text: String, isSettled: Bool) {
        let action = world.actions[chosen]
        switch generator.number(0...9) {
        case 0, 1, 2, 3, 4: return ("action == \(Self.uid(action, &generator))", true)
        case 5:
            let group = world.actions[generator.one(of: action.parents + [chosen])]
            return ("action in \(Self.uid(group, &generator))", false)
        case 6, 7:
            var listed = generator.some(of: world.actions.filter { $0.namespace == action.namespace }, atMost: 2)
            if !generator.chance(sloppiness) { listed.append(action) }
            if generator.chance(sloppiness) { listed.append(generator.one(of: world.actions)) }
            let list = listed.map { Self.uid($0, &generator) }
            return ("action in [\(list.joined(separator: ", "))]", false)
        default: return ("action", false)
        }
    }

    /// Up to three links of each template; now and then one with a slot too few or an id that is taken.
    func links(_ policies: [CaseDraft.PolicyDraft], _ generator: inout FuzzGenerator) -> [CaseDraft.Link] {
        var links: [CaseDraft.Link] = []
        for (position, policy) in policies.enumerated() {
            let slots = [("?principal", policy.principal), ("?resource", policy.resource)]
                .filter { $0.1.contains($0.0) }.map(\.0)
            guard !slots.isEmpty else { continue }
            for _ in 0..<generator.number(0...3) {
                var filled = slots
                if generator.chance(sloppiness / 2) { filled = ["?principal"] }
                let values = filled.map { slot in
                    let action = generator.one(of: world.actions)
                    let types = slot == "?principal" ? action.principals : action.resources
                    let index =
                        types.isEmpty || generator.chance(20)
                        ? generator.number(0...world.types.count - 1) : generator.one(of: types)
                    let type = world.types[generator.one(of: world.types[index].memberOf + [index])]
                    return "\"\(slot)\": \(EntityWriter.uid(type.name, generator.one(of: type.ids)))"
                }
                let id = generator.chance(sloppiness / 2) ? "policy0" : "link\(links.count)"
                links.append(CaseDraft.Link(template: position, id: id, values: values.joined(separator: ", ")))
            }
        }
        return links
    }
}
