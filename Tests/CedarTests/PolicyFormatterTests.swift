import Testing

@testable import Cedar

@Suite struct PolicyFormatterTests {
    static func format(_ text: String) throws -> String {
        String(decoding: try PolicyFormatter.format(Array(text.utf8)), as: UTF8.self)
    }

    /// The tokens and comments of a text in order, comments without the blanks at their ends: what must not change.
    static func substance(_ bytes: [UInt8]) throws -> [ArraySlice<UInt8>] {
        var lexer = try Lexer(SourceText(file: "test", bytes: bytes))
        var found: [ArraySlice<UInt8>] = []
        var end = 0
        while true {
            let token = try lexer.next()
            for line in bytes[end..<token.start].split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
                var comment = line.drop { $0 != UInt8(ascii: "/") }
                while let last = comment.last, last <= 0x20 { comment.removeLast() }
                if !comment.isEmpty { found.append(comment) }
            }
            if token.kind == .endOfText { return found }
            found.append(bytes[token.start..<token.end])
            end = token.end
        }
    }

    static let golden: [(String, String)] = [
        ("", ""), ("// only\r\n", "// only\n"), ("\n\n//a  \n\n\n//b", "//a\n\n//b\n"),
        ("permit(principal,action,resource);", "permit (principal, action, resource);\n"),
        (
            "// head\n\n\n// one\n@id(\"a\")@b permit(principal,action,resource,); // end\n// two\n\nforbid(principal,action,resource)when{true}unless{1==2};//c",
            """
            // head

            // one
            @id("a")
            @b
            permit (principal, action, resource,); // end

            // two

            forbid (principal, action, resource)
            when { true }
            unless { 1 == 2 }; //c

            """
        ),
        (
            "forbid(principal == User::\"aaaaaaaaaaaaaaaaaaaaaaaaa\", action in [Action::\"aaaaaaaa\",Action::\"bbbbb\"], resource is Foo in Bar::\"x\");",
            """
            forbid (
              principal == User::"aaaaaaaaaaaaaaaaaaaaaaaaa",
              action in [Action::"aaaaaaaa", Action::"bbbbb"],
              resource is Foo in Bar::"x"
            );

            """
        ),
        (
            "permit(principal, // who\naction, resource) when { true && // why\nfalse };",
            """
            permit (
              principal, // who
              action,
              resource
            )
            when
            {
              true && // why
              false
            };

            """
        ),
        (
            """
            permit(principal,action,resource) when { principal.department == resource.department && context.a.b > -1 &&
            (resource.clearance.level <= principal.clearance || !(aaaaaaaaaaaaaaaaaaaaaaa::"b" in [principal, resource])) };
            """,
            """
            permit (principal, action, resource)
            when
            {
              principal.department == resource.department &&
              context.a.b > -1 &&
              (resource.clearance.level <= principal.clearance ||
               !(aaaaaaaaaaaaaaaaaaaaaaa::"b" in [principal, resource]))
            };

            """
        ),
        (
            """
            permit(principal,action,resource) when { principal has departments.first && principal.departments.first == 1
            || (if context.isLate then {a:1,"b c":[]} == context.record else datetime("2020-01-01").offset(duration("1d")) < context.now) };
            """,
            """
            permit (principal, action, resource)
            when
            {
              principal has departments.first && principal.departments.first == 1 ||
              (if context.isLate
               then { a: 1, "b c": [] } == context.record
               else datetime("2020-01-01").offset(duration("1d")) < context.now)
            };

            """
        ),
        (
            """
            permit(principal,action,resource) when { aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa::"a" in principal.aaaaaaaaaaaaaaaaaaaaaaaaa &&
            resource like "a*" || [111111111111111,222222222222222222,3333333333333333].contains(context.number)
            // before the end
            };
            """,
            """
            permit (principal, action, resource)
            when
            {
              aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa::"a" in principal.aaaaaaaaaaaaaaaaaaaaaaaaa &&
                resource like "a*" ||
              [111111111111111, 222222222222222222, 3333333333333333].contains(
                context.number
              )
              // before the end
            };

            """
        ),
    ]

    @Test("Comments before a closing bracket stand with what is in it")
    func commentsInBrackets() throws {
        let text = """
            permit(principal, action, // x
            resource
            // y
            ) when { [1, // one
            2
            // end
            ].contains( // open
            {a: // c
            1, // d
            // e
            b:2}) && [
            // empty
            ] == 1 // r
            // last
            };
            """
        let expected = """
            permit (
              principal,
              action, // x
              resource
              // y
            )
            when
            {
              [
                1, // one
                2
                // end
              ].contains( // open
                {
                  a: // c
                  1, // d
                  // e
                  b: 2
                }
              ) &&
              [
                // empty
              ] ==
                1 // r
              // last
            };

            """
        #expect(try Self.format(text) == expected)
        #expect(try Self.format(expected) == expected)
    }

    @Test(arguments: golden)
    func layouts(_ text: String, _ expected: String) throws {
        #expect(try Self.format(text) == expected)
        #expect(try Self.format(expected) == expected)
        #expect(try Self.substance(Array(text.utf8)) == Self.substance(Array(expected.utf8)))
    }

    @Test func errorsAreThoseOfTheParser() throws {
        let text = Array("permit(principal,action);\npermit(principal,action,resource) when { 1 < 2 < 3 };".utf8)
        let errors = try #require(throws: ParseErrors.self) { try PolicyFormatter.format(text, file: "a.cedar") }
        #expect(errors.errors.map(\.location.line) == [1, 2])
        #expect(errors.errors.map(\.location.file) == ["a.cedar", "a.cedar"])
        #expect(throws: ParseErrors.self) { try PolicyFormatter.format([0xFF]) }
    }

    @Test("Strings of several lines and lines that cannot be broken keep their bytes")
    func tallAndWide() throws {
        let wide = String(repeating: "w", count: 200)
        let text =
            "permit(principal,action,resource) when { context.\(wide) == \"one\n   two\" && [\"\(wide)\"] == 1 };"
        let formatted = try Self.format(text)
        #expect(try Self.substance(Array(formatted.utf8)) == Self.substance(Array(text.utf8)))
        #expect(formatted.contains("\"one\n   two\""))
        #expect(try Self.format(formatted) == formatted)
    }

    @Test("What is nested as deeply as the parser takes is laid out in time")
    func depth() throws {

        for (open, close) in [("(", ")"), ("[", "]"), ("{a: ", "}"), ("if true then 1 else ", ""), ("!(", ")")] {
            let text = Samples.policy(
                when: String(repeating: open, count: 190) + "1" + String(repeating: close, count: 190))
            let formatted = try Self.format(text)
            #expect(try Self.format(formatted) == formatted)
            #expect(formatted.utf8.count < 50 * text.utf8.count)
        }
        let chain = Samples.policy(when: Array(repeating: "principal.a == 1", count: 5000).joined(separator: " && "))
        #expect(try Self.format(chain).split(separator: "\n").count == 5004)
    }

    /// Puts comments of both kinds into random gaps between the tokens of a text.
    static func inject(into bytes: [UInt8], _ generator: inout SeededGenerator) throws -> (text: [UInt8], count: Int) {
        var lexer = try Lexer(SourceText(file: "test", bytes: bytes))
        var result: [UInt8] = []
        var end = 0
        var count = 0
        while true {
            let token = try lexer.next()
            result += bytes[end..<token.start]
            if Int.random(in: 0..<6, using: &generator) == 0 {
                for _ in 0..<Int.random(in: 1...3, using: &generator) {
                    count += 1
                    if Bool.random(using: &generator) {
                        result += Array(["\n", "\r\n", " \n\n ", "\r"].randomElement(using: &generator)!.utf8)
                    }
                    let line = ["\n", "\r", "\r\n", "  \n\n\n"].randomElement(using: &generator)!
                    result += Array("// c\(count) \"é // ;\t\(line)".utf8)
                }
            }
            result += bytes[token.start..<token.end]
            if token.kind == .endOfText { return (result, count) }
            end = token.end
        }
    }
}

@Suite(.enabled(if: ConformanceCases.arePresent, ConformanceCases.absence))
struct FormattedConformanceTests {
    /// Formats the texts with comments put in, and every eighth as it is; gives how many texts and comments it saw.
    private static func check(_ texts: [[UInt8]], seed: UInt64) async throws -> (texts: Int, comments: Int) {
        var generator = SeededGenerator(seed: seed)
        var seen = (texts: 0, comments: 0)
        for (position, text) in texts.enumerated() {
            await Task.yield()
            guard let set = try? PolicySet(parsing: text) else { continue }
            let injected = try PolicyFormatterTests.inject(into: text, &generator)
            seen.texts += 1
            seen.comments += injected.count
            let isEighth = position % 8 == 0
            for (source, count) in isEighth ? [injected, (text, 0)] : [injected] {
                let formatted = try PolicyFormatter.format(source)
                let shown = Comment(rawValue: String(decoding: source, as: UTF8.self))
                // The same tokens have the same parse; some are parsed to show it.
                if isEighth {
                    #expect(PolicyContent.all(try PolicySet(parsing: formatted)) == PolicyContent.all(set), shown)
                }
                let substance = try PolicyFormatterTests.substance(formatted)
                #expect(try substance == PolicyFormatterTests.substance(source), shown)
                #expect(substance.count { $0.starts(with: "// c".utf8) } >= count)
                #expect(try PolicyFormatter.format(formatted) == formatted, shown)
            }
        }
        return seen
    }

    @Test("All policies of the official cases, with comments anywhere, keep tokens and comments and settle at once")
    func conformance() async throws {
        let seed = PrintingTests.seed
        print("CEDAR_FUZZ_SEED=\(seed)")
        // Every second text, for the time that it takes; which half, the seed decides.
        let all = try await ConformanceCases.allPolicies()
        let texts = all.enumerated().filter { UInt64($0.offset) % 2 == seed % 2 }.map(\.element)
        var total = (texts: 0, comments: 0)
        try await withThrowingTaskGroup(of: (texts: Int, comments: Int).self) { group in
            let share = (texts.count + 3) / 4
            for (part, start) in stride(from: 0, to: texts.count, by: max(1, share)).enumerated() {
                let some = Array(texts[start..<min(texts.count, start + share)])
                group.addTask { try await Self.check(some, seed: seed &+ UInt64(part)) }
            }
            for try await seen in group { total = (total.texts + seen.texts, total.comments + seen.comments) }
        }
        #expect(total.texts > 2000)
        #expect(total.comments > 20_000)
    }
}
