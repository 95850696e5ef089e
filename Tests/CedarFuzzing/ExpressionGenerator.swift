/// Draws expressions of a wanted type for one kind of request. Most are well typed and guarded, some on purpose are not.
struct ExpressionGenerator {
    typealias Draft = ExpressionDraft
    typealias ValueType = World.ValueType

    let world: World
    /// The types of principal and resource and the action, as far as the scope of the policy settles them.
    let principal: Int?
    let resource: Int?
    let action: Int?
    /// How many of a hundred conditions are unguarded, ill-typed or otherwise wrong on purpose.
    let sloppiness: Int
    /// How many of a hundred conditions read an optional attribute or a tag without having asked for it.
    let rashness: Int
    var generator: FuzzGenerator
    /// What must be true before the value at hand may be read.
    private var guards: [String] = []

    init(
        world: World, principal: Int?, resource: Int?, action: Int?, sloppiness: Int, rashness: Int,
        generator: FuzzGenerator
    ) {
        self.world = world
        self.principal = principal
        self.resource = resource
        self.action = action
        self.sloppiness = sloppiness
        self.rashness = rashness
        self.generator = generator
    }

    // MARK: Bool

    /// A condition.
    mutating func condition(depth: Int) -> Draft {
        guard depth > 0 else { return guarded { $0.comparison(depth: 0) } }
        switch generator.number(0...13) {
        case 0, 1: return infix("&&", condition(depth: depth - 1), condition(depth: depth - 1))
        case 2, 3: return infix("||", condition(depth: depth - 1), condition(depth: depth - 1))
        case 4: return Draft(["!(", ")"], [condition(depth: depth - 1)])
        case 5:
            return Draft(
                ["(if ", " then ", " else ", ")"],
                [condition(depth: depth - 1), condition(depth: depth - 1), condition(depth: depth - 1)])
        case 6: return infix("==", condition(depth: depth - 1), condition(depth: depth - 1))
        default: return guarded { $0.comparison(depth: depth) }
        }
    }

    /// The comparison behind the guards that it needs, which now and then are forgotten.
    private mutating func guarded(_ draw: (inout ExpressionGenerator) -> Draft) -> Draft {
        let outer = guards
        guards = []
        let inner = draw(&self)
        let needed = guards
        guards = outer
        if needed.isEmpty || generator.chance(rashness) { return inner }
        return Draft(["(" + needed.joined(separator: " && ") + " && (", "))"], [inner])
    }

    private mutating func infix(_ operation: String, _ left: Draft, _ right: Draft) -> Draft {
        // Without parentheses now and then: precedence is as the parser sees it.
        if generator.chance(sloppiness) { return Draft(["", " \(operation) ", ""], [left, right]) }
        return Draft(["((", ") \(operation) (", "))"], [left, right])
    }

    private mutating func comparison(depth: Int) -> Draft {
        switch generator.number(0...21) {
        case 0, 1, 2:
            let type = world.type(&generator, depth: sloppiness > 0 ? 1 : 0)
            return infix(generator.one(of: ["==", "==", "!="]), value(type, depth), value(type, depth))
        case 3, 4:
            let type = generator.one(of: [ValueType.long, .long, .long, .datetime, .duration])
            return infix(generator.one(of: ["<", "<=", ">", ">="]), value(type, depth), value(type, depth))
        case 5, 6, 7: return membership(depth)
        case 8, 9: return Draft(["(", ") like \"\(generator.one(of: Literals.patterns))\""], [value(.string, depth)])
        case 10:
            let type = generator.number(0...world.types.count - 1)
            let target = value(.entity(generator.number(0...world.types.count - 1)), depth)
            if generator.chance(60) { return Draft(["(", ") is \(world.types[type].name)"], [target]) }
            return Draft(["(", ") is \(world.types[type].name) in (", ")"], [target, value(.entity(type), depth)])
        case 11, 12: return setTest(depth)
        case 13:
            let method = generator.one(of: ["lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual"])
            return Draft(["(", ").\(method)(", ")"], [value(.decimal, depth), value(.decimal, depth)])
        case 14:
            let method = generator.one(of: ["isIpv4", "isIpv6", "isLoopback", "isMulticast"])
            return Draft(["(", ").\(method)()"], [value(.ipaddr, depth)])
        case 15: return Draft(["(", ").isInRange(", ")"], [value(.ipaddr, depth), value(.ipaddr, depth)])
        case 16, 17: return presence(depth)
        case 18:
            let target = value(.entity(generator.number(0...world.types.count - 1)), depth)
            return Draft(["(", ").hasTag(", ")"], [target, value(.string, depth)])
        case 19: return sloppiness > 0 ? nonsense(depth) : value(.bool, depth)
        default: return value(.bool, depth)
        }
    }

    private mutating func membership(_ depth: Int) -> Draft {
        let left = value(.entity(generator.number(0...world.types.count - 1)), depth)
        let type = generator.number(0...world.types.count - 1)
        let right = generator.chance(60) ? value(.entity(type), depth) : value(.set(.entity(type)), depth)
        return Draft(["(", ") in (", ")"], [left, right])
    }

    private mutating func setTest(_ depth: Int) -> Draft {
        let element = world.type(&generator, depth: 1)
        let set = value(.set(element), depth)
        switch generator.number(0...3) {
        case 0: return Draft(["(", ").contains(", ")"], [set, value(element, depth)])
        case 1: return Draft(["(", ").containsAll(", ")"], [set, value(.set(element), depth)])
        case 2: return Draft(["(", ").containsAny(", ")"], [set, value(.set(element), depth)])
        default: return Draft(["(", ").isEmpty()"], [set])
        }
    }

    private mutating func presence(_ depth: Int) -> Draft {
        let known = world.types.flatMap(\.attributes).map(\.name) + world.actions.flatMap(\.context).map(\.name)
        let name =
            known.isEmpty || generator.chance(15) && sloppiness > 0
            ? generator.one(of: Literals.identifiers) : generator.one(of: known)
        let target =
            generator.chance(70)
            ? Draft(generator.one(of: ["principal", "resource", "context", "context"]))
            : value(world.type(&generator, depth: 2), depth)
        if sloppiness > 0, generator.chance(25) {
            let path = (0...generator.number(1...2)).map { _ in
                generator.one(of: Literals.identifiers + known.filter(Literals.isIdentifier))
            }
            return Draft(["(", ") has \(path.joined(separator: "."))"], [target])
        }
        let isQuoted = !Literals.isIdentifier(name) || generator.chance(20)
        return Draft(["(", ") has \(isQuoted ? Literals.quoted(name, &generator) : name)"], [target])
    }

    /// Any operator on operands of any type.
    private mutating func nonsense(_ depth: Int) -> Draft {
        let types = (0..<2).map { _ in world.type(&generator, depth: 2) }
        let operation = generator.one(of: ["==", "!=", "<", "in", "+", "-", "*", "&&", "||", ">="])
        return infix(operation, value(types[0], depth), value(types[1], depth))
    }

    // MARK: Values

    /// An expression of the type, mostly.
    mutating func value(_ type: ValueType, _ depth: Int) -> Draft {
        if generator.chance(45), let path = path(to: type) { return path }
        if depth > 0, generator.chance(8) {
            return Draft(
                ["(if ", " then ", " else ", ")"],
                [condition(depth: depth - 1), value(type, depth - 1), value(type, depth - 1)])
        }
        switch type {
        case .bool: return depth > 1 ? condition(depth: depth - 1) : Draft(generator.one(of: ["true", "false"]))
        case .long: return long(depth)
        case .string: return Draft(Literals.quoted(generator.one(of: Literals.texts), &generator))
        case .decimal: return call("decimal", Literals.decimals, Literals.wrongDecimals)
        case .ipaddr: return call("ip", Literals.addresses, Literals.wrongAddresses)
        case .datetime: return datetime(depth)
        case .duration: return duration(depth)
        case .entity(let index): return entity(index)
        case .set(let element):
            return list(
                "[",
                (0..<generator.number(generator.chance(sloppiness) ? 0...0 : 1...3)).map { _ in
                    value(element, depth - 1)
                }, "]")
        case .record(let attributes): return record(attributes, depth)
        }
    }

    private func list(_ opening: String, _ elements: [Draft], _ closing: String) -> Draft {
        if elements.isEmpty { return Draft(opening + closing) }
        return Draft([opening] + Array(repeating: ", ", count: elements.count - 1) + [closing], elements)
    }

    private mutating func record(_ attributes: [World.Attribute], _ depth: Int) -> Draft {
        var pieces: [String] = []
        var fields: [Draft] = []
        for attribute in attributes where attribute.isRequired || generator.chance(50) {
            let isQuoted = !Literals.isIdentifier(attribute.name) || generator.chance(20)
            let name = isQuoted ? Literals.quoted(attribute.name, &generator) : attribute.name
            pieces.append((pieces.isEmpty ? "{" : ", ") + name + ": ")
            fields.append(value(attribute.type, depth - 1))
        }
        return fields.isEmpty ? Draft("{}") : Draft(pieces + ["}"], fields)
    }

    private mutating func long(_ depth: Int) -> Draft {
        guard depth > 0, generator.chance(45) else {
            let number = generator.one(of: Literals.longs)
            return Draft(generator.chance(30) && number < 0 ? "(\(number))" : "\(number)")
        }
        switch generator.number(0...5) {
        case 0, 1, 2:
            return infix(generator.one(of: ["+", "-", "*"]), value(.long, depth - 1), value(.long, depth - 1))
        case 3:
            return Draft(
                [generator.one(of: sloppiness > 0 ? ["-(", "--(", "- -(", "-----("] : ["-(", "--(", "- - -("]), ")"],
                [value(.long, depth - 1)])
        default:
            let method = generator.one(of: ["toMilliseconds", "toSeconds", "toMinutes", "toHours", "toDays"])
            return Draft(["(", ").\(method)()"], [value(.duration, depth - 1)])
        }
    }

    private mutating func call(_ function: String, _ texts: [String], _ wrong: [String]) -> Draft {
        let text = generator.one(of: generator.chance(sloppiness) ? wrong : texts)
        if generator.chance(sloppiness / 2) { return Draft(["\(function)(", ")"], [value(.string, 0)]) }
        return Draft("\(function)(\(Literals.quoted(text, &generator)))")
    }

    private mutating func datetime(_ depth: Int) -> Draft {
        guard depth > 0, generator.chance(40) else {
            return call("datetime", Literals.datetimes, Literals.wrongDatetimes)
        }
        if generator.chance(40) { return Draft(["(", ").toDate()"], [value(.datetime, depth - 1)]) }
        return Draft(["(", ").offset(", ")"], [value(.datetime, depth - 1), value(.duration, depth - 1)])
    }

    private mutating func duration(_ depth: Int) -> Draft {
        guard depth > 0, generator.chance(40) else {
            return call("duration", Literals.durations, Literals.wrongDurations)
        }
        if generator.chance(40) { return Draft(["(", ").toTime()"], [value(.datetime, depth - 1)]) }
        return Draft(["(", ").durationSince(", ")"], [value(.datetime, depth - 1), value(.datetime, depth - 1)])
    }

    private mutating func entity(_ index: Int) -> Draft {
        if generator.chance(40) {
            var variables: [String] = []
            if principal == index { variables.append("principal") }
            if resource == index { variables.append("resource") }
            if !variables.isEmpty { return Draft(generator.one(of: variables)) }
        }
        if generator.chance(sloppiness), let action {
            return Draft(generator.chance(50) ? "action" : PolicyWriter.uid(world.actions[action], &generator))
        }
        return Draft(PolicyWriter.uid(world.types[index], &generator))
    }

    // MARK: Paths

    /// What can be read from a variable, an attribute or a tag, with the guards of its optional parts.
    private struct Path {
        var text: String
        var type: ValueType
        var guards: [String] = []
    }

    /// A path to a value of the type that begins at a variable. Its guards are noted.
    private mutating func path(to type: ValueType) -> Draft? {
        var roots: [Path] = []
        if let principal { roots.append(Path(text: "principal", type: .entity(principal))) }
        if let resource { roots.append(Path(text: "resource", type: .entity(resource))) }
        if let action { roots.append(Path(text: "context", type: .record(world.actions[action].context))) }
        var found: [Path] = []
        for root in roots {
            for first in steps(from: root) {
                if Self.isSame(first.type, type) { found.append(first) }
                for second in steps(from: first) {
                    if Self.isSame(second.type, type) { found.append(second) }
                }
            }
        }
        guard !found.isEmpty else { return nil }
        let chosen = generator.one(of: found)
        guards += chosen.guards
        return Draft(chosen.text)
    }

    private mutating func steps(from path: Path) -> [Path] {
        var result: [Path] = []
        let attributes: [World.Attribute]
        switch path.type {
        case .entity(let index):
            attributes = world.types[index].attributes
            if let tags = world.types[index].tags {
                let key = Literals.quoted(generator.one(of: ["a", "é", "e\u{301}", "k"]), &generator)
                result.append(
                    Path(
                        text: "\(path.text).getTag(\(key))", type: tags,
                        guards: path.guards + ["\(path.text).hasTag(\(key))"]))
            }
        case .record(let fields): attributes = fields
        default: return []
        }
        for attribute in attributes {
            let name = Literals.quoted(attribute.name, &generator)
            let isPlain = Literals.isIdentifier(attribute.name) && generator.chance(75)
            result.append(
                Path(
                    text: isPlain ? "\(path.text).\(attribute.name)" : "\(path.text)[\(name)]", type: attribute.type,
                    guards: path.guards
                        + (attribute.isRequired ? [] : ["\(path.text) has \(isPlain ? attribute.name : name)"])))
        }
        return result
    }

    /// Whether the types are of one kind; records are taken for the same.
    private static func isSame(_ left: ValueType, _ right: ValueType) -> Bool {
        switch (left, right) {
        case (.bool, .bool), (.long, .long), (.string, .string), (.decimal, .decimal), (.ipaddr, .ipaddr),
            (.datetime, .datetime), (.duration, .duration), (.record, .record):
            true
        case (.entity(let a), .entity(let b)): a == b
        case (.set(let a), .set(let b)): isSame(a, b)
        default: false
        }
    }
}
