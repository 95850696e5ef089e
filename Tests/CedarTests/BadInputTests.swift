import Foundation
import Testing

@testable import Cedar

/// Input that is wrong is answered with a place, what was expected and what may help, and never with a trap.
@Suite struct BadInputTests {
    private func policyErrors(_ text: String) throws -> [ParseError] {
        try #require(throws: ParseErrors.self) { try PolicySet(parsing: text, file: "p.cedar") }.errors
    }

    private func schemaErrors(_ text: String) throws -> [ParseError] {
        try #require(throws: ParseErrors.self) { try Schema(parsing: text, file: "s.cedarschema") }.errors
    }

    private func entityErrors(_ text: String) throws -> [ParseError] {
        let error = try #require(throws: EntityError.self) {
            try Entities(json: Array(text.utf8), schema: nil, file: "e.json")
        }
        guard case .malformed(let errors) = error else { return [] }
        return errors.errors
    }

    /// Whether an error stands at a place, with the line and a caret below it, and says what is asked for.
    private func expect(_ error: ParseError?, _ place: String, _ words: [String], of text: String) {
        let shown = error?.description ?? "no error"
        #expect(shown.hasPrefix(place + ": error: "), "\(text.prefix(80)): \(shown.prefix(300))")
        for word in words { #expect(shown.contains(word), "\(text.prefix(80)): \(shown.prefix(300))") }
        if !text.isEmpty { #expect(error?.snippet.contains("^") == true, "\(text.prefix(80))") }
    }

    // MARK: Policies

    @Test(
        "One thing is wrong in a condition",
        arguments: [
            ("\"abc", 44, ["a string without its closing quotation mark", "hint: close it"]),
            ("\"\\q\"", 45, ["unknown escape"]), ("\"\\u{D800}\"", 45, ["no Unicode scalar"]),
            ("principal.if", 54, ["`if` is a word of the language", "hint"]),
            ("in::\"x\" == principal", 44, ["`in` is a word of the language"]),
            ("{true: 1} == {}", 45, ["`true` is a word"]), ("{a: 1, a: 2}.a == 1", 51, ["`a` stands here twice"]),
            ("[1].contain(1)", 48, ["no method `contain`", "did you mean `contains`?"]),
            ("[1].isempty()", 48, ["did you mean `isEmpty`?"]), ("[1].cotnains(1)", 48, ["did you mean `contains`?"]),
            ("dcimal(\"1\")", 44, ["no function `dcimal`", "did you mean `decimal`?"]),
            ("isInRange(1, 2)", 44, ["is a method, not a function", "value.isInRange(…)"]),
            ("principal.ip(\"1\")", 54, ["`ip` is a function", "hint"]),
            ("nothing(1)", 44, ["no function `nothing`", "the functions are `decimal`, `ip`"]),
            ("principal.nothing(1)", 54, ["no method `nothing`", "the methods are `contains`"]),
            ("[1].contains()", 48, ["takes 1 argument(s), not 0"]),
            ("user", 44, ["no variable", "expected: `principal`"]),
            ("1 +", 48, ["unexpected `}`", "expected: expression"]), ("", 45, ["an empty `when` clause", "hint"]),
            ("'abc'", 44, ["`'`", "a string stands in `\"`"]), ("“abc”", 44, ["U+201C", "a string stands in `\"`"]),
            ("a & b", 46, ["the conjunction is written `&&`"]), ("true | false", 49, ["written `||`"]),
            ("action = 1", 51, ["expected: `==`", "hint"]), ("1 < 2 < 3", 50, ["comparisons do not chain"]),
            ("1 / 2", 46, ["neither division"]), ("9223372036854775808 == 1", 44, ["beyond 64 bits", "hint"]),
            ("!!!!!true", 44, ["5 unary operators", "the limit is 4"]), ("?principal == 1", 44, ["a template slot"]),
            ("true /* no */", 49, ["comments run from `//`"]), ("🍌", 44, ["U+1F34C"]),
            ("\u{FEFF}", 44, ["a byte-order mark"]),
            ("\0", 44, ["U+0000", "NUL bytes"]), ("true\0", 48, ["U+0000"]),
            ("principal.a.", 57, ["expected: identifier"]),
            ("if true then 1", 59, ["expected: `else`"]), ("(1", 47, ["expected: `)`"]), ("[1, 2", 50, ["`]`"]),
        ])
    func condition(_ condition: String, _ column: Int, _ words: [String]) throws {
        let text = Samples.policy(when: condition)
        let errors = try policyErrors(text)
        expect(errors.first, "p.cedar:1:\(column)", words, of: text)
    }

    @Test(arguments: [
        ("permit(principal, action, resource) // no end", "1:46", ["unexpected end of text", "expected: `;`", "hint"]),
        ("permit(principal, action, resource); /* no end", "1:38", ["comments run from `//`"]),
        ("permit\0(principal, action, resource);", "1:7", ["U+0000", "hint"]),
        ("\u{FEFF}permit(principal, action, resource);", "1:1", ["a byte-order mark", "hint: save the text"]),
        ("permit(principal,\r\naction,\r\nresourc);\r\n", "3:1", ["3 | resourc);", "expected: `resource`"]),
        ("permit(principal, action, resource) when { \"a\r\nb\" == \"\" };", "1:46", ["carriage return", "`\\r`"]),
        ("@a(\"x\")\n@b\n@a(\"y\")\npermit(principal, action, resource);", "3:1", ["`@a` stands here twice"]),
        ("permit(principal is if, action, resource);", "1:21", ["`if` is a word of the language"]),
        ("permitt(principal, action, resource);", "1:1", ["expected: `permit`, `forbid`"]),
        ("permit(principal, action, resource) whenn { true };", "1:37", ["expected: `when`, `unless`, `;`"]),
        ("permit(principal, action, resource)\npermit(principal, action, resource);", "2:1", ["`;`"]),
        ("permit(principal: User, action, resource);", "1:17", ["`principal is Type`"]),
        ("permit(principal, action == User::\"x\", resource);", "1:29", ["no action"]),
        ("\"abc", "1:1", ["a string without its closing"]), ("@", "1:2", ["unexpected end of text"]),
    ])
    func policy(_ text: String, _ place: String, _ words: [String]) throws {
        expect(try policyErrors(text).first, "p.cedar:\(place)", words, of: text)
    }

    @Test("Each policy that is wrong is reported, the others do not hide it")
    func severalPolicies() throws {
        let errors = try policyErrors(
            """
            permit(principal, action, resourc);
            permit(principal, action, resource);
            forbid(principal, acton, resource) when { "}" == ";" };
            permit(principal) when { x };
            """)
        #expect(errors.map(\.location.line) == [1, 3, 4])
        let many = String(repeating: "permit(principal);\n", count: 1000)
        #expect(try policyErrors(many).count == Limits.reportedErrors)
        let files: [(file: String, source: [UInt8])] = [
            ("a.cedar", Array("permit(principal);".utf8)), ("b.cedar", Array("\u{FEFF}".utf8)), ("c.cedar", [0xFF]),
        ]
        let ofFiles = try #require(throws: ParseErrors.self) { try PolicySet(parsing: files) }
        #expect(ofFiles.errors.map(\.location.file) == ["a.cedar", "b.cedar", "c.cedar"])
    }

    @Test("The end of a faulty policy is found quickly in whatever follows", arguments: ["\0", "'", "é", "& ", "\"\\"])
    func recovery(_ unit: String) throws {
        let text = "permit(principal) " + String(repeating: unit, count: 100_000) + "; permit(principal, action);"
        let clock = ContinuousClock()
        let start = clock.now
        let errors = try policyErrors(text)
        #expect(errors.count == (unit == "\"\\" ? 1 : 2))
        #expect(clock.now - start < .seconds(10))
    }

    @Test("What is legal though it looks odd")
    func legal() throws {
        for text in [
            "permit(principal,\r\naction,\r\nresource);\r\n// end\r\n", Samples.policy(when: "\"a\0b\" == \"\""),
            Samples.policy(when: "\"a\nb\" == \"\u{FEFF}\""), "// permit(", "", "\u{A0}\u{3000}",
        ] { #expect(Samples.parses(text), "\(text.debugDescription)") }
    }

    // MARK: Schemas

    @Test(arguments: [
        ("entity A { a: \"x }", "1:15", ["a string without its closing quotation mark", "hint"]),
        ("entity A; /* x", "1:11", ["comments run from `//`"]), ("\u{FEFF}entity A;", "1:1", ["a byte-order mark"]),
        ("entity\0 A;", "1:7", ["U+0000"]),
        ("entity A {\r\n b: Strng\r\n};", "2:5", ["`Strng`", "did you mean `String`?"]),
        ("entity if;", "1:8", ["`if` is a word"]), ("@a\n@a entity A;", "2:1", ["`@a` stands here twice"]),
        ("type A = B; type B = Set<A>;", "1:6", ["`A` contains itself", "hint"]),
        ("type T = { t: T };", "1:6", ["itself"]),
        ("action a in a;", "1:8", ["in itself"]), ("entity Usr; entity B in User;", "1:25", ["did you mean `Usr`?"]),
        ("type Lvl = Long; entity A { a: Lvvl };", "1:32", ["did you mean `Lvl`?"]),
        ("namespace N { entity Person; entity B { p: Persn }; }", "1:44", ["did you mean `Person`?"]),
        ("entity A { a: Boolean };", "1:15", ["the type of truth values is `Bool`"]),
        ("entty A;", "1:1", ["expected: `entity`"]), ("entity A = {a: Set<Long};", "1:24", ["expected: `>`"]),
        ("entity A\nentity B;", "2:1", ["expected: `;`"]), ("entity A = { a: Long", "1:21", ["expected: `}`"]),
        ("entity A; action x appliesTo { principal: A };", "1:29", ["needs `principal` and `resource`", "hint"]),
        (
            "entity A; action x appliesTo { principal: A, resource: A, context: Long };", "1:68",
            ["a context is a record"]
        ),
    ])
    func schema(_ text: String, _ place: String, _ words: [String]) throws {
        expect(try schemaErrors(text).first, "s.cedarschema:\(place)", words, of: text)
    }

    @Test func severalTypesInOneSchema() throws {
        let errors = try schemaErrors("entity A { a: Lng };\nentity B in C;\naction x in y;\ntype T = T;")
        #expect(errors.map(\.location.line).sorted() == [1, 2, 3, 4])
    }

    @Test("An action without `appliesTo` is a group: a policy for it alone never applies")
    func actionWithoutAppliesTo() throws {
        let schema = try Schema(parsing: "entity A; action g; action x in g appliesTo { principal: A, resource: A };")
        let policies = try PolicySet(
            parsing:
                "permit(principal, action == Action::\"g\", resource);\npermit(principal, action in Action::\"g\", resource);"
        )
        let errors = Validator(schema: schema).validate(policies).errors
        #expect(errors.map(\.kind) == [.noApplicableAction])
        #expect(errors[0].description.hasPrefix("policy:1:1: error in `policy0`: no request"))
        #expect(errors[0].hint?.contains("`appliesTo`") == true)
        let request = Request(
            principal: EntityUID(type: "A", id: "a"), action: EntityUID(type: "Action", id: "g"),
            resource: EntityUID(type: "A", id: "b"))
        #expect(throws: RequestError.invalidPrincipalType("A", action: request.action)) {
            try Conformance(schema: schema).check(request)
        }
    }

    @Test("Names that the schema lacks come with the nearest one that it has")
    func validation() throws {
        let schema = try Schema(
            parsing: "entity Person { surname: String }; action open appliesTo { principal: Person, resource: Person };"
        )
        let errors = Validator(schema: schema).validate(
            try PolicySet(
                parsing: """
                    permit(principal is Persn, action == Action::"opn", resource);
                    permit(principal, action, resource) when { principal.surnam == "x" || principal.xyz == "x" };
                    """)
        ).errors
        #expect(
            errors.compactMap(\.hint).filter { !$0.contains("appliesTo") } == [
                "did you mean `Person`?", "did you mean Action::\"open\"?", "did you mean `surname`?",
                "it has `surname`",
            ])
        #expect(errors.allSatisfy { $0.snippet.contains("^") })
    }

    // MARK: JSON

    @Test(arguments: [
        ("", "1:1", ["unexpected end of text", "expected: value"]),
        ("\u{FEFF}[]", "1:1", ["a byte-order mark", "hint"]),
        ("[\0]", "1:2", ["unexpected character"]), ("[\"a\0\"]", "1:4", ["control character"]),
        ("[\"abc", "1:2", ["a string without its closing"]), ("[1,]", "1:4", ["expected: value"]),
        ("{\"a\":1,\r\n\"a\":2}", "2:1", ["the key \"a\" stands here twice"]),
        ("[] x", "1:4", ["expected: end of text"]),
        (
            "[\n{\"uid\":{\"type\":\"A\",\"id\":\"a\"},\"attributes\":{}}]", "2:1",
            ["without `attrs` and `parents`", "hint"]
        ),
        ("{}", "1:1", ["an object where a list of entities belongs", "expected: `[{"]), ("[1.5]", "1:2", ["whole"]),
        ("[9223372036854775808]", "1:2", ["beyond 64 bits"]), ("['a']", "1:2", ["unexpected character"]),
        ("[{\"uid\":{\"type\":\"A\"},\"attrs\":{},\"parents\":[]}]", "1:9", ["expected: `{\"type\": …, \"id\": …}`"]),
        ("[{\"uid\":{\"type\":\"A b\",\"id\":\"\"},\"attrs\":{},\"parents\":[]}]", "1:9", ["no name of a type"]),
        (
            "[{\"uid\":{\"type\":\"A\",\"id\":\"\"},\"attrs\":{\"a\":null},\"parents\":[]}]", "1:43",
            ["null is no value", "hint"]
        ),
        (
            "[{\"uid\":{\"type\":\"A\",\"id\":\"\"},\"attrs\":{\"a\":{\"__extn\":{\"fn\":\"iq\",\"arg\":\"\"}}},\"parents\":[]}]",
            "1:43",
            ["no function `iq`"]
        ),
    ])
    func entities(_ text: String, _ place: String, _ words: [String]) throws {
        expect(try entityErrors(text).first, "e.json:\(place)", words, of: text)
    }

    // MARK: Depth

    @Test(
        "A hundred thousand levels are an error with a place",
        arguments: [
            "(", "[", "{a: ", "!", "-", "!(", "-(", "if true then ", "if ", "1 + ", "1 + (", "a.", "a::", "ip(",
            "[1].contains(", "principal[", "{a: [(", "!!!!(", "principal.a == (", "(if true then true else ", "\"",
            "\\", "?", "@a(\"b\")",
        ])
    func deepPolicies(_ unit: String) throws {
        let error = try #require(
            try policyErrors(Samples.policy(when: String(repeating: unit, count: 100_000))).first)
        #expect(error.location.line == 1 && error.snippet.contains("^"))
        // What only grows in length, as a name does, is read to its end.
        #expect(["!", "-", "a::"].contains(unit) || error.location.column <= 44 + 24 * 201)
        #expect(error.snippet.utf8.count < 1000)
    }

    @Test(arguments: ["!", "-", "principal.a", "1 + ", "true && !", "[", "(", "{a:"])
    func deepPoliciesThatAreClosed(_ unit: String) throws {
        let count = 100_000
        let condition: String =
            switch unit {
            case "(": String(repeating: "(", count: count) + "true" + String(repeating: ")", count: count)
            case "[": String(repeating: "[", count: count) + String(repeating: "]", count: count)
            case "{a:": String(repeating: "{a:", count: count) + "1" + String(repeating: "}", count: count)
            case "principal.a": "principal" + String(repeating: ".a", count: count)
            case "1 + ": String(repeating: "1 + ", count: count) + "1"
            case "true && !":
                String(repeating: "!(true && ", count: count) + "true" + String(repeating: ")", count: count)
            default: String(repeating: unit, count: count) + "1"
            }
        let error = try #require(try policyErrors(Samples.policy(when: condition)).first)
        #expect(error.message.contains("\(Limits.expressionHeight)") || error.message.contains("the limit is 4"))
        #expect(error.location.line == 1 && error.snippet.contains("^"))
    }

    @Test func deepSchemasAndJSON() throws {
        let count = 100_000
        for text in [
            "entity A { a: " + String(repeating: "Set<", count: count),
            "type T = " + String(repeating: "Set<", count: count) + "Long" + String(repeating: ">", count: count) + ";",
            "type T = " + String(repeating: "{a: ", count: count),
            "entity A tags " + String(repeating: "{a: ", count: count),
        ] {
            let error = try #require(try schemaErrors(text).first)
            #expect(error.message.contains("the limit is \(Limits.expressionHeight)"))
            #expect(error.location.line == 1 && error.snippet.contains("^"))
        }
        for unit in ["[", "{\"a\":", "[{\"attrs\":", "{\"__entity\":"] {
            let text = String(repeating: unit, count: count)
            let error = try #require(try entityErrors(text).first)
            #expect(error.message.contains("the limit is \(Limits.jsonDepth)"))
            #expect(error.location.line == 1 && error.snippet.contains("^"))
            #expect(throws: ParseErrors.self) {
                try Request(
                    principal: Samples.alice, action: Samples.read, resource: Samples.document,
                    contextJSON: Array(text.utf8), schema: nil)
            }
        }
    }

    // MARK: Size

    private static let policy = "permit(principal, action == Action::\"read\", resource) when { principal.n == 1 };\n"

    private static func entityType(_ number: Int) -> String {
        "entity E\(number) in [E0] { a: String, b?: Set<Long> };\n"
    }

    /// Policies and a schema, each of nearly so many bytes.
    private static func legal(_ bytes: Int) -> (policies: String, schema: String) {
        (
            String(repeating: policy, count: bytes / policy.utf8.count),
            (0..<(bytes / 55)).map(entityType).joined() + "action read appliesTo { principal: E1, resource: E2 };"
        )
    }

    @Test("Ten megabytes of legal text are refused at once, with both numbers")
    func tooLong() throws {
        let (policies, schema) = Self.legal(10_000_000)
        for (text, errors) in [(policies, try policyErrors(policies)), (schema, try schemaErrors(schema))] {
            #expect(text.utf8.count > 9_000_000)
            #expect(
                errors.map(\.message) == ["the text has \(text.utf8.count) bytes; the limit is \(Limits.sourceBytes)"])
            #expect(errors[0].location.line == 1)
        }
    }

    @Test("Text below the limit is read; `CEDAR_FULL_SIZE` reads it at the limit and prints the time")
    func longButLegal() throws {
        let isFull = ProcessInfo.processInfo.environment["CEDAR_FULL_SIZE"] != nil
        let (policies, schema) = Self.legal(isFull ? Limits.sourceBytes : 100_000)
        let clock = ContinuousClock()
        var start = clock.now
        let set = try PolicySet(parsing: policies)
        print("\(policies.utf8.count) bytes of policies: \(clock.now - start)")
        start = clock.now
        let types = try Schema(parsing: schema).entityTypes.count
        print("\(schema.utf8.count) bytes of schema: \(clock.now - start)")
        #expect(set.count == policies.utf8.count / Self.policy.utf8.count)
        #expect(types == schema.utf8.split(separator: 0x0A).count - 1)
    }
}
