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
///     query × coarse halves of codes → what can be among the best (exact integers, a proven bound)
///         → × whole codes → intervals of scores → candidates → exact scores (one kernel) → order
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
    ///
    /// - Precondition: The rows are in memory.
    package func topK(_ queries: [ScanQuery]) -> [Result<[ScoredRow], VectorSearchError>] {
        candidates(queries).map { candidates in
            Result { () throws(VectorSearchError) in try candidates.answer().rows }
        }
    }

    /// The same without the exact scores, which take the vectors of the rows.
    package func candidates(_ queries: [ScanQuery]) -> [ScanCandidates] { candidates(queries, .exact) }

    func candidates(_ queries: [ScanQuery], _ recall: ScanCandidates.Recall) -> [ScanCandidates] {
        precondition(queries.count <= Self.queryLimit)
        return withScratch { scratch in
            scratch.begin(queries, source.codeKernel, fault: fault)
            guard let dimension = queries.first?.vector.dimension else { return [] }
            let half = RowSlab.half(dimension: dimension)
            JointPlan(queries.map(\.plan)).forEachPiece(
                ahead: source.rowsAhead(dimension: dimension), fetch: { $0.fetchCoarse($1, half: half) }
            ) { piece in
                source.offer(piece, queries: queries, dimension: dimension, fault: fault, in: scratch)
            }
            return queries.enumerated().map { number, query in
                ScanCandidates(
                    scratch.survivors(of: number), of: query, recall, by: self, usesLibrary: scratch.usesLibrary)
            }
        }
    }

    /// Calls `body` with memory for one scan.
    func withScratch<Result>(_ body: (ScanScratch) -> Result) -> Result {
        let scratch = scratches.take()
        defer { scratches.give(back: scratch) }
        return body(scratch)
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
}
