/// A scan that is wrong on purpose.
///
/// A test that cannot fail proves nothing, so each promise of `ExactScan` has a fault that breaks it, and a test that
/// must catch the fault. Only tests can ask for one: the initialiser that takes it is internal to this room.
enum PlantedFault: Sendable {
    /// Candidates are chosen as though approximate scores were exact. Loses true neighbours.
    case noMargin
    /// Scores are those of the BLAS library, over all rows in one call. Their last bits tell about the other rows.
    case scoresFromBLAS
    /// Equal scores are ordered by the place of the row in memory. Tells about order of arrival and other rows.
    case tiesByPlace
    /// The BLAS library computes with less than float32. The scan must refuse to answer.
    case impreciseLibrary

    /// The rescored rows as the fault leaves them.
    func spoil(
        _ rows: [PlacedRow], query: QueryVector, library: BLASLibrary, chunks: [PartitionChunk]
    ) -> [PlacedRow] {
        switch self {
        case .noMargin, .tiesByPlace, .impreciseLibrary:
            return rows
        case .scoresFromBLAS:
            let scores = Self.scoresInOneCall(of: chunks, query: query, library: library)
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
    private static func scoresInOneCall(
        of chunks: [PartitionChunk], query: QueryVector, library: BLASLibrary
    ) -> [Float] {
        var components: [Float] = []
        for chunk in chunks { chunk.matrix.withRows { components.append(contentsOf: $0) } }
        guard let all = try? EmbeddingMatrix(dimension: query.dimension, rows: components) else { return [] }
        return [Float](unsafeUninitializedCapacity: all.count) { target, count in
            target.initialize(repeating: 0)
            library.scores(of: all, query: query, into: target)
            count = all.count
        }
    }
}
