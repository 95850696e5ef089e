import Ingest
import Passages
import Testing

@Suite("Plain text")
struct PlainTextExtractorTests {
    private func outline(_ text: String) async throws -> [String] {
        let extracted = try await extract("a.txt", text).extracted
        #expect(extracted.faults == [])
        return extracted.outline
    }

    @Test("Underlined, numbered and capital headings")
    func headings() async throws {
        let text = """
            Fastener guide
            ==============

            Intro text.

            Scope
            -----
            Follows at once.

            1. Purpose

            Text of purpose.

            1.2 Details of it

            More text.

            STORAGE AND HANDLING

            Text of storage.
            """
        #expect(
            try await outline(text) == [
                "h1: Fastener guide", "p: Intro text.", "h2: Scope", "p: Follows at once.", "h2: 1. Purpose",
                "p: Text of purpose.", "h3: 1.2 Details of it", "p: More text.", "h2: STORAGE AND HANDLING",
                "p: Text of storage.",
            ])
    }

    @Test("The first line is the title if it looks like one")
    func title() async throws {
        #expect(try await outline("Shift handover notes\n\nText.") == ["h1: Shift handover notes", "p: Text."])
        #expect(try await outline("(U) Shift handover\n\nText.") == ["h1: (U) Shift handover", "p: Text."])
        #expect(try await outline("CUI//SP-EXPT\n\nText.") == ["p: CUI//SP-EXPT", "p: Text."])
        #expect(try await outline("CUI\n\nText.") == ["p: CUI", "p: Text."])
        #expect(try await outline("It ends here.\n\nText.") == ["p: It ends here.", "p: Text."])
        #expect(try await outline("Only a line") == ["p: Only a line"])
    }

    @Test("Bullets and numbers make a list; deeper ones belong to their item")
    func lists() async throws {
        #expect(
            try await outline("Do this:\n- one\n  - inner\n- two\n  goes on\n\n1. a\n2. b\n\n(a) x\n(b) y") == [
                "p: Do this:", "list: - one\n  - inner¦- two\n  goes on", "list: 1. a¦2. b", "list: (a) x¦(b) y",
            ])
    }

    @Test("Numbered steps are no headings, numbered titles are")
    func looseList() async throws {
        let outline = try await outline("Steps to take.\n\n1. Clean the bore\n\n2. Torque the bolt\n\nDone.")
        #expect(outline == ["p: Steps to take.", "list: 1. Clean the bore", "list: 2. Torque the bolt", "p: Done."])
        let titles = try await self.outline("Text.\n\n1 Scope of Work\n\n2. REFERENCES\n\n3. Torque Values\n\nText.")
        #expect(titles == ["p: Text.", "h2: 1 Scope of Work", "h2: 2. REFERENCES", "h2: 3. Torque Values", "p: Text."])
    }

    @Test("A numbered line of depth two leads its text without a blank line")
    func leadingHeading() async throws {
        #expect(
            try await outline(
                "Intro.\n\n2.3 Registering a member\nBefore you do so, read this.\n\n2.4 Nm is the value\nof it.") == [
                    "p: Intro.", "h3: 2.3 Registering a member", "p: Before you do so, read this.",
                    "p: 2.4 Nm is the value\nof it.",
                ])
        #expect(
            try await outline("x.\n\n1. Remove the cover\nUse the tool.") == [
                "p: x.", "list: 1. Remove the cover\nUse the tool.",
            ])
    }

    @Test("A wrapped line that begins with a dash or a year is no list")
    func wrapped() async throws {
        let text = "The value is 3\n- 4 Nm as measured in\n2010. It holds."
        #expect(try await outline(text) == ["p: \(text)"])
    }

    @Test("Blank lines of any kind divide paragraphs")
    func blankLines() async throws {
        #expect(try await outline("one.\r\n \t\r\ntwo.\r\rthree.\n") == ["p: one.", "p: two.", "p: three."])
    }
}
