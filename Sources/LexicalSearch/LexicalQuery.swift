/// What is looked for: words, and phrases in quotes (`"…"` or `“…”`).
///
/// Every term of the text counts once, however often it stands there; the first `mostTerms` distinct ones count at all.
/// A phrase must stand in a passage word by word, in that order; without it the passage does not match. A quote that is
/// not closed is no quote. Of phrases the first `mostPhrases` count, with the first `mostPhraseWords` words of each;
/// beyond that their words are words like others.
package struct LexicalQuery: Sendable {
    /// The most distinct terms that count.
    package static let mostTerms = 64
    package static let mostPhrases = 8
    package static let mostPhraseWords = 32

    /// The distinct terms in the order of their first word, that of all sums.
    let terms: [[UInt8]]
    /// The words of each phrase, in their order.
    let phrases: [[[UInt8]]]

    /// `terms`, then the words of phrases that are not among them.
    var allTerms: [[UInt8]] {
        var seen: Set<[UInt8]> = []
        return (terms + phrases.joined()).filter { seen.insert($0).inserted }
    }

    package var isEmpty: Bool { terms.isEmpty }

    package init(_ text: String) {
        let analyzer = LexicalAnalyzer()
        var terms: [[UInt8]] = []
        var seen: Set<[UInt8]> = []
        var phrases: [[[UInt8]]] = []
        for part in Self.parts(of: text) {
            analyzer.analyze(part.text)
            for token in analyzer.tokens where terms.count < Self.mostTerms {
                let term = Array(analyzer.term(of: token))
                if seen.insert(term).inserted { terms.append(term) }
            }
            guard part.isQuoted, phrases.count < Self.mostPhrases else { continue }
            let words = analyzer.tokens.prefix(min(analyzer.words.count, Self.mostPhraseWords))
            let phrase = words.map { Array(analyzer.term(of: $0)) }
            if !phrase.isEmpty { phrases.append(phrase) }
        }
        self.terms = terms
        self.phrases = phrases
    }

    private static func parts(of text: String) -> [(text: String, isQuoted: Bool)] {
        let pieces = text.unicodeScalars.split(omittingEmptySubsequences: false) {
            $0 == "\"" || $0 == "\u{201C}" || $0 == "\u{201D}"
        }
        return pieces.enumerated().map { number, piece in
            (String(String.UnicodeScalarView(piece)), number % 2 == 1 && number < pieces.count - 1)
        }
    }
}
