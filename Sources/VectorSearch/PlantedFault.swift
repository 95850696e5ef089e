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
    /// The same of the bound of coarse halves.
    case noCoarseQueryTerm, noCoarseRowTerm
    /// Scores are those of the BLAS library, over all rows in one call. Their last bits tell about the other rows.
    case scoresFromBLAS
    /// Equal scores are ordered by the place of the row in memory. Tells about order of arrival and other rows.
    case tiesByPlace
    /// The BLAS library computes with less than float32. The scan must refuse to answer.
    case impreciseLibrary

    /// Whether the intervals are wrong, so that the check of exact scores must not be what finds it.
    var breaksBounds: Bool {
        switch self {
        case .noMargin, .noQueryTerm, .noRowTerm, .noCoarseQueryTerm, .noCoarseRowTerm: true
        case .scoresFromBLAS, .tiesByPlace, .impreciseLibrary: false
        }
    }

    /// The bound of whole codes as the fault leaves it.
    func spoiled(_ bound: code_bound) -> code_bound {
        Self.bound(bound, withoutQueryTerm: self == .noQueryTerm, withoutRowTerm: self == .noRowTerm)
    }

    /// The bound of coarse halves as the fault leaves it.
    func spoiledCoarse(_ bound: code_bound) -> code_bound {
        Self.bound(bound, withoutQueryTerm: self == .noCoarseQueryTerm, withoutRowTerm: self == .noCoarseRowTerm)
    }

    private static func bound(_ bound: code_bound, withoutQueryTerm: Bool, withoutRowTerm: Bool) -> code_bound {
        var spoiled = bound
        if withoutQueryTerm { spoiled.spread = 0 }
        if withoutRowTerm { spoiled.reach = 0 }
        return spoiled
    }

    /// The rescored rows as the fault leaves them.
    func spoil(_ rows: [ScanCandidates.Scored], query: ScanQuery) -> [ScanCandidates.Scored] {
        guard self == .scoresFromBLAS else { return rows }
        let plan = query.plan
        let scores = Self.scoresInOneCall(of: plan, query: query.vector)
        var starts = [0]
        for stretch in plan.stretches { starts.append(starts[starts.count - 1] + stretch.count) }
        return rows.map { scored in
            var spoiled = scored
            spoiled.score = Double(scores[starts[scored.row.stretch] + scored.row.position])
            return spoiled
        }
    }

    /// The library's scores of all rows, laid one after another as an index without labels would.
    private static func scoresInOneCall(of plan: ScanPlan, query: QueryVector) -> [Float] {
        var components: [Float] = []
        for stretch in plan.stretches {
            guard let vectors = stretch.rows.vectors else { continue }
            components += UnsafeBufferPointer(start: vectors, count: stretch.count * query.dimension)
        }
        return [Float](unsafeUninitializedCapacity: plan.count) { target, count in
            target.initialize(repeating: 0)
            components.withUnsafeBufferPointer {
                if let rows = $0.baseAddress { BLASLibrary.current.scores(of: rows, query: query, into: target) }
            }
            count = plan.count
        }
    }
}
