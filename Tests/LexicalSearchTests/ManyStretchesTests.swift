import TestSupport
import Testing

@testable import LexicalSearch

@Suite("Queries over many stretches, and phrases that stand nowhere")
struct ManyStretchesTests {
    @Test(
        "However few ranges of postings are kept, hits and scores are the same, and no more are kept", arguments: 0..<6)
    func keeping(world number: Int) {
        var world = World(UInt64(500 + number), partitions: 40)
        var isOver = false
        for _ in 0..<20 {
            for _ in 0..<6 { world.change() }
            let (query, permitted) = (world.query(), world.permitted())
            let plan = LexicalPlan(world.index, permitting: permitted)
            let expected = world.oracle.hits(query, permitting: permitted)
            for limit in [0, 1, 3, 1000] {
                let resolved = ResolvedQuery(query, in: plan, keeping: limit)
                let kept = resolved.terms.flatMap(\.permitted).reduce(0) { $0 + $1.kept.count }
                #expect(kept <= limit)
                if limit > 0 && kept == limit { isOver = true }
                #expect(resolved.best(1000) == expected)
                let all = world.oracle.passages
                let scores = resolved.scores(of: all.map { ($0.key, $0.partition) })
                let known = all.map { passage in
                    expected.first { $0.key == passage.key && $0.partition == passage.partition }?.score ?? 0
                }
                #expect(scores == known)
            }
        }
        #expect(isOver)
    }

    private static func index(_ texts: [(partition: Int32, text: String)]) -> LexicalIndex {
        var index = LexicalIndex()
        index.insert(
            texts.enumerated().map { number, passage in
                let key = LexicalKey(high: 1, low: UInt64(number))
                return LexicalDocument(
                    key: key, passages: [.init(key: key, partition: passage.partition, text: passage.text)])
            })
        return index
    }

    @Test("A phrase with a word that stands in no permitted passage is settled before any row is looked at")
    func absentWord() {
        let index = Self.index([(1, "wing bolt"), (1, "wing nut"), (2, "wing zeppelin bolt")])
        func resolved(_ text: String, _ permitted: [Int32]) -> ResolvedQuery {
            ResolvedQuery(LexicalQuery(text), in: LexicalPlan(index, permitting: permitted))
        }
        for text in ["\"wing balloon\"", "wing \"bolt wing balloon\"", "\"wing bolt\" \"wing balloon\""] {
            #expect(!resolved(text, [1, 2]).canMatch && resolved(text, [1, 2]).best(9).isEmpty, "\(text)")
        }
        // What stands in hidden passages alone stands nowhere.
        #expect(!resolved("\"wing zeppelin\"", [1]).canMatch)
        #expect(resolved("\"wing zeppelin\"", [1, 2]).best(9).count == 1)
        #expect(resolved("\"wing bolt\" balloon", [1]).best(9).count == 1)
        #expect(resolved("\"bolt wing\"", [1]).canMatch && resolved("\"bolt wing\"", [1]).best(9).isEmpty)
    }

    @Test("The rarest word of a phrase is looked for first, and a segment without one of them is passed over")
    func rarestFirst() throws {
        let index = Self.index([(1, "wing bolt"), (1, "wing bolt"), (1, "wing nut bolt"), (1, "wing wing nut")])
        let segment = try #require(index.parts.first?.segment)
        func words(_ text: String) -> [[UInt8]] { text.split(separator: " ").map { Array($0.utf8) } }
        var phrase = PhraseMatch(words("wing nut bolt"), of: segment)
        #expect(phrase.order == [1, 2, 0])
        #expect((0..<4).map { phrase.stands(in: $0, of: segment) } == [false, false, true, false])
        let absent = PhraseMatch(words("wing balloon"), of: segment)
        #expect(!absent.mayStand)
    }
}
