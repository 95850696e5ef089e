import Foundation
import Testing

@testable import Cedar

/// What two policies must share to be the same but for their ids and places.
struct PolicyContent: Equatable {
    let effect: Effect
    let principal: ScopeConstraint
    let action: ActionConstraint
    let resource: ScopeConstraint
    let conditions: [Condition]
    let annotations: [[CedarString]]

    init(_ policy: Policy) {
        effect = policy.effect
        principal = policy.principal
        action = policy.action
        resource = policy.resource
        conditions = policy.conditions
        annotations = policy.annotations.map { [$0.name, $0.value] }
    }

    /// Policies, then templates, each with its id.
    static func all(_ set: PolicySet) -> [PolicyID: PolicyContent] {
        Dictionary(uniqueKeysWithValues: (set.policies + set.templates.map(\.body)).map { ($0.id, PolicyContent($0)) })
    }
}

@Suite struct PrintingTests {
    /// The seed of the random tests: given by the environment, else fixed.
    static var seed: UInt64 {
        ProcessInfo.processInfo.environment["CEDAR_FUZZ_SEED"].flatMap { UInt64($0) } ?? 20_260_102
    }

    static func parse(_ text: String) throws -> Expr {
        try PolicyParser.parseExpression(SourceText(file: "test", bytes: Array(text.utf8)))
    }

    @Test(arguments: [
        ("1+2*3", "1 + 2 * 3"), ("(1+2)*3", "(1 + 2) * 3"), ("1-(2-3)", "1 - (2 - 3)"), ("(1-2)-3", "1 - 2 - 3"),
        ("((true)&&(false||true))", "true && (false || true)"), ("(true&&true)||false", "true && true || false"),
        ("(true && true) && true", "(true && true) && true"), ("-5", "-5"), ("-(5)", "-(5)"), ("- -5", "--5"),
        ("(-5).isEmpty()", "(-5).isEmpty()"), ("-5 .isEmpty()", "-5.isEmpty()"), ("2*-5", "2 * -5"),
        ("!(-5)", "!(-5)"), ("-9223372036854775808", "-9223372036854775808"),
        ("-(-9223372036854775808)", "--9223372036854775808"), ("!!!!(!true)", "!!!!(!true)"),
        ("----(5)", "----(5)"), ("---(-5)", "----5"), ("----(-5)", "----(-5)"),
        ("principal[\"a\"][\"if\"][\"b c\"]", "principal.a[\"if\"][\"b c\"]"),
        ("context has a.b.c && context has \"in\"", "context has a.b.c && context has \"in\""),
        ("principal is A::B in [X::\"y\"]", "principal is A::B in [X::\"y\"]"),
        ("{a:1,\"b\":{}}", "{\"a\": 1, \"b\": {}}"), ("\"a*\" like \"\\*a*\\u{0}\"", "\"a*\" like \"\\*a*\\0\""),
        ("(if true then 1 else 2)==1", "(if true then 1 else 2) == 1"),
        ("if (1==1) then {} else []", "if 1 == 1 then {} else []"),
        ("ip(\"::1\").isInRange(ip(\"::\"))", "ip(\"::1\").isInRange(ip(\"::\"))"),
        ("(1==1)==(true)", "(1 == 1) == true"), ("\"e\\u{301}\\n\"", "\"e\\u{301}\\n\""),
    ])
    func expressions(_ text: String, _ printed: String) throws {
        #expect(try Self.parse(text).description == printed)
        #expect(try Self.parse(printed) == Self.parse(text))
    }

    @Test("What was built by code parses back, whatever the operators and names")
    func randomExpressions() throws {
        print("CEDAR_FUZZ_SEED=\(Self.seed)")
        var random = RandomExpressions(seed: Self.seed)
        for round in 0..<4000 {
            let expression = random.expression(round % 6)
            let text = expression.description
            let parsed = try? Self.parse(text)
            try #require(parsed == expression, "round \(round): \(text)")
        }
    }

    @Test("A negative literal and a negated literal stay apart in any row of signs")
    func signs() throws {
        for literal: Int64 in [0, 5, -5, .max, .min] {
            var expression = Expr(.literal(.long(literal)))
            for _ in 0..<12 {
                expression = Expr(.negate(expression))
                #expect(try Self.parse(expression.description) == expression)
                let mixed = Expr(.not(expression))
                #expect(try Self.parse(mixed.description) == mixed)
            }
        }
    }

    @Test func policies() throws {
        let text = """
            @id("a\\"b") @if @x("") permit (principal is A in ?principal, action in [Action::"a", N::Action::"b"], resource
            == ?resource) when { true } unless { context.x } when { 1 == 2 };
            forbid(principal in A::"\\u{0}", action == Action::"x", resource is R); permit(principal,action in [],resource);
            """
        let set = try PolicySet(parsing: text)
        #expect(
            set.description == """
                @id("a\\"b")
                @if
                @x
                permit (principal is A in ?principal, action in [Action::"a", N::Action::"b"], resource == ?resource)
                when { true }
                unless { context.x }
                when { 1 == 2 };

                forbid (principal in A::"\\0", action == Action::"x", resource is R);

                permit (principal, action in [], resource);

                """)
        #expect(PolicyContent.all(try PolicySet(parsing: set.description)) == PolicyContent.all(set))
        #expect(PolicySet().description.isEmpty)
    }

    @Test func policiesWithIdsOfTheirOwnFollow() throws {
        var set = try PolicySet(
            parsing: "permit(principal == ?principal, action, resource); forbid(principal, action, resource);")
        try set.link("policy0", as: "policy-1", [.principal: Samples.alice])
        #expect(
            set.description == """
                permit (principal == ?principal, action, resource);

                forbid (principal, action, resource);

                permit (principal == User::"alice", action, resource);

                """)
    }

    @Test("A height that no parser would give is printed too")
    func height() {
        var expression = Expr(.literal(.bool(true)))
        for _ in 0..<2000 { expression = Expr(.set([expression])) }
        #expect(expression.description.utf8.count == 4004)
    }
}

@Suite(.enabled(if: ConformanceCases.arePresent, ConformanceCases.absence))
struct PrintedConformanceTests {
    @Test("All policies of the official cases parse back from what is printed")
    func roundTrip() async throws {
        var texts = 0
        for line in try await ConformanceCases.allPolicies() {
            await Task.yield()
            guard let set = try? PolicySet(parsing: line) else { continue }
            texts += 1
            let again = try PolicySet(parsing: set.description)
            #expect(PolicyContent.all(again) == PolicyContent.all(set), "\(set)")
        }
        #expect(texts == 22 + 3957 + 135 - 18)
    }
}
