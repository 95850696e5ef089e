import Ingest
import Passages
import Testing

@Suite("HTML")
struct HTMLExtractorTests {
    private func outline(_ html: String) async throws -> [String] {
        let extracted = try await extract("a.html", html).extracted
        #expect(extracted.faults == [])
        return extracted.outline
    }

    @Test("Title, headings, paragraphs, lists, tables and preformatted text")
    func kinds() async throws {
        let html = """
            <!DOCTYPE html><html><head><title> Torque
              guide </title><style>p{}</style></head><body>
            <nav><a href="/">Home</a></nav>
            <h1>Torque <em>guide</em></h1>
            <p>First&nbsp; paragraph &amp; <b>bold</b>text,<br>new   line.</p>
            Loose text <i>here</i>
            <div>In a div<p>nested</p>tail</div>
            <ul><li>one<li><p>two</p><p>more</p><ul><li>inner</li></ul></li><li></li></ul>
            <ol><li>first</li><li>second</li></ol>
            <table><caption>Values</caption><tr><th>a</th><th>b</th></tr><tr><td><p>1</p><p>x</p></td><td>2</td></tr><tr><td></td></tr></table>
            <pre>
            let x = 1
              let y = 2
            </pre>
            <script>var secret</script><p hidden>not seen</p><template>no</template>
            </body></html>
            """
        let extracted = try await extract("a.html", html).extracted
        #expect(extracted.metadataTitle == "Torque guide")
        #expect(extracted.faults == [])
        #expect(
            extracted.outline == [
                "h1: Torque guide", "p: First paragraph & boldtext,\nnew line.", "p: Loose text here", "p: In a div",
                "p: nested", "p: tail", "list: - one¦- two\n  more\n  - inner", "list: 1. first¦2. second",
                "table: a | b¦1 x | 2", "code: let x = 1\n  let y = 2",
            ])
        #expect(extracted.string(extracted.blocks[8].range) == "Values\na | b\n1 x | 2")
    }

    @Test("A portion mark at the start of a block, item or cell stays")
    func marks() async throws {
        #expect(
            try await outline(
                "<p>(CUI//SP-EXPT) secret</p><ul><li>(U) a</li></ul><table><tr><td>(CUI) x<td><p> (U) y</tr></table>")
                == [
                    "p: (CUI//SP-EXPT) secret", "list: - (U) a", "table: (CUI) x | (U) y",
                ])
    }

    @Test("A table that lays out the page is read as what it holds")
    func layoutTable() async throws {
        #expect(
            try await outline("<table><tr><td><h2>Head</h2><p>a</p></td><td><table><tr><td>1<td>2</table></table>") == [
                "h2: Head", "p: a", "table: 1 | 2",
            ])
    }

    @Test("Without end tags")
    func noEndTags() async throws {
        #expect(
            try await outline(
                "<title>T<body><h2>Head<p>one<p>two<ul><li>a<li>b</ul>three<table><tr><td>x<td>y<tr><td>z") == [
                    "h2: Head", "p: one", "p: two", "list: - a¦- b", "p: three", "table: x | y¦z",
                ])
    }

    @Test("Tables and preformatted text within an item")
    func inItem() async throws {
        #expect(
            try await outline("<ul><li>see<pre>a\n  b</pre>end<li><table><tr><td>1<td>2<tr><td>3</table></ul>") == [
                "list: - see\na\n  b\n  end¦- 1 | 2\n  3"
            ])
    }

    @Test("Navigation and the address signs of headings are left out")
    func navigation() async throws {
        #expect(
            try await outline(
                "<div role=navigation>next</div><h2>Head<a class=headerlink href=#h>¶</a></h2><p>x<a class=y>z</a>")
                == [
                    "h2: Head", "p: xz",
                ])
    }

    @Test("A hundred thousand paragraphs without an end tag")
    func manyWithoutEndTags() async throws {
        let extracted = try await extract("a.html", String(repeating: "<p>x", count: 100_000)).extracted
        #expect(extracted.faults == [])
        #expect(extracted.blocks.count == 100_000)
    }

    @Test("A fragment and a bare text")
    func fragments() async throws {
        #expect(try await outline("just text") == ["p: just text"])
        #expect(try await outline("<li>item") == ["p: item"])
        await #expect(throws: ExtractionError.noText) { try await extract("a.html", "<p> </p><script>x</script>") }
        await #expect(throws: ExtractionError.noText) { try await extract("a.html", "") }
    }

    @Test("The declared character set holds; a byte order mark holds before it; without either the bytes tell")
    func encoding() async throws {
        func outline(_ bytes: [UInt8]) async throws -> [String] {
            try await extract("a.html", bytes).extracted.outline
        }
        let latin = Array("<p>gr".utf8) + [0xF6, 0xDF] + Array("e</p>".utf8)
        #expect(try await outline(latin) == ["p: größe"])
        for name in ["iso-8859-1", "\"Windows-1252\"", "'latin1'"] {
            #expect(try await outline(Array("<meta charset=\(name)>".utf8) + latin) == ["p: größe"], "\(name)")
        }
        let type = "<meta http-equiv=content-type content='text/html; charset = iso-8859-15'><p>"
        #expect(try await outline(Array(type.utf8) + [0xA4] + Array("12</p>".utf8)) == ["p: €12"])
        #expect(try await outline(Array("<meta charset=utf-16><p>größe".utf8)) == ["p: größe"])
        let commented = "<!-- <meta charset=koi8-r> --><meta charset=utf-8><p>größe 螺栓"
        #expect(try await outline(Array(commented.utf8)) == ["p: größe 螺栓"])
        #expect(try await outline(Array("\u{FEFF}<meta charset=latin1><p>größe".utf8)) == ["p: größe"])
        await #expect(throws: ExtractionError.unknownCharset(name: "koi8-r")) {
            try await outline(Array("<meta charset=\"koi8-r\"><p>x".utf8))
        }
        await #expect(throws: ExtractionError.invalidUTF8(offset: 23)) {
            try await outline(Array("<meta charset=utf-8><p>".utf8) + latin[5...])
        }
    }

    @Test("Nesting has a limit")
    func depth() async throws {
        let deep = String(repeating: "<div>", count: 100_000) + "x"
        await #expect(throws: ExtractionError.tooDeep(limit: 200)) { try await extract("a.html", deep) }
        let small = ExtractionLimits(maximumDepth: 10)
        await #expect(throws: ExtractionError.tooDeep(limit: 10)) {
            try await extract("a.html", String(repeating: "<b>", count: 12) + "x", limits: small)
        }
    }

    @Test("Tags, attributes and blocks have limits")
    func counts() async throws {
        await #expect(throws: ExtractionError.tooManyTags(count: 600_000, limit: 500_000)) {
            try await extract("a.html", String(repeating: "<b>", count: 600_000))
        }
        let attributes = (0..<2000).map { " a\($0)=\"x y\"" }.joined()
        await #expect(throws: ExtractionError.tooManyAttributes(offset: 3, limit: 1000)) {
            try await extract("a.html", "<p><b\(attributes)>x")
        }
        await #expect(throws: ExtractionError.tooManyBlocks(limit: 5)) {
            try await extract(
                "a.html", String(repeating: "<p>x", count: 6), limits: ExtractionLimits(maximumBlocks: 5))
        }
    }

    @Test("A text beyond what the parser takes is an error, not a shorter text")
    func hugeText() async throws {
        await #expect(throws: ExtractionError.unparsable(format: .html)) {
            try await extract("a.html", "<p>" + String(repeating: "word ", count: 2_400_000) + "</p>")
        }
    }

    @Test("Entities are not fetched or expanded")
    func entities() async throws {
        let html = "<!DOCTYPE html [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><p>a &x; b</p>"
        let text = try await extract("a.html", html).extracted
        #expect(!text.outline.joined().contains("root:"))
    }
}
