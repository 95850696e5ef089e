/// A row with its exact score.
package struct ScoredRow: Hashable, Sendable {
    /// The identity of the row.
    package let key: RowKey
    /// The inner product of query and row, by the fixed-order kernel.
    package let score: Double
    /// The position of the row's partition among the partitions scanned.
    package let partition: Int

    package init(key: RowKey, score: Double, partition: Int) {
        self.key = key
        self.score = score
        self.partition = partition
    }
}

/// The true k best rows of some partitions, by a scan of every row in them and of nothing else.
///
///     query × codes → intervals of scores (exact integers, a proven bound) → candidates → exact scores (one kernel) → order
///
/// *Exact* means: ordered by (score of the fixed-order kernel, descending; `RowKey`, ascending), and where a key is
/// under several labels, by the position of the partition. A result is a function of the query and of the set of rows
/// scanned. It does not depend on how rows are cut into chunks or in which order they came, on the kernel or library
/// that chose the candidates, or on the processor; and a row's score depends on that row and the query alone (Rule 2,
/// non-interference; Rule 3, exact by default).
///
/// Whatever the mode of a query, this scan answers it exactly; `SharedScan` chooses between it and `ApproximateScan`.
///
/// A scan occupies its thread until it ends, so it belongs on a `WorkPool`, never on Swift's cooperative threads.
package struct ExactScan: Sendable {
    /// The largest number of results that can be asked for.
    package static let resultLimit = 1_000_000
    /// The largest number of queries that are scanned together.
    package static let queryLimit = 64

    /// What chooses the candidates.
    package let source: CandidateSource
    private let scratches = ScanScratchPool()
    /// A deliberate mistake, for tests that must be seen to fail.
    let fault: PlantedFault?

    package init() {
        self.init(.best)
    }

    init(_ source: CandidateSource, fault: PlantedFault? = nil) {
        self.source = source
        self.fault = fault
    }

    /// The best rows of each query, best first; fewer where there are fewer rows.
    ///
    /// Queries are scanned together: a row that several of them may read is read once. What one of them finds does not
    /// depend on the others.
    ///
    /// O(rows × dimension) to read the codes once, O(log k) for each row that raises a threshold, and
    /// O(candidates × (dimension + log candidates)) to rescore. The memory used is kept for the next scan.
    ///
    /// - Parameter queries: of one dimension, at most `queryLimit`.
    /// - Returns: For each query its rows, or `scoreBoundViolated` where a score lies outside the interval that its result
    ///   rests on (Rule 4, fail closed).
    package func topK(_ queries: [ScanQuery]) -> [Result<[ScoredRow], VectorSearchError>] {
        precondition(queries.count <= Self.queryLimit)
        return withScratch { scratch in
            scratch.begin(queries)
            JointPlan(queries.map(\.plan)).forEachPiece { piece in
                source.offer(piece, queries: queries, fault: fault, in: scratch)
            }
            return queries.enumerated().map { number, query in
                Result { () throws(VectorSearchError) in
                    try best(of: query, scratch.survivors(of: number)).map(\.row)
                }
            }
        }
    }

    /// Calls `body` with memory for one scan.
    func withScratch<Result>(_ body: (ScanScratch) -> Result) -> Result {
        let scratch = scratches.take()
        defer { scratches.give(back: scratch) }
        return body(scratch)
    }

    /// The best of the candidates, by their exact scores.
    func best(of query: ScanQuery, _ candidates: [TopK.Candidate]) throws(VectorSearchError) -> [PlacedRow] {
        var rows = try rescore(query, candidates)
        if let fault { rows = fault.spoil(rows, query: query) }
        return Self.best(rows, k: query.count, tiesByPlace: fault == .tiesByPlace)
    }

    /// The best rows of one query.
    ///
    /// - Throws: `scoreBoundViolated`.
    package func topK(_ query: ScanQuery) throws(VectorSearchError) -> [ScoredRow] {
        try topK([query])[0].get()
    }

    /// The best rows of partitions that are asked for once.
    ///
    /// - Throws: as `ScanQuery` and `ScanPlan`; `scoreBoundViolated`.
    package func topK(
        query: QueryVector, k: Int, partitions: some Sequence<Partition>, minimumScore: Double? = nil
    ) throws(VectorSearchError) -> [ScoredRow] {
        try topK(ScanQuery(query, count: k, in: ScanPlan(partitions), minimumScore: minimumScore))
    }

    /// The exact scores of the candidates, checked against the intervals that chose them.
    private func rescore(
        _ query: ScanQuery, _ candidates: [TopK.Candidate]
    ) throws(VectorSearchError) -> [PlacedRow] {
        var rows: [PlacedRow] = []
        for candidate in candidates {
            let (stretch, row) = (Int(candidate.stretch), Int(candidate.row))
            let pointers = query.plan.stretches[stretch].rows
            let score = FixedOrderKernel.dot(query.vector, pointers.vectors + row * query.vector.dimension)
            let isInside = score >= candidate.lower && score <= candidate.upper
            if !isInside, fault?.breaksBounds != true { throw .scoreBoundViolated(by: source.name) }
            if let minimumScore = query.minimumScore, score < minimumScore { continue }
            let partition = query.plan.partition(stretch: stretch, row: row)
            rows.append(
                PlacedRow(
                    row: ScoredRow(key: pointers.keys[row], score: score, partition: partition), stretch: stretch,
                    position: row))
        }
        return rows
    }

    /// The k best of the rescored rows, in the one order that a caller sees.
    private static func best(_ rows: [PlacedRow], k: Int, tiesByPlace: Bool) -> [PlacedRow] {
        let ordered = rows.sorted { left, right in
            if left.row.score != right.row.score { return left.row.score > right.row.score }
            if tiesByPlace { return (left.stretch, left.position) < (right.stretch, right.position) }
            if left.row.key != right.row.key { return left.row.key < right.row.key }
            // One passage under two labels.
            return left.row.partition < right.row.partition
        }
        return Array(ordered.prefix(k))
    }
}

/// A scored row with its place in memory, where more about it can be read. The place orders nothing, but for a planted
/// fault.
struct PlacedRow: Sendable {
    var row: ScoredRow
    let stretch: Int
    let position: Int
}
