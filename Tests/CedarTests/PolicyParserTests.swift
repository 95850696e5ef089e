import Testing

@testable import Cedar

@Suite struct PolicyParserTests {
    @Test(arguments: [
        "permit(principal,action,resource);",
        "permit(principal,action,resource,);",
        "@a permit(principal,action,resource);",
        "@if(\"x\") @id(\"y\") forbid(principal,action,resource);",
        "permit(principal == User::\"a\", action == Action::\"b\", resource in Folder::\"c\");",
        "permit(principal is User in Group::\"g\", action in [Action::\"a\", Ns::Action::\"b\",], resource is Doc);",
        "permit(principal == ?principal, action, resource in ?resource);",
        "permit(principal == (User::\"a\"), action in ([Action::\"a\"]), resource);",
        "permit(principal,action in [],resource);",
        "permit(principal,action,resource) when {true} unless {false} when {true};",
        "permit(principal,action,resource) when {true} // comment\r;",
        "permit(principal,action,resource)\u{A0}when\u{2028}{true};",
        "", "// nothing", "\r\n\t ",
    ])
    func takes(_ text: String) {
        #expect(Samples.parses(text))
    }

    @Test(arguments: [
        "permit(principal,action,resource)", "permit(principal,action);", "permit(resource,action,principal);",
        "permit(principal,action,resource) when {};", "allow(principal,action,resource);",
        "permit(principal == ?resource,action,resource);", "permit(principal,action == ?principal,resource);",
        "permit(principal in [User::\"a\"],action,resource);", "permit(principal,action == [Action::\"a\"],resource);",
        "permit(principal,action in [[Action::\"a\"]],resource);", "permit(principal,action == User::\"a\",resource);",
        "permit(principal is User == User::\"a\",action,resource);",
        "permit(principal in User::\"a\" is User,action,resource);",
        "permit(principal: User,action,resource);", "permit(principal = User::\"a\",action,resource);",
        "permit(principal,action is Action,resource);", "permit(principal is (User),action,resource);",
        "@a(\"x\")@a(\"y\")permit(principal,action,resource);", "@a(\"x\" permit(principal,action,resource);",
        "\u{FEFF}permit(principal,action,resource);", "permit(principal,action,resource);\0",
        "permit(principal,action,resource) when { \"abc };",
    ])
    func refuses(_ text: String) {
        #expect(!Samples.parses(text))
    }

    @Test(arguments: [
        "1 < 2 < 3", "1 == 1 == true", "!!!!!true", "-----1 < 0", "!-1 == 0", "5 / 2 == 2", "5 % 2 == 1",
        "principal.if == 1", "{if: 1} == {}", "{true: 1} == {}", "{a: 1, a: 2} == {}", "{a::b: 1} == {}",
        "foo(1)", "decimal.foo", "\"x\".ip()", "isIpv4(\"x\")", "contains([1], 1)", "[1].contains()",
        "[1].contains(1, 2)", "[1].isEmpty(1)", "principal.foo(1)", "f::ip(\"::\")", "principal(1)", "(1)(2)",
        "__cedar::Foo::\"x\" == principal", "principal.__cedar", "principal has __cedar", "principal has a.if",
        "principal has (a)", "principal has \"a\".b", "\"a\" like (\"a\")", "\"a\" like principal",
        "principal is (User)",
        "principal is User::\"a\"", "principal in Group::\"g\" is User", "true && if true then true else true",
        "principal == ?principal", "principal[0]", "principal[\"a\" + \"b\"]", "9223372036854775808 > 0",
        "-(9223372036854775808) < 0", "18446744073709551616 > 0", "\"\\xff\" == \"\"", "\"\\q\" == \"\"",
        "\"\\u{110000}\" == \"\"", "\"\\u{d800}\" == \"\"", "\"\\u{}\" == \"\"", "\"\\u{1234567}\" == \"\"",
        "\"\\*\" == \"\"", "\"a\rb\" == \"\"", "\"a\\\nb\" == \"\"", "a == b", "true = true", "&& true", "true || ",
        "(true",
    ])
    func refusesCondition(_ text: String) {
        #expect(!Samples.parses(Samples.policy(when: text)))
    }

    @Test func literalsOfTheLeastNumber() throws {
        #expect(try Samples.evaluate("-9223372036854775808") == "-9223372036854775808")
        #expect(try Samples.evaluate("- 9223372036854775808") == "-9223372036854775808")
        #expect(try Samples.evaluate("--9223372036854775808").hasPrefix("error"))
        #expect(try Samples.evaluate("007") == "7")
    }

    @Test func operatorsBind() throws {
        #expect(try Samples.evaluate("1 + 2 * 3 - 4 - 1") == "2")
        #expect(try Samples.evaluate("1 - - 1") == "2")
        #expect(try Samples.evaluate("true || 1 == 2 && false") == "true")
        #expect(try Samples.evaluate("if false then 1 else if true then 2 else 3") == "2")
        #expect(try Samples.evaluate("-principal.n + 3") == "2")
    }

    @Test func namesTheFirstErrorWithItsPlace() throws {
        let text = "permit(principal, action, resource)\nwhen { principal.é == 1 };"
        let errors = try #require(throws: ParseErrors.self) { try PolicySet(parsing: text, file: "a.cedar") }
        #expect(errors.errors.count == 1)
        let error = errors.errors[0]
        #expect(error.location == SourceLocation(file: "a.cedar", line: 2, column: 18))
        #expect(error.snippet == "  |\n2 | when { principal.é == 1 };\n  |                  ^")
        #expect(error.description.hasPrefix("a.cedar:2:18: error: "))
    }

    @Test func findsOneErrorInEachPolicy() throws {
        let text = """
            permit(principal, action);
            permit(principal, action, resource);
            forbid(principal, action, resource) when { 1 < 2 < 3 };
            permit(principal, action, resource) when { 5 / 2 == 2 };
            """
        let errors = try #require(throws: ParseErrors.self) { try PolicySet(parsing: text) }
        #expect(errors.errors.map(\.location.line) == [1, 3, 4])
        #expect(errors.errors.allSatisfy { $0.hint != nil })
    }

    @Test func errorsOfAllFilesAreReported() throws {
        let errors = try #require(throws: ParseErrors.self) {
            try PolicySet(parsing: [("a", Array("permit;".utf8)), ("b", []), ("c", Array("forbid(".utf8))])
        }
        #expect(errors.errors.map(\.location.file) == ["a", "c"])
    }

    @Test func idsArePositionsAndOriginsAreKept() throws {
        let first = try PolicySet(
            parsing: "@id(\"x\") permit(principal,action,resource);\n permit(principal == ?principal,action,resource);",
            file: "a")
        let second = try PolicySet(parsing: "\nforbid(principal,action,resource);", file: "b")
        let both = try first + second
        #expect(both.policies.map(\.id) == ["policy0", "policy2"])
        #expect(both.templates.map(\.id) == ["policy1"])
        #expect(both.policies[0].annotation("id") == "x")
        #expect(both.policies[1].origin == SourceLocation(file: "b", line: 2, column: 1))
    }

    @Test func templatesAreLinked() throws {
        var set = try PolicySet(
            parsing: "permit(principal == ?principal, action, resource) when { resource == Doc::\"d\" };")
        #expect(set.policies.isEmpty)
        let authorizer = { Authorizer(policies: set).authorize(Samples.request(), entities: Entities()) }
        #expect(authorizer().decision == .deny)
        #expect(throws: PolicySetError.missingSlot(.principal, template: "policy0")) {
            try set.link("policy0", as: "x", [:])
        }
        #expect(throws: PolicySetError.unknownSlot(.resource, template: "policy0")) {
            try set.link("policy0", as: "x", [.principal: Samples.alice, .resource: Samples.document])
        }
        try set.link("policy0", as: "forAlice", [.principal: Samples.alice])
        let response = Authorizer(policies: set).authorize(Samples.request(), entities: Entities())
        #expect(response.determiningPolicies == ["forAlice"])
        #expect(throws: PolicySetError.duplicateID("forAlice")) {
            try set.link("policy0", as: "forAlice", [.principal: Samples.alice])
        }
    }
}
