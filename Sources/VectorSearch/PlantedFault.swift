import CVectorKernels

/// A scan that is wrong on purpose.
///
/// A test that cannot fail proves nothing, so each promise of `ExactScan` has a fault that breaks it, and a test that
/// must catch the fault. Only tests can ask for one: the initialiser that takes it is internal to this room.
enum PlantedFault: Sendable {
    /// Candidates are chosen as though the scores of the library were exact. Loses true neighbours.
    case noMargin
    /// The bound of codes leaves out what the planes of the query leave over. Loses true neighbours where rows have no
    /// residual.
    case noQueryTerm
    /// The bound of codes leaves out the residuals of the rows. Loses true neighbours.
    case noRowTerm
    /// Scores are those of the BLAS library, over all rows in one call. Their last bits tell about the other rows.
    case scoresFromBLAS
    /// Equal scores are ordered by the place of the row in memory. Tells about order of arrival and other rows.
    case tiesByPlace
    /// The BLAS library computes with less than float32. The scan must refuse to answer.
    case impreciseLibrary

    /// Whether the intervals are wrong, so that the check of exact scores must not be what finds it.
    var breaksBounds: Bool {
        switch self {
        case .noMargin, .noQueryTerm, .noRowTerm: true
        case .scoresFromBLAS, .tiesByPlace, .impreciseLibrary: false
        }
    }

    func spoiled(_ bound: code_bound) -> code_bound {
        var spoiled = bound
        if self == .noQueryTerm { spoiled.spread = 0 }
        if self == .noRowTerm { spoiled.reach = 0 }
        return spoiled
    }

    /// The rescored rows as the fault leaves them.
    func spoil(_ rows: [PlacedRow], query: QueryVector, chunks: [PartitionChunk]) -> [PlacedRow] {
        switch self {
        case .noMargin, .noQueryTerm, .noRowTerm, .tiesByPlace, .impreciseLibrary:
            return rows
        case .scoresFromBLAS:
            let scores = Self.scoresInOneCall(of: chunks, query: query)
            let starts = chunks.indices.map { chunks[..<$0].reduce(0) { $0 + $1.count } }
            return rows.map { placed in
                let score = Double(scores[starts[placed.chunk] + placed.position])
                var spoiled = placed
                spoiled.row = ScoredRow(key: placed.row.key, score: score, partition: placed.row.partition)
                return spoiled
            }
        }
    }

    /// The library's scores of the rows of all chunks, laid one after another as an index without labels would.
    private static func scoresInOneCall(of chunks: [PartitionChunk], query: QueryVector) -> [Float] {
        var components: [Float] = []
        for chunk in chunks { chunk.matrix.withRows { components.append(contentsOf: $0) } }
        guard let all = try? EmbeddingMatrix(dimension: query.dimension, rows: components) else { return [] }
        return [Float](unsafeUninitializedCapacity: all.count) { target, count in
            target.initialize(repeating: 0)
            BLASLibrary.current.scores(of: all, query: query, into: target)
            count = all.count
        }
    }
}
