/// The scores of candidates whose vectors are not in memory: these come one at a time, in any order, and of each nothing
/// is kept but its score.
package struct CandidateScores {
    private let candidates: ScanCandidates
    /// nil of what has not come yet.
    private var scored: [ScanCandidates.Scored?]

    package init(_ candidates: ScanCandidates) {
        self.candidates = candidates
        scored = Array(repeating: nil, count: candidates.rows.count)
    }

    /// O(dimension)
    ///
    /// - Parameters:
    ///   - vector: Of the query's dimension.
    ///   - row: Whose it is, by its position among the candidates.
    /// - Throws: `rowDimension`, `scoreBoundViolated`.
    package mutating func add(_ vector: [Float], of row: Int) throws(VectorSearchError) {
        let dimension = candidates.dimension
        guard vector.count == dimension else {
            throw .rowDimension(row: row, given: vector.count, expected: dimension)
        }
        scored[row] = try candidates.score(candidates.rows[row], vector)
    }

    /// The answer, once every candidate has its score. O(rows × log rows)
    package func answer() -> ScanAnswer {
        candidates.answer(
            scored.map { scored in
                guard let scored else { preconditionFailure("a candidate has no score") }
                return scored
            })
    }
}
