import TestSupport
import Testing

@testable import LexicalSearch

@Suite("Highlights")
struct HighlightsTests {
    private func marked(_ text: String, _ query: String) -> String {
        let bytes = Array(text.utf8)
        var (marked, end) = ("", 0)
        for match in Highlights(LexicalQuery(query), in: text).matches {
            marked += String(decoding: bytes[end..<match.lowerBound], as: UTF8.self)
            marked += "[" + String(decoding: bytes[match], as: UTF8.self) + "]"
            end = match.upperBound
        }
        return marked + String(decoding: bytes[end...], as: UTF8.self)
    }

    @Test("Matches are the bytes of the text, whatever form the word has there")
    func marksMatches() {
        #expect(marked("Audit the Größen, auditing.", "audits grossen") == "[Audit] the [Größen], [auditing].")
        #expect(marked("See AC-2(3) and AC-2.", "AC-2") == "See [AC-2](3) and [AC-2].")
        #expect(marked("See AC-2(3).", "AC-2(3)") == "See [AC-2(3]).")
        #expect(marked("Under 164.312(a)(2)(ii) only", "312") == "Under 164.[312](a)(2)(ii) only")
        #expect(marked("nothing here", "else") == "nothing here")
        #expect(marked("", "else") == "")
        #expect(marked("keys of keys", "\"keys of\"") == "[keys] [of] [keys]")
    }

    /// The most distinct terms of any stretch that starts and ends with a word.
    private func mostTerms(_ query: LexicalQuery, _ text: String, _ limit: Int) -> Int {
        let analyzer = LexicalAnalyzer()
        analyzer.analyze(text)
        let terms = Set(query.allTerms)
        let found = analyzer.tokens.filter { terms.contains(Array(analyzer.term(of: $0))) }
        return analyzer.words.map { word in
            Set(
                found.filter {
                    $0.bytes.lowerBound >= word.lowerBound && $0.bytes.upperBound <= word.lowerBound + limit
                }
                .map { Array(analyzer.term(of: $0)) }
            ).count
        }.max() ?? 0
    }

    @Test("A snippet keeps its limit, cuts no word and has as many distinct terms as any", arguments: 0..<8)
    func findsTheBestSnippet(stream: Int) {
        var world = World(UInt64(400 + stream), partitions: 1)
        for _ in 0..<60 {
            // Words that no identifier reaches over, so that every stretch of words counts alike.
            let text = (0..<world.random.below(60)).map { _ in
                ["the", "audits", "access", "naïve", "日本", "record"][world.random.below(6)]
                    + (world.random.below(3) == 0 ? ", xyz" : "")
            }.joined(separator: " ")
            let query = LexicalQuery(
                ["audit", "access naive", "日 record", "\"the audit\" access", "none"][world.random.below(5)])
            let limit = 10 + world.random.below(120)
            let snippet = Highlights(query, in: text).snippet(atMost: limit)
            let bytes = Array(text.utf8)
            #expect(snippet.bytes.count <= limit && snippet.bytes.upperBound <= bytes.count)
            let words = LexicalAnalyzer()
            words.analyze(text)
            for word in words.words {
                #expect(!(word.lowerBound < snippet.bytes.lowerBound && snippet.bytes.lowerBound < word.upperBound))
                #expect(!(word.lowerBound < snippet.bytes.upperBound && snippet.bytes.upperBound < word.upperBound))
            }
            words.analyze(String(decoding: bytes[snippet.bytes], as: UTF8.self))
            let terms = Set(query.allTerms).intersection(words.tokens.map { Array(words.term(of: $0)) })
            #expect(terms.count == mostTerms(query, text, limit), "\(text) / \(limit)")
        }
    }

    @Test("Text that cannot be cut at a word is cut at a character")
    func cutsHostileText() {
        let long = String(repeating: "ж", count: 500)
        #expect(Highlights(LexicalQuery("x"), in: long).snippet(atMost: 25).bytes == 0..<24)
        #expect(
            Highlights(LexicalQuery("x"), in: String(repeating: "-", count: 50)).snippet(atMost: 20).bytes == 0..<20)
        #expect(Highlights(LexicalQuery(long), in: long).snippet(atMost: 25).matches == [])
        #expect(Highlights(LexicalQuery("x"), in: "").snippet(atMost: 20).bytes == 0..<0)
        #expect(Highlights(LexicalQuery("x"), in: "ж").snippet(atMost: 1).bytes == 0..<0)
    }
}
