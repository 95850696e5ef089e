import CVectorKernels
import Foundation
import VectorSearch

/// The scans by themselves, in memory: by number of rows, share of them that may be read, and labels that those are under;
/// approximate mode with its recall; queries together, and two threads.
struct ScanMeasurement: Sendable {
    static let resultCount = 10
    private static let shares = [0.1, 1, 10, 50, 100]
    static let dimension = SyntheticEnclave.dimension

    /// What a streaming read is, for the explanation of a table.
    static let streaming =
        "Streaming read: a sum over the bytes of the same codes on one thread, both halves of them. A scan reads the coarse "
        + "halves of all rows and the fine ones of few, so it can take less."

    private let sizes: [(rows: Int, dataset: URL)]
    let isQuick: Bool
    let rounds: Int
    let calls = 8

    init(dataset: String, million: String, isQuick: Bool) {
        self.isQuick = isQuick
        let (dataset, million) = (URL(filePath: dataset), URL(filePath: million))
        sizes = isQuick ? [(20_000, dataset)] : [(100_000, dataset), (1_000_000, million)]
        rounds = isQuick ? 3 : 15
    }

    func sections() async throws -> [Section] {
        var sections: [Section] = []
        for (rows, dataset) in sizes {
            let directions = RandomDirections(count: min(rows, 50_000))
            for hard in [ScanVectors.directions(directions), .crowd(directions)] {
                sections.append(try await shares(rows, hard))
                sections.append(try await together(rows, hard))
            }
            guard AccessDataset.isThere(dataset) else {
                sections.append(leftOut(rows, dataset))
                continue
            }
            let texts = ScanVectors.texts(try AccessDataset(folder: dataset))
            sections.append(try await shares(rows, texts))
            sections.append(try await approximate(rows, texts))
            sections.append(try await labels(rows, texts))
            sections.append(try await together(rows, texts))
            sections.append(try await threads(rows, texts))
            sections += try await sharing(rows, texts)
            sections.append(try await grid(rows, texts))
        }
        return sections
    }

    /// What stands in the report where there is no data set.
    private func leftOut(_ rows: Int, _ dataset: URL) -> Section {
        let reason =
            "LEFT OUT: there is no data set in \(dataset.path). `.ci/setup dataset million` makes them; `make bench` does so."
        Subject.scan.note(reason)
        return Section(title: "The scan: \(rows) rows", explanation: [reason], columns: [], rows: [], targets: [])
    }

    // MARK: - Rows

    /// One partition for each label, all in one arena; labels of the same size.
    func partitions(_ rows: Int, labels: Int, _ vectors: ScanVectors) throws -> [Partition] {
        try partitions(sizes: (0..<labels).map { ($0 + 1) * rows / labels - $0 * rows / labels }, vectors)
    }

    /// One partition for each label, with so many rows.
    func partitions(sizes: [Int], _ vectors: ScanVectors) throws -> [Partition] {
        let rows = sizes.reduce(0, +)
        Subject.scan.note("laying out \(rows) rows under \(sizes.count) labels")
        var random = RandomNumbers(seed: 6)
        let arena = try RowArena(dimension: Self.dimension)
        var first = 0
        return try sizes.map { size in
            var builder = try PartitionBuilder(in: arena)
            for row in first..<first + size {
                try builder.append(
                    RowKey(high: random.next(), low: UInt64(row)), vectors.row(row, of: rows, random: &random))
            }
            first += size
            return try builder.finish()
        }
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

    private func shares(_ rows: Int, _ vectors: ScanVectors) async throws -> Section {
        let partitions = try partitions(rows, labels: 1_000, vectors)
        let (scan, queries) = (ExactScan(), try vectors.queries(64))
        var items: [Stopwatch.Item] = []
        for share in Self.shares {
            let plans = try plans(partitions, share: share)
            items.append(Stopwatch.Item { number in _ = plans[number % plans.count].stream() })
            items.append(Stopwatch.Item { number in _ = plans[number % plans.count].stream(coarseAlone: true) })
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
            let (stream, coarse, scan) = (samples[3 * number], samples[3 * number + 1], samples[3 * number + 2])
            let ratio = scan.ratio(to: stream, decimals: 2)
            lines.append(row("\(share.formatted()) %: streaming read", stream, against: [nil, nil]))
            lines.append(row("\(share.formatted()) %: of coarse halves alone", coarse, against: [nil, nil]))
            lines.append(
                row("\(share.formatted()) %: scan", scan, against: [ratio, scan.ratio(to: coarse, decimals: 2)]))
            if share >= 10 {
                targets.append(.init("\(share.formatted()) % permitted, times a streaming read", ratio, atMost: 1.25))
            }
        }
        return Section(
            title:
                "The exact scan\(vectors.suffix): \(rows) × \(Self.dimension), 1000 labels, k = \(Self.resultCount), one thread",
            explanation: [
                vectors.description
                    + " 1000 labels of the same size; four readers of each share, who read other labels chosen at "
                    + "random, take turns, and so do 64 questions. Candidates by \(scan.source.name). "
                    + "\(rounds) rounds of \(calls) calls.",
                Self.streaming,
            ],
            columns: ["permitted", "p50 ms", "p95 ms", "p99 ms", "times streaming", "times coarse halves"], rows: lines,
            targets: targets)
    }

    private func row(_ name: String, _ samples: Samples, against: [Figure?]) -> Section.Row {
        Section.Row(
            name: name,
            cells: [
                samples.median(decimals: 3), Figure(samples.percentile(0.95), decimals: 3),
                Figure(samples.percentile(0.99), decimals: 3),
            ] + against)
    }

    // MARK: - Labels

    private func labels(_ rows: Int, _ vectors: ScanVectors) async throws -> Section {
        let (scan, queries) = (ExactScan(), try vectors.queries(64))
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
}
