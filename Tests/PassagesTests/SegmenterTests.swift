import Labels
import Passages
import Testing

@Suite("Segmenter")
struct SegmenterTests {
    @Test("Blocks of a section are packed together")
    func packing() {
        var sample = SampleText()
        sample.add(.paragraph, open, "one two three")
        sample.add(.paragraph, open, "four five")
        #expect(sample.passages(segmenter(20)) == ["one two three\n\nfour five"])
    }

    @Test("A list that fits alone is not cut")
    func wholeList() {
        var sample = SampleText()
        sample.add(.paragraph, open, "a b c d e f")
        sample.add(.list, open, "- one two", "- three four", "- five six")
        sample.add(.paragraph, open, "tail")
        #expect(sample.passages(segmenter(11)) == ["a b c d e f", "- one two\n- three four\n- five six\n\ntail"])
    }

    @Test("A larger list is cut between items, a larger item between sentences, a sentence between words")
    func largeBlocks() {
        var sample = SampleText()
        sample.add(
            .list, open, "- a b c", "- d e f", "- Go on a b cc. Then d e f g hh. Last", "- 1 2 3 4 5 6 7 8 9 10 11")
        #expect(
            sample.passages(segmenter(9)) == [
                "- a b c\n- d e f", "- Go on a b cc.", "Then d e f g hh. Last\n-", "1 2 3 4 5 6 7 8", "9 10 11",
            ])
    }

    @Test("A word longer than a passage may be is cut between scalars")
    func longWord() {
        var sample = SampleText()
        sample.add(.paragraph, open, String(repeating: "é…😀", count: 100))
        let (text, result) = sample.segmented(segmenter(8))
        #expect(result.passages.count > 5)
        #expect(result.passages.allSatisfy { $0.range.count <= 8 * EmbeddingText.maximumBytesPerToken })
        let joined = result.passages.map { text.string($0.range) }.joined()
        #expect(Array(joined.utf8) == text.text)
    }

    @Test("A heading ends a passage; title and headings stand before the embedded text")
    func headings() {
        var sample = SampleText()
        sample.add(.heading(level: 1), open, "Torque guide")
        sample.add(.paragraph, open, "intro")
        sample.add(.heading(level: 2), open, "Bolts")
        sample.add(.heading(level: 3), open, "Steel")
        sample.add(.paragraph, open, "steel text")
        sample.add(.heading(level: 2), open, "Nuts")
        sample.add(.paragraph, open, "nut text")
        let (_, result) = sample.segmented(segmenter(40))
        #expect(result.title == Heading(text: "Torque guide", label: open))
        #expect(result.headings.map(\.text) == ["Bolts", "Steel", "Nuts"])
        #expect(result.passages.map(\.section) == [[], [0, 1], [2]])
        #expect(
            result.passages.map(\.embeddingText) == [
                "Torque guide\nintro", "Torque guide\nBolts\nSteel\nsteel text", "Torque guide\nNuts\nnut text",
            ])
    }

    @Test("Without a first heading of level 1 the fallback is the title")
    func fallbackTitle() {
        var sample = SampleText()
        sample.add(.heading(level: 2), open, "Bolts")
        sample.add(.heading(level: 1), open, "Late")
        sample.add(.paragraph, open, "text")
        let (_, result) = sample.segmented(segmenter(40))
        #expect(result.title == sample.fallbackTitle)
        #expect(result.headings.map(\.text) == ["Bolts", "Late"])
        #expect(result.passages[0].section == [1])
    }

    @Test("Title and headings of another label are not embedded")
    func foreignHeadings() {
        var sample = SampleText()
        sample.add(.heading(level: 1), secret, "Falcon")
        sample.add(.heading(level: 2), open, "Storage")
        sample.add(.heading(level: 3), secret, "Warheads")
        sample.add(.paragraph, open, "open text")
        sample.add(.paragraph, secret, "secret text")
        let (_, result) = sample.segmented(segmenter(40))
        #expect(result.passages.map(\.embeddingText) == ["Storage\nopen text", "Falcon\nWarheads\nsecret text"])
        #expect(result.passages.map(\.section) == [[0, 1], [0, 1]])
    }

    @Test("Headings are bounded and the innermost are kept")
    func boundedHeadings() {
        var sample = SampleText()
        sample.add(.heading(level: 1), open, String(repeating: "title ", count: 30) + "end")
        sample.add(.heading(level: 2), open, String(repeating: "outer ", count: 30) + "end")
        sample.add(.heading(level: 3), open, String(repeating: "inner ", count: 30) + "end")
        sample.add(.paragraph, open, "text")
        let embedded = sample.segmented(segmenter(254)).result.passages[0].embeddingText
        #expect(!embedded.contains("title"))
        #expect(embedded.hasPrefix("outer") && embedded.contains("inner"))

        var long = SampleText()
        long.add(.heading(level: 2), open, (1...90).map { "h\($0)" }.joined(separator: " "))
        long.add(.paragraph, open, "text")
        let cut = long.segmented(segmenter(254)).result.passages[0].embeddingText
        #expect(cut.contains("h64\ntext") && !cut.contains("h65"))
    }

    @Test("A heading that repeats the title is embedded once")
    func repeatedTitle() {
        var sample = SampleText()
        sample.add(.heading(level: 2), open, "Fallback")
        sample.add(.paragraph, open, "text")
        #expect(sample.segmented(segmenter(40)).result.passages[0].embeddingText == "Fallback\ntext")
    }

    @Test("A passage holds one label")
    func labels() {
        var sample = SampleText()
        sample.add(.paragraph, open, "one")
        sample.add(.paragraph, secret, "two")
        sample.add(.paragraph, open, "three")
        let (text, result) = sample.segmented(segmenter(40, overlap: 8))
        #expect(result.passages.map { text.string($0.range) } == ["one", "two", "three"])
        #expect(result.passages.map(\.label) == [open, secret, open])
    }

    @Test("Parts with labels of their own are pieces; neighbours of one label stay together")
    func partLabels() {
        var sample = SampleText()
        sample.add(.paragraph, open, "lead")
        sample.add(
            .table, secret, "a | b", "c | d", "e | f", "g | h", partLabels: [open, open, secret, open])
        #expect(sample.passages(segmenter(40)) == ["lead\n\na | b\nc | d", "e | f", "g | h"])
    }

    @Test("What lies between labelled parts has the label of the block")
    func betweenParts() {
        let bytes = Array("head\n- one\nstray\n- two".utf8)
        let block = Block(
            kind: .list, range: ByteRange(0, bytes.count), parts: [ByteRange(5, 10), ByteRange(17, 22)])
        let text = ExtractedText(text: bytes, metadataTitle: nil, blocks: [block])
        let result = segmenter(40).segment(
            text, blocks: [LabelledBlock(block: block, label: secret, partLabels: [open, open])],
            fallbackTitle: Heading(text: "", label: open))
        #expect(result.passages.map { text.string($0.range) } == ["head", "- one", "stray", "- two"])
        #expect(result.passages.map(\.label) == [secret, open, secret, open])
    }

    @Test("A passage does not cross a page")
    func pages() {
        var sample = SampleText()
        sample.add(.paragraph, open, "One. Two.", page: 1)
        sample.add(.paragraph, open, "Three.", page: 2)
        let (_, result) = sample.segmented(segmenter(40, overlap: 8))
        #expect(result.passages.map(\.page) == [1, 2])
        #expect(result.passages[1].embeddingText == "Fallback\nThree.")
    }

    @Test("Text that no block covers is in no passage")
    func uncovered() {
        let bytes = Array("one\n\n---\n\ntwo".utf8)
        let blocks = [
            Block(kind: .paragraph, range: ByteRange(0, 3)), Block(kind: .paragraph, range: ByteRange(10, 13)),
        ]
        let text = ExtractedText(text: bytes, metadataTitle: nil, blocks: blocks)
        let result = segmenter(40).segment(
            text, blocks: blocks.map { LabelledBlock(block: $0, label: open) },
            fallbackTitle: Heading(text: "", label: open))
        #expect(result.passages.map { text.string($0.range) } == ["one", "two"])
    }

    @Test("Overlap repeats the last sentences where one run is split")
    func overlap() {
        var sample = SampleText()
        sample.add(.heading(level: 2), secret, "S")
        sample.add(.paragraph, open, "Aa b c dd. Ee f g hh. Ii j k ll. Mm n o pp.")
        #expect(
            sample.passages(segmenter(10, overlap: 4)) == [
                "Aa b c dd. Ee f g hh.", "Ee f g hh. Ii j k ll.", "Ii j k ll. Mm n o pp.",
            ])
    }

    @Test("Overlap stops at headings and labels")
    func noOverlap() {
        var sample = SampleText()
        sample.add(.heading(level: 2), secret, "S")
        sample.add(.paragraph, open, "Aa b c d.")
        sample.add(.heading(level: 2), secret, "T")
        sample.add(.paragraph, open, "Ee f g h.")
        sample.add(.paragraph, secret, "Ii j k l.")
        #expect(sample.passages(segmenter(10, overlap: 4)) == ["Aa b c d.", "Ee f g h.", "Ii j k l."])
    }

    @Test("No text, no passage")
    func empty() {
        let text = ExtractedText(text: [], metadataTitle: nil, blocks: [])
        let title = Heading(text: "t", label: open)
        let result = segmenter(40).segment(text, blocks: [], fallbackTitle: title)
        #expect(result.passages.isEmpty && result.title == title)
    }
}
