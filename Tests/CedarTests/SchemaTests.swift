import Testing

@testable import Cedar

@Suite struct SchemaTests {
    private static let text = """
        type Address = { city: String, zip?: Long };
        @doc("a person")
        entity User in [Group, Org::Team] = { address: Address, "two words"?: Bool, manager?: User } tags Set<String>;
        entity Group in Group;
        entity Color enum ["red", "green"];
        action read, "list all" in anyAccess appliesTo {
            principal: [User, Group], resource: Color, context: { now: datetime, ip?: __cedar::ipaddr },
        };
        action anyAccess;
        namespace Org {
            entity Team in [Company] { size: Long };
            entity Company { seat: Address };
            action admit in [Action::"anyAccess"] appliesTo { principal: User, resource: Team };
        }
        """

    @Test func model() throws {
        let schema = try Schema(parsing: Self.text)
        #expect(schema.entityTypes.keys.sorted() == ["Color", "Group", "Org::Company", "Org::Team", "User"])
        let user = try #require(schema.entityType("User"))
        #expect(user.memberOf == ["Group", "Org::Team"])
        #expect(user.ancestors == ["Group", "Org::Team", "Org::Company"])
        #expect(user.tags == .set(.string))
        #expect(user.annotations.map(\.name) == ["doc"])
        #expect(
            user.attributes.description
                == "{address: {city: String, zip?: Long}, manager?: User, \"two words\"?: Bool}")
        #expect(schema.entityType("Color")?.enumeration == ["red", "green"])
        let read = try #require(schema.action(EntityUID(type: "Action", id: "list all")))
        #expect(read.principalTypes == ["User", "Group"])
        #expect(read.resourceTypes == ["Color"])
        #expect(read.context.attributes["ip"] == RecordType.Attribute(.ipaddr, isRequired: false))
        let admit = try #require(schema.action(EntityUID(type: "Org::Action", id: "admit")))
        #expect(admit.ancestors == [EntityUID(type: "Action", id: "anyAccess")])
        #expect(schema.actionEntities.count == 4)
    }

    @Test(arguments: [
        "entity A { a: Set }; entity Set;", "entity Long; entity A { a: Long };", "type decimal = String;",
        "entity A; type A = Long;", "entity E enum [\"a\"]; entity A in E;", "entity A = {};", "// nothing", "",
        "type C = {a: Long}; entity A; action x appliesTo { principal: A, resource: A, context: C };",
        "entity A { a: Action }; action x appliesTo { principal: A, resource: A, } attributes {};",
        "@doc(\"x\") namespace N { @a entity A { @b(\"c\") d: Long }; }", "action a, \"b c\" in [\"d\"]; action d;",
        "action g; namespace N { entity A; action x in [g] appliesTo { principal: A, resource: [A, A] }; }",
    ])
    func takes(_ text: String) throws {
        _ = try Schema(parsing: text)
    }

    @Test(arguments: [
        "entity A; entity A;", "entity A, A;", "entity A in B;", "entity A { a: B };", "entity A { a: Boolean };",
        "entity A { a: __cedar::Foo };", "entity A { if: Long };", "entity in;",
        "entity __cedar;", "entity Action;", "type Long = String;", "type Set = Long;", "type Record = Long;",
        "type T = Set<U>; type U = T;", "type T = T;", "action a in b; action b in a;", "action a in a;",
        "action x in [y];", "action x; action x;", "namespace N {} namespace N {}", "namespace __cedar {}",
        "entity A; namespace N { entity A; }", "type T = Long; namespace N { type T = Long; }",
        "action x; namespace N { action x; }", "entity E enum [];", "entity E enum [\"a\",];",
        "entity G; entity E in G enum [\"a\"];",
        "entity E enum [\"a\"] tags Long;", "entity A; action x appliesTo {};",
        "entity A; action x appliesTo { principal: A };",
        "entity A; action x appliesTo { principal: [], resource: A };",
        "entity A; action x appliesTo { principal: A, principal: A, resource: A };",
        "entity A; action x appliesTo { principal: A, resource: A, context: Long };",
        "entity A; action x appliesTo { principal: Action, resource: A };",
        "type T = A; entity A; action x appliesTo { principal: T, resource: A };", "@a @a entity A;", "entity A",
        "entity A, ;", "entity A { a Long };", "permit(principal, action, resource);",
    ])
    func refuses(_ text: String) {
        #expect(throws: ParseErrors.self) { try Schema(parsing: text) }
    }

    @Test func namesAllThatIsUndeclared() throws {
        let errors = try #require(throws: ParseErrors.self) {
            try Schema(parsing: "entity A in B { a: C };\naction x in y appliesTo { principal: D, resource: A };")
        }
        #expect(errors.errors.count == 4)
        #expect(errors.errors.map(\.location.line).sorted() == [1, 1, 2, 2])
    }

    @Test("Types that double at each step and hierarchies that square are refused in time")
    func growth() throws {
        var text = "type T0 = { a: Long };\n"
        for step in 1...60 { text += "type T\(step) = { a: T\(step - 1), b: T\(step - 1) };\n" }
        #expect(throws: ParseErrors.self) { try Schema(parsing: text) }
        var chain = "type T0 = Long;\n"
        for step in 1...5000 { chain += "type T\(step) = Set<T\(step - 1)>;\n" }
        #expect(throws: ParseErrors.self) { try Schema(parsing: chain) }
        var backwards = "type T5000 = Long;\n"
        for step in 0..<5000 { backwards += "type T\(step) = Set<T\(step + 1)>;\n" }
        #expect(throws: ParseErrors.self) { try Schema(parsing: backwards) }
    }
}
