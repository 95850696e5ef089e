import Foundation
import LexicalSearch

/// Search for words by itself, in memory: building on two threads, queries by share of passages that may be read and by
/// labels that those are under.
struct LexicalMeasurement: Sendable {
    private static let resultCount = 10
    private static let shares = [0.1, 1, 10, 50, 100]
    private static let wordsOfQuery = 12

    private let sizes: [Int]
    private let rounds: Int
    private let calls = 8

    init(isQuick: Bool) {
        sizes = isQuick ? [20_000] : [100_000, 1_000_000]
        rounds = isQuick ? 3 : 15
    }

    func sections() async throws -> [Section] {
        let language = Language()
        var sections: [Section] = []
        for passages in sizes {
            let (index, building) = try await built(passages, labels: 1_000, language)
            sections.append(building)
            sections.append(try await shares(index, labels: 1_000, language))
            if passages == sizes[0] { sections.append(try await labels(passages, language)) }
        }
        return sections
    }

    // MARK: - Texts

    /// Words by Zipf's law: the n-th of a million comes with a probability of about 1/n.
    private struct Language: Sendable {
        private static let size = 1_000_000.0
        private let words: [String]

        init() {
            words = (0...Int(Self.size)).map { number in
                // Syllables; the same number of them for neighbours, and never the same twice.
                var (rest, word) = (number &* 2_654_435_761 % 4_294_967_291, "")
                for _ in 0..<(number < 2_000 ? 2 : 4) {
                    word += String("bcdfghjklmnprstvwxz".utf8.map { Character(Unicode.Scalar($0)) }[rest % 19])
                    word += String("aeiou".utf8.map { Character(Unicode.Scalar($0)) }[rest / 19 % 5])
                    rest /= 95
                }
                return word
            }
        }

        func text(_ count: Int, _ random: inout RandomNumbers) -> String {
            (0..<count).map { _ in
                words[Int(pow(Self.size, Double(random.next() >> 11) * 0x1p-53))]
            }.joined(separator: " ")
        }
    }

    private static func key(_ random: inout RandomNumbers) -> LexicalKey {
        LexicalKey(high: random.next(), low: random.next())
    }

    /// Documents of ten passages of 60 to 140 words, each passage under a label of its own choice.
    private func built(_ passages: Int, labels: Int, _ language: Language) async throws -> (
        index: LexicalIndex, section: Section
    ) {
        Subject.lexical.note("taking in \(passages) passages")
        let taken = ContinuousClock().now
        let builders = try await withThrowingTaskGroup(of: BuilderBox.self) { group in
            for part in 0..<2 {
                group.addTask {
                    var (random, builder) = (RandomNumbers(seed: UInt64(part)), LexicalIndexBuilder())
                    for _ in 0..<passages / 20 {
                        let passages = (0..<10).map { _ in
                            LexicalPassage(
                                key: Self.key(&random), partition: Int32(random.next() % UInt64(labels)),
                                text: language.text(60 + Int(random.next() % 81), &random))
                        }
                        builder.append(LexicalDocument(key: Self.key(&random), passages: passages))
                    }
                    return BuilderBox(builder: builder)
                }
            }
            return try await group.reduce(into: []) { $0.append($1.builder) }
        }
        let took = Stopwatch.milliseconds(taken.duration(to: ContinuousClock().now))
        var index = LexicalIndex()
        let inverted = await Stopwatch.milliseconds { index = LexicalIndex(builders) }
        let section = Section(
            title: "Words: building an index of \(passages) passages, two threads",
            explanation: [
                "Passages of 60 to 140 words by Zipf's law of a million, which are made up as they are taken in.",
                "Memory is that of postings, terms and keys; peak is VmHWM of the process.",
            ],
            columns: ["", ""],
            rows: [
                Section.Row(name: "taking in, s", cells: [Figure(took / 1000, decimals: 1)]),
                Section.Row(name: "sorting by label and by term, s", cells: [Figure(inverted / 1000, decimals: 1)]),
                Section.Row(name: "memory, MB", cells: [Figure(Double(index.byteCount) / 1e6, decimals: 0)]),
                Section.Row(name: "peak, MB", cells: [Figure(ResidentMemory.peak, decimals: 0)]),
            ], targets: [])
        return (index, section)
    }

    /// A builder on its way from the thread that filled it, which has no use for it any more.
    private struct BuilderBox: @unchecked Sendable {
        let builder: LexicalIndexBuilder
    }

    private func queries(_ language: Language) -> [LexicalQuery] {
        var random = RandomNumbers(seed: 77)
        return (0..<64).map { _ in LexicalQuery(language.text(Self.wordsOfQuery, &random)) }
    }

    private func item(_ plan: LexicalPlan, _ queries: [LexicalQuery]) -> Stopwatch.Item {
        Stopwatch.Item { number in
            _ = ResolvedQuery(queries[number % queries.count], in: plan).best(Self.resultCount)
        }
    }

    // MARK: - Share of passages

    private func shares(_ index: LexicalIndex, labels: Int, _ language: Language) async throws -> Section {
        var random = RandomNumbers(seed: 78)
        let queries = queries(language)
        let items = Self.shares.map { share in
            let count = max(1, Int((Double(labels) * share / 100).rounded()))
            let permitted = (0..<Int32(labels)).shuffled(using: &random).prefix(count)
            return item(LexicalPlan(index, permitting: permitted), queries)
        }
        let samples = try await Stopwatch.interleave(items, rounds: rounds, calls: calls, random: &random)
        let isLarge = index.count >= 1_000_000
        return Section(
            title: "Words: \(index.count) passages, \(labels) labels, k = \(Self.resultCount), one thread",
            explanation: [
                "64 queries of \(Self.wordsOfQuery) words by the same law take turns; document frequencies and scores "
                    + "are worked out anew for each. \(rounds) rounds of \(calls) calls."
            ],
            columns: ["permitted", "p50 ms", "p95 ms", "p99 ms"],
            rows: zip(Self.shares, samples).map { share, samples in
                Section.Row(
                    name: "\(share.formatted()) %",
                    cells: [
                        samples.median(decimals: 3), Figure(samples.percentile(0.95), decimals: 3),
                        Figure(samples.percentile(0.99), decimals: 3),
                    ])
            },
            targets: isLarge ? [.init("a million permitted, ms", samples[4].median(decimals: 1), atMost: 25)] : [])
    }

    // MARK: - Labels

    /// The same passages under more and more labels: all of them, and half of the labels chosen at random.
    private func labels(_ passages: Int, _ language: Language) async throws -> Section {
        let queries = queries(language)
        let counts = [2, 100, passages / 100, passages / 10]
        var random = RandomNumbers(seed: 79)
        var items: [Stopwatch.Item] = []
        for labels in counts {
            let index = try await built(passages, labels: labels, language).index
            let all = (0..<Int32(labels)).shuffled(using: &random)
            items.append(item(LexicalPlan(index, permitting: all), queries))
            items.append(item(LexicalPlan(index, permitting: all.prefix(labels / 2)), queries))
        }
        let samples = try await Stopwatch.interleave(items, rounds: rounds, calls: calls, random: &random)
        return Section(
            title: "Words by labels: \(passages) passages, one thread",
            explanation: [
                "The same passages under labels of about the same size; a label of ten passages in the last row.",
                "Half: of the labels, chosen at random.",
            ],
            columns: ["", "all p50 ms", "times two labels", "half p50 ms", "times one label"],
            rows: counts.indices.map { number in
                let (all, half) = (samples[2 * number], samples[2 * number + 1])
                return Section.Row(
                    name: "\(counts[number]) labels",
                    cells: [
                        all.median(decimals: 3), all.ratio(to: samples[0], decimals: 2), half.median(decimals: 3),
                        half.ratio(to: samples[1], decimals: 2),
                    ])
            },
            targets: [
                .init(
                    "labels of ten passages, times two labels", samples[6].ratio(to: samples[0], decimals: 2), atMost: 2
                )
            ])
    }
}
