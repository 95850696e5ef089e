import Testing

@testable import Cedar

@Suite struct EvaluatorTests {
    @Test("Strings are compared by code point, never by canonical equivalence")
    func strings() throws {
        #expect(CedarString("é") != CedarString("e\u{301}"))
        #expect("é" == "e\u{301}", "Swift's own strings are equal, which is why they are not used")
        #expect(try Samples.evaluate("\"e\\u{301}\" == \"\\u{e9}\"") == "false")
        #expect(try Samples.evaluate("principal.s == \"cafe\\u{301}\"") == "false")
        #expect(try Samples.evaluate("principal.s == \"caf\\u{e9}\"") == "true")
        #expect(try Samples.evaluate("\"K\" == \"\\u{212A}\"") == "false")
        #expect(try Samples.evaluate("[\"é\"].contains(\"e\u{301}\")") == "false")
        #expect(try Samples.evaluate("{\"é\": 1} has \"e\u{301}\"") == "false")
        #expect(try Samples.evaluate("User::\"é\" == User::\"e\u{301}\"") == "false")
        #expect(try Samples.evaluate("\"\\0\\x41\\'\" == \"\\u{0}A'\"") == "true")
    }

    @Test(arguments: [
        ("\"*\" like \"\\*\"", true), ("\"abc\" like \"\\u{2a}\"", true), ("\"abc\" like \"\\x2a\"", true),
        ("\"a*c\" like \"a\\*c\"", true), ("\"abc\" like \"a\\*c\"", false), ("\"\" like \"*\"", true),
        ("\"\" like \"\"", true), ("\"\r\\n\" like \"*\"", true), ("\"\\r\\n\" like \"*\\n\"", true),
        ("\"e\\u{301}\" like \"e*\"", true), ("\"\\u{e9}\" like \"e*\"", false), ("\"abcabc\" like \"a*c\"", true),
        ("\"ab\" like \"a*b*\"", true), ("\"aXbX\" like \"a*b\"", false), ("\"aa\" like \"a*a*a\"", false),
        ("\"\u{1F512}z\" like \"*z\"", true), ("\"abab\" like \"*ab*ab*\"", true), ("\"aba\" like \"*ab*ba*\"", false),
    ])
    func like(_ text: String, _ expected: Bool) throws {
        if text.contains("\r") {
            #expect(!Samples.parses(Samples.policy(when: text)))
        } else {
            #expect(try Samples.evaluate(text) == "\(expected)")
        }
    }

    @Test(arguments: [
        "9223372036854775807 + 1", "-9223372036854775808 - 1", "9223372036854775807 * 2", "-(-9223372036854775808)",
        "-9223372036854775808 * -1", "datetime(\"2024-01-01\").offset(duration(\"9223372036854775807ms\"))",
    ])
    func overflowIsAnError(_ text: String) throws {
        #expect(try Samples.evaluate(text).contains("beyond 64 bits"))
    }

    @Test(arguments: [
        ("1 == \"1\"", "false"), ("[1,2] == [2,1,1]", "true"), ("principal in [principal]", "true"),
        ("principal in Group::\"above\"", "true"), ("Group::\"g\" in principal", "false"),
        ("User::\"ghost\" in User::\"ghost\"", "true"), ("User::\"ghost\" has n", "false"),
        ("User::\"ghost\".hasTag(\"k\")", "false"), ("principal has rec.a.b", "true"),
        ("principal has rec.x.b", "false"), ("principal.getTag(\"k\")", "\"v\""), ("true || 1", "true"),
        ("false && 1", "false"), ("if true then true else 1", "true"), ("principal is User in Group::\"g\"", "true"),
        ("principal is Nope in 1", "false"), ("[[1],[2]].contains([1])", "true"), ("[].isEmpty()", "true"),
        ("principal.set.containsAll([1])", "true"), ("principal.set.containsAny([3])", "false"),
        ("principal[\"n\"] + 1", "2"), ("{a: 1, \"b c\": 2}", "{\"a\": 1, \"b c\": 2}"),
    ])
    func values(_ text: String, _ expected: String) throws {
        #expect(try Samples.evaluate(text) == expected)
    }

    @Test(arguments: [
        "principal in [principal, 1]", "principal in \"x\"", "User::\"ghost\".n", "User::\"ghost\".getTag(\"k\")",
        "principal.getTag(\"zz\")", "principal has rec.a.b.c", "1 has x", "[1] has x", "1 || true", "false || 1",
        "true && 1", "if 1 then true else true", "\"a\" is User", "[principal.zzz, 1].isEmpty()",
        "{\"a\": principal.zzz}.a", "\"a\".contains(\"a\")", "principal.n.isEmpty()", "[1].contains", "\"a\" < \"b\"",
        "decimal(\"1.0\") < decimal(\"2.0\")", "1 < datetime(\"2024-01-01\")", "ip()", "ip(\"::\", \"::\")",
        "ip(\"1.2.3.4\").isInRange(ip(\"::\"), ip(\"::\"))", "principal.offset(1)", "!1", "-true", "1 + true",
        "principal.hasTag(1)", "\"a\" like \"a\" && 1",
    ])
    func faults(_ text: String) throws {
        #expect(try Samples.evaluate(text).hasPrefix("error: "))
    }

    @Test func faultsCarryNoData() throws {
        let response = try Samples.decide(Samples.policy(when: "principal.s < 1"))
        #expect(response.errors.count == 1)
        #expect(!response.errors[0].description.contains("café"))
        #expect(response.errors[0].location == SourceLocation(file: "policy", line: 1, column: 44))
    }

    @Test("An expression that code made too high is refused, not evaluated")
    func depth() throws {
        var expression = Expr(.literal(.bool(true)))
        for _ in 0..<(Limits.expressionHeight + 10) { expression = Expr(.not(expression)) }
        let evaluator = Evaluator(request: Samples.request(), entities: Entities())
        let error = try #require(throws: EvaluationError.self) { try evaluator.evaluate(expression) }
        #expect(error.fault == .tooDeep(height: Limits.expressionHeight + 11, limit: Limits.expressionHeight))
    }
}

@Suite struct AuthorizerTests {
    @Test func nothingIsAllowedByNothing() throws {
        let response = try Samples.decide("")
        #expect(response.decision == .deny)
        #expect(response.determiningPolicies.isEmpty)
    }

    @Test func forbidsOverrule() throws {
        let response = try Samples.decide(
            "permit(principal,action,resource); forbid(principal in Group::\"g\",action,resource);")
        #expect(response.decision == .deny)
        #expect(response.determiningPolicies == ["policy1"])
    }

    @Test func allPermitsAreNamed() throws {
        let response = try Samples.decide(
            "permit(principal,action,resource); permit(principal is Doc,action,resource); "
                + "permit(principal,action == Action::\"read\",resource) unless { false };")
        #expect(response.decision == .allow)
        #expect(response.determiningPolicies == ["policy0", "policy2"])
    }

    @Test("A policy that fails is skipped and reported: the meaning of the language, not of the enforcement")
    func errors() throws {
        let response = try Samples.decide(
            "permit(principal,action,resource); forbid(principal,action,resource) when { principal.missing > 3 };")
        #expect(response.decision == .allow)
        #expect(response.determiningPolicies == ["policy0"])
        #expect(response.errors.map(\.policy) == ["policy1"])
        #expect(response.errors[0].effect == .forbid)
    }

    @Test func aConditionMustBeABool() throws {
        let response = try Samples.decide("forbid(principal,action,resource) unless { 1 };")
        #expect(response.errors.count == 1)
    }
}
