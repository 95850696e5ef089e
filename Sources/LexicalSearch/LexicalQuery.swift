/// What is looked for: words, and phrases in quotes (`"…"` or `“…”`).
///
/// Every term of the text counts once, however often it stands there; the first `mostTerms` distinct ones count at all. A
/// phrase must stand in a passage word by word, in that order; without it the passage does not match. A quote that is not
/// closed is no quote. Of phrases the first `mostPhrases` count, with the first `mostPhraseWords` words of each; beyond
/// that their words are words like others. So they are where more than `mostWordsBesidePhrases` words stand outside of
/// quotes: then the text is not typed by somebody who looks for a phrase, but has quotations in it.
package struct LexicalQuery: Sendable {
    /// The most distinct terms that count.
    package static let mostTerms = 512
    /// What a whole identifier weighs, in words: who names one is after it more than after the words around it.
    static let identifierWeight = 8.0
    package static let mostPhrases = 8
    package static let mostPhraseWords = 32
    package static let mostWordsBesidePhrases = 24

    /// The distinct terms in the order of their first word, that of all sums.
    let terms: [[UInt8]]
    /// What each of them weighs.
    let weights: [Double]
    /// The words of each phrase, in their order.
    let phrases: [[[UInt8]]]

    /// `terms`, then the words of phrases that are not among them.
    var allTerms: [[UInt8]] {
        var seen: Set<[UInt8]> = []
        return (terms + phrases.joined()).filter { seen.insert($0).inserted }
    }

    package var hasPhrases: Bool { !phrases.isEmpty }

    package init(_ text: String) {
        let analyzer = LexicalAnalyzer()
        var terms: [[UInt8]] = []
        var weights: [Double] = []
        var seen: Set<[UInt8]> = []
        var phrases: [[[UInt8]]] = []
        var wordsBeside = 0
        for part in Self.parts(of: text) {
            analyzer.analyze(part.text)
            let identifiers = Set(analyzer.identifiers)
            for token in analyzer.tokens where terms.count < Self.mostTerms {
                let term = analyzer.term(of: token)
                guard seen.insert(term).inserted else { continue }
                terms.append(term)
                weights.append(identifiers.contains(token.bytes) ? Self.identifierWeight : 1)
            }
            if !part.isQuoted { wordsBeside += analyzer.words.count }
            guard part.isQuoted, phrases.count < Self.mostPhrases else { continue }
            let words = analyzer.tokens.prefix(min(analyzer.words.count, Self.mostPhraseWords))
            let phrase = words.map { analyzer.term(of: $0) }
            if !phrase.isEmpty { phrases.append(phrase) }
        }
        self.terms = terms
        self.weights = weights
        self.phrases = wordsBeside <= Self.mostWordsBesidePhrases ? phrases : []
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
