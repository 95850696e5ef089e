import CVectorKernels

/// Where the intervals come from that choose the candidates of a scan. The choice decides how long a scan takes, and never
/// what it finds.
///
/// Batches of queries go by codes as well: `sgemm` reads eight times the bytes of coarse halves and multiplies a quarter of
/// the numbers in an instruction, and its scores would be compared one by one (Benchmarks/RESULTS.md shows both beside
/// each other). So the library serves only where there is no kernel for bytes.
package enum CandidateSource: Sendable, Equatable {
    /// Codes of one byte a component, a quarter of the bytes of the rows, and of most rows only half of that
    /// (`QueryPlanes`).
    case codes(CodeKernel)
    /// The rows themselves, by the BLAS library (`ScoreBound`).
    case library

    /// The faster one on this machine: without wide registers for bytes, a library made to be fast is ahead.
    static let best: CandidateSource =
        CodeKernel.best == .scalar && BLASLibrary.current.isOptimised ? .library : .codes(.best)

    /// Bytes that are on their way from memory.
    private static let fetchAhead = 8_192

    /// For errors and start-up logs.
    package var name: String {
        switch self {
        case .codes(let kernel): "the \(kernel.rawValue) kernel"
        case .library: BLASLibrary.current.name
        }
    }

    /// How many rows of the next stretches are fetched while one is read: none where the library reads them.
    func rowsAhead(dimension: Int) -> Int {
        switch self {
        case .codes: Self.fetchAhead / RowSlab.half(dimension: dimension) + 1
        case .library: 0
        }
    }

    /// For rows whose codes alone are in memory, the library has nothing to multiply.
    private var codeKernel: CodeKernel {
        if case .codes(let kernel) = self { kernel } else { .best }
    }

    /// Offers the rows of a piece to the queries that may read it. O(rows × dimension × queries), and each row is read
    /// from memory once.
    ///
    /// - Parameter dimension: of all queries.
    func offer(
        _ piece: JointPlan.Piece, queries: [ScanQuery], dimension: Int, fault: PlantedFault?, in scratch: ScanScratch
    ) {
        var row = 0
        while row < piece.count {
            let count = scratch.nextBlock(of: piece.count - row)
            let block = Block(
                rows: piece.rows.advanced(by: row, dimension: dimension), first: row, count: count,
                ahead: piece.count - row - count)
            switch (self, block.rows.vectors) {
            case (.library, let vectors?):
                for member in piece.members {
                    block.offerScores(of: vectors, to: member, queries, fault: fault, in: scratch)
                }
            default:
                var rest = piece.members[...]
                while !rest.isEmpty {
                    let pass = rest.prefix(Int(CODE_QUERY_LIMIT))
                    block.offerCodes(codeKernel, to: pass, fault: fault, in: scratch)
                    rest = rest.dropFirst(pass.count)
                }
            }
            row += count
        }
    }
}

extension CandidateSource {
    /// Offers single rows, wherever they lie, to their query, the first one of a scratch. O(rows × dimension).
    func offer(_ rows: [BestEstimates.Row], of query: ScanQuery, in scratch: ScanScratch) {
        if case .library = self, query.plan.keepsVectors {
            // For a few rows a call of the library is not worth its while: each is scored exactly.
            for row in rows {
                scratch.offer(
                    TopK.Candidate(lower: -.infinity, upper: .infinity, stretch: row.stretch, row: row.row), to: 0)
            }
            return
        }
        let planes = query.vector.planes
        var rest = rows[...]
        while !rest.isEmpty {
            let block = rest.prefix(ScanScratch.block)
            for (number, row) in block.enumerated() {
                scratch.rows[number] = query.plan.stretches[Int(row.stretch)].rows.codes(
                    of: Int(row.row), half: planes.half)
            }
            scratch.offerRows(block.count, codeKernel, planes.bound, to: 0) {
                (block[block.startIndex + $0].stretch, block[block.startIndex + $0].row)
            }
            rest = rest.dropFirst(block.count)
        }
    }
}

/// Rows that are looked at in one go.
private struct Block {
    let rows: RowPointers
    /// Counted from the first of the piece.
    let first: Int
    let count: Int
    /// How many rows of the piece come behind these.
    let ahead: Int

    func offerCodes(
        _ kernel: CodeKernel, to members: ArraySlice<JointPlan.Member>, fault: PlantedFault?, in scratch: ScanScratch
    ) {
        let planes = scratch.planes(of: members)
        let half = scratch[members[members.startIndex].query].half
        code_coarse_sums(kernel.variant, rows.coarse, count, ahead, half, planes, members.count, scratch.sums)
        for (number, member) in members.enumerated() {
            let query = scratch[member.query]
            let found = code_select(
                scratch.sums + number * count, rows.scales, rows.coarseRadii, count,
                fault?.spoiledCoarse(query.coarseBound) ?? query.coarseBound, scratch.threshold(of: member.query),
                scratch.positions)
            for chosen in 0..<found {
                scratch.rows[chosen] = rows.codes(of: Int(scratch.positions[chosen]), half: half)
            }
            scratch.offerRows(found, kernel, fault?.spoiled(query.bound) ?? query.bound, to: member.query) {
                (UInt32(member.stretch), UInt32(member.offset + first) + scratch.positions[$0])
            }
        }
    }

    func offerScores(
        of vectors: UnsafePointer<Float>, to member: JointPlan.Member, _ queries: [ScanQuery], fault: PlantedFault?,
        in scratch: ScanScratch
    ) {
        let query = queries[member.query].vector
        let scores = UnsafeMutableBufferPointer(rebasing: scratch.scores[..<count])
        BLASLibrary.current.scores(of: vectors, query: query, into: scores)
        if fault == .impreciseLibrary {
            for row in scores.indices { scores[row] *= 1 + 0x1p-8 }
        }
        let bound = ScoreBound(dimension: query.dimension, queryNorm: query.norm)
        var allFinite = true
        for row in scores.indices {
            let score = Double(scores[row])
            allFinite = allFinite && score.isFinite
            let norm = ScoreBound.normBound(
                scale: rows.scales[row], radius: rows.radii[row], dimension: query.dimension)
            let margin = fault == .noMargin ? 0 : bound.margin(norm: norm)
            // What has overflowed on the way tells nothing.
            scratch.offer(
                TopK.Candidate(
                    lower: score.isFinite ? score - margin : -.infinity,
                    upper: score.isFinite ? score + margin : .infinity, stretch: UInt32(member.stretch),
                    row: UInt32(member.offset + first + row)), to: member.query)
        }
        // Some libraries compute 0 × y where asked to overwrite y: leave them nothing but numbers.
        if !allFinite { scratch.scores.update(repeating: 0) }
    }
}
