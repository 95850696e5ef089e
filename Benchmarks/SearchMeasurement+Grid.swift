import Foundation
import IndexStore

extension SearchMeasurement {
    private static let shares = [0.1, 1, 10, 50, 100]
    /// Labels of all passages, an index for each.
    private static let totals = [10, 1_000, 10_000]

    private struct Point {
        let share: Double
        let labels: Int
        let passages: Int
        /// Several, who read other labels, so that small shares do not stay in the caches: of an index's points together no
        /// more than it keeps plans for, since a cold one is another question.
        let readers: [SeriesReader]
        let index: SQLiteIndex
    }

    /// Hybrid beside vectors alone, at every share of the passages × labels touched.
    func grid() async throws -> Section {
        let documents = isQuick ? 500 : 5_000
        let totals = Self.totals.filter { isQuick ? $0 <= 1_000 : true }
        let (rounds, calls) = isQuick ? (2, 4) : (20, 25)
        var lines: [(point: Point, samples: [Samples])] = []
        var random = RandomNumbers(seed: 12)
        for total in totals {
            let index = try await index(of: documents, labels: total)
            let points = try points(in: index, labels: total, passages: documents * DocumentSeries.passagesPerDocument)
            // The first search of a reader decides about all labels and finds the stretches of memory, which is not asked here.
            for point in points {
                for (number, reader) in point.readers.enumerated() {
                    try await search(point.index, reader, .hybrid, number)
                }
            }
            let items = points.map { point in
                Stopwatch.Item(
                    alternating: [Mode.vector, .lexical, .hybrid].map { mode in
                        { try await search(point.index, point.readers[$0 % point.readers.count], mode, $0) }
                    })
            }
            let samples = try await Stopwatch.interleave(items, rounds: rounds, calls: calls, random: &random) {
                round in
                if round % 10 == 0 { Subject.search.note("\(round) of \(rounds) rounds") }
            }
            for (number, point) in points.enumerated() {
                lines.append((point, Array(samples[3 * number..<3 * number + 3])))
            }
            try index.close()
        }
        lines.sort { ($0.point.share, $0.point.labels) < ($1.point.share, $1.point.labels) }
        func name(_ point: Point) -> String {
            "\(point.share.formatted()) %, \(point.labels) \(point.labels == 1 ? "label" : "labels")"
        }
        return Section(
            title: "Hybrid, share × labels: \(documents * DocumentSeries.passagesPerDocument) passages",
            explanation: [
                "Decision, search and the texts of 10 passages, in process, one search at a time, as above; the number of "
                    + "labels is that of those that may be read, of the same size. Every passage holds most of the "
                    + "question's words: the hardest case for the lexical part.",
                "One index for each number of labels in all (\(totals.map(String.init).joined(separator: ", "))). The three are "
                    + "called one right after the other; up to four readers, who read other labels, take turns; "
                    + "\(rounds) rounds of \(calls) calls.",
            ],
            columns: [
                "permitted", "vector, p50 ms", "lexical, p50 ms", "hybrid, p50 ms", "hybrid, p99 ms", "times vector",
            ],
            rows: lines.map { point, samples in
                .init(
                    name: name(point),
                    cells: samples.map { $0.median(decimals: 3) } + [
                        Figure(samples[2].percentile(0.99), decimals: 3),
                        samples[2].ratio(to: samples[0], decimals: 2),
                    ], latencies: LatencyHistogram(samples[2]))
            },
            targets: lines.map { point, samples in
                .init("hybrid, times vector, \(name(point))", samples[2].ratio(to: samples[0], decimals: 2), atMost: 2)
            })
    }

    private func points(in index: SQLiteIndex, labels total: Int, passages: Int) throws -> [Point] {
        try Self.shares.compactMap { share in
            let labels = Int((Double(total) * share / 100).rounded())
            // Ten passages must be there to be found.
            guard labels >= 1, Double(labels) * 100 == Double(total) * share, labels * passages / total >= 10 else {
                return nil
            }
            let readers = try (0..<min(4, total / labels)).map { number in
                let first = number * labels
                return try SeriesReader(
                    when: "resource.project >= \(first) && resource.project < \(first + labels)")
            }
            return Point(
                share: share, labels: labels, passages: labels * passages / total, readers: readers, index: index)
        }
    }

    private func index(of documents: Int, labels: Int) async throws -> SQLiteIndex {
        let folder = workspace.appending(path: "search-labels-\(labels)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let series = DocumentSeries(folder: folder, count: documents)
        let index = try series.open(create: true)
        for number in 0..<documents {
            // Where there are more labels than documents, a document's passages have several.
            let each = (labels + documents - 1) / documents
            let document = series.document(number, keys: index.keys) { passage in
                (number * each + passage * each / DocumentSeries.passagesPerDocument) % labels
            }
            try await index.commit(document)
            if number % 1_000 == 999 { Subject.search.note("\(number + 1) of \(documents) documents") }
        }
        _ = try await index.lexicalSnapshot()
        try await index.compact()
        Subject.search.note("made an index of \(series.passages) passages under \(labels) labels")
        return index
    }
}
