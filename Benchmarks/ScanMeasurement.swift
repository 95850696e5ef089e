import CVectorKernels
import Foundation
import VectorSearch

/// The scans by themselves, in memory: by number of rows, share of them that may be read, and labels that those are under;
/// approximate mode with its recall; queries together, and two threads.
struct ScanMeasurement: Sendable {
    static let resultCount = 10
    private static let shares = [0.1, 1, 10, 50, 100]
    static let dimension = SyntheticEnclave.dimension

    private let sizes: [Int]
    let isQuick: Bool
    let rounds: Int
    let calls = 8

    init(isQuick: Bool) {
        self.isQuick = isQuick
        sizes = isQuick ? [20_000] : [100_000, 1_000_000]
        rounds = isQuick ? 3 : 15
    }

    func sections() async throws -> [Section] {
        var sections: [Section] = []
        for rows in sizes {
            let vectors = Vectors(count: min(rows, 50_000))
            sections.append(try await shares(rows, vectors))
            sections.append(try await approximate(rows, vectors))
            sections.append(try await labels(rows, vectors))
            sections.append(try await together(rows, vectors))
            sections.append(try await threads(rows, vectors))
            sections += try await sharing(rows, vectors)
            sections.append(try await grid(rows, vectors))
        }
        return sections
    }

    // MARK: - Rows

    /// Random directions, which is the hardest case for a scan that looks for near rows. Beyond their number they come again,
    /// each time a little aside.
    struct Vectors: Sendable {
        let all: [[Float]]

        init(count: Int) {
            var random = RandomNumbers(seed: 5)
            all = (0..<count).map { _ in random.unitVector(ScanMeasurement.dimension) }
        }

        /// Vectors that lie around some of others, as texts lie around their subjects.
        init(count: Int, around others: Vectors, subjects: Int) {
            var random = RandomNumbers(seed: 13)
            all = (0..<count).map { others.aside(others.all[$0 % subjects], by: 1, random: &random) }
        }

        func row(_ number: Int, random: inout RandomNumbers) -> [Float] {
            let vector = all[number % all.count]
            return number < all.count ? vector : aside(vector, by: 0.5, random: &random)
        }

        /// Another vector of length 1, `distance` away from one.
        func aside(_ vector: [Float], by distance: Float, random: inout RandomNumbers) -> [Float] {
            let moved = zip(vector, all[Int(random.next() % UInt64(all.count))]).map { $0 + distance * $1 }
            let norm = FixedOrderKernel.dot(moved, moved).squareRoot()
            return moved.map { Float(Double($0) / norm) }
        }
    }

    /// One partition for each label, all in one arena; labels of the same size.
    func partitions(_ rows: Int, labels: Int, _ vectors: Vectors) throws -> [Partition] {
        try partitions(sizes: (0..<labels).map { ($0 + 1) * rows / labels - $0 * rows / labels }, vectors)
    }

    /// One partition for each label, with so many rows.
    func partitions(sizes: [Int], _ vectors: Vectors) throws -> [Partition] {
        Subject.scan.note("laying out \(sizes.reduce(0, +)) rows under \(sizes.count) labels")
        var random = RandomNumbers(seed: 6)
        let arena = try RowArena(dimension: Self.dimension)
        var first = 0
        return try sizes.map { size in
            var builder = try PartitionBuilder(in: arena)
            for row in first..<first + size {
                try builder.append(
                    RowKey(high: random.next(), low: UInt64(row)), vectors.row(row, random: &random))
            }
            first += size
            return try builder.finish()
        }
    }

    func queries(_ count: Int) throws -> [QueryVector] {
        var random = RandomNumbers(seed: 7)
        return try (0..<count).map { _ in try QueryVector(random.unitVector(Self.dimension)) }
    }

    /// Plans of readers of a share of the labels, chosen at random: several, so that small shares do not stay in the caches.
    func plans(_ partitions: [Partition], share: Double, readers: Int = 4) throws -> [ScanPlan] {
        var random = RandomNumbers(seed: UInt64(share * 10))
        return try (0..<readers).map { _ in
            let count = max(1, Int((Double(partitions.count) * share / 100).rounded()))
            return try ScanPlan(partitions.shuffled(using: &random).prefix(count))
        }
    }

    // MARK: - Share of rows

    private func shares(_ rows: Int, _ vectors: Vectors) async throws -> Section {
        let partitions = try partitions(rows, labels: 1_000, vectors)
        let (scan, queries) = (ExactScan(), try queries(64))
        var items: [Stopwatch.Item] = []
        for share in Self.shares {
            let plans = try plans(partitions, share: share)
            items.append(Stopwatch.Item { number in _ = plans[number % plans.count].stream() })
            items.append(
                Stopwatch.Item { number in
                    _ = try scan.topK(
                        ScanQuery(
                            queries[number % queries.count], count: Self.resultCount, in: plans[number % plans.count]))
                })
        }
        var random = RandomNumbers(seed: 8)
        let samples = try await Stopwatch.interleave(items, rounds: rounds, calls: calls, random: &random) { _ in }
        var lines: [Section.Row] = []
        var targets: [Section.Target] = []
        for (number, share) in Self.shares.enumerated() {
            let (stream, scan) = (samples[2 * number], samples[2 * number + 1])
            let ratio = scan.ratio(to: stream, decimals: 2)
            lines.append(row("\(share.formatted()) %: streaming read", stream, against: nil))
            lines.append(row("\(share.formatted()) %: scan", scan, against: ratio))
            if share >= 10 {
                targets.append(.init("\(share.formatted()) % permitted, times a streaming read", ratio, atMost: 1.25))
            }
        }
        return Section(
            title: "The exact scan: \(rows) × \(Self.dimension), 1000 labels, k = \(Self.resultCount), one thread",
            explanation: [
                "Rows of random directions under 1000 labels of the same size; four readers of each share, who read other "
                    + "labels chosen at random, take turns, and so do 64 queries. Candidates by \(scan.source.name). "
                    + "\(rounds) rounds of \(calls) calls.",
                Self.streaming,
            ],
            columns: ["permitted", "p50 ms", "p95 ms", "p99 ms", "times streaming"], rows: lines, targets: targets)
    }

    private func row(_ name: String, _ samples: Samples, against: Figure?) -> Section.Row {
        Section.Row(
            name: name,
            cells: [
                samples.median(decimals: 3), Figure(samples.percentile(0.95), decimals: 3),
                Figure(samples.percentile(0.99), decimals: 3), against,
            ])
    }

    // MARK: - Labels

    private func labels(_ rows: Int, _ vectors: Vectors) async throws -> Section {
        let (scan, queries) = (ExactScan(), try queries(64))
        let counts = Set([1, 100, 10_000, rows / 10]).sorted()
        var plans: [ScanPlan] = []
        var made: [Double] = []
        for labels in counts {
            let partitions = try partitions(rows, labels: labels, vectors)
            var plan: ScanPlan?
            made.append(try await Stopwatch.milliseconds { plan = try ScanPlan(partitions) })
            if let plan { plans.append(plan) }
        }
        let items = plans.map { plan in
            Stopwatch.Item { number in
                _ = try scan.topK(ScanQuery(queries[number % queries.count], count: Self.resultCount, in: plan))
            }
        }
        var random = RandomNumbers(seed: 9)
        let samples = try await Stopwatch.interleave(items, rounds: rounds, calls: calls, random: &random) { _ in }
        var lines: [Section.Row] = []
        var targets: [Section.Target] = []
        for (number, labels) in counts.enumerated() {
            let ratio = samples[number].ratio(to: samples[0], decimals: 2)
            lines.append(
                Section.Row(
                    name: "\(labels) labels",
                    cells: [
                        samples[number].median(decimals: 3), number == 0 ? nil : ratio,
                        Figure(made[number], decimals: 1),
                    ]))
            if labels == 10_000 { targets.append(.init("10000 labels, times one label", ratio, atMost: 1.1)) }
            if labels == rows / 10 { targets.append(.init("labels of ten rows, times one label", ratio, atMost: 2)) }
        }
        return Section(
            title: "The exact scan by labels: \(rows) × \(Self.dimension), all permitted, one thread",
            explanation: [
                "The same rows under more and more labels of the same size, all of them permitted.",
                "Plan: finding the stretches of memory, once for a clearance and a generation of the index.",
            ],
            columns: ["", "p50 ms", "times one label", "plan, ms"], rows: lines, targets: targets)
    }

    // MARK: - Queries together

    private func together(_ rows: Int, _ vectors: Vectors) async throws -> Section {
        let partitions = try partitions(rows, labels: 64, vectors)
        let plan = try ScanPlan(partitions)
        let scan = ExactScan()
        let asked = try queries(64).map { try ScanQuery($0, count: Self.resultCount, in: plan) }
        let counts = [1, 8, 64]
        let items = counts.map { count in
            Stopwatch.Item { number in
                let first = number * count % asked.count
                for result in scan.topK(Array(asked[first..<first + count])) { _ = try result.get() }
            }
        }
        var random = RandomNumbers(seed: 10)
        let samples = try await Stopwatch.interleave(items, rounds: rounds, calls: calls, random: &random) { _ in }
        var lines: [Section.Row] = []
        for (number, count) in counts.enumerated() {
            let each = samples[number].scaled(by: 1 / Double(count))
            lines.append(
                Section.Row(
                    name: "\(count) together, ms a query",
                    cells: [each.median(decimals: 3), each.ratio(to: samples[0], decimals: 2)]))
        }
        let eight = samples[1].scaled(by: 1 / 8).ratio(to: samples[0], decimals: 2)
        let clients = try await clients(asked)
        for (count, rate) in clients {
            lines.append(
                Section.Row(
                    name: "\(count) clients, queries/s",
                    cells: [rate, Figure(rate.value / clients[0].rate.value, decimals: 2)]))
        }
        return Section(
            title: "Queries together: \(rows) × \(Self.dimension), all permitted",
            explanation: [
                "Together: in one pass on one thread.",
                "Clients: each asks again as soon as it is answered, through `SharedScan` on two threads.",
            ],
            columns: ["", "", "times one"], rows: lines,
            targets: [
                .init("eight queries in one pass, of one query's time each", eight, atMost: 0.3),
                .init(
                    "64 clients, times the throughput of one",
                    Figure(clients[clients.count - 1].rate.value / clients[0].rate.value, decimals: 2), atLeast: 4),
            ])
    }

    private func clients(_ asked: [ScanQuery]) async throws -> [(count: Int, rate: Figure)] {
        var rates: [(Int, Figure)] = []
        for count in [1, 2, 8, 64] {
            var measured: [Double] = []
            for _ in 0..<5 {
                let shared = SharedScan(ExactScan(), on: WorkPool(width: 2), isShared: true)
                let each = max(2, 128 / count)
                let time = try await Stopwatch.milliseconds {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for client in 0..<count {
                            group.addTask {
                                for call in 0..<each {
                                    _ = try await shared.topK(asked[(client + call) % asked.count])
                                }
                            }
                        }
                        try await group.waitForAll()
                    }
                }
                measured.append(Double(count * each) / time * 1000)
            }
            rates.append((count, Figure(medianOf: measured, decimals: 0)))
        }
        return rates
    }
}
