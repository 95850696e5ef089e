import Testing

@testable import Cedar

/// Validation at a level (RFC 76).
@Suite struct LevelTests {
    private static let schema = """
        entity Team;
        entity Person in [Person, Team] {
            lead: Person, active: Bool, name: String, address: ipaddr, home: { owner: Person }, nick?: String
        } tags Person;
        entity File { author: Person };
        action group;
        action open in [group] appliesTo {
            principal: Person, resource: File, context: { user: Person, token: { owner: Person, safe: Bool } }
        };
        action close appliesTo { principal: Person, resource: File };
        """

    private func errors(_ policies: String, at level: Int?) throws -> [ValidationError] {
        Validator(schema: try Schema(parsing: Self.schema))
            .validate(try PolicySet(parsing: policies), maximumLevel: level).errors
    }

    /// The least level at which a policy is valid.
    private func level(of policy: String) throws -> Int? {
        try #require(try errors(policy, at: nil).isEmpty, "\(policy)")
        for level in 0...6 where try errors(policy, at: level).isEmpty {
            for higher in level...7 { #expect(try errors(policy, at: higher).isEmpty) }
            return level
        }
        return nil
    }

    private func open(_ condition: String) -> String {
        "permit(principal, action == Action::\"open\", resource) when { \(condition) };"
    }

    @Test(arguments: [
        ("1 > 0", 0), ("principal == Person::\"a\"", 0), ("Person::\"a\" is Person", 0), ("context.user is Person", 0),
        ("context has user", 0), ("context.token.safe", 0), ("context.token.owner == principal", 0),
        ("{p: principal} has p", 0), ("{p: principal}.p is Person", 0), ("{p: {q: principal}}.p.q is Person", 0),
        ("action == Action::\"open\"", 0),
        ("principal.active", 1), ("principal has active", 1), ("principal has nope", 1),
        ("principal is Person in Team::\"t\"", 1),
        ("principal.home.owner is Person", 1), ("principal in Team::\"t\"", 1), ("principal in [Team::\"t\"]", 1),
        ("action in Action::\"group\"", 1), ("action has nope || true", 1), ("context.user.active", 1),
        ("context.token.owner.active", 1), ("context has user.active", 1), ("Action::\"open\" in Action::\"group\"", 1),
        ("principal.hasTag(\"t\") && principal.getTag(\"t\") is Person", 1), ("[principal.active].contains(true)", 1),
        ("principal.address.isInRange(ip(\"10.0.0.0/8\"))", 1), ("ip(\"10.0.0.1\").isInRange(principal.address)", 1),
        ("principal.name like \"*\"", 1), ("!principal.active", 1), ("{p: {q: principal}}.p.q.active", 1),
        ("{p: principal.lead, q: principal.active} == {p: principal.home.owner, q: false}", 1),
        ("[context.user.lead, principal.lead].containsAny([resource.author])", 1),
        ("principal.lead.active", 2), ("principal.home.owner.active", 2), ("context.user.lead.active", 2),
        ("context.token.owner.home.owner.active", 2), ("principal in principal.lead.lead", 2),
        ("principal.hasTag(\"t\") && principal.getTag(\"t\").active", 2), ("principal.lead in Team::\"t\"", 2),
        ("principal.lead.hasTag(\"t\") && principal.lead.getTag(\"t\") is Person", 2),
        ("principal.hasTag(principal.lead.name)", 2), ("{p: principal.lead}.p.active", 2),
        ("{a: {p: {q: principal.lead}}.p}.a.q.active", 2), ("{a: {p: {q: principal}.q.lead}.p}.a.active", 2),
        ("(if principal.active then principal.lead else resource.author).active", 2),
        ("(if principal.active then {p: principal.lead} else {p: resource.author}).p.active", 2),
        ("(if principal.active then {owner: principal} else principal.home).owner.active", 2),
        ("{p: principal, q: principal.lead.lead, r: resource.author.lead}.p.active", 2),
        ("principal.lead.hasTag(\"t\") && principal.lead.getTag(\"t\") in resource.author", 3),
        ("principal.home.owner.home.owner.active", 3), ("principal has lead.lead.active", 3),
        ("if principal.lead.lead.active then principal.active else resource.author.active", 3),
        ("if principal.active then principal.active else resource.author.lead.active", 3),
        ("(if principal.active then principal.lead else resource.author.lead).active", 3),
        ("(if principal.lead.lead.active then principal else context.user).active", 3),
        ("{p: principal, q: principal.lead.lead.lead.lead}.p.active", 4),
        ("principal.lead.lead.lead.lead.lead.active", 6),
    ])
    func levels(_ condition: String, _ expected: Int) throws {
        #expect(try level(of: open(condition)) == expected)
    }

    @Test(
        "What cannot be reached does not count, what is computed before it does",
        arguments: [
            ("true || principal.active", 0), ("false && principal.active", 0),
            ("if false then principal.active else false", 0), ("if true then true else principal.active", 0),
            ("principal is File && principal.lead.active", 0), ("principal has nope.lead.active", 1),
            ("(principal.active || true) || true", 1), ("(principal.active && false) && false", 1),
            ("if (principal.active && false) then true else false", 1),
            ("if true then principal.active else false", 1), ("if false then true else principal.active", 1),
        ])
    func shortCircuit(_ condition: String, _ expected: Int) throws {
        #expect(try level(of: open(condition)) == expected)
    }

    @Test("In a scope, `in` reads an entity; `==` and `is` do not")
    func scopes() throws {
        for (scope, expected) in [
            ("principal, action, resource", 0), ("principal == Person::\"a\", action == Action::\"open\", resource", 0),
            ("principal is Person, action, resource is File", 0), ("principal == ?principal, action, resource", 0),
            ("principal in Team::\"t\", action, resource", 1),
            ("principal is Person in Team::\"t\", action, resource", 1),
            ("principal in ?principal, action, resource", 1), ("principal, action in Action::\"group\", resource", 1),
            ("principal, action in [Action::\"open\"], resource", 1), ("principal, action, resource in ?resource", 1),
        ] {
            #expect(try level(of: "permit(\(scope));") == expected, "\(scope)")
        }
    }

    @Test("An entity that is named by its id is not read at any level")
    func literals() throws {
        for condition in [
            "Person::\"a\".active", "Person::\"a\" has lead", "Person::\"a\" has lead.active",
            "Person::\"a\".hasTag(\"t\")", "Person::\"a\" in Person::\"b\"",
            "(if principal.active then Person::\"a\" else principal).active",
            "{p: Person::\"a\", q: Person::\"b\"}.p.active",
            "Action::\"close\" in Action::\"group\" || true",
        ] {
            #expect(try level(of: open(condition)) == nil)
            #expect(try errors(open(condition), at: 3).map(\.kind) == [.literalDereferenced], "\(condition)")
        }
        let both = "(if principal.active then Person::\"a\" else Person::\"b\").active"
        #expect(try errors(open(both), at: 1).map(\.kind) == [.literalDereferenced, .literalDereferenced])
        // The action of the request is known; in requests for another action it is not.
        let action = "permit(principal, action, resource) when { Action::\"open\" in Action::\"group\" };"
        #expect(try errors(action, at: 1).map(\.kind) == [.literalDereferenced])
    }

    @Test("The outermost expression that goes too far is marked, once")
    func places() throws {
        let found = try errors(
            """
            permit(principal in Team::"t", action, resource)
            when { principal.lead.lead.active || principal has lead.name };
            """, at: 0)
        #expect(found.map(\.kind) == [.levelExceeded, .levelExceeded, .levelExceeded])
        #expect(found.map(\.location.line) == [1, 2, 2])
        #expect(
            found[1].description.hasPrefix(
                """
                policy:2:8: error in `policy0`: this needs entities at level 3; the maximum level is 0 (for Person × \
                Action::"close" × File)
                  |
                2 | when { principal.lead.lead.active || principal has lead.name };
                  |        ^^^^^^^^^^^^^^^^^^^^^^^^^^
                """), "\(found[1])")
    }

    @Test("Other errors hide the level for their kind of request alone")
    func besideOtherErrors() throws {
        let policy = "permit(principal, action, resource) when { principal.lead.active && context.token.safe };"
        let kinds = try errors(policy, at: 1).map(\.kind)
        #expect(kinds.contains(.unknownAttribute))
        #expect(kinds.contains(.levelExceeded))
    }
}
