import Foundation
import IndexStore
import LexicalSearch

/// Searches of each mode over one set of permitted passages, beside more and more that may not be read: what a mode costs, and
/// how much of what is hidden shows in time.
struct SearchMeasurement: Sendable {
    private static let resultCount = 10
    private static let depth = 100
    private static let permittedLabel = 3
    private static let hiddenLabel = 4
    /// Hidden passages for each permitted one.
    private static let hidden = [0, 1, 10]

    let workspace: URL
    let isQuick: Bool

    private var documents: Int { isQuick ? 20 : 200 }
    private var passages: Int { documents * DocumentSeries.passagesPerDocument }
    private var rounds: Int { isQuick ? 4 : 40 }
    private var calls: Int { isQuick ? 8 : 25 }

    enum Mode: String, CaseIterable { case vector, approximate, lexical, hybrid }

    func sections() async throws -> [Section] {
        let indexes = try await Self.hidden.asyncMap { try await index(hidden: $0) }
        let (some, all) = try (SeriesReader(when: "resource.project == 3"), SeriesReader(when: "true"))
        var random = RandomNumbers(seed: 11)
        var items: [Stopwatch.Item] = Mode.allCases.map { mode in
            // One right after the other, so that what the machine does meanwhile is the same for all.
            Stopwatch.Item(alternating: indexes.map { index in { try await search(index, some, mode, $0) } })
        }
        items.append(
            Stopwatch.Item(alternating: Mode.allCases.map { mode in { try await search(indexes[2], all, mode, $0) } }))
        let samples = try await Stopwatch.interleave(items, rounds: rounds, calls: calls, random: &random) { round in
            if round % 10 == 0 { Subject.search.note("\(round) of \(rounds) rounds") }
        }
        let count = Self.hidden.count
        let beside = Mode.allCases.indices.map { Array(samples[$0 * count..<($0 + 1) * count]) }
        return [modes(beside, Array(samples[(Mode.allCases.count * count)...])), timing(beside)]
            + [try await grid(), try await ColdDecisionMeasurement(isQuick: isQuick).section()]
    }

    // MARK: - What is timed

    private func index(hidden: Int) async throws -> SQLiteIndex {
        let folder = workspace.appending(path: "search-\(hidden)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let series = DocumentSeries(folder: folder, count: documents * (hidden + 1))
        let index = try series.open(create: true)
        for number in 0..<documents {
            try await index.commit(series.document(number, label: Self.permittedLabel, keys: index.keys))
            for turn in 0..<hidden {
                let other = documents * (turn + 1) + number
                try await index.commit(series.document(other, label: Self.hiddenLabel, keys: index.keys))
            }
        }
        _ = try await index.lexicalSnapshot()
        try await index.compact()
        Subject.search.note("made an index of \(series.passages) passages")
        return index
    }

    /// Decision, search, texts.
    func search(
        _ index: SQLiteIndex, _ reader: SeriesReader, _ mode: Mode, _ number: Int
    ) async throws {
        var random = RandomNumbers(seed: UInt64(number % 64) + 500)
        let vector = random.unitVector(DocumentSeries.dimension)
        let words = LexicalQuery("which panel torque was out of limit in report \(number % 64)")
        let snapshot = try await index.lexicalSnapshot()
        let permitted = reader.permitted(among: snapshot.labels)
        let found: [ScoredPassage]
        switch mode {
        case .vector:
            found = try await snapshot.nearest(
                to: vector, among: permitted, limit: Self.resultCount, minimumScore: -2)
        case .approximate:
            found = try await snapshot.approximatelyNearest(
                to: vector, among: permitted, limit: Self.resultCount, minimumScore: -2
            ).passages
        case .lexical:
            found = try await snapshot.matching(words, among: permitted, limit: Self.resultCount, minimumScore: 0)
        case .hybrid:
            let both = try await snapshot.candidates(
                vector: vector, words: words, among: permitted, depth: Self.depth)
            found = both.candidates.prefix(Self.resultCount).map {
                ScoredPassage(id: $0.id, label: $0.label, score: $0.vectorScore)
            }
        }
        guard try await snapshot.passages(found, permitted: permitted).count == Self.resultCount else {
            throw UnexpectedAnswer(what: "a search finds another number of passages")
        }
    }

    // MARK: - The tables

    private func modes(_ beside: [[Samples]], _ all: [Samples]) -> Section {
        let vector = Mode.allCases.firstIndex(of: .vector)!
        let hybrid = Mode.allCases.firstIndex(of: .hybrid)!
        let cases = [
            ("\(passages) of \(passages)", beside.map { $0[0] }),
            ("\(passages) of \(11 * passages)", beside.map { $0[2] }),
            ("\(11 * passages) of \(11 * passages)", all),
        ]
        return Section(
            title: "Modes of a search",
            explanation: [
                "Decision, search and the texts of \(Self.resultCount) passages, in process, one search at a time; the question has "
                    + "9 words, most of which most passages hold. Its vector is there before."
            ],
            columns: ["permitted"] + Mode.allCases.map { "\($0.rawValue), p50 ms" },
            rows: cases.map { name, samples in .init(name: name, cells: samples.map { $0.median(decimals: 3) }) },
            targets: cases.map { name, samples in
                .init(
                    "hybrid, times vector, \(name) permitted", samples[hybrid].ratio(to: samples[vector], decimals: 2),
                    atMost: 2)
            })
    }

    private func timing(_ beside: [[Samples]]) -> Section {
        func difference(_ samples: [Samples]) -> Figure {
            samples[2].difference(from: samples[0], decimals: 4).scaled(by: 1_000, decimals: 1)
        }
        return Section(
            title: "What is hidden, in time",
            explanation: [
                "The same \(passages) permitted passages beside none, as many and ten times as many that may not be read. Each "
                    + "question is put to all three indexes, one right after the other; decisions are warm.",
                "t: Welch's, of all calls beside ten times as many against those beside none, in the manner of dudect "
                    + "(Reparaz, Balasch, Verbauwhede 2017). Time is bounded, and not claimed to be equal.",
            ],
            columns: ["mode"] + Self.hidden.map { "beside \($0)×, p50 ms" } + ["10× less 0×, µs", "t"],
            rows: zip(Mode.allCases, beside).map { mode, samples in
                .init(
                    name: mode.rawValue,
                    cells: samples.map { $0.median(decimals: 3) }
                        + [difference(samples), Figure(samples[2].welch(against: samples[0]), decimals: 1)])
            },
            targets: zip(Mode.allCases, beside).map { mode, samples in
                .init(
                    "\(mode.rawValue): what ten times as many hidden passages add, µs (or 5 %)", difference(samples),
                    atMost: max(50, 50 * samples[0].percentile(0.5)))
            })
    }
}

extension Array {
    fileprivate func asyncMap<Result>(_ body: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await body(element)) }
        return results
    }
}
