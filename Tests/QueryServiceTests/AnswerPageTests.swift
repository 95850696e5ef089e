import IndexStore
import Labels
import Passages
import Testing

@testable import QueryService
@testable import Retrieval

@Suite("Answers as pages")
struct AnswerPageTests {
    private static func page(
        _ text: String, shown: Range<Int>? = nil, highlights: [Range<Int>], colour: Bool = true, width: Int = 60
    ) -> [String] {
        let stored = StoredPassage(
            id: PassageID(bytes: [UInt8](repeating: 1, count: 16)),
            document: DocumentID(bytes: [UInt8](repeating: 2, count: 16)), label: Label(attributes: [:]), text: text,
            sha256: [UInt8](repeating: 3, count: 32), range: ByteRange(0, text.utf8.count), page: nil,
            revision: [UInt8](repeating: 4, count: 8), section: [], title: nil)
        let passage = CitedPassage(
            id: stored.id, text: text, marking: "P", attributes: [], citation: Citation(stored, baseURL: "https://d/"))
        let range = shown ?? 0..<text.utf8.count
        let snippet = Snippet(
            text: String(decoding: Array(text.utf8)[range], as: UTF8.self),
            byteRange: ByteRange(range.lowerBound, range.upperBound),
            highlights: highlights.map { ByteRange($0.lowerBound, $0.upperBound) })
        let answer = Answer(
            results: [Hit(score: 0.5, passage: passage, snippet: snippet)], marking: nil, policyVersion: "v",
            contentTag: "t")
        let lines = AnswerPage(style: PageStyle(colour: colour, width: width))
            .text(answer, question: "q", person: "p", purpose: "work").split(separator: "\n").map(String.init)
        // Between the line of the result and that of its source.
        return Array(lines.drop { !$0.contains("untitled") }.dropFirst().prefix { !$0.contains("document ") })
    }

    private static func bytes(_ part: String, in text: String) -> Range<Int> {
        let range = text.firstRange(of: part)!
        return text.utf8.distance(
            from: text.startIndex, to: range.lowerBound)..<text.utf8.distance(
                from: text.startIndex, to: range.upperBound)
    }

    @Test("What matches is marked, in a cut stretch too, and beside letters of several bytes")
    func marks() {
        let text = "Größe: the wing bolt, twice."
        let highlights = [Self.bytes("Größe", in: text), Self.bytes("bolt", in: text)]
        #expect(
            Self.page(text, highlights: highlights)
                == ["   \u{1b}[4mGröße\u{1b}[0m: the wing \u{1b}[4mbolt\u{1b}[0m, twice."])
        #expect(
            Self.page(text, shown: Self.bytes("wing bolt", in: text), highlights: [Self.bytes("bolt", in: text)])
                == ["   … wing \u{1b}[4mbolt\u{1b}[0m …"])
        // An identifier may be part of a word, or reach over several.
        #expect(Self.page("see AC-2 (3)", highlights: [4..<6]) == ["   see \u{1b}[4mAC\u{1b}[0m-2 (3)"])
        #expect(
            Self.page("see AC-2 (3)", highlights: [4..<12])
                == ["   see \u{1b}[4mAC-2\u{1b}[0m \u{1b}[4m(3)\u{1b}[0m"])
        #expect(Self.page(text, highlights: highlights, colour: false) == ["   " + text])
    }

    @Test("Marks take no columns, and end with their word")
    func columns() {
        let words = (0..<12).map { "word\($0)" }
        let text = words.joined(separator: " ")
        let plain = Self.page(text, highlights: [], width: 40)
        let marked = Self.page(text, highlights: [0..<text.utf8.count], width: 40)
        #expect(plain.count > 1 && plain.count == marked.count)
        for (plain, marked) in zip(plain, marked) {
            #expect(marked.replacing("\u{1b}[4m", with: "").replacing("\u{1b}[0m", with: "") == plain)
            #expect(marked.hasSuffix("\u{1b}[0m"))
        }
    }

    @Test("A text steers no terminal, nor shifts marks by what is not shown of it")
    func control() {
        let text = "\u{1b}[2Ja\u{200e}b \u{7}bolt\u{1b}[0m\u{202e} end"
        let page = Self.page(text, highlights: [Self.bytes("bolt", in: text)])
        #expect(page == ["   [2Jab \u{1b}[4mbolt\u{1b}[0m[0m end"])
    }
}
