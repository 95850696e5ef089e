import Cedar
import CedarCases

/// Draws policy text and schema text from phrases, right ones and wrong ones, to see what the parsers and the resolver
/// of names take. What is drawn need not make sense.
struct TextGenerator {
    var generator: FuzzGenerator
    /// How many odd phrases the text at hand may still get.
    private var odd: Int

    init(generator: FuzzGenerator) {
        self.generator = generator
        odd = self.generator.one(of: [0, 0, 1, 1, 1, 2])
    }

    // MARK: Policies

    private static let principals: [String] = [
        "principal", "principal == User::\"a\"", "principal in Group::\"g\"", "principal is User",
        "principal is N::User",
        "principal is User in Group::\"g\"", "principal in Group::\"g\" is User", "principal == ?principal",
        "principal in ?principal", "principal is User in ?principal", "principal == ?resource",
        "principal in [User::\"a\"]",
        "principal: User", "principal is User == User::\"a\"", "principal != User::\"a\"", "principal == (User::\"a\")",
        "principal == principal", "principal is \"User\"", "principal is User::\"a\"", "principal in true",
        "principal == 1",
        "principal is (User)", "principal is principal", "principal is N :: User", "principal has a", "principal in",
        "principal == User::\"a\" && true", "resource", "?principal", "principal is User in (Group::\"g\")",
        "principal is ?principal", "principal == ((?principal))", "principal is User in", "principal = User::\"a\"",
        "principal == User :: \"a\"", "principal == User::\"\\n\"", "principal == User::\"\\*\"",
        "principal == __cedar::\"a\"",
        "principal == User::a", "principal is Set", "principal is if", "principal is User::if",
        "principal is __cedar::User",
        "principal == action::\"a\"", "(principal)", "principal == User::\"a\" in Group::\"g\"", "principal ==",
        "principal is",
        "principal is Long", "principal is Action", "principal < User::\"a\"", "principal like \"a\"", "Principal", "",
        "principal == ?Principal", "principal in (?principal)", "principal.a", "principal is true",
        "principal == true::\"a\"",
    ]

    private static let actions: [String] = [
        "action", "action == Action::\"read\"", "action in Action::\"all\"", "action in [Action::\"read\"]",
        "action in []",
        "action in [Action::\"read\", N::Action::\"read\"]", "action in [Action::\"read\",]", "action == User::\"a\"",
        "action in [User::\"a\"]", "action is Action", "action == ?action", "action in ?principal",
        "action == [Action::\"read\"]",
        "action in [[Action::\"read\"]]", "action in (Action::\"read\")", "action in ([Action::\"read\"])",
        "action in [(Action::\"read\")]",
        "action == (Action::\"read\")", "action == N::Action::\"read\"", "action == Action::N::\"read\"",
        "action == Action::\"\"",
        "action in [,]", "action: Action", "action == action", "action in Action", "action in {}",
        "action == Action::\"read\" ",
        "action in [Action::\"read\" Action::\"all\"]", "action == MyAction::\"read\"", "action != Action::\"read\"",
        "action in [1]",
        "action is Action in Action::\"all\"", "action in [?principal]", "action == Action", "action has a",
        "action in if",
    ]

    private static let annotations: [String] = [
        "@id(\"a\")", "@id", "@id()", "@id(a)", "@id(\"a\")@id(\"b\")", "@if(\"a\")", "@permit", "@a.b",
        "@a(\"\\u{1}\")",
        "@a(\"\\q\")", "@a(\"\\*\")", "@ a (\"b\")", "@\"a\"(\"b\")", "@a(\"b\",)", "@a(\"b\", \"c\")", "@a(1)", "@1",
        "@__cedar",
        "@_(\"é\")", "@in@is@like@has@true@false@then@else", "@a::b(\"c\")", "@", "@a(\"x\" \"y\")", "@é(\"a\")",
        "@when", "@a('b')",
    ]

    private static let operands: [String] = [
        "principal", "resource", "action", "context", "context.a", "context.n", "1", "-1", "0", "007", "\"a\"", "\"é\"",
        "[1, 2]",
        "[1,]", "[]", "[,]", "{a: 1}", "{\"a\": 1}", "{\"a\": 1, }", "{a: 1, a: 2}", "{a: 1, \"a\": 2}", "{,}", "{}",
        "{1: 1}", "{a}",
        "{a: 1 b: 2}", "{\"\\u{61}\": 1, a: 2}", "User::\"a\"", "Group::\"g\"", "N::User::\"a\"", "ip(\"::1\")",
        "ip(\"1\")", "true",
        "false", "if true then 1 else 2", "(if true then 1 else 2)", "(if true then 1)", "principal has a",
        "principal has a.b.c",
        "principal has \"a\"", "principal has \"a\".b", "principal has a.\"b\"", "principal has a[\"b\"]",
        "principal has (a)",
        "context has a.if", "context has if", "context has \"if\"", "principal has 1", "principal has principal", "(1)",
        "((1))",
        "principal like \"a*\"", "principal like 1", "principal like (\"a\")", "\"a*\" like \"a\\*\"", "\"a\\*\"",
        "\"a\" like \"\\x80\"",
        "\"a\" like a", "principal is User", "principal is User in Group::\"g\"", "principal is User in [Group::\"g\"]",
        "principal is N::User",
        "principal is User in principal in principal", "principal is Group::\"g\"", "principal is (User)",
        "principal is \"User\"",
        "principal is if", "-(-1)", "!true", "!(true)", "context[\"a\"]", "context[a]", "context[1]", "context[]",
        "context.\"a\"",
        "context[\"a\" ]", "context[\"a\\u{0}\"]", "context [ \"a\" ] . b", "[1].contains(1)", "[1].contains(1,)",
        "[1].contains(1, 2)",
        "[1].contains()", "[1].contains", "[1].Contains(1)", "[1].isEmpty()", "[1].isEmpty(1)", "[1].containsAll([1])",
        "contains(1)",
        "isEmpty([1])", "User::\"a\".b", "User::\"a\"[\"b\"]", "User::\"a\"(1)", "ip(\"::1\",)", "ip(\"::1\", 1)",
        "ip()", "decimal()",
        "decimal(1)", "ip", "ip.a", "1.a", "1[\"a\"]", "-1.a", "\"a\".b", "{}.a", "{a: 1}.a", "[].a", "a::b(1)",
        "N::ip(\"::1\")",
        "foo(1)", "error(\"x\")", "principal(1)", "principal.a(1)", "principal.ip(\"::1\")",
        "\"::1\".ip()",
        "ip(\"::1\").isIpv4()", "ip(\"::1\").isIpv4(1)", "isIpv4(ip(\"::1\"))", "ip(\"::1\").isIpv4",
        "ip(\"::1\").lessThan(1)",
        "1.lessThan(decimal(\"1.0\"))", "__cedar::ip(\"::1\")", "__cedar", "context.__cedar", "{__cedar: 1}",
        "principal.if", "principal.in",
        "principal[\"if\"]", "principal.true", "context.principal", "context.permit", "{if: 1}", "{\"if\": 1}",
        "{true: 1}", "{in: 1}",
        "{principal: 1}", "{ip: 1}", "?principal", "?resource", "?x", "principal::\"a\"", "action::\"a\"", "if::\"a\"",
        "Action::\"read\"",
        "Set::\"a\"", "1 / 2", "1 % 2", "- 9223372036854775808", "-9223372036854775808", "--9223372036854775808",
        "9223372036854775808",
        "-9223372036854775809", "(-9223372036854775808)", "-(9223372036854775808)", "- 1", "1 -1", "1-1", "1--1",
        "1- -1", "1---1", "!-1",
        "-!true", "!!!!true", "!!!!!true", "! ! true", "----1", "-----1", "-----9223372036854775808", "-- -- -1",
        "!(!!!!true)",
        "-if true then 1 else 2", "!if true then true else false", "1 < 2 < 3", "1 == 2 == 3", "1 in 2 in 3",
        "1 < 2 == true", "(1 < 2) == true",
        "1 + 2 * 3", "1 * 2 + 3", "2 * -3", "2 *- 3", "1 = 1", "1 <> 1", "1 === 1", "true & true", "true | true",
        "true and true",
        "not true", "principal.getTag(\"a\")", "principal.hasTag(\"a\", \"b\")", "principal.hasTag",
        "User::\"a\\u{301}\"", "User::\"\\u{D800}\"",
        "\"\\u{110000}\"", "\"\\u{0000041}\"", "\"\\u{}\"", "\"\\u{_1}\"", "\"\\u{1_}\"", "\"\\u{1_2}\"", "\"\\u41\"",
        "\"\\x4\"", "\"\\xFF\"",
        "\"\\x7f\"", "\"\\X41\"", "\"\\a\"", "\"\\0\"", "\"\\00\"", "\"\\'\"", "\"\\`\"", "\"\\\n\"", "\"\n\"",
        "\"\t\"", "\"\r\"", "\"\r\n\"", "\"\0\"",
        "\"a\" \"b\"", "'a'", "\"//\"", "1 // comment\n", "/* a */ 1", "1.5", "1e3", "0x10", "1_000", "+1", "é",
        "principal.é", "a", "A::B",
        "User::", "::User", "User::\"a\"::\"b\"", "User::User", "User:: \"a\"", "User ::\"a\"", "User: :\"a\"",
        "context.a.b.c", "context..a",
        "context.", "[principal]", "[[1], [\"a\"]]", "[true, 1]", "{a: [1], b: {c: ip(\"::1\")}}",
        "datetime(\"2024-01-01\")", "duration(\"1d\")",
        "datetime(\"2024-01-01\").offset(duration(\"1d\"))", "offset(datetime(\"2024-01-01\"), duration(\"1d\"))",
        "\u{A0}1", "1\u{2028}", "\u{FEFF}1",
        "1\u{200B}", "1\u{B}", "1\u{C}", "1\u{85}", "1\u{3000}",
    ]

    private static let operators: [String] = [
        "+", "-", "*", "==", "!=", "<", "<=", ">", ">=", "in", "&&", "||", "&&", "||", "&&", "||", "has", "like", "is",
        "=", "&", "!", ".", ",",
        "::", "/", "%", "",
    ]

    /// What our own parser takes when it stands alone. Odd phrases come on top of these, few at a time: a text with one
    /// odd phrase shows more than a text with many.
    private static let rightPrincipals = principals.filter { takes("permit(\($0), action, resource);") }
    private static let rightActions = actions.filter { takes("permit(principal, \($0), resource);") }
    private static let rightAnnotations = annotations.filter { takes("\($0) permit(principal, action, resource);") }
    private static let rightOperands = operands.filter { takes("permit(principal, action, resource) when { \($0) };") }
    private static let rightOperators = operators.filter {
        takes("permit(principal, action, resource) when { 1 \($0) 1 };")
    }

    private static func takes(_ policies: String) -> Bool { (try? PolicySet(parsing: policies)) != nil }

    /// One of the right phrases, or of all while odd ones are left.
    private mutating func phrase(_ right: [String], _ all: [String]) -> String {
        guard odd > 0, generator.chance(25) else { return generator.one(of: right) }
        odd -= 1
        return generator.one(of: all)
    }

    /// One to three policies.
    mutating func policies() -> String {
        (0..<generator.one(of: [1, 1, 1, 2, 3])).map { _ in policy() }
            .joined(separator: generator.one(of: ["", " ", "\n", "// c\n"]))
    }

    private mutating func policy() -> String {
        var text = generator.chance(12) ? phrase(Self.rightAnnotations, Self.annotations) + " " : ""
        text += phrase(["permit"], ["forbid", "Permit", "allow", "", "permit permit", "\"permit\""])
        let principal = generator.chance(50) ? "principal" : phrase(Self.rightPrincipals, Self.principals)
        let action = generator.chance(50) ? "action" : phrase(Self.rightActions, Self.actions)
        let resource =
            generator.chance(60)
            ? "resource"
            : phrase(Self.rightPrincipals, Self.principals).replacing("principal", with: "resource")
        var scope = [principal, action, resource]
        if generator.chance(1) { scope.shuffle(using: &generator) }
        if generator.chance(1) { scope.removeLast() }
        text += "(" + scope.joined(separator: ", ") + (generator.chance(4) ? "," : "") + ")"
        for _ in 0..<generator.one(of: [0, 1, 1, 1, 2]) {
            text += phrase([" when ", " unless "], [" When ", " if ", " ", " when when "])
            text += phrase(["{ " + expression() + " }"], ["{}", "{ }", "true", "(true)", "{ true; }"])
        }
        return text + phrase([";"], ["", ";;", ","])
    }

    private mutating func expression() -> String {
        var text = phrase(Self.rightOperands, Self.operands)
        for _ in 0..<generator.one(of: [0, 0, 1, 1, 2, 3]) {
            let operation = phrase(Self.rightOperators, Self.operators)
            let operand = phrase(Self.rightOperands, Self.operands)
            let isLoose = odd > 0 || generator.chance(15)
            text = isLoose ? "\(text) \(operation) \(operand)" : "(\(text)) \(operation) (\(operand))"
        }
        return text
    }

    // MARK: Schemas

    private static let types: [String] = [
        "Long", "String", "Bool", "Boolean", "User", "Group", "E", "T", "N::User", "N::T", "__cedar::Long",
        "__cedar::User", "Set<Long>",
        "Set<T>", "Set<Set<User>>", "Set<>", "Set", "Set<Long, Long>", "Set<Long>?", "{}", "{a: Long}", "{a: Long,}",
        "{a?: T, \"b c\": E}",
        "{a: Long, a: Long}", "{\"a\": Long, a?: String}", "{a: {b: Set<{c: User}>}}", "decimal", "ipaddr", "datetime",
        "duration", "ip",
        "__cedar::decimal", "__cedar::datetime", "Entity", "Record", "Extension", "Action", "long", "[Long]", "(Long)",
        "{a Long}", "{,}",
        "{if: Long}", "{\"if\": Long}", "{__cedar: Long}", "{in?: Long}", "{a?: Long, @doc(\"x\") b: Long}", "Unknown",
        "N::Unknown", "T2",
        "{\"\": Long}", "{\"\\u{e9}\": Long, \"e\u{301}\": Long}", "{\"\\*\": Long}", "{a: Long; b: Long}",
        "{type: Long, Set: T}",
    ]

    private static let declarations: [String] = [
        "entity User;", "entity User;", "entity User in Group;", "entity User in [Group];", "entity User in [];",
        "entity User in [Group,];",
        "entity User, Admin in [Group] {a: Long};", "entity Group;", "entity Group;", "entity Group in [Group];",
        "entity User {a: Long,};",
        "entity User = {a: #};", "entity User {a?: #} tags #;", "entity User tags #;", "entity User = # tags String;",
        "entity User = T;",
        "entity E enum [\"a\"];", "entity E enum [\"a\", \"é\", \"e\u{301}\"];", "entity E enum [];",
        "entity E enum [\"a\", \"a\"];",
        "entity E enum [\"a\",];", "entity E enum [a];", "entity E, F enum [\"a\"];",
        "entity E in [User] enum [\"a\"];", "entity E enum [\"a\"] tags Long;",
        "entity User in [E];", "entity User in [N::User];", "entity User in [Unknown];", "entity User in [T];",
        "entity User {a: E, g: Group};",
        "type T = #;", "type T = #;", "type T = #;", "type T = {a: T};", "type T = T2; type T2 = T;", "type T2 = #;",
        "type User = Long;",
        "type Long = String;", "type Bool = Long;", "type String = {a: Long};", "type Set = Long;",
        "type Entity = Long;", "type Boolean = Long;",
        "type __cedar = Long;", "type decimal = Long;", "type ipaddr = String;", "type T, T3 = Long;",
        "type N::T = Long;", "type T;",
        "action read;", "action read appliesTo { principal: User, resource: User };",
        "action read appliesTo { principal: [User, Group], resource: [User] };",
        "action read appliesTo { principal: User, resource: User, context: # };",
        "action read appliesTo { principal: User, resource: Group, context: { a?: # } };",
        "action read appliesTo { principal: [], resource: [User] };", "action read appliesTo { resource: [User] };",
        "action read appliesTo {};",
        "action read appliesTo { context: {}, resource: User, principal: User };",
        "action read appliesTo { principal: User, principal: User, resource: User };",
        "action read appliesTo { principal: [User,], resource: User, };",
        "action read appliesTo { principal: [User, User], resource: User };",
        "action read appliesTo { principal: E, resource: T };",
        "action read appliesTo { principal: N::User, resource: N::User };",
        "action \"a b\", c;", "action read, read;", "action read in read;", "action read in [all]; action all;",
        "action all;", "action read in [\"all\"];",
        "action read in [Action::\"all\"];", "action read in [N::Action::\"all\"];", "action read in [Foo::\"all\"];",
        "action read in all, c;",
        "action read in [];", "action read attributes {};", "action read attributes {a: Long};", "action if;",
        "action \"if\";", "action \"\";", "action Action;",
        "action read in [unknown];", "action a in b; action b in a;",
        "action read in [all] appliesTo { principal: User, resource: User };",
        "entity Action;", "entity Set;", "entity Long;", "entity String;", "entity Bool;", "entity __cedar;",
        "entity if;", "entity in;", "entity is;",
        "entity like;", "entity type;", "entity entity;", "entity namespace;", "entity decimal;", "entity Record;",
        "entity Entity;", "entity Extension;",
        "entity \"User\";", "entity N::User;", "entity User, User;", "entity ipaddr {a: ipaddr};",
        "entity Boolean {a: Boolean};", "entity principal;",
        "@doc(\"x\") entity X;", "@doc entity X;", "@doc @doc entity X;", "@doc(\"x\") @a(\"y\") action x;",
        "@if(\"x\") type X = Long;", "@doc() entity X;",
        "entity X {@doc(\"a\") a: Long};", "entity X {@doc a?: Long, @doc @doc b: Long};", "// comment\n", ";",
        "entity X", "/* */",
    ]

    private static let rightTypes: [String] = types.filter {
        takesSchema("entity User, Group, E; type T = Long; namespace N { entity X {a: \($0)}; }")
            || takesSchema("entity Group, E; namespace N { entity User; type T = Long; entity X {a: \($0)}; }")
    }
    private static let rightDeclarations = declarations.filter {
        let declaration = $0.replacing("#", with: "Long")
        return takesSchema("entity Group; action all; \(declaration)")
            || takesSchema("entity User, Group, E; action all; \(declaration)")
    }

    private static func takesSchema(_ text: String) -> Bool { (try? Schema(parsing: text)) != nil }

    /// A schema of phrases. Things are declared twice now and then.
    mutating func schema() -> String {
        var text = ""
        // In both namespaces: one must not hide what the other declares.
        var subjects: [String] = []
        for name in ["", "N"].shuffled(using: &generator) where name.isEmpty || generator.chance(50) {
            var declarations = (0..<generator.number(1...5)).map { _ in declaration() }
            declarations.removeAll { declaration in
                let subject = declaration.split(separator: " ").prefix(2).joined(separator: " ").filter {
                    !",;{".contains($0)
                }
                if subjects.contains(subject), !generator.chance(3) { return true }
                subjects.append(subject)
                return false
            }
            // What the phrases speak of is there, mostly.
            for (subject, whole) in [
                ("entity User", "entity User;"), ("entity Group", "entity Group;"),
                ("entity E", "entity E enum [\"a\"];"),
                ("type T", "type T = Long;"), ("action all", "action all;"),
                (
                    "action read",
                    "action read appliesTo { principal: [User], resource: [User, Group], context: {a?: Long} };"
                ),
            ] where !subjects.contains(subject) && generator.chance(name.isEmpty ? 92 : 60) {
                declarations.append(whole)
            }
            let body = declarations.shuffled(using: &generator).joined(separator: " ")
            if name.isEmpty {
                text += body + " "
            } else {
                let name = phrase(
                    ["N"], ["N::M", "__cedar", "if", "User", "", "N::__cedar", "\"N\"", "Action", "Long", "N2", "Set"])
                text += (generator.chance(5) ? "@doc " : "") + "namespace \(name) { \(body) } "
            }
        }
        return text
    }

    private mutating func declaration() -> String {
        var text = phrase(Self.rightDeclarations, Self.declarations)
        while let hole = text.firstIndex(of: "#") {
            text.replaceSubrange(hole...hole, with: phrase(Self.rightTypes, Self.types))
        }
        return text
    }

    private static let plainPolicies: [String] = [
        "permit(principal, action, resource);", "permit(principal is User, action, resource);",
        "permit(principal, action == Action::\"read\", resource);",
        "permit(principal, action in Action::\"all\", resource);",
        "permit(principal, action == N::Action::\"read\", resource) when { true };",
        "permit(principal, action, resource) when { context has a };",
        "permit(principal is User, action, resource) when { principal.a == 1 };",
        "permit(principal is User, action, resource) when { principal has a && principal.a == principal.a };",
        "permit(principal is User in Group::\"g\", action, resource);",
        "permit(principal == E::\"a\", action, resource);",
        "permit(principal is N::User, action, resource) when { principal has a.b };",
        "permit(principal in E::\"é\", action, resource);",
        "permit(principal, action, resource) when { principal.hasTag(\"a\") && principal.getTag(\"a\") == 1 };",
        "permit(principal == ?principal, action, resource);",
        "permit(principal is Group in ?principal, action, resource);", "permit(principal, action, resource is E);",
    ]

    // MARK: Cases

    /// A case with the text of policies, or of a schema, and a few requests.
    mutating func draft(name: String) -> CaseDraft {
        func uid(_ type: String, _ id: String) -> String { EntityWriter.uid(type, id) }
        let hasSchema = generator.chance(50)
        let text =
            hasSchema
            ? (0..<2).map { _ in
                generator.one(of: generator.chance(50) ? Array(Self.plainPolicies.prefix(2)) : Self.plainPolicies)
            }.joined() : policies()
        let requests = (0..<3).map { _ in
            let namespace = generator.chance(25) ? "N::" : ""
            let principal = uid(
                namespace + generator.one(of: ["User", "User", "Group", "E"]),
                generator.one(of: ["a", "g", "é", "e\u{301}"]))
            let context = generator.one(of: [
                [], [], ["\"a\": 1"], ["\"a\": {\"b\": 2}"], ["\"a\": {\"type\": \"User\", \"id\": \"a\"}"],
                ["\"a\": \"::1\""],
            ])
            return CaseDraft.RequestDraft(
                entities: """
                    "principal": \(principal), "action": \(uid(namespace + "Action", generator.one(of: ["read", "read", "all"]))), \
                    "resource": \(uid(namespace + generator.one(of: ["User", "Group"]), "a"))
                    """, context: context)
        }
        var entities: [CaseDraft.EntityDraft] = []
        if !hasSchema || generator.chance(30) {
            let attributes = hasSchema ? [] : ["\"a\": {\"b\": {\"c\": 1}}", "\"n\": 1"]
            entities = [
                CaseDraft.EntityDraft(uid: uid("User", "a"), attributes: attributes, parents: [uid("Group", "g")]),
                CaseDraft.EntityDraft(uid: uid("Group", "g"), attributes: [], parents: []),
            ]
        }
        return CaseDraft(
            name: name, schema: hasSchema ? Array(schema().unicodeScalars) : nil, policies: [],
            policyText: Array(text.unicodeScalars), links: [], entities: entities, requests: requests)
    }
}
