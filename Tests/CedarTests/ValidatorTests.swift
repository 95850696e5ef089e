import Testing

@testable import Cedar

@Suite struct ValidatorTests {
    private static let schema = """
        type Geo = { lat: decimal, lon?: decimal };
        entity User in [Group] {
            name: String, level: Long, nick?: String, boss?: User, home: { city: String, geo?: Geo }
        } tags Long;
        entity Group;
        entity Doc { owner: User, level?: Long };
        entity Color enum ["red"];
        action read appliesTo { principal: User, resource: Doc, context: { now?: datetime } };
        action write in [change] appliesTo { principal: User, resource: [Doc, Group] };
        action change;
        """

    private func result(_ policies: String) throws -> ValidationResult {
        Validator(schema: try Schema(parsing: Self.schema)).validate(try PolicySet(parsing: policies))
    }

    private func kinds(_ condition: String, scope: String = "principal, action, resource") throws -> [ValidationError
        .Kind]
    {
        try result("permit(\(scope)) when { \(condition) };").errors.map(\.kind)
    }

    @Test(arguments: [
        "true", "principal.level > 3", "principal has nick && principal.nick == \"x\"",
        "principal has boss && principal.boss has nick && principal.boss.nick like \"*\"",
        "principal.home has geo.lon && principal.home.geo.lon.lessThan(decimal(\"1.0\"))",
        "principal.hasTag(\"a\") && principal.getTag(\"a\") > 1",
        "principal.hasTag(principal.name) && principal.getTag(principal.name) > 1",
        "if principal has nick then principal.nick == \"\" else true",
        "(principal has nick && principal.level > 1) && principal.nick == \"\"",
        "(principal has nick || principal has nick) && principal.nick == \"\"",
        "!(principal has nick) || true", "principal == resource || true", "principal in Group::\"g\"",
        "[1, 2].contains(principal.level)", "resource is Doc && resource.owner == principal",
        "action == Action::\"read\" && context has now && context.now > datetime(\"2024-01-01\")",
        "[principal, User::\"x\"].contains(principal)", "{a: 1, b: \"x\"}.a == 1", "principal has nope || true",
        "ip(\"10.0.0.0/8\").isLoopback()", "action in Action::\"change\" || true",
    ])
    func takes(_ condition: String) throws {
        let found = try result(Samples.policy(when: condition))
        #expect(found.isValid, "\(found.errors)")
    }

    @Test(
        arguments: [
            ("principal.nick == \"x\"", .unguardedAttribute), ("principal.nope == \"x\"", .unknownAttribute),
            ("(principal has nick || true) && principal.nick == \"\"", .unguardedAttribute),
            ("(principal has nick || principal has boss) && principal.nick == \"\"", .unguardedAttribute),
            ("!(principal has nick) && principal.nick == \"\"", .unguardedAttribute),
            ("principal.getTag(\"a\") == 1", .unguardedTag),
            ("resource.owner.hasTag(\"a\") && principal.getTag(\"a\") == 1", .unguardedTag),
            ("principal.hasTag(\"a\") && principal.getTag(\"b\") == 1", .unguardedTag),
            ("principal.level == \"1\"", .incompatibleTypes), ("principal.level", .unexpectedType),
            ("principal.level + principal.name == 1", .unexpectedType), ("principal.name < \"a\"", .unexpectedType),
            ("[].contains(1)", .emptySet), ("[1, \"a\"].contains(1)", .incompatibleTypes),
            ("decimal(principal.name) == decimal(\"1.0\")", .extensionCall),
            ("decimal(\"1\") == decimal(\"1.0\")", .extensionCall),
            ("ip(\"::1\", \"::1\").isIpv4()", .extensionCall), ("principal is Nope", .unknownEntityType),
            ("principal == Nope::\"x\"", .unknownEntityType), ("Color::\"blue\" == Color::\"red\"", .unknownEntity),
            ("action == Action::\"nope\"", .unknownAction), ("principal in 1", .unexpectedType),
            ("if principal.level == 1 then 1 else true", .incompatibleTypes),
            ("principal.level && true", .unexpectedType),
            ("context.now > datetime(\"2024-01-01\")", .unguardedAttribute),
        ] as [(String, ValidationError.Kind)])
    func refuses(_ condition: String, _ kind: ValidationError.Kind) throws {
        let scope = "principal, action == Action::\"read\", resource"
        #expect(try kinds(condition, scope: scope).first == kind)
    }

    @Test func whatCannotBeReachedIsNotLookedAt() throws {
        #expect(try kinds("false && principal.nope").isEmpty)
        #expect(try kinds("true || principal.nope").isEmpty)
        #expect(try kinds("if true then true else principal.nope").isEmpty)
        #expect(try kinds("principal is Group && principal.nope").isEmpty)
        #expect(try kinds("action == Action::\"read\" && context has now || context == {}").isEmpty == false)
    }

    @Test func scopes() throws {
        for scope in [
            "principal == Doc::\"d\", action, resource", "principal, action == Action::\"change\", resource",
            "principal, action == Action::\"read\", resource is Group", "principal in Doc::\"d\", action, resource",
            "principal is Doc in Group::\"g\", action, resource", "principal, action in [], resource",
        ] {
            #expect(try kinds("true", scope: scope) == [.noApplicableAction], "\(scope)")
        }
        for scope in [
            "principal in Group::\"g\", action in Action::\"change\", resource == Group::\"x\"",
            "principal == ?principal, action, resource in ?resource",
            "principal is User in ?principal, action, resource",
        ] {
            #expect(try kinds("true", scope: scope).isEmpty, "\(scope)")
        }
    }

    @Test func impossiblePoliciesAreWarnedOf() throws {
        let found = try result("permit(principal, action, resource) when { principal is Group };")
        #expect(found.isValid)
        #expect(found.warnings.map(\.kind) == [.impossiblePolicy])
    }

    @Test func errorsAreAllReportedWithTheirPlaces() throws {
        let found = try result(
            """
            permit(principal, action == Action::"read", resource)
            when {
              principal.nick == "x" &&
              resource.level > 1 &&
              principal.nam == "y"
            };
            forbid(principal, action, resource is Dok);
            """)
        #expect(found.errors.map(\.location.line) == [3, 4, 5, 7, 7])
        #expect(
            found.errors.map(\.kind) == [
                .unguardedAttribute, .unguardedAttribute, .unknownAttribute, .unknownEntityType, .noApplicableAction,
            ])
        let first = found.errors[0]
        #expect(
            first.description == """
                policy:3:3: error in `policy0`: the attribute `nick` of entity of type User may be missing \
                (for User × Action::"read" × Doc)
                  |
                3 |   principal.nick == "x" &&
                  |   ^^^^^^^^^^^^^^
                  = hint: ask for it first: `principal has nick && …`
                """)
    }

    @Test("Validation is per kind of request: an attribute must exist on each type of resource")
    func perRequestType() throws {
        let found = try result("permit(principal, action, resource) when { resource.owner == principal };")
        #expect(found.errors.map(\.kind) == [.unknownAttribute])
        #expect(found.errors[0].message.contains("User × Action::\"write\" × Group"))
    }
}
