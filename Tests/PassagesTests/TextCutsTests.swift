import Passages
import Testing

@Suite("Text cuts")
struct TextCutsTests {
    private func sentences(_ string: String) -> [String] {
        let text = Array(string.utf8)
        let starts = [0] + TextCuts.sentenceStarts(text, ByteRange(0, text.count)) + [text.count]
        return zip(starts, starts.dropFirst()).map { String(decoding: text[$0..<$1], as: UTF8.self) }
    }

    @Test(
        "A sentence ends at its mark, with closing signs, before white space and no lower-case letter",
        arguments: [
            ["One. ", "Two!  ", "Three?\n", "Four"],
            ["See e.g. this. ", "Next"],
            ["Mr J. Smith left (at 3.) ", "He came back."],
            ["3.5 mm at v1.2.3 suffice. ", "Next"],
            ["He said \"Stop.\" ", "Then silence... ", "End"],
            ["Title\n\n", "text"],
            ["一つ。", "二つ！", "三つ"],
            ["Grüße. ", "Ärger? ", "É."],
        ])
    func sentenceStarts(expected: [String]) {
        #expect(sentences(expected.joined()) == expected)
    }

    @Test("Blank lines and trailing white space are trimmed, indentation stays")
    func trimming() {
        let text = Array("\r\n \n  code\n  more \n\n".utf8)
        let range = TextCuts.trimmed(text, 0, text.count)
        #expect(range.map { String(decoding: text[$0.start..<$0.end], as: UTF8.self) } == "  code\n  more")
        #expect(TextCuts.trimmed(text, 0, 4) == nil)
    }
}
