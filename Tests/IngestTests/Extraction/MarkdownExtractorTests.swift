import Ingest
import Passages
import Testing

@Suite("Markdown")
struct MarkdownExtractorTests {
    private func outline(_ text: String) async throws -> [String] {
        let extracted = try await extract("a.md", text).extracted
        #expect(extracted.faults == [])
        return extracted.outline
    }

    @Test("Headings, paragraphs, lists, tables and code are told apart")
    func kinds() async throws {
        let text = """
            # Torque *guide* `v2`

            First paragraph
            on two lines.

            Second
            ======

            - one
            - two
              - inner
            - three

              more of three

            ```swift
            let x = 1

            let y = 2
            ```

            | a | b |
            |---|---|
            | 1 | 2 |
            | 3 | 4 |

            ***

            ### Last
            1. first
            2. second
            """
        #expect(
            try await outline(text) == [
                "h1: Torque guide v2", "p: First paragraph\non two lines.", "h1: Second",
                "list: - one¦- two\n  - inner¦- three\n\n  more of three",
                "code: ```swift\nlet x = 1\n\nlet y = 2\n```", "table: | a | b |\n|---|---|¦| 1 | 2 |¦| 3 | 4 |",
                "h3: Last", "list: 1. first¦2. second",
            ])
    }

    @Test("The text is the source behind the front matter, byte for byte, with its line ends")
    func source() async throws {
        let document = try await extract(
            "a.md", "\u{FEFF}---\r\ntitle: T\r\nclassification: cui\r\n---\r\n# Ä\r\n\r\ntext\r\n")
        #expect(document.frontMatter == "title: T\r\nclassification: cui\r\n")
        #expect(document.extracted.string(ByteRange(0, document.extracted.text.count)) == "# Ä\r\n\r\ntext\r\n")
        #expect(document.extracted.outline == ["h1: Ä", "p: text"])
        #expect(document.extracted.faults == [])
    }

    @Test("Front matter ends at --- or is an error")
    func frontMatter() async throws {
        #expect(try await extract("a.md", "text\n---\n").frontMatter == nil)
        #expect(try await extract("a.md", "---\n---\ntext").frontMatter == "")
        #expect(try await extract("a.md", "\n---\n\ntext").frontMatter == nil)
        #expect(try await extract("a.txt", "---\nx: 1\n--- \ntext").frontMatter == "x: 1\n")
        await #expect(throws: ExtractionError.frontMatterNotClosed) { try await extract("a.md", "---\nx: 1\ntext") }
        await #expect(throws: ExtractionError.noText) { try await extract("a.md", "---\nx: 1\n---\n") }
        await #expect(throws: ExtractionError.self) {
            try await extract("a.md", "---\n" + String(repeating: "x: 1\n", count: 20_000) + "---\ntext")
        }
    }

    @Test("Block quotes are taken apart, so that a mark governs one paragraph")
    func quotes() async throws {
        let text = "> (U) first\n> line\n>\n> (CUI) second\n>\n> - a\n> - b\n\nafter\n> > deep"
        #expect(
            try await outline(text) == [
                "p: > (U) first\n> line\n>", "p: > (CUI) second\n>", "list: > - a¦> - b", "p: after", "p: > > deep",
            ])
    }

    @Test("A table behind a paragraph without a blank line")
    func tableAfterParagraph() async throws {
        #expect(
            try await outline("(U) lead\nmore\n| a | b |\n|---|---|\n| 1 | 2 |\ntext") == [
                "p: (U) lead\nmore", "table: | a | b |\n|---|---|¦| 1 | 2 |¦text",
            ])
    }

    @Test("Lines that the parser keeps for itself are paragraphs of their own")
    func definitions() async throws {
        #expect(
            try await outline(
                "(U) open\n\n[a]: http://x.example/secret\n[b]: http://y.example\n\n# H\n\n<!-- note -->\n") == [
                    "p: (U) open", "p: [a]: http://x.example/secret\n[b]: http://y.example", "h1: H",
                    "p: <!-- note -->",
                ])
    }

    @Test("What a heading says does not depend on definitions elsewhere")
    func headingAlone() async throws {
        let heading = "# See [Falcon] and [a](http://x.example) <b>~~b~~</b>\n\ntext\n"
        let with = try await outline(heading + "\n[Falcon]: http://y.example\n")
        let without = try await outline(heading)
        #expect(with.prefix(2) == without.prefix(2))
        #expect(without[0] == "h1: See [Falcon] and a b")
    }

    @Test("A heading of great length is a paragraph")
    func longHeading() async throws {
        let outline = try await outline("# " + String(repeating: "word ", count: 200))
        #expect(outline.count == 1 && outline[0].hasPrefix("p: # word"))
    }

    @Test("Every line that is not blank or a rule is in exactly one block", arguments: UInt64(1)...200)
    func coverage(seed: UInt64) async throws {
        var generator = ExtractionGenerator(seed: seed)
        let pieces = [
            "# h", "text", "- item", "  - sub", "1. one", "> quote", ">", "| a | b |", "|---|---|", "```", "    code",
            "", "", "", "<div>", "</div>", "[x]: http://e.example", "(CUI) p", "---", "===", "\t", "  more", "* * *",
            "<!-- c", "-->", "a | b", "[ ] t", "- [x] done", "größe 😀", "~~~", "> - q", "> > d", "-", "1)", "\\",
        ]
        let ends = ["\n", "\r\n", "\n"]
        var text = "start\n\n"
        for _ in 0..<Int.random(in: 1..<40, using: &generator) {
            text += pieces.randomElement(using: &generator)! + ends.randomElement(using: &generator)!
        }
        let extracted = try await extract("a.md", text).extracted
        #expect(extracted.faults == [], "seed \(seed)")
        var covered = Set<Int>()
        for block in extracted.blocks { covered.formUnion(block.range.start..<block.range.end) }
        var start = 0
        for line in extracted.text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            let bytes = line.filter { !TextCuts.isBlank($0) }
            let isRule = Set(bytes).count == 1 && bytes.count >= 2 && "-*=".utf8.contains(bytes[0])
            let isMarks = bytes.allSatisfy { $0 == UInt8(ascii: ">") }
            if !isRule && !isMarks {
                let missing = (start..<(start + line.count)).filter {
                    !TextCuts.isBlank(extracted.text[$0]) && !covered.contains($0)
                }
                #expect(missing.isEmpty, "seed \(seed)")
            }
            start += line.count + 1
        }
    }

    @Test("Quotes within quotes have a limit")
    func depth() async {
        await #expect(throws: ExtractionError.tooDeep(limit: 200)) {
            try await extract("a.md", String(repeating: "> ", count: 5000) + "x")
        }
    }
}

/// SplitMix64: the same numbers for the same seed on every machine.
struct ExtractionGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
