import Enclaves
import Foundation
import Ingest
import Passages
import Testing

@Suite("Word")
struct WordExtractorTests {
    private func outline(_ word: MinimalWord) async throws -> [String] {
        let extracted = try await extract("a.docx", word.bytes).extracted
        #expect(extracted.faults == [])
        return extracted.outline
    }

    private func outline(_ body: String) async throws -> [String] { try await outline(MinimalWord(body: body)) }

    private func p(_ content: String, _ properties: String = "") -> String {
        MinimalWord.paragraph(content, properties)
    }
    private func r(_ text: String, _ properties: String = "") -> String { MinimalWord.run(text, properties) }

    private let styles = """
        <w:style w:type="paragraph" w:default="1" w:styleId="Standard"><w:name w:val="Normal"/></w:style>
        <w:style w:type="paragraph" w:styleId="Titel"><w:name w:val="Title"/></w:style>
        <w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/><w:basedOn w:val="Standard"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>
        <w:style w:type="paragraph" w:styleId="Own"><w:name w:val="Own"/><w:basedOn w:val="Mid"/></w:style>
        <w:style w:type="paragraph" w:styleId="Mid"><w:name w:val="Mid"/><w:basedOn w:val="Own"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>
        <w:style w:type="paragraph" w:styleId="TOC1"><w:name w:val="toc 1"/></w:style>
        <w:style w:type="paragraph" w:styleId="Bullet"><w:name w:val="List Bullet"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
        <w:style w:type="character" w:styleId="Gone"><w:name w:val="Gone"/><w:rPr><w:vanish/></w:rPr></w:style>
        """
    private let numbering = """
        <w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>
        <w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="3"/><w:numFmt w:val="decimal"/></w:lvl>
        <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/></w:lvl></w:abstractNum>
        <w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>
        """

    @Test("Title, headings by style in any language and by level, contents left out, text of runs joined")
    func headings() async throws {
        let body =
            p(r("The guide"), "<w:pStyle w:val=\"Titel\"/>") + p(r("Scope 1"), "<w:pStyle w:val=\"TOC1\"/>")
            + p(r("Sco") + r("pe"), "<w:pStyle w:val=\"berschrift1\"/>")
            + p(
                r("(CUI) Bolts are ") + r("tight&amp;", "<w:b/>")
                    + "<w:r><w:tab/><w:t>35\u{A0}Nm</w:t><w:br/><w:t>then </w:t></w:r>")
            + p("") + p(r("Own level"), "<w:pStyle w:val=\"Own\"/>") + p(r("Direct"), "<w:outlineLvl w:val=\"7\"/>")
            + p(r("Not one"), "<w:pStyle w:val=\"berschrift1\"/><w:outlineLvl w:val=\"9\"/>")
        let word = MinimalWord(body: body, styles: styles, title: " Torque\n of bolts ")
        #expect(
            try await outline(word) == [
                "h1: The guide", "h1: Scope", "p: (CUI) Bolts are tight& 35 Nm\nthen", "h2: Own level", "h6: Direct",
                "p: Not one",
            ])
        let extracted = try await extract("a.docx", word.bytes).extracted
        #expect(extracted.metadataTitle == "Torque of bolts")
        #expect(extracted.blocks.allSatisfy { $0.page == nil })
    }

    @Test("Lists with their numbers, items within items; tables with their rows")
    func listsAndTables() async throws {
        func item(_ text: String, _ list: Int, _ level: Int = 0) -> String {
            p(r(text), "<w:numPr><w:ilvl w:val=\"\(level)\"/><w:numId w:val=\"\(list)\"/></w:numPr>")
        }
        func cell(_ content: String) -> String { "<w:tc><w:tcPr><w:shd/></w:tcPr>\(content)</w:tc>" }
        let inner = "<w:tbl><w:tr>\(cell(p(r("in"))))\(cell(p(r("ner"))))</w:tr></w:tbl>"
        let body =
            p(r("(U) one"), "<w:pStyle w:val=\"Bullet\"/>") + p(r("two"), "<w:pStyle w:val=\"Bullet\"/>")
            + item("three", 2) + item("deep", 2, 1) + item("deeper", 2, 1) + item("four", 2) + item("deep", 2, 1)
            + p(r("between")) + item("five", 2) + item("far", 2, 2_000_000_000)
            + "<w:tbl><w:tblPr/><w:tblGrid/><w:tr>\(cell(p(r("a")) + p(r("b"))))\(cell(p(r("(CUI) c"))))</w:tr>"
            + "<w:tr>\(cell(p("")))\(cell(p("")))</w:tr><w:tr>\(cell(p(r("1"))))\(cell(inner + p(r("x"))))</w:tr></w:tbl>"
            + p(r("plain"), "<w:pStyle w:val=\"Bullet\"/><w:numPr><w:numId w:val=\"0\"/></w:numPr>")
        #expect(
            try await outline(MinimalWord(body: body, styles: styles, numbering: numbering)) == [
                "list: - (U) one¦- two", "list: 3. three\n  a. deep\n  b. deeper¦4. four\n  a. deep", "p: between",
                "list: 5. five\n                1. far",
                "table: a b | (CUI) c¦1 | in ner x", "p: plain",
            ])
    }

    @Test("Changes that nobody accepted are labelled and never merged; hidden text is left out")
    func changes() async throws {
        let ins = "<w:ins w:id=\"1\">", del = "<w:del w:id=\"2\">"
        let deleted = "\(del)<w:r><w:delText>35 </w:delText></w:r><w:r><w:delText>Nm</w:delText></w:r></w:del>"
        #expect(
            try await outline(p(r("Tighten to ") + deleted + ins + r("40 ") + r("Nm") + "</w:ins>" + r(" at once.")))
                == ["p: Tighten to [deleted][inserted: 40 Nm] at once."])
        #expect(try await outline(p(ins + r("All new") + deleted + "</w:ins>")) == ["p: [inserted: All new][deleted]"])
        let moved = p("<w:moveFrom>\(r("moved"))</w:moveFrom>") + p("<w:moveTo>\(r("moved"))</w:moveTo>")
        #expect(try await outline(moved) == ["p: [deleted]", "p: [inserted: moved]"])
        let hidden = p(
            r("seen") + r(" hidden", "<w:vanish/>") + r(" gone", "<w:rStyle w:val=\"Gone\"/>")
                + r(" shown", "<w:rStyle w:val=\"Gone\"/><w:vanish w:val=\"0\"/>"))
        #expect(try await outline(MinimalWord(body: hidden, styles: styles)) == ["p: seen shown"])
        // The mark of a paragraph may be inserted or hidden without its text being so.
        #expect(try await outline(p(r("text"), "<w:rPr><w:ins/><w:del/><w:vanish/></w:rPr>")) == ["p: text"])
    }

    @Test(
        "What may have been a portion mark is never dropped in silence",
        arguments: [
            ("(CUI) ", "text", true), ("(cui) ", "text", true), ("a (CUI//SP-X) ", "b", true),
            ("a (see below) ", "b", false),
            ("one (2 of 3) ", "b", false), ("no parentheses ", "(U) text", false),
        ])
    func removedMarks(removed: String, kept: String, isRefused: Bool) async throws {
        for body in [
            p("<w:del><w:r><w:delText xml:space=\"preserve\">\(removed)</w:delText></w:r></w:del>" + r(kept)),
            p(r(removed, "<w:vanish/>") + r(kept)),
        ] {
            if isRefused {
                await #expect(throws: ExtractionError.removedMark) { try await outline(body) }
            } else {
                #expect(try await outline(body).count == 1)
            }
        }
        let halved = p(r("(CUI") + "<w:del><w:r><w:delText>//SP-X</w:delText></w:r></w:del>" + r(") text"))
        await #expect(throws: ExtractionError.removedMark) { try await outline(halved) }
    }

    @Test("Text boxes and alternatives once, fields by their results, notes at the end, comments nowhere")
    func once() async throws {
        let box = "<w:txbxContent>\(p(r("boxed")))\(p(r("twice")))</w:txbxContent>"
        let shape =
            "<w:r><mc:AlternateContent><mc:Choice Requires=\"wps\"><wps:txbx>\(box)</wps:txbx></mc:Choice>"
            + "<mc:Fallback><w:pict><v:textbox>\(box)</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
        let field =
            "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText>PAGEREF x</w:instrText></w:r>"
            + "<w:r><w:fldChar w:fldCharType=\"separate\"/></w:r>\(r("12"))<w:r><w:fldChar w:fldCharType=\"end\"/></w:r>"
        let note = "<w:r><w:footnoteReference w:id=\"5\"/></w:r>"
        let body =
            p(r("before") + shape + r(" after"))
            + p(r("page ") + field + note + "<w:r><w:commentReference w:id=\"1\"/></w:r>")
            + p(
                "<w:hyperlink>\(r("link"))</w:hyperlink>" + note
                    + "<m:oMath><m:r><m:t>x=1</m:t></m:r></m:oMath><w:r><w:sym w:char=\"F06D\"/></w:r>")
        let footnotes =
            "<w:footnote w:type=\"separator\" w:id=\"0\">\(p(r("line")))</w:footnote>"
            + "<w:footnote w:id=\"4\">\(p(r("unused")))</w:footnote>"
            + "<w:footnote w:id=\"5\">\(p("<w:r><w:footnoteRef/></w:r>" + r("(U) Noted.")))\(p(r("More.")))</w:footnote>"
        #expect(
            try await outline(MinimalWord(body: body, footnotes: footnotes)) == [
                "p: before after", "p: boxed", "p: twice", "p: page 12[1]", "p: link[1]x=1\u{FFFD}",
                "p: [1] (U) Noted.\nMore.",
            ])
    }

    @Test("What is no Word document")
    func notWord() async throws {
        func refused(_ bytes: [UInt8], _ reason: ExtractionError) async {
            await #expect(throws: reason) { try await extract("a.docx", bytes) }
            #expect("\(reason)".contains(";") || "\(reason)".contains(","))
        }
        let word = MinimalWord(body: p(r("x")))
        await refused([], .noText)
        await refused(Array("not a container".utf8), .notWord)
        await refused(Array(word.bytes.dropLast(30)), .notWord)
        await refused([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], .wordEncrypted)
        var encrypted = MinimalZip()
        encrypted.add("word/document.xml", Array("x".utf8), isEncrypted: true)
        await refused(encrypted.bytes, .wordEncrypted)
        var twice = word.zip
        twice.add("word/document.xml", "<x/>")
        await refused(twice.bytes, .notWord)
        var many = word.zip
        for number in 0..<2_001 { many.add("f\(number)", "") }
        await refused(many.bytes, .tooManyEntries(count: 2_003, limit: 2_000))
        // A second directory in the comment: readers may take either.
        var hiding = word.zip
        hiding.comment = [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18) + [0x21]
        await refused(hiding.bytes, .notWord)
        var commented = word.zip
        commented.comment = Array("made by hand".utf8)
        #expect(try await extract("a.docx", commented.bytes).extracted.outline == ["p: x"])
        for body in ["<w:p>", "</w:p>", "<w:p/>&x;", "<w:p a=1/>"] {
            await refused(MinimalWord(body: body).bytes, .wordBroken(part: "word/document.xml"))
        }
        await refused(MinimalWord(body: p(r("x")), styles: "<w:style>").bytes, .wordBroken(part: "word/styles.xml"))
        await refused(MinimalWord(body: p("")).bytes, .noText)
    }

    @Test("A container in a container is never opened")
    func nested() async throws {
        let inner = MinimalWord(body: p(r("secret"))).bytes
        var outer = MinimalZip()
        outer.add("word/embedded.docx", inner)
        outer.add("word/document.docx", inner)
        await #expect(throws: ExtractionError.notWord) { try await extract("a.docx", outer.bytes) }
        outer.add("word/document.xml", inner)
        await #expect(throws: ExtractionError.wordBroken(part: "word/document.xml")) {
            try await extract("a.docx", outer.bytes)
        }
    }

    @Test("A gigabyte in a few megabytes is cut off at the limit")
    func bomb() async throws {
        for part in ["word/document.xml", "word/styles.xml"] {
            var zip = part == "word/document.xml" ? MinimalZip() : MinimalWord(body: p(r("x"))).zip
            zip.add(part, run: 0, count: 1 << 30, hasChecksum: false)
            #expect(zip.bytes.count < 8_000_000)
            await #expect(throws: ExtractionError.partTooLarge(part: part, limit: 48 << 20)) {
                try await extract("a.docx", zip.bytes)
            }
        }
    }

    @Test("Bombs in the attachments of a message share one limit")
    func mailBomb() async throws {
        // Each alone is within the limit of a part: blanks between the paragraphs.
        let word = MinimalWord(body: p(r("x")))
        let parts = word.document.components(separatedBy: "<w:sectPr/>")
        var zip = MinimalZip()
        zip.add("word/document.xml", head: parts[0], run: 0x20, count: 24 << 20, tail: parts[1])
        #expect(try await extract("a.docx", zip.bytes).extracted.outline == ["p: x"])
        let attachment =
            "Content-Disposition: attachment; filename=w.docx\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + Data(zip.bytes).base64EncodedString()
        let message =
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n"
            + String(repeating: "--b\r\n\(attachment)\r\n", count: 4) + "--b--\r\n"
        let file = try await extractFile("a.eml", Array(message.utf8))
        #expect(file.members.map(\.name) == [nil, "w.docx", "w (2).docx"])
        #expect(file.setAside.map(\.name) == ["w (3).docx", "w (4).docx"])
        for member in file.setAside {
            guard case .partTooLarge(part: "word/document.xml", let limit) = member.reason else {
                Issue.record("\(member)")
                continue
            }
            #expect(limit < 24 << 20)
        }
    }

    @Test("Document types are refused, whatever they define: files, and laughter by the billion")
    func documentTypes() async throws {
        let folder = ExtractionFolder()
        let secret = folder.write("secret.txt", "secret")
        var laughs = "<!ENTITY l0 \"ha\">"
        for level in 1...9 { laughs += "<!ENTITY l\(level) \"\(String(repeating: "&l\(level - 1);", count: 10))\">" }
        let types = [
            "<!DOCTYPE w:document [<!ENTITY x SYSTEM \"\(secret.absoluteString)\">]>",
            "<!DOCTYPE w:document [\(laughs)]>",
            "<!DOCTYPE w:document SYSTEM \"\(secret.absoluteString)\">", "<!DOCTYPE w:document>",
            "<!DOCTYPE w:document [<!ENTITY % p SYSTEM \"\(secret.absoluteString)\"> %p;]>",
        ]
        for type in types {
            for entity in ["&x;", "&l9;"] {
                let word = MinimalWord(body: p(r(entity)), prolog: "<?xml version=\"1.0\"?>\n" + type)
                await #expect(throws: ExtractionError.documentType(part: "word/document.xml")) {
                    try await extract("a.docx", word.bytes)
                }
                var other = MinimalWord(body: p(r("x"))).zip
                other.add("docProps/core.xml", type + "<x>\(entity)</x>")
                await #expect(throws: ExtractionError.documentType(part: "docProps/core.xml")) {
                    try await extract("a.docx", other.bytes)
                }
            }
        }
        // In UTF-16 the same; and text that only looks like one is text.
        let word = MinimalWord(body: p(r("x")), prolog: types[0])
        var wide = MinimalZip()
        wide.add(
            "word/document.xml", [0xFF, 0xFE] + word.document.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] })
        await #expect(throws: ExtractionError.documentType(part: "word/document.xml")) {
            try await extract("a.docx", wide.bytes)
        }
        let text = try await outline(p("<w:r><w:t><![CDATA[<!DOCTYPE x>]]></w:t></w:r>"))
        #expect(text == ["p: <!DOCTYPE x>"])
    }

    @Test("UTF-16 is read; a declared character set is not believed against the bytes")
    func encodings() async throws {
        var word = MinimalWord(body: p(r("größe 螺栓")), prolog: "<?xml version=\"1.0\" encoding=\"UTF-16\"?>")
        var wide = MinimalZip()
        wide.add(
            "word/document.xml", [0xFE, 0xFF] + word.document.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] })
        #expect(try await extract("a.docx", wide.bytes).extracted.outline == ["p: größe 螺栓"])
        word.prolog = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>"
        #expect(try await outline(word) == ["p: größe 螺栓"])
    }

    @Test("Nesting has a limit")
    func depth() async throws {
        let deep =
            String(repeating: "<w:sdt><w:sdtContent>", count: 5_000)
            + p(r("x")) + String(repeating: "</w:sdtContent></w:sdt>", count: 5_000)
        await #expect(throws: ExtractionError.tooDeep(limit: 200)) { try await outline(deep) }
    }

    @Test("The document itself leaves no trace on any disk")
    func noFiles() async throws {
        let before = try FileManager.default.contentsOfDirectory(atPath: "/dev/shm")
        _ = try await outline(p(r("x")))
        #expect(try FileManager.default.contentsOfDirectory(atPath: "/dev/shm") == before)
    }

    @Test("Mutated documents and containers never crash", arguments: UInt64(1)...10)
    func mutated(seed: UInt64) async throws {
        var generator = ExtractionGenerator(seed: seed)
        let body =
            p(r("a") + "<w:ins>\(r("b"))</w:ins>", "<w:pStyle w:val=\"Bullet\"/>")
            + "<w:tbl><w:tr><w:tc>\(p(r("c")))</w:tc></w:tr></w:tbl>"
            + p("<w:r><w:txbxContent>\(p(r("d")))</w:txbxContent></w:r>")
        let word = MinimalWord(body: body, styles: styles, numbering: numbering, title: "t")
        for round in 0..<20 {
            var bytes = word.bytes
            if round.isMultiple(of: 2) {
                bytes = Mutation.of(bytes, &generator)
            } else {
                var zip = MinimalZip()
                zip.add("word/document.xml", Mutation.of(Array(word.document.utf8), &generator))
                bytes = zip.bytes
            }
            let file = try? await extractBytes("a.docx", bytes)
            #expect(file?.members[0].document.extracted.faults ?? [] == [], "seed \(seed)")
        }
    }
}
