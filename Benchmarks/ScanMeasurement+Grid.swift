import Foundation
import VectorSearch

extension ScanMeasurement {
    private static let gridShares = [0.1, 1, 10, 50, 100]
    private static let gridLabels = [1, 10, 100, 1_000, 10_000]
    /// No label has fewer rows than this, as with one label a patient.
    private static let fewestRows = 10
    private static let zipfLabels = 1_000
    /// What the scans of one point take together at most, in ms, and how many they are at most.
    private static let pointBudget = 15_000.0
    private static let pointCalls = 6_000

    /// One line of the grid: readers who may read a share of the rows under a number of labels.
    private struct Point {
        let share: Double
        let labels: Int
        let isEven: Bool
        /// They keep their rows in memory.
        var plans: [ScanPlan]

        /// A name for a line, and no rows.
        var withoutPlans: Point {
            var point = self
            point.plans = []
            return point
        }

        var name: String {
            let sizes = isEven ? "" : ", Zipf"
            return "\(share.formatted()) %, \(labels) \(labels == 1 ? "label" : "labels")\(sizes)"
        }
    }

    /// The exact scan at every share of the rows × labels touched, with enough calls for the far end of the distribution.
    ///
    /// Rows under other numbers of labels are laid out one after another, for a million rows take 2 GB. So a line is
    /// compared with a streaming read of the same rows in the same rounds, and not with another line.
    func grid(_ rows: Int, _ vectors: ScanVectors) async throws -> Section {
        let wanted = Self.gridShares.flatMap { share in
            Self.gridLabels.map { (share: share, labels: $0, total: Int((Double($0) * 100 / share).rounded())) }
        }.filter { $0.total * Self.fewestRows <= rows }
        let queries = try vectors.queries(64)
        var lines: [(point: Point, row: Section.Row)] = []
        for total in Set(wanted.map(\.total)).sorted() {
            let partitions = try partitions(rows, labels: total, vectors)
            for (share, labels, own) in wanted where own == total {
                let plans = try plans(partitions, share: share, readers: Self.readers(share))
                let point = Point(share: share, labels: labels, isEven: true, plans: plans)
                lines.append((point.withoutPlans, try await line(point, queries)))
            }
        }
        if rows >= Self.zipfLabels * Self.fewestRows {
            for point in try zipfPoints(rows, vectors) {
                lines.append((point.withoutPlans, try await line(point, queries)))
            }
        }
        lines.sort {
            ($0.point.share, $0.point.isEven ? 0 : 1, $0.point.labels)
                < ($1.point.share, $1.point.isEven ? 0 : 1, $1.point.labels)
        }
        return Section(
            title: "The exact scan, share × labels: \(rows) × \(Self.dimension), k = \(Self.resultCount), one thread",
            explanation: [
                vectors.description,
                "Labels of the same size, at least \(Self.fewestRows) rows each; the number of labels is that of those that "
                    + "may be read. Zipf: \(Self.zipfLabels) labels in all, the n-th "
                    + "with a share of the rows as 1/n; the number is the mean of the readers.",
                "Readers of a share, who read other labels chosen at random, take turns: "
                    + Self.gridShares.map { "\(Self.readers($0)) of \($0.formatted()) %" }.joined(separator: ", ")
                    + "; and so do 64 queries, so that small shares do not stay in the nearest caches.",
                "Percentiles from a histogram of log-linear buckets, each known to \(LatencyHistogram.significantDigits) "
                    + "significant digits. A line takes as many calls as fit \(Int(Self.pointBudget / 1000)) s, "
                    + "\(Self.pointCalls) at most; –: fewer than two calls lie beyond that percentile.",
                "Times streaming: how many times the streaming read in the same rounds. " + Self.streaming,
            ],
            columns: ["permitted"] + LatencyHistogram.columns + ["times streaming"], rows: lines.map(\.row),
            targets: [])
    }

    /// More readers for smaller shares, so that what they read together is not small.
    private static func readers(_ share: Double) -> Int {
        switch share {
        case ..<1: 64
        case ..<10: 16
        case ..<100: 4
        default: 1
        }
    }

    /// Readers of labels chosen at random, as many as fit the share.
    private func zipfPoints(_ rows: Int, _ vectors: ScanVectors) throws -> [Point] {
        let weights = (1...Self.zipfLabels).map { 1 / Double($0) }
        let sum = weights.reduce(0, +)
        var sizes = weights.map { max(1, Int($0 / sum * Double(rows))) }
        sizes[0] += rows - sizes.reduce(0, +)
        let partitions = try partitions(sizes: sizes, vectors)
        var random = RandomNumbers(seed: 17)
        return try Self.gridShares.map { share in
            let limit = Int((share / 100 * Double(rows)).rounded())
            var touched = 0
            let plans = try (0..<Self.readers(share)).map { _ in
                var (chosen, left): ([Partition], Int) = ([], limit)
                for label in sizes.indices.shuffled(using: &random) where sizes[label] <= left {
                    chosen.append(partitions[label])
                    left -= sizes[label]
                }
                touched += chosen.count
                return try ScanPlan(chosen)
            }
            return Point(share: share, labels: touched / plans.count, isEven: false, plans: plans)
        }
    }

    private func line(_ point: Point, _ queries: [QueryVector]) async throws -> Section.Row {
        let (scan, plans) = (ExactScan(), point.plans)
        func search(_ number: Int) throws {
            // Another pairing in each turn of the readers.
            let query = queries[(number + number / plans.count) % queries.count]
            _ = try scan.topK(ScanQuery(query, count: Self.resultCount, in: plans[number % plans.count]))
        }
        for number in plans.indices { try search(number) }
        let estimate = try await Stopwatch.milliseconds { for number in 0..<4 { try search(number) } } / 4
        let fitting = Int(min(Self.pointBudget / estimate, Double(Self.pointCalls)))
        let each = isQuick ? calls : max(calls, fitting / rounds)
        Subject.scan.note("\(point.name): \(rounds) rounds of \(each) calls")
        let items = [
            Stopwatch.Item { number in _ = plans[number % plans.count].stream() },
            .timedElsewhere { numbers in
                // As many calls as the time allows, and not as many as the streaming read makes.
                let first = numbers.lowerBound * each
                let clock = ContinuousClock()
                return try (first...first + each).map { number in
                    let start = clock.now
                    try search(number)
                    return Stopwatch.milliseconds(start.duration(to: clock.now))
                }
            },
        ]
        var random = RandomNumbers(seed: 18)
        let samples = try await Stopwatch.interleave(items, rounds: rounds, calls: calls, random: &random)
        return Section.Row(
            name: point.name,
            cells: LatencyHistogram.cells(samples[1]) + [samples[1].ratio(to: samples[0], decimals: 2)],
            latencies: LatencyHistogram(samples[1]))
    }
}
