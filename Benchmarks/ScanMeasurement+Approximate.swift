import Foundation
import VectorSearch

extension ScanMeasurement {
    /// The most that a scan of a million rows may take at a share, in ms.
    private static let goals: [(share: Double, milliseconds: Double)] = [(1, 0.2), (10, 1), (50, 3), (100, 5)]

    /// Approximate mode beside the exact scan, and what of the true best it finds.
    func approximate(_ rows: Int, _ vectors: ScanVectors) async throws -> Section {
        let partitions = try partitions(rows, labels: 1_000, vectors)
        let exact = ExactScan()
        let scan = ApproximateScan(exact)
        let near = try vectors.queries(64)
        var readers: [[ScanPlan]] = []
        var items: [Stopwatch.Item] = []
        for (share, _) in Self.goals {
            let plans = try plans(partitions, share: share)
            readers.append(plans)
            func query(_ number: Int) throws -> ScanQuery {
                try ScanQuery(near[number % near.count], count: Self.resultCount, in: plans[number % plans.count])
            }
            items.append(Stopwatch.Item { number in _ = try exact.topK(query(number)) })
            items.append(Stopwatch.Item { number in _ = try scan.answers([query(number)])[0].get() })
        }
        var random = RandomNumbers(seed: 12)
        let samples = try await Stopwatch.interleave(items, rounds: rounds, calls: calls, random: &random) { _ in }
        var lines: [Section.Row] = []
        var targets: [Section.Target] = []
        for (number, (share, goal)) in Self.goals.enumerated() {
            let (exactly, roughly) = (samples[2 * number], samples[2 * number + 1])
            let recall = try recall(of: scan, exact, near, readers[number])
            lines.append(row("\(share.formatted()) %: exact", exactly, nil, nil))
            lines.append(
                row("\(share.formatted()) %: approximate", roughly, roughly.ratio(to: exactly, decimals: 2), recall))
            targets.append(
                .init("\(share.formatted()) % permitted, recall@\(Self.resultCount)", recall.measured, atLeast: 0.99))
            if rows == 1_000_000 {
                targets.append(
                    .init("\(share.formatted()) % permitted, ms", roughly.median(decimals: 3), atMost: goal))
            }
        }
        let far = try recall(of: scan, exact, RandomDirections.queries(64), readers[readers.count - 1])
        lines.append(
            Section.Row(name: "100 %, no row near", cells: [nil, nil, nil, nil, far.measured, far.expected]))
        return Section(
            title: "Approximate mode: \(rows) × \(Self.dimension), 1000 labels, k = \(Self.resultCount), one thread",
            explanation: [
                vectors.description
                    + " Candidates by the \(scan.kernel.rawValue) kernel. \(rounds) rounds of \(calls) calls.",
                "Where at most 100,000 rows may be read, the answer is an exact scan's, which takes no longer.",
                "Recall: the mean share of the exact scan's rows, over 64 queries; expected: the mean of what the answers say "
                    + "of themselves.",
                "No row near: questions in random directions, to which all rows are about equally far.",
            ],
            columns: ["permitted", "p50 ms", "p95 ms", "p99 ms", "times exact", "recall", "expected"], rows: lines,
            targets: targets)
    }

    private typealias Recall = (measured: Figure, expected: Figure)

    private func row(_ name: String, _ samples: Samples, _ against: Figure?, _ recall: Recall?) -> Section.Row {
        Section.Row(
            name: name,
            cells: [
                samples.median(decimals: 3), Figure(samples.percentile(0.95), decimals: 3),
                Figure(samples.percentile(0.99), decimals: 3), against, recall?.measured, recall?.expected,
            ])
    }

    private func recall(
        of scan: ApproximateScan, _ exact: ExactScan, _ vectors: [QueryVector], _ plans: [ScanPlan]
    ) throws -> Recall {
        var (found, wanted, expected) = (0, 0, 0.0)
        for (number, vector) in vectors.enumerated() {
            let query = try ScanQuery(vector, count: Self.resultCount, in: plans[number % plans.count])
            let best = Set(try exact.topK(query).map(\.key))
            let answer = try scan.answers([query])[0].get()
            found += answer.rows.count { best.contains($0.key) }
            wanted += best.count
            expected += answer.expectedRecall ?? 0
        }
        return (
            Figure(Double(found) / Double(wanted), decimals: 4),
            Figure(expected / Double(vectors.count), decimals: 4)
        )
    }
}
