/// The types, actions and entities that the policies, entities and requests of one case speak about.
struct World {
    indirect enum ValueType {
        case bool, long, string, decimal, ipaddr, datetime, duration
        case entity(Int)
        case set(ValueType)
        case record([Attribute])
    }

    struct Attribute {
        let name: String
        let type: ValueType
        let isRequired: Bool
    }

    struct EntityType {
        let namespace: String
        let basename: String
        var memberOf: [Int] = []
        var attributes: [Attribute] = []
        var tags: ValueType?
        var enumeration: [String]?
        /// The ids that the case uses.
        var ids: [String]

        var name: String { namespace.isEmpty ? basename : "\(namespace)::\(basename)" }
    }

    struct Action {
        let namespace: String
        let id: String
        var parents: [Int] = []
        var principals: [Int] = []
        var resources: [Int] = []
        var context: [Attribute] = []

        var type: String { namespace.isEmpty ? "Action" : "\(namespace)::Action" }
    }

    var types: [EntityType] = []
    var actions: [Action] = []

    /// Draws a world.
    init(_ generator: inout FuzzGenerator) {
        let namespaces = generator.one(of: [[""], [""], ["", "N"], ["N", "N::M"], ["", "_x", "N::N"]])
        let names = ["User", "Group", "Doc", "Folder", "Team", "Role", "permit", "Set_", "T1", "a"]
        for index in 0..<generator.number(2...6) {
            let ids = generator.some(of: Literals.texts, atMost: 4) + ["x\(index)", "a"]
            types.append(
                EntityType(namespace: generator.one(of: namespaces), basename: names[index], ids: Self.distinct(ids)))
        }
        for index in types.indices {
            if index > 0, generator.chance(12) {
                types[index].enumeration = types[index].ids
                continue
            }
            types[index].memberOf = generator.some(of: Array(types.indices), atMost: 2)
            types[index].attributes = attributes(&generator, atMost: 5, depth: 2)
            if generator.chance(35) { types[index].tags = type(&generator, depth: 1) }
            // A long chain now and then.
            if generator.chance(20) { types[index].ids += (0..<20).map { "deep\($0)" } }
        }
        for index in 0..<generator.number(1...5) {
            var action = Action(
                namespace: generator.one(of: namespaces), id: index == 0 ? "read" : generator.one(of: Literals.texts))
            let taken = actions.contains {
                Array($0.id.utf8) == Array(action.id.utf8) && Array($0.namespace.utf8) == Array(action.namespace.utf8)
            }
            if taken { continue }
            action.parents = generator.some(of: Array(actions.indices), atMost: 2)
            if index == 0 || generator.chance(85) {
                action.principals =
                    generator.some(of: Array(types.indices), atMost: 2) + [generator.number(0...types.count - 1)]
                action.resources =
                    generator.some(of: Array(types.indices), atMost: 2) + [generator.number(0...types.count - 1)]
                action.context = attributes(&generator, atMost: 4, depth: 2)
            }
            actions.append(action)
        }
    }

    static func distinct(_ texts: [String]) -> [String] {
        var seen: Set<[UInt8]> = []
        return texts.filter { seen.insert(Array($0.utf8)).inserted }
    }

    private func attributes(_ generator: inout FuzzGenerator, atMost limit: Int, depth: Int) -> [Attribute] {
        let pool = generator.chance(75) ? Literals.identifiers : Literals.texts
        return Self.distinct(generator.some(of: pool, atMost: limit)).map {
            Attribute(name: $0, type: type(&generator, depth: depth), isRequired: generator.chance(60))
        }
    }

    func type(_ generator: inout FuzzGenerator, depth: Int) -> ValueType {
        switch generator.number(0...(depth > 0 ? 15 : 11)) {
        case 0, 1: .bool
        case 2, 3: .long
        case 4, 5: .string
        case 6: .decimal
        case 7: .ipaddr
        case 8: .datetime
        case 9: .duration
        case 10, 11: .entity(generator.number(0...types.count - 1))
        case 12, 13: .set(type(&generator, depth: depth - 1))
        default: .record(attributes(&generator, atMost: 3, depth: depth - 1))
        }
    }

    // MARK: Schema text

    /// The schema in human syntax. Some records become common types, some names are left unqualified.
    func schema(_ generator: inout FuzzGenerator) -> String {
        var writer = SchemaWriter(world: self)
        return writer.text(&generator)
    }
}

/// Writes the schema of a world.
struct SchemaWriter {
    let world: World
    private var commonTypes: [String] = []
    /// Numbers the common types, mostly over all namespaces: one must not hide another.
    private var count = 0
    private var namespace = ""

    init(world: World) {
        self.world = world
    }

    mutating func text(_ generator: inout FuzzGenerator) -> String {
        var text = ""
        var namespaces: [String] = []
        for name in world.types.map(\.namespace) + world.actions.map(\.namespace) where !namespaces.contains(name) {
            namespaces.append(name)
        }
        for namespace in namespaces {
            self.namespace = namespace
            commonTypes = []
            if generator.chance(5) { count = 0 }
            var declarations: [String] = []
            for type in world.types where type.namespace == namespace {
                declarations.append(declaration(of: type, &generator))
            }
            for action in world.actions where action.namespace == namespace {
                declarations.append(declaration(of: action, &generator))
            }
            let body = (commonTypes + declarations.shuffled(using: &generator)).joined(separator: "\n")
            text += namespace.isEmpty ? body + "\n" : "namespace \(namespace) {\n\(body)\n}\n"
        }
        return text
    }

    private mutating func declaration(of type: World.EntityType, _ generator: inout FuzzGenerator) -> String {
        if let ids = type.enumeration {
            return
                "entity \(type.basename) enum [\(ids.map { Literals.quoted($0, &generator) }.joined(separator: ", "))];"
        }
        var text = generator.chance(10) ? "@doc(\"x\") entity \(type.basename)" : "entity \(type.basename)"
        if !type.memberOf.isEmpty { text += " in [\(names(type.memberOf, &generator))]" }
        if !type.attributes.isEmpty || generator.chance(30) {
            text += (generator.chance(50) ? " = " : " ") + record(type.attributes, &generator)
        }
        if let tags = type.tags { text += " tags \(self.text(of: tags, &generator))" }
        return text + ";"
    }

    private mutating func declaration(of action: World.Action, _ generator: inout FuzzGenerator) -> String {
        var text = "action \(Literals.quoted(action.id, &generator))"
        if !action.parents.isEmpty {
            let parents = action.parents.map { parent in
                let group = world.actions[parent]
                let id = Literals.quoted(group.id, &generator)
                return group.namespace == action.namespace && generator.chance(50) ? id : "\(group.type)::\(id)"
            }
            text += " in [\(parents.joined(separator: ", "))]"
        }
        if !action.principals.isEmpty {
            let context: String
            if generator.chance(15) {
                context = common("Context", record(action.context, &generator))
            } else {
                context = record(action.context, &generator)
            }
            text += " appliesTo { principal: [\(names(action.principals, &generator))], "
            text += "resource: [\(names(action.resources, &generator))], context: \(context) }"
        }
        return text + ";"
    }

    private func names(_ types: [Int], _ generator: inout FuzzGenerator) -> String {
        types.map { name(of: $0, &generator) }.joined(separator: ", ")
    }

    private func name(of index: Int, _ generator: inout FuzzGenerator) -> String {
        let type = world.types[index]
        return type.namespace == namespace && generator.chance(60) ? type.basename : type.name
    }

    private mutating func record(_ attributes: [World.Attribute], _ generator: inout FuzzGenerator) -> String {
        let parts = attributes.map { attribute in
            let isQuoted = !Literals.isIdentifier(attribute.name) || generator.chance(20)
            let name = isQuoted ? Literals.quoted(attribute.name, &generator) : attribute.name
            return "\(name)\(attribute.isRequired ? "" : "?"): \(text(of: attribute.type, &generator))"
        }
        return "{ \(parts.joined(separator: ", ")) }"
    }

    private mutating func text(of type: World.ValueType, _ generator: inout FuzzGenerator) -> String {
        let text: String
        let prefix = generator.chance(10) ? "__cedar::" : ""
        switch type {
        case .bool: text = prefix + "Bool"
        case .long: text = prefix + "Long"
        case .string: text = prefix + "String"
        case .decimal: text = prefix + "decimal"
        case .ipaddr: text = prefix + "ipaddr"
        case .datetime: text = prefix + "datetime"
        case .duration: text = prefix + "duration"
        case .entity(let index): return name(of: index, &generator)
        case .set(let element): text = "Set<\(self.text(of: element, &generator))>"
        case .record(let attributes): text = record(attributes, &generator)
        }
        guard generator.chance(15) else { return text }
        return common("Common", text)
    }

    /// The name of a new common type.
    private mutating func common(_ prefix: String, _ text: String) -> String {
        count += 1
        commonTypes.append("type \(prefix)\(count) = \(text);")
        return "\(prefix)\(count)"
    }
}
