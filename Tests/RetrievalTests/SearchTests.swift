import AccessControl
import IndexStore
import Labels
import Passages
import TestSupport
import Testing
import TextEmbedding

@testable import Retrieval

@Suite("Modes of a search, and how results are chosen")
struct SearchTests {
    private static let embedder = HashingEmbedder()
    private static let texts = [
        "The torque of a wing bolt is 118 newton metres.", "The torque of a wing bolt is 118 newton metres!",
        "Paint the rudder in two thin coats.", "Account managers review AC-2(3) every month.",
        "Account managers review accounts every month, and disable those that nobody uses.",
    ]

    private static func results(
        _ question: String, _ options: SearchOptions, count: Int = 5, minimumScore: Double = -1
    ) async throws -> Answer {
        let folder = try TemporaryFolder()
        let index = try Fixture.index(folder, "a", embedder: embedder)
        var rows: [(label: Label, text: String, vector: [Float])] = []
        for text in texts { rows.append((Fixture.open, text, try await embedder.embed(text))) }
        rows.append((Fixture.closed, "The secret wing bolt.", try await embedder.embed("The secret wing bolt.")))
        try await index.commit(Fixture.document(index.keys, "a", rows))
        let query = try Query(
            text: question, count: count, minimumScore: minimumScore, options: options,
            limits: .init(queryBytes: 1_000, results: 50))
        return try await Fixture.retriever(index, embedder).retrieve(query, for: Fixture.request())
    }

    @Test("Each mode answers, says which it was, and shows nothing of others' labels", arguments: SearchMode.allCases)
    func modes(mode: SearchMode) async throws {
        let answer = try await Self.results("torque of wing bolts", SearchOptions(mode: mode))
        #expect(answer.mode == mode)
        #expect(answer.results.first?.passage.text.hasPrefix("The torque of a wing bolt") == true)
        #expect(answer.results.count == (mode == .lexical ? 2 : 5))
        #expect(answer.results.map(\.score) == answer.results.map(\.score).sorted(by: >))
        #expect(!answer.results.contains { $0.passage.text.contains("secret") })
        #expect((answer.expectedRecall != nil) == (mode == .approximate))
    }

    @Test("An identifier is found by words, whole and in part")
    func identifiers() async throws {
        for mode in [SearchMode.lexical, .hybrid] {
            for question in ["AC-2(3)", "ac-2", "What does AC-2(3) ask of account managers?"] {
                let answer = try await Self.results(question, SearchOptions(mode: mode), count: 1)
                #expect(answer.results.first?.passage.text.contains("AC-2(3)") == true, "\(mode), \(question)")
            }
        }
    }

    @Test("A phrase in quotes stands in every result")
    func phrases() async throws {
        for mode in [SearchMode.lexical, .hybrid] {
            let answer = try await Self.results("\"wing bolt\" paint", SearchOptions(mode: mode))
            #expect(answer.results.count == 2 && answer.results.allSatisfy { $0.passage.text.contains("wing bolt") })
            #expect(try await Self.results("\"bolt wing\"", SearchOptions(mode: mode)).results.isEmpty)
        }
    }

    @Test("A question without a word is one of meaning alone")
    func noWords() async throws {
        #expect(try await Self.results("?!", SearchOptions(mode: .lexical)).results.isEmpty)
        #expect(try await Self.results("?!", SearchOptions(mode: .hybrid)).results.count == 5)
    }

    @Test("Scores below the least that is asked for are left out in every mode")
    func minimumScore() async throws {
        for mode in SearchMode.allCases {
            let all = try await Self.results("wing bolt torque", SearchOptions(mode: mode)).results.map(\.score)
            let least = try #require(all.dropFirst().first)
            let some = try await Self.results("wing bolt torque", SearchOptions(mode: mode), minimumScore: least)
            #expect(some.results.map(\.score) == all.filter { $0 >= least }, "\(mode)")
        }
    }

    @Test("What says nearly the same as a better result is left out where that is asked for")
    func duplicates() async throws {
        let options = SearchOptions(mode: .vector, collapsesDuplicates: true)
        let answer = try await Self.results("torque of wing bolts", options)
        #expect(answer.results.filter { $0.passage.text.contains("118") }.count == 1)
        #expect(answer.results.count == 4)
    }

    @Test("Diversity takes what differs before what repeats")
    func diversity() async throws {
        let plain = try await Self.results("torque of wing bolts", SearchOptions(mode: .vector), count: 2)
        #expect(plain.results.allSatisfy { $0.passage.text.contains("118") })
        let diverse = try await Self.results(
            "torque of wing bolts", SearchOptions(mode: .vector, diversity: 0.7), count: 2)
        #expect(diverse.results[0].passage.id == plain.results[0].passage.id)
        #expect(!diverse.results[1].passage.text.contains("118"))
    }

    @Test("A snippet is a stretch of the passage, and its highlights are the words that match")
    func snippets() async throws {
        let answer = try await Self.results(
            "reviewing account AC-2(3)", SearchOptions(hasSnippets: true), count: 1)
        let hit = try #require(answer.results.first)
        let snippet = try #require(hit.snippet)
        let bytes = Array(hit.passage.text.utf8)
        func text(_ range: ByteRange) -> String { String(decoding: bytes[range.start..<range.end], as: UTF8.self) }
        #expect(text(snippet.byteRange) == snippet.text)
        #expect(snippet.highlights.map(text) == ["Account", "review", "AC-2(3"])
        #expect(try await Self.results("account", SearchOptions()).results.allSatisfy { $0.snippet == nil })
    }

    // MARK: - Fusion and choice by themselves

    private static func candidate(_ number: UInt8, _ vector: Double, _ lexical: Double) -> SearchCandidate {
        SearchCandidate(
            id: PassageID(bytes: [UInt8](repeating: number, count: 16)), label: LabelID(1), vectorScore: vector,
            lexicalScore: lexical)
    }

    @Test("A fused score is the mean of the cosine and the share of the question that is covered")
    func fusion() {
        let found = SearchCandidates(
            candidates: [
                Self.candidate(1, 0.5, 0), Self.candidate(2, 0.25, 4), Self.candidate(3, 0.5, 2),
                Self.candidate(4, 0.5, 2),
            ], lexicalBound: 8)
        let ranked = Fusion.ranked(found, limit: 9)
        #expect(ranked.map(\.id.bytes[0]) == [2, 3, 4, 1])
        #expect(ranked.map(\.score) == [0.375, 0.375, 0.375, 0.25])
        #expect(Fusion.ranked(found, limit: 2).map(\.id.bytes[0]) == [2, 3])
        #expect(
            Fusion.ranked(SearchCandidates(candidates: found.candidates, lexicalBound: 0), limit: 9).map(\.score).max()
                == 0.25)
    }

    @Test("Where candidates are compared with each other, more are looked at than are shown, up to a bound")
    func depth() {
        let plain = ResultSelection(options: SearchOptions())
        #expect([1, 10, 1_000].map { plain.depth(for: $0) } == [1, 10, 1_000])
        for options in [SearchOptions(diversity: 0.1), SearchOptions(collapsesDuplicates: true)] {
            let selection = ResultSelection(options: options)
            #expect(
                [1, 33, 34, 50, 125, 200, 400, 450].map { selection.depth(for: $0) }
                    == [101, 133, 136, 200, 500, 500, 500, 550])
        }
    }

    /// Against a plain form of the same rule. Scores of BM25 go beyond 1.
    @Test("The choice is the greedy one, on random candidates")
    func choice() {
        let seed = SeededGenerator.newSeed("choice")
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let count = Int.random(in: 0...12, using: &generator)
            let most = [1.0, 20].randomElement(using: &generator)!
            let ranked = (0..<count).map { number in
                ScoredPassage(
                    id: PassageID(bytes: [UInt8](repeating: UInt8(number), count: 16)), label: LabelID(1),
                    score: Double(Int.random(in: 0...5, using: &generator)) / 5 * most)
            }.sorted { $0.score > $1.score }
            let scale = 1 / max(1, ranked.map(\.score).max() ?? 1)
            var similarity = [[Double]](repeating: [Double](repeating: 1, count: count), count: count)
            for left in 0..<count {
                for right in 0..<left {
                    similarity[left][right] = [0, 0.3, 0.9, 0.98].randomElement(using: &generator)!
                    similarity[right][left] = similarity[left][right]
                }
            }
            let options = SearchOptions(
                diversity: [0, 0.3, 1].randomElement(using: &generator)!,
                collapsesDuplicates: Bool.random(using: &generator))
            let wanted = Int.random(in: 0...14, using: &generator)
            var truth: [Int] = []
            while truth.count < wanted {
                let open = ranked.indices.filter { candidate in
                    !truth.contains(candidate)
                        && !(options.collapsesDuplicates && truth.contains { similarity[$0][candidate] >= 0.97 })
                }
                func value(_ candidate: Int) -> Double {
                    let nearest = truth.map { similarity[$0][candidate] }.max() ?? 0
                    return (1 - options.diversity) * ranked[candidate].score * scale - options.diversity * nearest
                }
                guard let best = open.max(by: { (value($0), -$0) < (value($1), -$1) }) else { break }
                truth.append(best)
            }
            let chosen = ResultSelection(options: options).chosen(ranked, count: wanted, similarity: similarity)
            #expect(chosen == truth.map { ranked[$0] }, "PORTCULLIS_SEED=\(seed)")
        }
    }
}
