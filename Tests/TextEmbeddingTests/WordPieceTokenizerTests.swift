import Foundation
import Testing

@testable import TextEmbedding

@Suite struct WordPieceTokenizerTests {
    @Test(.enabled(if: Fixtures.hasReference, Fixtures.withoutReference))
    func idsOfEveryReferenceLine() throws {
        let tokenizer = try Fixtures.tokenizer()
        for line in try Fixtures.reference() {
            #expect(tokenizer.encode(line.text) == line.ids, "\(line.name)")
        }
    }

    @Test(.enabled(if: Fixtures.hasReference, Fixtures.withoutReference))
    func countOfEveryReferenceLineThatIsNotCut() throws {
        let tokenizer = try Fixtures.tokenizer()
        for line in try Fixtures.reference() where line.ids.count < 256 {
            #expect(tokenizer.countTokens(line.text) == line.ids.count - 2, "\(line.name)")
        }
    }

    @Test func countIsNotCut() throws {
        let text = Array(repeating: "word", count: 1000).joined(separator: " ")
        let tokenizer = try Fixtures.tokenizer()
        #expect(tokenizer.countTokens(text) == 1000)
        #expect(tokenizer.encode(text).count == 256)
    }

    /// Passages are cut by counts of their parts.
    @Test func countIsAdditiveOverPartsSplitAtBlanks() throws {
        let tokenizer = try Fixtures.tokenizer()
        var generator = SeededGenerator()
        let seed = generator.seed
        // Letters, marks, ideographs, Hangul, punctuation, special tokens, characters that are removed.
        let atoms = [
            "a", "Zoë", "e\u{301}", "\u{301}", "個", "한국", "が", ",", "[CLS]", "[", "\u{200B}", "\u{B}", "\u{85}",
            "##ing", "unbelievable",
            "😀", "\u{226E}", "\u{1E9E}", "-", "antidisestablishmentarianism", String(repeating: "x", count: 60),
        ]
        let blanks = [" ", "\n", "\t", "\u{A0}", "\u{3000}", "\u{2028}", "\r\n"]
        for _ in 0..<300 {
            let parts = (0..<Int.random(in: 1...8, using: &generator)).map { _ in
                (0..<Int.random(in: 0...5, using: &generator)).map { _ in atoms.randomElement(using: &generator)! }
                    .joined()
            }
            let whole = parts.reduce("") { $0 + $1 + blanks.randomElement(using: &generator)! }
            for mode in [WordPieceTokenizer.SpecialTokens.recognized, .literal] {
                let sum = parts.reduce(0) { $0 + tokenizer.countTokens($1, specialTokens: mode) }
                #expect(
                    tokenizer.countTokens(whole, specialTokens: mode) == sum, "seed \(seed): \(whole.debugDescription)")
            }
        }
    }

    /// The text is read no further than the cut needs, and the cut is where a whole reading would put it.
    @Test func cutGivesAPrefixOfTheWhole() throws {
        let tokenizer = try Fixtures.tokenizer()
        let text = "Notice: antidisestablishmentarianism [SEP] naïve 個人 facts."
        let whole = tokenizer.encode(text, maximumTokens: 1000)
        for limit in 2...whole.count + 2 {
            let cut = tokenizer.encode(text, maximumTokens: limit)
            #expect(cut == whole.dropLast().prefix(limit - 1) + [102])
        }
    }

    @Test func specialTokensAreLettersWhenTheyAreLiteral() throws {
        let tokenizer = try Fixtures.tokenizer()
        let special: Set<Int32> = [0, 101, 102, 103]
        for text in ["[CLS]", "x[SEP]y", "[MASK][PAD]", "[[CLS]]"] {
            let inner = tokenizer.encode(text, specialTokens: .literal).dropFirst().dropLast()
            #expect(special.isDisjoint(with: inner), "\(text)")
            #expect(inner.count == tokenizer.countTokens(text, specialTokens: .literal))
            #expect(!special.isDisjoint(with: tokenizer.encode(text).dropFirst().dropLast()))
        }
    }

    @Test func aVeryLongWordIsOneUnknownToken() throws {
        let tokenizer = try Fixtures.tokenizer()
        #expect(tokenizer.encode(String(repeating: "z", count: 1_000_000)) == [101, 100, 102])
        #expect(tokenizer.countTokens(String(repeating: "字", count: 20_000)) == 20_000)
    }

    /// Foundation decomposes strings; the table must hold every code point that it decomposes.
    @Test func everyCanonicalDecompositionIsKnown() {
        // Unified ideographs have none and are many.
        let blocks: [Range<UInt32>] = [
            0x80..<0x3400, 0x4DC0..<0x4E00, 0xA000..<0x20000, 0x2B000..<0x2B100, 0x2F800..<0x30000,
        ]
        for value in blocks.joined() {
            guard let scalar = Unicode.Scalar(value) else { continue }
            switch scalar.properties.generalCategory {
            case .control, .format, .privateUse, .unassigned: continue
            default: break
            }
            guard !scalar.properties.isWhitespace else { continue }
            let expected = String(scalar).decomposedStringWithCanonicalMapping.unicodeScalars
                .filter { $0.properties.generalCategory != .nonspacingMark }
                .flatMap { $0.properties.lowercaseMapping.unicodeScalars.map(\.value) }
            let found: [UInt32]
            switch BertCharacter.of(value) {
            case .removed, .blank: found = []
            case .letter(let one), .punctuation(let one), .ideograph(let one): found = [one]
            case .several(let many): found = many
            }
            if value != 0xFFFD, found != expected {
                Issue.record("U+\(String(value, radix: 16)): \(found), expected \(expected)")
            }
        }
    }

    @Test func brokenVocabularyIsAnError() {
        let specials = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"
        for (text, reason) in [
            ("", "has no [PAD]"), (String(specials.dropLast(7)), "has no [MASK]"),
            (specials + "\nx\n", "line 6 has 0 bytes"),
            (specials + String(repeating: "y", count: 300), "line 6 has 300 bytes"),
        ] {
            #expect {
                try WordPieceTokenizer(vocabulary: Data(text.utf8))
            } throws: {
                "\($0)".contains(reason)
            }
        }
    }

    @Test func vocabularyThatIsNotUTF8IsAnError() {
        #expect(throws: EncoderError.vocabulary("vocab.txt is not UTF-8")) {
            try WordPieceTokenizer(vocabulary: Data([0x61, 0xFF, 0x0A]))
        }
    }
}
