/// Where a text says what was looked for: a pure function of query and text.
///
/// What counts are the terms of the query, wherever they stand; of a phrase so do its words by themselves.
package struct Highlights: Sendable {
    /// A stretch of a text.
    package struct Snippet: Equatable, Sendable {
        /// Bytes of the text (UTF-8), cut where words are.
        package let bytes: Range<Int>
        /// The matches within it.
        package let matches: [Range<Int>]
    }

    /// The bytes of the text (UTF-8) that match, in their order; those that overlap are one.
    package let matches: [Range<Int>]
    /// The words of the text.
    private let words: [Range<Int>]
    /// The matches one by one: which term of the query, and the bytes of the words in which it stands.
    private let found: [(term: Int, words: Range<Int>)]
    private let text: String
    private var byteCount: Int { text.utf8.count }

    /// O(bytes of the text).
    package init(_ query: LexicalQuery, in text: String) {
        let analyzer = LexicalAnalyzer()
        analyzer.analyze(text)
        let numbers = Dictionary(uniqueKeysWithValues: query.allTerms.enumerated().map { ($1, $0) })
        var found: [(term: Int, words: Range<Int>)] = []
        var bytes: [Range<Int>] = []
        for token in analyzer.tokens {
            guard let term = numbers[analyzer.term(of: token)] else { continue }
            bytes.append(token.bytes)
            let words = analyzer.words[token.position...].prefix { $0.lowerBound < token.bytes.upperBound }
            found.append((term, words.first!.lowerBound..<words.last!.upperBound))
        }
        self.found = found
        self.text = text
        words = analyzer.words
        matches = Self.merged(bytes.sorted { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) })
    }

    /// The stretch of at most so many bytes with the most distinct terms of the query; of several the one with the most
    /// matches, then the first. It is put so that about as much stands before the matches as behind them, and starts
    /// and ends with a word or with the text. A text without a match gives its beginning, one whose first word is too
    /// long the characters of it that fit. O(words + matches × log matches).
    package func snippet(atMost limit: Int) -> Snippet {
        guard byteCount > limit else { return snippet(0..<byteCount) }
        guard let best = densest(atMost: limit) else { return snippet(from: 0, atMost: limit) }
        let before = (limit - best.count) / 2
        let wanted = max(0, min(best.lowerBound - before, byteCount - limit))
        // From the first word that starts there or later, so that no word is cut.
        let start = wanted == 0 ? 0 : words.first { $0.lowerBound >= wanted }?.lowerBound ?? best.lowerBound
        return snippet(from: min(start, best.lowerBound), atMost: limit)
    }

    /// From a word on, as much as fits.
    private func snippet(from start: Int, atMost limit: Int) -> Snippet {
        if byteCount - start <= limit { return snippet(start..<byteCount) }
        if let last = words.last(where: { $0.upperBound <= start + limit }), last.upperBound > start {
            return snippet(start..<last.upperBound)
        }
        var end = start + limit
        while end > start, text.utf8[text.utf8.index(text.startIndex, offsetBy: end)] & 0xC0 == 0x80 { end -= 1 }
        return snippet(start..<end)
    }

    private func snippet(_ bytes: Range<Int>) -> Snippet {
        Snippet(
            bytes: bytes, matches: matches.filter { bytes.contains($0.lowerBound) && $0.upperBound <= bytes.upperBound }
        )
    }

    /// From the word of a first match to that of a last one, with the most distinct terms.
    private func densest(atMost limit: Int) -> Range<Int>? {
        let fitting = found.filter { $0.words.count <= limit }
        let byEnd = fitting.sorted { $0.words.upperBound < $1.words.upperBound }
        let byStart = fitting.sorted { $0.words.lowerBound < $1.words.lowerBound }
        var best: (distinct: Int, matches: Int, start: Int) = (0, 0, 0)
        var counts: [Int: Int] = [:]
        // Whatever starts before the window is within those that were added: it is no longer than the limit.
        var (added, removed) = (0, 0)
        for start in byStart.map(\.words.lowerBound) {
            while added < byEnd.count, byEnd[added].words.upperBound <= start + limit {
                counts[byEnd[added].term, default: 0] += 1
                added += 1
            }
            while byStart[removed].words.lowerBound < start {
                let term = byStart[removed].term
                counts[term] = counts[term] == 1 ? nil : counts[term]! - 1
                removed += 1
            }
            if (counts.count, added - removed) > (best.distinct, best.matches) {
                best = (counts.count, added - removed, start)
            }
        }
        let ends = fitting.map(\.words).filter {
            $0.lowerBound >= best.start && $0.upperBound <= best.start + limit
        }.map(\.upperBound)
        return ends.max().map { best.start..<$0 }
    }

    private static func merged(_ ranges: [Range<Int>]) -> [Range<Int>] {
        var merged: [Range<Int>] = []
        for range in ranges {
            if let last = merged.last, range.lowerBound < last.upperBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        return merged
    }
}
