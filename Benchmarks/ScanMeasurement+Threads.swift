import Foundation
import VectorSearch

extension ScanMeasurement {
    /// Scans on two threads at a time, beside what the machine's memory gives two threads at all.
    func threads(_ rows: Int, _ vectors: ScanVectors) async throws -> Section {
        let plan = try ScanPlan(partitions(rows, labels: 64, vectors))
        let scan = ExactScan()
        let asked = try vectors.queries(64).map { try ScanQuery($0, count: Self.resultCount, in: plan) }
        let stream: @Sendable (Int) throws -> Void = { _ in _ = plan.stream() }
        let search: @Sendable (Int) throws -> Void = { _ = try scan.topK(asked[$0 % asked.count]) }
        // Time a call of each, by threads: two threads that hold each other up in nothing take half of one's.
        var times = Array(repeating: Samples(), count: 4)
        var random = RandomNumbers(seed: 20)
        for _ in 0..<rounds {
            for index in times.indices.shuffled(using: &random) {
                let width = index % 2 + 1
                times[index].addRound(try await perCall(width: width, calls: calls, index < 2 ? stream : search))
            }
        }
        let bytes = Double(rows * Self.dimension)
        let streams = times[0].ratio(to: times[1], decimals: 2)
        let scans = times[2].ratio(to: times[3], decimals: 2)
        let reached = Figure(
            100 * scans.value / streams.value,
            spreadOf: (0..<rounds).map { round in
                let medians = times.map { $0.roundMedians[round] }
                return 100 * (medians[2] / medians[3]) / (medians[0] / medians[1])
            }, decimals: 0)
        return Section(
            title: "One thread and two: \(rows) × \(Self.dimension), all permitted",
            explanation: [
                "Each thread reads all rows, again and again, and waits for nobody; \(rounds) rounds of \(calls) calls a thread.",
                "Streaming read: a sum over the bytes of the same codes, both halves of them, which is what the machine's "
                    + "memory and caches give two threads that only read.",
                "The scan beside the streaming read: two threads' gain over one, in percent of the gain that the read has.",
            ],
            columns: ["", "one thread", "two threads", "times one"],
            rows: [
                .init(
                    name: "streaming read, GB/s",
                    cells: [
                        times[0].rate(of: bytes * 1e-9, decimals: 1), times[1].rate(of: bytes * 1e-9, decimals: 1),
                        streams,
                    ]),
                .init(
                    name: "scan, queries/s",
                    cells: [times[2].rate(of: 1, decimals: 0), times[3].rate(of: 1, decimals: 0), scans]),
                .init(name: "the scan beside the streaming read, %", cells: [nil, nil, reached]),
            ],
            targets: [.init("scan on two threads, times one", scans, atLeast: 1.8)])
    }

    /// Milliseconds a call, where `width` threads make `calls` each.
    private func perCall(
        width: Int, calls: Int, _ body: @escaping @Sendable (Int) throws -> Void
    ) async throws -> Double {
        let pool = WorkPool(width: width)
        let time = try await Stopwatch.milliseconds {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for thread in 0..<width {
                    group.addTask {
                        try await pool.run { for call in 0..<calls { try body(thread * calls + call) } }
                    }
                }
                try await group.waitForAll()
            }
        }
        return time / Double(width * calls)
    }
}
