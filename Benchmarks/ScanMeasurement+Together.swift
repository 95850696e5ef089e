import CBLAS
import VectorSearch

extension ScanMeasurement {
    /// Queries of callers who may read the same, in one pass and one at a time; and what `sgemm` would take for them.
    func together(_ rows: Int, _ vectors: ScanVectors) async throws -> Section {
        let partitions = try partitions(rows, labels: 64, vectors)
        let plan = try ScanPlan(partitions)
        let scan = ExactScan()
        let asked = try vectors.queries(64).map { try ScanQuery($0, count: Self.resultCount, in: plan) }
        let counts = [1, 8, 64]
        let floats = FloatRows(rows, vectors, queries: asked.map(\.vector.components))
        let items =
            counts.map { count in
                Stopwatch.Item { number in
                    let first = number * count % asked.count
                    for result in scan.topK(Array(asked[first..<first + count])) { _ = try result.get() }
                }
            }
            + counts.map { count in Stopwatch.Item { number in floats.multiply(number * count % asked.count, count) } }
        var random = RandomNumbers(seed: 10)
        let samples = try await Stopwatch.interleave(items, rounds: rounds, calls: calls, random: &random) { _ in }
        var lines: [Section.Row] = []
        for (number, count) in (counts + counts).enumerated() {
            let each = samples[number].scaled(by: 1 / Double(count))
            let name = number < counts.count ? "together" : count == 1 ? "by sgemv" : "by sgemm"
            lines.append(
                Section.Row(
                    name: "\(count) \(name), ms a query",
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
            title: "Queries together\(vectors.suffix): \(rows) × \(Self.dimension), all permitted",
            explanation: [
                vectors.description,
                "Together: in one pass on one thread.",
                "By sgemm: the products of the float32 rows with as many queries alone, through `cblas_sgemm` of "
                    + "\(BLASLibrary.current.name), \(FloatRows.block) rows a call on one thread, with no search for the best "
                    + "among them.",
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

/// The same rows as float32 numbers, one behind the other, for the BLAS library.
private struct FloatRows: Sendable {
    /// So many that their scores stay in a near cache.
    static let block = 512

    private let rows: [Float]
    private let queries: [Float]
    private let count: Int

    init(_ count: Int, _ vectors: ScanVectors, queries: [[Float]]) {
        // Asked for first: it is what keeps the library to one thread.
        _ = BLASLibrary.current
        var random = RandomNumbers(seed: 6)
        var rows: [Float] = []
        rows.reserveCapacity(count * ScanMeasurement.dimension)
        for row in 0..<count { rows += vectors.row(row, of: count, random: &random) }
        self.rows = rows
        self.queries = queries.flatMap { $0 }
        self.count = count
    }

    /// All rows times some of the queries.
    func multiply(_ first: Int, _ number: Int) {
        let dimension = CInt(ScanMeasurement.dimension)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.block * number) { scores in
            rows.withUnsafeBufferPointer { rows in
                queries.withUnsafeBufferPointer { queries in
                    let query = queries.baseAddress! + first * ScanMeasurement.dimension
                    for row in stride(from: 0, to: count, by: Self.block) {
                        let block = rows.baseAddress! + row * ScanMeasurement.dimension
                        let size = CInt(min(Self.block, count - row))
                        if number == 1 {
                            cblas_sgemv(
                                CblasRowMajor, CblasNoTrans, size, dimension, 1, block, dimension, query, 1, 0,
                                scores.baseAddress!, 1)
                        } else {
                            cblas_sgemm(
                                CblasRowMajor, CblasNoTrans, CblasTrans, size, CInt(number), dimension, 1, block,
                                dimension, query, dimension, 0, scores.baseAddress!, CInt(number))
                        }
                    }
                }
            }
        }
    }
}
