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

    /// What our own parser takes when it stands alone. Odd phrases come on top of these, few at a time: a text with one
    /// odd phrase shows more than a text with many.
    private static let rightPrincipals = PolicyPhrases.principals.filter { takes("permit(\($0), action, resource);") }
    private static let rightActions = PolicyPhrases.actions.filter { takes("permit(principal, \($0), resource);") }
    private static let rightAnnotations = PolicyPhrases.annotations.filter {
        takes("\($0) permit(principal, action, resource);")
    }
    private static let rightOperands = PolicyPhrases.operands.filter {
        takes("permit(principal, action, resource) when { \($0) };")
    }
    private static let rightOperators = PolicyPhrases.operators.filter {
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
        var text = generator.chance(12) ? phrase(Self.rightAnnotations, PolicyPhrases.annotations) + " " : ""
        text += phrase(["permit"], ["forbid", "Permit", "allow", "", "permit permit", "\"permit\""])
        let principal = generator.chance(50) ? "principal" : phrase(Self.rightPrincipals, PolicyPhrases.principals)
        let action = generator.chance(50) ? "action" : phrase(Self.rightActions, PolicyPhrases.actions)
        let resource =
            generator.chance(60)
            ? "resource"
            : phrase(Self.rightPrincipals, PolicyPhrases.principals).replacing("principal", with: "resource")
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
        var text = phrase(Self.rightOperands, PolicyPhrases.operands)
        for _ in 0..<generator.one(of: [0, 0, 1, 1, 2, 3]) {
            let operation = phrase(Self.rightOperators, PolicyPhrases.operators)
            let operand = phrase(Self.rightOperands, PolicyPhrases.operands)
            let isLoose = odd > 0 || generator.chance(15)
            text = isLoose ? "\(text) \(operation) \(operand)" : "(\(text)) \(operation) (\(operand))"
        }
        return text
    }

    // MARK: Schemas

    private static let rightTypes: [String] = SchemaPhrases.types.filter {
        takesSchema("entity User, Group, E; type T = Long; namespace N { entity X {a: \($0)}; }")
            || takesSchema("entity Group, E; namespace N { entity User; type T = Long; entity X {a: \($0)}; }")
    }
    private static let rightDeclarations = SchemaPhrases.declarations.filter {
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
        var text = phrase(Self.rightDeclarations, SchemaPhrases.declarations)
        while let hole = text.firstIndex(of: "#") {
            text.replaceSubrange(hole...hole, with: phrase(Self.rightTypes, SchemaPhrases.types))
        }
        return text
    }

    // MARK: Cases

    /// A case with the text of policies, or of a schema, and a few requests.
    mutating func draft(name: String) -> CaseDraft {
        func uid(_ type: String, _ id: String) -> String { EntityWriter.uid(type, id) }
        let hasSchema = generator.chance(50)
        let text =
            hasSchema
            ? (0..<2).map { _ in
                generator.one(
                    of: generator.chance(50)
                        ? Array(PolicyPhrases.plainPolicies.prefix(2)) : PolicyPhrases.plainPolicies)
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
