import Foundation
import TestSupport
import Testing

@testable import LexicalSearch

@Suite("Analysis of text")
struct LexicalAnalyzerTests {
    static func terms(_ text: String) -> [String] {
        let analyzer = LexicalAnalyzer()
        analyzer.analyze(text)
        return analyzer.tokens.map { String(decoding: analyzer.term(of: $0), as: UTF8.self) }
    }

    static func words(_ text: String) -> [String] {
        let analyzer = LexicalAnalyzer()
        analyzer.analyze(text)
        let bytes = Array(text.utf8)
        return analyzer.words.map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    @Test(
        "Words are folded and stemmed",
        arguments: [
            ("The Systems", "the system"), ("auditing audits audited", "audit audit audit"), ("Größe", "gross"),
            ("naïve NAI\u{308}VE", "naiv naiv"), ("e\u{301}clairs", "eclair"),
            ("patient's patient’s", "patient patient"),
            ("Łódź Øre Æther", "lodz ore aether"), ("ﬁles", "file"), ("ＡＢＣ１", "abc1"), ("co\u{AD}operate", "cooper"),
            ("Ελλάδα", "ελλαδα"), ("ΣΊΣΥΦΟΣ σίσυφος", "σισυφοσ σισυφοσ"), ("日本", "日 本"), ("हिन्दी", "हिन्दी"),
            ("can't don’t", "can't don't"), ("½", "1⁄2"), ("MÜLLERS", "muller"), ("Kelvin \u{212A}", "kelvin k"),
        ])
    func foldsAndStems(text: String, terms: String) {
        #expect(Self.terms(text).joined(separator: " ") == terms)
    }

    @Test(
        "Identifiers give a term for the whole, for what leads to it and for its parts",
        arguments: [
            ("AC-2(3)", "ac 2 3 ac-2 ac-2(3"),
            ("164.312(a)(2)(ii)", "164.312 a 2 ii 164 312 164.312(a 164.312(a)(2 164.312(a)(2)(ii"),
            ("CVE-2021-44228", "cve 2021 44228 cve-2021 cve-2021-44228"),
            ("P/N 4471-B", "p n 4471 b 4471-b"), ("NIST SP 800-171", "nist sp 800 171 800-171"),
            ("see (AC-2), or", "see ac 2 or ac-2"), ("well-known and/or", "well known and or"),
            ("“AC-2(3)”", "ac 2 3 ac-2 ac-2(3"), ("AC-2.Then", "ac 2 then ac-2 ac-2.then"),
            ("_max_size2_", "_max_size2_ max size2 max_size2"), ("AC-2 (3)", "ac 2 3 ac-2"),
            ("3.14, 1,000", "3.14 1,000 3 14"), ("a:1", "a 1 a:1"),
            (
                "1-2-3-4-5-6-7-8-9",
                "1 2 3 4 5 6 7 8 9 1-2 1-2-3 1-2-3-4 1-2-3-4-5 1-2-3-4-5-6 1-2-3-4-5-6-7 1-2-3-4-5-6-7-8 1-2-3-4-5-6-7-8-9"
            ),
        ])
    func findsIdentifiers(text: String, terms: String) {
        #expect(Self.terms(text).joined(separator: " ") == terms)
    }

    @Test(
        "Text of a hostile kind gives few and short terms",
        arguments: [
            "", "...!?", " \n\t\u{2028}", "👩‍👩‍👧‍👦 🇩🇪🇫🇷 👍🏽", "\u{301}\u{302}\u{303}", "\u{200D}\u{FEFF}\u{200B}", "\0\0",
            "((((-----))))",
        ])
    func findsNothing(text: String) {
        #expect(Self.terms(text) == [])
    }

    @Test("A long word is cut to whole characters, and then is no stem")
    func cutsLongWords() {
        let long = String(repeating: "a", count: 100_000)
        #expect(Self.terms(long + " b") == [String(repeating: "a", count: 64), "b"])
        #expect(Self.terms(String(repeating: "x", count: 62) + "ing") == [String(repeating: "x", count: 62) + "in"])
        #expect(Self.terms(String(repeating: "жы", count: 90)) == [String(repeating: "жы", count: 16)])
        #expect(Self.terms("a" + String(repeating: "ж", count: 40)) == ["a" + String(repeating: "ж", count: 31)])
        // One character of three bytes that folds to eighteen of them.
        let ligature = String(repeating: "\u{FDFA}", count: 5)
        #expect(Self.terms(ligature).allSatisfy { (1...64).contains($0.utf8.count) })
        let marks = "a" + String(repeating: "\u{301}", count: 10_000) + "b"
        #expect(Self.terms(marks) == ["a"])
        let identifier = Self.terms(String(repeating: "a1-", count: 10_000))
        #expect(identifier.count == 10_000 + Identifier.mostPieces - 1)
        #expect(identifier.allSatisfy { $0.utf8.count <= 64 })
    }

    @Test("For ASCII the short way finds the words that the library finds")
    func segmentsASCIIAlike() {
        var random = SeededRandom(1)
        for round in 0..<20_000 {
            // Mostly signs that have rules of their own.
            let common = Array("aZ09_.':,;\"- \n\r()/".utf8)
            let text = (0..<random.below(24)).map { _ in
                round % 4 == 0 ? UInt8(random.below(128)) : common[random.below(common.count)]
            }
            var (short, library): ([Range<Int>], [Range<Int>]) = ([], [])
            text.withUnsafeBufferPointer {
                WordSegmenter.appendWords(ofASCII: $0, to: &short)
                WordSegmenter.appendWords(ofUnicode: $0, to: &library)
            }
            #expect(short == library, "\(text)")
        }
    }

    @Test("For ASCII lower case is what the library folds to")
    func foldsASCIIAlike() {
        for byte in UInt8(0)..<0x80 {
            let folded = PostingMemory<UInt8>()
            TermFolding.append([byte], to: folded)
            #expect(Array(folded.elements) == [byte &- 0x41 < 26 ? byte | 0x20 : byte])
        }
    }

    @Test("A word means the same beside text that is not ASCII")
    func isIndependentOfNeighbours() {
        var random = SeededRandom(2)
        for _ in 0..<500 {
            let text = (0..<10).map { _ in World.words[random.below(World.words.count)] }.joined(separator: " ")
            #expect(Self.terms(text + " \u{20AC}") == Self.terms(text))
        }
    }

    /// Debian's `unicode-data`: version 15, where the library follows version 14.
    static let wordBreakTest = URL(filePath: "/usr/share/unicode/auxiliary/WordBreakTest.txt")

    @Test(
        "Words are those of the test cases of UAX #29",
        .enabled(if: FileManager.default.fileExists(atPath: wordBreakTest.path)))
    func followsUnicode() throws {
        var count = 0
        for line in try String(contentsOf: Self.wordBreakTest, encoding: .utf8).split(separator: "\n") {
            let fields = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            guard !fields.isEmpty else { continue }
            var (text, breaks): (String, [Int]) = ("", [])
            for field in fields {
                switch field {
                case "÷": breaks.append(text.utf8.count)
                case "×": break
                default: text.unicodeScalars.append(Unicode.Scalar(UInt32(field, radix: 16)!)!)
                }
            }
            let bytes = Array(text.utf8)
            let segments = zip(breaks, breaks.dropFirst()).map { $0..<$1 }.filter { range in
                String(decoding: bytes[range], as: UTF8.self).unicodeScalars.contains {
                    switch $0.properties.generalCategory {
                    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
                        .decimalNumber, .letterNumber, .otherNumber:
                        true
                    default: false
                    }
                }
            }
            let analyzer = LexicalAnalyzer()
            analyzer.analyze(text)
            #expect(analyzer.words == segments, "\(line)")
            count += 1
        }
        #expect(count > 1000)
    }

    @Test(
        "Words are whole where UAX #29 holds them together",
        arguments: [
            ("can't stop", "can't|stop"), ("3.14 1,000.5", "3.14|1,000.5"), ("foo_bar", "foo_bar"), ("e.g. x", "e.g|x"),
            ("שי״ז", "שי״ז"), ("カタカナ", "カタカナ"), ("한국어 말", "한국어|말"), ("a\u{301}b c", "a\u{301}b|c"), ("日本", "日|本"),
        ])
    func holdsWordsTogether(text: String, words: String) {
        #expect(Self.words(text).joined(separator: "|") == words)
    }
}
