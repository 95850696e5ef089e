import Foundation
import Synchronization
import VectorSearch

extension ScanMeasurement {
    private static let otherClients = 8

    /// A caller by himself and beside the load of others, with passes that are shared and with passes that are not.
    func sharing(_ rows: Int, _ vectors: ScanVectors) async throws -> [Section] {
        let partitions = try partitions(rows, labels: 1_000, vectors)
        let queries = try vectors.queries(64)
        let lone = try plans(partitions, share: 0.1).enumerated().flatMap { number, plan in
            try queries.dropFirst(number * 16).prefix(16).map {
                try ScanQuery($0, count: Self.resultCount, in: plan)
            }
        }
        let whole = try ScanPlan(partitions)
        let heavy = try queries.map { try ScanQuery($0, count: Self.resultCount, in: whole) }
        return [try await alone(rows, lone), try await besideOthers(rows, lone, heavy)]
    }

    private func alone(_ rows: Int, _ asked: [ScanQuery]) async throws -> Section {
        let pool = WorkPool(width: 2)
        let scans = [false, true].map { SharedScan(ExactScan(), on: pool, isShared: $0) }
        let calls = isQuick ? 50 : 200
        let rounds = isQuick ? 3 : 30
        Subject.scan.note("a lone caller: \(rounds) rounds of \(calls) calls")
        // In turn and not in pairs: what comes second in a pair would find the first one's rows in the caches.
        let items = scans.map { scan in
            Stopwatch.Item { number in _ = try await scan.topK(asked[number % asked.count]) }
        }
        var random = RandomNumbers(seed: 21)
        let samples = try await Stopwatch.interleave(items, rounds: rounds, calls: calls, random: &random)
        func ratio(_ share: Double) -> Figure { samples[1].ratio(to: samples[0], at: share, decimals: 2) }
        return Section(
            title: "A lone caller with shared passes: \(rows) × \(Self.dimension), 0.1 % permitted",
            explanation: [
                "One question at a time through `SharedScan` on two threads; \(rounds) rounds of \(calls) calls, four readers "
                    + "in turn. The time on other threads and back is counted."
            ],
            columns: ["passes"] + LatencyHistogram.columns,
            rows: zip(["not shared", "shared"], samples).map { name, samples in
                .init(
                    name: name, cells: LatencyHistogram.cells(samples, decimals: 4),
                    latencies: LatencyHistogram(samples))
            },
            targets: [.init("p99 of a lone caller, shared, times not shared", ratio(0.99), atMost: 1.1)])
    }

    // MARK: - Beside others

    private struct Load {
        let name: String
        let clients: Int
        let isShared: Bool
    }

    /// How much of what others ask shows in one caller's time.
    private func besideOthers(_ rows: Int, _ asked: [ScanQuery], _ heavy: [ScanQuery]) async throws -> Section {
        let loads = [
            Load(name: "not shared, alone", clients: 0, isShared: false),
            Load(name: "not shared, beside \(Self.otherClients)", clients: Self.otherClients, isShared: false),
            Load(name: "shared, alone", clients: 0, isShared: true),
            Load(name: "shared, beside \(Self.otherClients)", clients: Self.otherClients, isShared: true),
        ]
        let calls = isQuick ? 5 : 20
        let rounds = isQuick ? 2 : 20
        Subject.scan.note("a caller beside others: \(rounds) rounds of \(calls) calls")
        let items = loads.map { load in
            Stopwatch.Item.timedElsewhere { numbers in
                let scan = SharedScan(ExactScan(), on: WorkPool(width: 2), isShared: load.isShared)
                return try await times(
                    numbers.map { asked[$0 % asked.count] }, beside: load.clients, asking: heavy, on: scan)
            }
        }
        var random = RandomNumbers(seed: 22)
        let samples = try await Stopwatch.interleave(items, rounds: rounds, calls: calls, random: &random)
        return Section(
            title: "A caller beside the load of others: \(rows) × \(Self.dimension), 0.1 % permitted",
            explanation: [
                "The same caller, alone and while \(Self.otherClients) others ask for all rows again and again, two threads in "
                    + "all; \(rounds) rounds of \(calls) calls. What it shows is published and has no target: a caller's "
                    + "time tells that others ask, with shared passes and without.",
                "More: against the same setting alone. t: Welch's, of all calls beside others against those alone.",
            ],
            columns: ["passes"] + LatencyHistogram.columns + ["more, ms", "t"],
            rows: loads.indices.map { index in
                let alone = samples[index - index % 2]
                let isBeside = loads[index].clients > 0
                return .init(
                    name: loads[index].name,
                    cells: LatencyHistogram.cells(samples[index])
                        + (isBeside
                            ? [
                                samples[index].difference(from: alone, decimals: 3),
                                Figure(samples[index].welch(against: alone), decimals: 1),
                            ] : [nil, nil]),
                    latencies: LatencyHistogram(samples[index]))
            }, targets: [])
    }

    /// Milliseconds of each query of one caller, while others ask.
    private func times(
        _ queries: [ScanQuery], beside others: Int, asking heavy: [ScanQuery], on scan: SharedScan
    ) async throws -> [Double] {
        let isOver = Flag()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<others {
                group.addTask {
                    var call = client
                    while !isOver.isSet {
                        _ = try await scan.topK(heavy[call % heavy.count])
                        call += 1
                    }
                }
            }
            var times: [Double] = []
            for query in queries {
                times.append(try await Stopwatch.milliseconds { _ = try await scan.topK(query) })
            }
            isOver.set()
            try await group.waitForAll()
            return times
        }
    }
}

/// A flag that goes up once.
private final class Flag: Sendable {
    private let up = Atomic(false)

    var isSet: Bool { up.load(ordering: .acquiring) }

    func set() { up.store(true, ordering: .releasing) }
}
