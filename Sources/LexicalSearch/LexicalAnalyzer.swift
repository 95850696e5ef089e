/// What a text says, in terms: words folded and stemmed, and identifiers whole and in part.
///
/// - Words are those of `WordSegmenter`, folded (`TermFolding`). One of ASCII letters and apostrophes alone is stemmed.
/// - A word of more than `longestTerm` bytes is cut to the whole characters in that many before it is folded, and again
///   afterwards; one that was cut is not stemmed.
/// - `Identifier` says which terms there are besides.
///
/// What comes out depends on the text alone. One instance is for one thread.
final class LexicalAnalyzer {
    /// The most bytes of a term.
    static let longestTerm = 64

    /// The terms of the last text: its words in their order, then those of its identifiers.
    private(set) var tokens: [LexicalToken] = []
    /// The bytes of all terms, one behind another: wiped with the analyzer, for they say what a text or a question says.
    let terms = PostingMemory<UInt8>()
    /// The byte ranges of the words of the last text.
    private(set) var words: [Range<Int>] = []
    /// The byte ranges of the whole identifiers of the last text.
    private(set) var identifiers: [Range<Int>] = []

    private let stemmer = Stemmer()
    private var identifier = Identifier()

    /// Takes a text apart. O(bytes).
    func analyze(_ text: String) {
        var text = text
        text.withUTF8 { analyze($0) }
    }

    func term(of token: LexicalToken) -> [UInt8] { Array(terms.elements[token.term]) }

    private func analyze(_ text: UnsafeBufferPointer<UInt8>) {
        tokens.removeAll(keepingCapacity: true)
        terms.truncate(to: 0)
        words.removeAll(keepingCapacity: true)
        identifiers.removeAll(keepingCapacity: true)
        WordSegmenter.appendWords(of: text, to: &words)
        for (number, word) in words.enumerated() { appendTerm(word, of: text, position: number) }
        // Without a digit there is none.
        if text.contains(where: \.isASCIIDigit) { appendIdentifiers(of: text) }
    }

    private func appendTerm(_ word: Range<Int>, of text: UnsafeBufferPointer<UInt8>, position: Int) {
        let start = terms.count
        if word.count > Self.longestTerm || !appendASCII(UnsafeBufferPointer(rebasing: text[word])) {
            appendFolded(word, of: text)
        }
        // A letter or digit is never dropped, so every word gives a token.
        assert(terms.count > start)
        tokens.append(LexicalToken(term: start..<terms.count, position: position, bytes: word))
    }

    /// Appends the term of a word in ASCII that need not be cut; false where it is none.
    private func appendASCII(_ word: UnsafeBufferPointer<UInt8>) -> Bool {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.longestTerm) { folded in
            var isStemmed = true
            for (index, byte) in word.enumerated() {
                guard byte < 0x80 else { return false }
                if !byte.isASCIILetter, byte != UInt8(ascii: "'") { isStemmed = false }
                folded[index] = byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
            }
            let term = UnsafeBufferPointer(rebasing: folded[..<word.count])
            append(isStemmed ? stemmer.stem(term) : term)
            return true
        }
    }

    private func append(_ term: UnsafeBufferPointer<UInt8>) {
        if let start = term.baseAddress { terms.append(start, count: term.count) }
    }

    /// Appends the term of any word.
    private func appendFolded(_ word: Range<Int>, of text: UnsafeBufferPointer<UInt8>) {
        let start = terms.count
        let kept = word.lowerBound..<Self.cut(text, word.lowerBound, word.upperBound)
        TermFolding.append(text[kept], to: terms)
        let cut = Self.cut(terms.elements, start, terms.count)
        let isWhole = kept == word && cut == terms.count
        terms.truncate(to: cut)
        let folded = UnsafeBufferPointer(rebasing: terms.elements[start...])
        guard isWhole, folded.allSatisfy({ $0.isASCIILetter || $0 == UInt8(ascii: "'") }) else { return }
        // The stemmer has a buffer of its own. Where it fails the word stays as it is.
        let stem = stemmer.stem(folded)
        guard stem.baseAddress != folded.baseAddress else { return }
        terms.truncate(to: start)
        append(stem)
    }

    /// Where to cut what reaches from `start` to `end`.
    private static func cut(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        guard end - start > longestTerm else { return end }
        var cut = start + longestTerm
        while bytes[cut] & 0xC0 == 0x80 { cut -= 1 }
        return cut
    }

    // MARK: - Identifiers

    private func appendIdentifiers(of text: UnsafeBufferPointer<UInt8>) {
        var number = 0
        while number < words.count {
            guard Identifier.mayHold(words[number], of: text) else {
                number += 1
                continue
            }
            identifier.removeAll()
            let first = number
            repeat {
                identifier.append(words[number], number: number, of: text)
                number += 1
            } while number < words.count && Identifier.mayHold(words[number], of: text)
                && Identifier.isLink(words[number - 1].upperBound..<words[number].lowerBound, of: text)
            if identifier.isComplete { appendTerms(of: identifier, from: first, text) }
        }
    }

    private func appendTerms(of identifier: Identifier, from first: Int, _ text: UnsafeBufferPointer<UInt8>) {
        let start = identifier.pieces[0].lowerBound
        identifiers.append(start..<identifier.end)
        for (piece, word) in zip(identifier.pieces, identifier.words) {
            appendExtra(piece, word, text)
            if piece.lowerBound > start { appendExtra(start..<piece.upperBound, first, text) }
        }
        if !identifier.isWithinLimit { appendExtra(start..<identifier.end, first, text) }
    }

    /// A term besides the words, if no word stands for the same bytes.
    private func appendExtra(_ bytes: Range<Int>, _ word: Int, _ text: UnsafeBufferPointer<UInt8>) {
        guard bytes != words[word], bytes.count <= Self.longestTerm else { return }
        appendTerm(bytes, of: text, position: word)
    }
}
