import Testing

@testable import Cedar

@Suite struct WarningTests {
    private static let schema = """
        entity Person in [Group] { name: String, "is\\u{200b}Admin"?: Bool, plain?: String };
        entity Group, File;
        action open appliesTo { principal: Person, resource: File };
        """

    private func warnings(_ policies: String) throws -> [ValidationWarning] {
        let result = Validator(schema: try Schema(parsing: Self.schema)).validate(try PolicySet(parsing: policies))
        #expect(result.isValid, "\(result.errors)")
        return result.warnings
    }

    private func kinds(when condition: String) throws -> [ValidationWarning.Kind] {
        try warnings("permit(principal, action, resource) when { \(condition) };").map(\.kind)
    }

    @Test(arguments: [
        "false", "principal is File", "principal == File::\"f\"", "principal has nope",
        "action == Action::\"open\" && false",
        "principal is File || principal has nope", "true == false",
    ])
    func policiesThatCanNeverApply(_ condition: String) throws {
        #expect(try kinds(when: condition) == [.impossiblePolicy])
    }

    @Test func policiesThatMayApply() throws {
        for condition in ["true", "1 == 2", "principal is Person", "principal.name like \"\"", "!(principal is File)"] {
            // Two literals are compared by the types, so that one that never holds is found.
            #expect(try kinds(when: condition) == (condition == "1 == 2" ? [.impossiblePolicy] : []), "\(condition)")
        }
        #expect(try warnings("forbid(principal, action, resource) unless { true };").map(\.kind) == [.impossiblePolicy])
        #expect(try warnings("permit(principal in ?principal, action, resource);").isEmpty)
        #expect(
            try warnings("permit(principal in ?principal, action, resource) when { resource is Person };").map(\.kind)
                == [.impossiblePolicy])
    }

    @Test("A policy that the scope alone makes impossible is an error, and no warning besides")
    func errorsInsteadOfWarnings() throws {
        let policies = try PolicySet(parsing: "permit(principal is File, action, resource) when { false };")
        let result = Validator(schema: try Schema(parsing: Self.schema)).validate(policies)
        #expect(result.errors.map(\.kind) == [.noApplicableAction])
        #expect(result.warnings.isEmpty)
    }

    @Test(
        "Text that may be taken for other text",
        arguments: [
            // Cyrillic letters among Latin ones.
            (#"principal.name == "say_һello""#, .mixedScriptString),
            (#"principal.name like "*_һello""#, .mixedScriptString),
            (#"principal.name == "p\u{0430}ypal""#, .mixedScriptString),
            (#"principal.name like "p\u{0430}*""#, .mixedScriptString),
            (#"principal == Person::"say_һello""#, .mixedScriptIdentifier),
            (#"principal has "nаme" || true"#, .mixedScriptIdentifier),
            (#"{"nаme": 1} == {"nаme": 2}"#, .mixedScriptIdentifier),
            // An override of the direction, and the isolates that bring text after the quotation mark before it.
            ("principal.name != \"user\u{202e} \u{2066}&& principal.is_admin\u{2069} \u{2066}\"", .bidirectionalString),
            ("principal.name like \"\u{202a}*\"", .bidirectionalString),
            (#"principal.name like "\u{2069}*""#, .bidirectionalString),
            ("principal == Person::\"a\u{202d}b\"", .bidirectionalIdentifier),
            // Invisible and control characters, emoji, in names alone.
            ("principal has \"is\u{200b}Admin\" && principal[\"is\u{200b}Admin\"]", .restrictedIdentifier),
            (#"principal == Person::"new\nline""#, .restrictedIdentifier),
            (#"principal == Person::"\0""#, .restrictedIdentifier),
            (#"principal == Person::"\x7f""#, .restrictedIdentifier),
            (#"principal == Person::"🍌""#, .restrictedIdentifier),
            (#"principal.name == "new\n🍌\u{200b}""#, nil),
            // Scripts that go together, or one alone.
            (#"principal.name == "test\t""#, nil), (#"principal.name == "приве́т, 2 мира""#, nil),
            (#"principal.name == "東京タワーとカフェ""#, nil), (#"principal.name == "漢字ㄅㄆ""#, nil),
            (#"principal.name == "漢字한글""#, nil), (#"principal.name == "한글カタ""#, .mixedScriptString),
            (#"principal.name == "東京Tower""#, .mixedScriptString),
            (#"principal.name == "ὕβρις café""#, .mixedScriptString),
            (#"principal == Person::"naïve café №""#, .restrictedIdentifier),
            (#"principal == Person::"naïve café""#, nil),
            (#"principal == Person::"get /pets/{petId}?a=b&c#d+1@x""#, nil),
            // The length mark is used with Hiragana and Katakana.
            (#"principal.name == "らーめん""#, nil), (#"principal.name == "abcー""#, .mixedScriptString),
            // Not assigned in Unicode 16.
            (#"principal.name == "\u{0378}""#, .mixedScriptString),
        ] as [(String, ValidationWarning.Kind?)])
    func confusableText(_ condition: String, _ kind: ValidationWarning.Kind?) throws {
        let found = try kinds(when: condition).filter { $0 != .impossiblePolicy }
        #expect(Set(found) == Set([kind].compactMap(\.self)), "\(condition)")
    }

    @Test func scopesAreLookedAtAndAnnotationsAreNot() throws {
        let found = try warnings(
            """
            @note("say_һello") // say_һello
            permit(principal in Group::"say_һello", action, resource == File::"x\u{202e}");
            """)
        #expect(found.map(\.kind) == [.mixedScriptIdentifier, .bidirectionalIdentifier])
        #expect(found.map(\.location.column) == [8, 49])
        #expect(
            found[0].description == """
                policy:2:8: warning in `policy0`: the name "say_\\u{04BB}ello" mixes scripts
                  |
                2 | permit(principal in Group::"say_һello", action, resource == File::"x\u{202e}");
                  |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                  = hint: copy the text into a tool that shows its code points, and type it anew unless it is meant so
                """)
    }

    @Test func linksAreNotLookedAtTwice() throws {
        var set = try PolicySet(parsing: "permit(principal in ?principal, action, resource == File::\"say_һello\");")
        try set.link("policy0", as: "link", [.principal: EntityUID(type: "Group", id: "g")])
        let result = Validator(schema: try Schema(parsing: Self.schema)).validate(set)
        #expect(result.warnings.map(\.policy) == ["policy0"])
    }

    @Test func scriptTable() {
        #expect(ScriptTable.runs == ScriptTable.runs.sorted())
        #expect(ScriptTable.runs.first.map { $0 >> 10 } == 0)
        #expect(ScriptSet("a") == ScriptSet("ﬁ"))
        #expect(ScriptSet("a") != ScriptSet("а"))
        #expect(ScriptSet("1") == .all)
        #expect(ScriptSet("\u{0301}") != .all)
        #expect(ScriptSet("\u{E000}") == .none)
        #expect(ScriptSet("\u{10FFFF}") == .none)
        #expect(ScriptTable.isAllowedInIdentifiers("ж"))
        #expect(!ScriptTable.isAllowedInIdentifiers("\u{10FFFF}"))
    }
}
