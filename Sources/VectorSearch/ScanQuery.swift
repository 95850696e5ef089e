/// What a scan is asked.
package struct ScanQuery: Sendable {
    package let vector: QueryVector
    /// How many rows are wanted.
    package let count: Int
    /// What may be read. No other row is touched (Rule 1, decide before touching).
    package let plan: ScanPlan
    /// Rows with a lower exact score are left out; nil leaves none out.
    package private(set) var minimumScore: Double?
    /// What `SharedScan` chooses the scan by.
    package let mode: ScanMode

    /// - Parameter count: between 1 and `ExactScan.resultLimit`.
    /// - Throws: `resultCountOutOfRange`, `minimumScoreNotFinite`, `queryDimension`.
    package init(
        _ vector: QueryVector, count: Int, in plan: ScanPlan, minimumScore: Double? = nil,
        mode: ScanMode = .exact
    ) throws(VectorSearchError) {
        guard 1...ExactScan.resultLimit ~= count else {
            throw .resultCountOutOfRange(given: count, limit: ExactScan.resultLimit)
        }
        if let minimumScore, !minimumScore.isFinite { throw .minimumScoreNotFinite }
        if let dimension = plan.dimension, dimension != vector.dimension {
            throw .queryDimension(given: vector.dimension, expected: dimension)
        }
        self.vector = vector
        self.count = count
        self.plan = plan
        self.minimumScore = minimumScore
        self.mode = mode
    }

    /// The same whatever the score of a row.
    var withoutMinimum: ScanQuery {
        var query = self
        query.minimumScore = nil
        return query
    }
}
