import Testing

@testable import Cedar

@Suite struct PolicyJSONTests {
    private static let scope = #""principal":{"op":"All"},"action":{"op":"All"},"resource":{"op":"All"}"#

    private static func policy(_ scope: String, conditions: String = "", more: String = "") -> String {
        "{\"effect\":\"permit\",\(scope),\"conditions\":[\(conditions)]\(more)}"
    }

    private static func policy(when body: String) -> String {
        policy(scope, conditions: "{\"kind\":\"when\",\"body\":\(body)}")
    }

    private static func set(_ plain: String, templates: String = "", links: String = "") -> String {
        "{\"staticPolicies\":{\(plain)},\"templates\":{\(templates)},\"templateLinks\":[\(links)]}"
    }

    private static func read(_ json: String) throws(ParseErrors) -> PolicySet {
        try PolicySet(json: Array(json.utf8), file: "p.json")
    }

    private static func failure(_ json: String) -> String? {
        do {
            _ = try read(json)
            return nil
        } catch {
            return error.errors.first?.description
        }
    }

    /// `&&` and `||` as JSON has them: the first operand of a list is not of the same operator.
    static func flattened(_ expression: Expr) -> Expr {
        func list(_ operands: [Expr], _ same: (Expr.Kind) -> [Expr]?) -> [Expr] {
            let operands = operands.map(flattened)
            return (same(operands[0].kind) ?? [operands[0]]) + operands.dropFirst()
        }
        let kind: Expr.Kind =
            switch expression.kind {
            case .literal, .variable: expression.kind
            case .and(let operands): .and(list(operands) { if case .and(let inner) = $0 { inner } else { nil } })
            case .or(let operands): .or(list(operands) { if case .or(let inner) = $0 { inner } else { nil } })
            case .ifThenElse(let condition, let then, let otherwise):
                .ifThenElse(flattened(condition), then: flattened(then), else: flattened(otherwise))
            case .not(let operand): .not(flattened(operand))
            case .negate(let operand): .negate(flattened(operand))
            case .isEmpty(let operand): .isEmpty(flattened(operand))
            case .binary(let operation, let left, let right): .binary(operation, flattened(left), flattened(right))
            case .attribute(let target, let name): .attribute(flattened(target), name)
            case .has(let target, let path): .has(flattened(target), path: path)
            case .like(let target, let pattern): .like(flattened(target), pattern)
            case .isType(let target, let type, let group): .isType(flattened(target), type, in: group.map(flattened))
            case .set(let elements): .set(elements.map(flattened))
            case .record(let fields): .record(fields.map { Expr.Field(name: $0.name, value: flattened($0.value)) })
            case .call(let function, let arguments): .call(function, arguments.map(flattened))
            }
        return Expr(kind)
    }

    static func flattened(_ set: PolicySet) throws -> [PolicyID: PolicyContent] {
        func policy(_ policy: Policy) -> Policy {
            Policy(
                id: policy.id, effect: policy.effect, principal: policy.principal, action: policy.action,
                resource: policy.resource,
                conditions: policy.conditions.map { Condition($0.kind, flattened($0.body)) },
                annotations: policy.annotations)
        }
        return PolicyContent.all(
            PolicySet(
                policies: set.policies.map(policy), templates: set.templates.map { Template(body: policy($0.body)) }))
    }

    @Test(arguments: [
        (#"{"Value":1}"#, "1"), (#"{"Value":-9223372036854775808}"#, "-9223372036854775808"),
        (#"{"Value":"a\"\u00e9\ud83d\udd12"}"#, #""a\"é🔒""#), (#"{"Value":true}"#, "true"),
        (#"{"Value":[1,["a"],{}]}"#, #"[1, ["a"], {}]"#), (#"{"Value":{"a":1,"type":"x"}}"#, #"{"a": 1, "type": "x"}"#),
        (#"{"Value":{"__entity":{"type":"N::A","id":"b"}}}"#, #"N::A::"b""#),
        (#"{"Value":{"a":{"__extn":{"fn":"ip","arg":"::"}}}}"#, #"{"a": ip("::")}"#),
        (
            #"{"Value":{"__extn":{"fn":"offset","args":[{"__extn":{"fn":"datetime","arg":"x"}},{"__extn":{"fn":"duration","args":["1d"]}}]}}}"#,
            #"datetime("x").offset(duration("1d"))"#
        ),
        (#"{"Var":"principal"}"#, "principal"), (#"{"Var":"context"}"#, "context"),
        (#"{"!":{"arg":{"Value":true}}}"#, "!true"), (#"{"neg":{"arg":{"Value":5}}}"#, "-(5)"),
        (#"{"isEmpty":{"arg":{"Set":[]}}}"#, "[].isEmpty()"),
        (
            #"{"&&":{"left":{"&&":{"left":{"Value":true},"right":{"Value":false}}},"right":{"&&":{"left":{"Value":true},"right":{"Value":true}}}}}"#,
            "true && false && (true && true)"
        ),
        (#"{"||":{"left":{"Value":true},"right":{"Value":false}}}"#, "true || false"),
        (#"{"if-then-else":{"if":{"Value":true},"then":{"Value":1},"else":{"Value":2}}}"#, "if true then 1 else 2"),
        (#"{".":{"left":{"Var":"context"},"attr":"if"}}"#, #"context["if"]"#),
        (#"{"has":{"left":{"Var":"context"},"attr":"a b"}}"#, #"context has "a b""#),
        (#"{"has":{"left":{"Var":"context"},"attr":["a","b"]}}"#, "context has a.b"),
        (#"{"has":{"left":{"Var":"context"},"attr":["if"]}}"#, #"context has "if""#),
        (
            #"{"like":{"left":{"Value":"x"},"pattern":["Wildcard",{"Literal":"a*b"},{"Literal":""},"Wildcard"]}}"#,
            #""x" like "*a\*b*""#
        ),
        (#"{"like":{"left":{"Value":"x"},"pattern":[]}}"#, #""x" like """#),
        (#"{"is":{"left":{"Var":"resource"},"entity_type":"A::B"}}"#, "resource is A::B"),
        (#"{"is":{"left":{"Var":"resource"},"entity_type":"A","in":null}}"#, "resource is A"),
        (
            #"{"is":{"left":{"Var":"resource"},"entity_type":"A","in":{"Var":"principal"}}}"#,
            "resource is A in principal"
        ),
        (#"{"Set":[{"Value":1},{"Value":2}]}"#, "[1, 2]"),
        (#"{"Record":{"b":{"Value":1},"a":{"Value":2}}}"#, #"{"b": 1, "a": 2}"#),
        (#"{"decimal":[{"Value":"1.0"}]}"#, #"decimal("1.0")"#), (#"{"ip":[]}"#, "ip()"),
        (#"{"isInRange":[{"ip":[{"Value":"::1"}]},{"ip":[{"Value":"::"}]}]}"#, #"ip("::1").isInRange(ip("::"))"#),
        (#"{"getTag":{"left":{"Var":"principal"},"right":{"Value":"k"}}}"#, #"principal.getTag("k")"#),
        (#"{"hasTag":{"left":{"Var":"principal"},"right":{"Value":"k"}}}"#, #"principal.hasTag("k")"#),
        (
            #"{"!=":{"left":{"Value":1},"right":{"-":{"left":{"Value":1},"right":{"*":{"left":{"Value":2},"right":{"Value":3}}}}}}}"#,
            "1 != 1 - 2 * 3"
        ),
        (#"{"containsAny":{"left":{"Set":[]},"right":{"Set":[]}}}"#, "[].containsAny([])"),
        (#"{"in":{"left":{"Var":"action"},"right":{"Set":[]}}}"#, "action in []"),
    ])
    func expressions(_ json: String, _ text: String) throws {
        let set = try Self.read(Self.policy(when: json))
        #expect(set.policies.map(\.id) == ["policy0"])
        #expect(set.policies[0].conditions[0].body.description == text)
        let again = try PolicySet(json: set.policies[0].json)
        #expect(PolicyContent.all(again) == PolicyContent.all(set))
    }

    @Test func policies() throws {
        let text = """
            @id("a") @b permit(principal == ?principal, action in [Action::"x", N::Action::"y"], resource is A in ?resource);
            forbid(principal in U::"u", action == Action::"x", resource is A in B::"b") when { true } unless { 1 < 2 };
            permit(principal is A, action in Action::"g", resource == R::"\\u{0}\\n\\u{e9}");
            """
        var set = try PolicySet(parsing: text)
        try set.link("policy0", as: "link", [.principal: Samples.alice, .resource: Samples.group])
        let json = String(decoding: set.json, as: UTF8.self)
        #expect(
            json == """
                {"templates":{"policy0":{"effect":"permit","principal":{"op":"==","slot":"?principal"},\
                "action":{"op":"in","entities":[{"type":"Action","id":"x"},{"type":"N::Action","id":"y"}]},\
                "resource":{"op":"is","entity_type":"A","in":{"slot":"?resource"}},"conditions":[],\
                "annotations":{"id":"a","b":""}}},\
                "staticPolicies":{"policy1":{"effect":"forbid","principal":{"op":"in","entity":{"type":"U","id":"u"}},\
                "action":{"op":"==","entity":{"type":"Action","id":"x"}},\
                "resource":{"op":"is","entity_type":"A","in":{"entity":{"type":"B","id":"b"}}},\
                "conditions":[{"kind":"when","body":{"Value":true}},\
                {"kind":"unless","body":{"<":{"left":{"Value":1},"right":{"Value":2}}}}]},\
                "policy2":{"effect":"permit","principal":{"op":"is","entity_type":"A"},\
                "action":{"op":"in","entity":{"type":"Action","id":"g"}},\
                "resource":{"op":"==","entity":{"type":"R","id":"\\u0000\\n\u{e9}"}},"conditions":[]}},\
                "templateLinks":[{"templateId":"policy0","newId":"link",\
                "values":{"?principal":{"type":"User","id":"alice"},"?resource":{"type":"Group","id":"g"}}}]}
                """)
        let again = try Self.read(json)
        #expect(PolicyContent.all(again) == PolicyContent.all(set))
        #expect(again.policies.map(\.template) == [nil, nil, "policy0"])
        #expect(again.json == set.json)
        #expect(again.policies[0].origin.line == 1)
        let alone = try PolicySet(set.policies)
        #expect(PolicyContent.all(try PolicySet(json: alone.json)) == PolicyContent.all(alone))
    }

    @Test(arguments: [
        (
            #""principal":{"op":"all"},"action":{"op":"all"},"resource":{"op":"is","entity_type":"A","in":null}"#,
            "permit (principal, action, resource is A);"
        ),
        (
            #""principal":{"op":"==","entity":{"__entity":{"type":"A","id":"x"}}},"action":{"op":"All"},"resource":{"op":"All"}"#,
            #"permit (principal == A::"x", action, resource);"#
        ),
    ])
    func otherFormsOfTheScope(_ scope: String, _ text: String) throws {
        #expect(try Self.read(Self.policy(scope)).policies[0].description == text)
    }

    @Test func formsOfSets() throws {
        let template = Self.policy(
            #""principal":{"op":"==","slot":"?principal"},"action":{"op":"All"},"resource":{"op":"All"}"#)
        let plain = Self.policy(Self.scope, more: #","annotations":{"if":null,"a":"b"}"#)
        let link = #"{"templateId":"t","newId":"l","values":{"?principal":{"type":"U","id":"x"}}}"#
        let set = try Self.read(Self.set("\"p\":\(plain)", templates: "\"t\":\(template),\"u\":\(plain)", links: link))
        #expect(set.policies.map(\.id) == ["p", "l"])
        #expect(set.templates.map(\.id) == ["t", "u"])
        #expect(set.policies[0].annotation("if") == "")
        #expect(set.policies[1].principal == .equal(.entity(EntityUID(type: "U", id: "x"))))
        #expect(try Self.read(template).templates.map(\.id) == ["policy0"])
        #expect(try Self.read(Self.set("")).count == 0)
        // In text a template without slots would be a policy that applies.
        #expect(try PolicySet(parsing: set.description).policies.count == set.policies.count)
        #expect(try PolicySet(parsing: set.description).templates.count == 1)
        for (links, message) in [
            (link + "," + link, "the policy id `l` is taken"),
            (link.replacing(#""t""#, with: #""x""#), "there is no template `x`"),
            (link.replacing(#""l""#, with: #""p""#), "the policy id `p` is taken"),
            (link.replacing("?principal", with: "?other"), "there is no slot \"?other\""),
            (link.replacing("?principal", with: "?resource"), "needs an entity for ?principal"),
            (link.replacing("}}}", with: "},\"?resource\":{\"type\":\"U\",\"id\":\"x\"}}}"), "has no slot ?resource"),
            (link.replacing("newId", with: "id"), "has no key \"id\""), ("1", "where a template link belongs"),
        ] {
            let found = Self.failure(Self.set("\"p\":\(plain)", templates: "\"t\":\(template)", links: links))
            #expect(found?.contains(message) == true, "\(links): \(found ?? "taken")")
        }
        for (json, message) in [
            (Self.set("\"p\":\(template)"), "has the slot ?principal, which only a template may"),
            (Self.set("\"p\":\(plain)", templates: "\"p\":\(template)"), "the policy id `p` is taken"),
            (Self.set("\"p\":\(plain),\"p\":\(plain)"), "stands here twice"),
            ("[]", "an array where a policy set belongs"),
            ("{}", "needs the key \"staticPolicies\""), (#"{"staticPolicies":{},"templates":{}}"#, "\"templateLinks\""),
            (
                #"{"staticPolicies":[],"templates":{},"templateLinks":[]}"#,
                "an array where an object of policies belongs"
            ),
            (#"{"staticPolicies":{},"templates":{},"templateLinks":{}}"#, "an object where a list of links belongs"),
            (#"{"staticPolicies":{},"templates":{},"templateLinks":[],"x":1}"#, "has no key \"x\""),
            ("", "unexpected end"),
        ] {
            let found = Self.failure(json)
            #expect(found?.contains(message) == true, "\(json): \(found ?? "taken")")
        }
    }

    @Test(arguments: [
        (#""principal":{"op":"==","slot":"?resource"}"#, "the slot that can stand here is another"),
        (#""principal":{"op":"==","entity":{"type":"A","id":"x"},"slot":"?principal"}"#, "has no key \"entity\""),
        (#""principal":{"op":"in","entities":[]}"#, "has no key \"entities\""),
        (#""principal":{"op":"in"}"#, "needs the key \"entity\""),
        (#""principal":{"op":"!="}"#, "the operator \"!=\" cannot stand here"),
        (#""principal":{}"#, "needs the key \"op\""),
        (#""principal":{"op":"All","entity":{"type":"A","id":"x"}}"#, "has no key \"entity\""),
        (#""principal":[]"#, "needs the key \"op\""),
        (#""principal":{"op":"is","entity_type":"if"}"#, "is no name of a type"),
        (#""principal":{"op":"is","entity_type":"A","in":{}}"#, "needs the key \"entity\""),
        (#""action":{"op":"==","entity":{"type":"U","id":"x"}}"#, "is no action"),
        (#""action":{"op":"==","slot":"?principal"}"#, "has no key \"slot\""),
        (#""action":{"op":"in","entities":[{"type":"U","id":"x"}]}"#, "is no action"),
        (#""action":{"op":"is","entity_type":"Action"}"#, "cannot stand here"),
        (#""action":{"op":"in","entity":{"type":"Action","id":"x"},"entities":[]}"#, "has no key \"entity\""),
        (#""effect":"Permit""#, "there is no effect"), (#""effect":1"#, "a number where an effect belongs"),
        (#""conditions":null"#, "null where a list of conditions belongs"),
        (#""conditions":[{"kind":"when"}]"#, "needs the key \"body\""),
        (#""conditions":[{"kind":"When","body":{"Value":true}}]"#, "there is no condition \"When\""),
        (#""conditions":[{"kind":"when","body":{"Value":true},"x":1}]"#, "has no key \"x\""),
        (#""annotations":{"a b":"x"}"#, "cannot name an annotation"),
        (#""annotations":{"a":1}"#, "a number where the text"),
        (#""annotations":[]"#, "an array where an object of annotations belongs"),
        (#""extra":1"#, "a policy has no key \"extra\""),
    ])
    func refusesPolicies(_ part: String, _ message: String) throws {
        var parts = [
            "effect": #""permit""#, "principal": #"{"op":"All"}"#, "action": #"{"op":"All"}"#,
            "resource": #"{"op":"All"}"#,
            "conditions": "[]",
        ]
        let colon = try #require(part.firstIndex(of: ":"))
        parts[String(part[..<colon].dropFirst().dropLast())] = String(part[part.index(after: colon)...])
        let json = "{\n" + parts.sorted { $0.key < $1.key }.map { "\"\($0)\":\($1)" }.joined(separator: ",\n") + "}"
        let found = Self.failure(json)
        #expect(found?.contains(message) == true, "\(found ?? "taken")")
        #expect(found?.hasPrefix("p.json:") == true)
    }

    @Test func everyPartOfAPolicyIsNeeded() {
        for key in ["effect", "principal", "action", "resource", "conditions"] {
            let json = Self.set("\"p\":" + Self.policy(Self.scope).replacing("\"\(key)\":", with: "\"annotations\":"))
            #expect(Self.failure(json) != nil)
        }
    }

    @Test(arguments: [
        ("1", "a number where an expression belongs"), ("[]", "an array where an expression"),
        ("{}", "has one key, its operator, not 0"),
        (#"{"Value":1,"Var":"principal"}"#, "not 2"), (#"{"Value":null}"#, "null is no value"),
        (#"{"Value":1.5}"#, "whole"),
        (#"{"Value":9223372036854775808}"#, "beyond 64 bits"),
        (#"{"Value":{"__expr":"1"}}"#, "`__expr` is not supported"),
        (#"{"Value":{"__entity":"A"}}"#, "where an entity belongs"),
        (#"{"Value":{"__entity":{"type":"if","id":"x"}}}"#, "is no name of a type"),
        (#"{"Value":{"__extn":"x"}}"#, "a string where an extension value"),
        (#"{"Value":{"__extn":{"fn":"foo","arg":"x"}}}"#, "there is no function \"foo\""),
        (#"{"Value":{"__extn":{"fn":"ip"}}}"#, "needs the key \"arg\""),
        (#"{"Value":{"__extn":{"fn":"isIpv4","args":[]}}}"#, "is a method"), (#"{"Var":"other"}"#, "is no variable"),
        (#"{"Slot":"?principal"}"#, "slot cannot stand in a condition"),
        (#"{"Unknown":{"name":"x"}}"#, "no operator or function \"Unknown\""),
        (#"{"like":{"left":{"Value":"x"},"pattern":"a*"}}"#, "a string where a pattern belongs"),
        (#"{"like":{"left":{"Value":"x"},"pattern":["*"]}}"#, "where an element of a pattern belongs"),
        (#"{"has":{"left":{"Var":"context"},"attr":[]}}"#, "empty list"),
        (#"{"has":{"left":{"Var":"context"},"attr":["a","if"]}}"#, "only identifiers"),
        (#"{"has":{"left":{"Var":"context"}}}"#, "needs the key \"attr\""),
        (#"{".":{"left":{"Var":"context"},"attr":["a"]}}"#, "where an attribute belongs"),
        (#"{"is":{"left":{"Var":"context"},"entity_type":"A ::B"}}"#, "is no name of a type"),
        (#"{"isIpv4":[]}"#, "is a method"),
        (#"{"foo":[{"Value":1}]}"#, "no operator or function \"foo\""),
        (#"{"ip":{"arg":1}}"#, "where a list of arguments belongs"),
        (#"{"isEmpty":[{"Value":1}]}"#, "where `isEmpty` belongs"),
        (#"{"&&":[{"Value":true},{"Value":true}]}"#, "where `&&` belongs"),
        (#"{"&&":{"left":{"Value":true},"right":{"Value":true},"x":1}}"#, "has no key \"x\""),
        (#"{"==":{"left":{"Value":1}}}"#, "needs the key \"right\""),
        (#"{"Record":[]}"#, "where an object of fields belongs"),
        (#"{"Record":{"a":1}}"#, "where an expression belongs"),
        (#"{"Record":{"a":{"Value":1},"a":{"Value":2}}}"#, "twice"),
        (#"{"Set":{}}"#, "where a list of expressions belongs"),
        (#"{"if-then-else":{"if":{"Value":1},"then":{"Value":1}}}"#, "needs the key \"else\""),
        (#"{"neg":{"left":{"Value":1}}}"#, "has no key \"left\""),
    ])
    func refusesExpressions(_ json: String, _ message: String) {
        let found = Self.failure(Self.policy(when: json))
        #expect(found?.contains(message) == true, "\(found ?? "taken")")
    }

    @Test func oneErrorForEachPolicy() throws {
        let bad = Self.policy(when: #"{"Var":"x"}"#)
        let json = Self.set("\n\"a\":\(bad),\n\"b\":\(Self.policy(Self.scope)),\n\"c\":\(bad)", links: "\n1")
        let errors = try #require(throws: ParseErrors.self) { try Self.read(json) }
        #expect(errors.errors.map(\.location.line) == [2, 4, 5])
    }

    @Test("Random expressions come back from JSON as they were, but for the nesting of && and ||")
    func randomExpressions() throws {
        print("CEDAR_FUZZ_SEED=\(PrintingTests.seed)")
        var random = RandomExpressions(seed: PrintingTests.seed)
        for round in 0..<1000 {
            let policy = Policy(
                id: "policy0", effect: .forbid, conditions: [Condition(.when, random.expression(round % 6))])
            let again = try PolicySet(json: policy.json)
            try #require(
                PolicyContent.all(again) == Self.flattened(try PolicySet([policy])), "round \(round): \(policy)")
            #expect(again.policies[0].json == policy.json)
        }
    }

    @Test("JSON that is too deep, too high or too long is refused, and what is as deep as text may be is taken")
    func limits() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: #"{"!":{"arg":"#, count: depth) + #"{"Value":true}"#
                + String(repeating: "}}", count: depth)
        }
        #expect(try Self.read(Self.set("\"p\":" + Self.policy(when: nested(199)))).count == 1)
        #expect(Self.failure(Self.policy(when: nested(200)))?.contains("limit is 200") == true)
        #expect(Self.failure(Self.policy(when: nested(100_000)))?.contains("limit is 416") == true)
        let values = String(repeating: "[", count: 300) + String(repeating: "]", count: 300)
        #expect(Self.failure(Self.policy(when: "{\"Value\":\(values)}"))?.contains("limit is 200") == true)
        let chain = try PolicySet(
            parsing: Samples.policy(when: Array(repeating: "true", count: 200).joined(separator: " && ")))
        #expect(PolicyContent.all(try PolicySet(json: chain.json)) == PolicyContent.all(chain))
        #expect(throws: ParseErrors.self) {
            try PolicySet(json: [UInt8](repeating: 0x20, count: Limits.sourceBytes + 1))
        }
        var high = Expr(.literal(.bool(true)))
        for _ in 0..<2000 { high = Expr(.not(high)) }
        let policy = Policy(id: "p", effect: .permit, conditions: [Condition(.when, high)])
        #expect(throws: ParseErrors.self) { try PolicySet(json: policy.json) }
    }
}

@Suite(.enabled(if: ConformanceCases.arePresent, ConformanceCases.absence))
struct JSONConformanceTests {
    @Test("All policies of the official cases come back from JSON")
    func roundTrip() async throws {
        var texts = 0
        for text in try await ConformanceCases.allPolicies() {
            await Task.yield()
            guard let set = try? PolicySet(parsing: text) else { continue }
            texts += 1
            let json = set.json
            let again = try PolicySet(json: json)
            #expect(try PolicyContent.all(again) == PolicyJSONTests.flattened(set), "\(set)")
            #expect(again.json == json)
        }
        #expect(texts == 22 + 3957 + 135 - 18)
    }
}
