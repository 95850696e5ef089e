import CVectorKernels

/// The rows that a scan of codes leaves: all that can be among the best of a query, each with an interval that holds its
/// score. What is left to do is to score them exactly, by whoever has their vectors: this room where they are in memory,
/// the owner of the file where they are there (`CandidateScores`).
///
/// A vector that is not that of its row is found out where its score lies outside of the interval.
package struct ScanCandidates: Sendable {
    /// A row that can be among the best.
    package struct Row: Sendable {
        package let key: RowKey
        /// The position of the row's partition among the partitions scanned.
        package let partition: Int
        fileprivate let lower: Double
        fileprivate let upper: Double
        /// Of its bits (`RowSlab`).
        fileprivate let factor: Float
        /// Its place in memory, which orders nothing but for a planted fault.
        let stretch: Int
        let position: Int
    }

    /// What an answer says about the rows that it may lack.
    enum Recall: Sendable {
        /// None are lacking, by the mode of the query.
        case exact
        /// None are lacking: all were looked at.
        case complete
        case estimated(RecallEstimate)
    }

    /// Vectors that are on their way from memory while another one is multiplied: they lie anywhere.
    private static let vectorsAhead = 4

    package let rows: [Row]
    private let query: ScanQuery
    private let recall: Recall
    /// What gave the intervals, for an error.
    private let source: CandidateSource
    let usesLibrary: Bool
    private let fault: PlantedFault?

    init(
        _ candidates: [TopK.Candidate], of query: ScanQuery, _ recall: Recall, by scan: ExactScan, usesLibrary: Bool
    ) {
        rows = candidates.map { candidate in
            let (stretch, row) = (Int(candidate.stretch), Int(candidate.row))
            let pointers = query.plan.stretches[stretch].rows
            return Row(
                key: pointers.keys[row], partition: query.plan.partition(stretch: stretch, row: row),
                lower: candidate.lower, upper: candidate.upper, factor: pointers.factors[row], stretch: stretch,
                position: row)
        }
        self.query = query
        self.recall = recall
        source = scan.source
        self.usesLibrary = usesLibrary
        fault = scan.fault
    }

    /// The number of components of a vector.
    var dimension: Int { query.vector.dimension }

    /// The answer, where the vectors are in memory. O(rows × (dimension + log rows))
    ///
    /// - Throws: `scoreBoundViolated`.
    func answer() throws(VectorSearchError) -> ScanAnswer {
        var scored: [Scored] = []
        scored.reserveCapacity(rows.count)
        for row in rows.prefix(Self.vectorsAhead) { fetchVector(of: row) }
        for (number, row) in rows.enumerated() {
            if number + Self.vectorsAhead < rows.count { fetchVector(of: rows[number + Self.vectorsAhead]) }
            scored.append(try score(row, vector(of: row)))
        }
        return answer(scored)
    }

    private func fetchVector(of row: Row) {
        code_fetch(vector(of: row), dimension * MemoryLayout<Float>.stride)
    }

    private func vector(of row: Row) -> UnsafePointer<Float> {
        guard let vectors = query.plan.stretches[row.stretch].rows.vectors else {
            preconditionFailure("rows that are not in memory are scored by whoever has them")
        }
        return vectors + row.position * dimension
    }

    /// - Parameter vector: The row's.
    /// - Throws: `scoreBoundViolated`.
    func score(_ row: Row, _ vector: UnsafePointer<Float>) throws(VectorSearchError) -> Scored {
        let score = FixedOrderKernel.dot(query.vector, vector)
        let isInside = score >= row.lower && score <= row.upper
        if !isInside, fault?.breaksBounds != true {
            throw .scoreBoundViolated(by: source.name(usesLibrary: usesLibrary))
        }
        var squaredNorm = 0.0
        if case .estimated = recall { squaredNorm = scan_fixed_order_dot(vector, vector, dimension) }
        return Scored(row: row, score: score, squaredNorm: squaredNorm)
    }

    /// - Parameter scored: All rows, in their order.
    func answer(_ scored: [Scored]) -> ScanAnswer {
        let best = best(of: fault?.spoil(scored, query: query) ?? scored)
        let wanted = best.filter { scored in query.minimumScore.map { scored.score >= $0 } ?? true }
        return ScanAnswer(
            rows: wanted.map { ScoredRow(key: $0.row.key, score: $0.score, partition: $0.row.partition) },
            expectedRecall: expectedRecall(of: best))
    }

    /// A row with its exact score.
    struct Scored {
        let row: Row
        var score: Double
        /// Of its vector, where the recall is estimated.
        let squaredNorm: Double
    }

    /// In the one order that a caller sees.
    private func best(of rows: [Scored]) -> ArraySlice<Scored> {
        let ordered = rows.sorted { left, right in
            if left.score != right.score { return left.score > right.score }
            if fault == .tiesByPlace {
                return (left.row.stretch, left.row.position) < (right.row.stretch, right.row.position)
            }
            if left.row.key != right.row.key { return left.row.key < right.row.key }
            // One passage under two labels.
            return left.row.partition < right.row.partition
        }
        return ordered.prefix(query.count)
    }

    /// What is to be expected is a matter of the best rows, whether or not they are wanted.
    private func expectedRecall(of best: ArraySlice<Scored>) -> Double? {
        switch recall {
        case .exact: return nil
        case .complete: return 1
        case .estimated(var estimate):
            for found in best {
                estimate.add(
                    score: found.score, factor: Double(found.row.factor), squaredNorm: found.squaredNorm)
            }
            return estimate.value
        }
    }
}
