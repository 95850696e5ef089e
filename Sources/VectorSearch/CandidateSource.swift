import CVectorKernels

/// Where the intervals come from that choose the candidates of a scan. The choice decides how long a scan takes, and never
/// what it finds.
///
/// Batches of queries go by codes as well: `sgemm` reads eight times the bytes of coarse halves and multiplies a quarter of
/// the numbers in an instruction. Its products alone, of a million embeddings of texts, took 15 times as long as a scan of
/// eight queries by codes, and 5.9 times as long of 64 (Benchmarks/RESULTS.md). Where rows crowd together, so that nearly
/// all of them would be looked at whole, its products of many queries take less: there the library takes over, block by
/// block. Elsewhere it serves where there is no kernel for bytes.
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
    private static let fetchAhead = 4_096
    /// The library takes over in a crowd for no fewer queries and rows at once: with fewer it takes longer than codes.
    static let crowdQueries = 24
    static let crowdRows = 128

    /// For start-up logs.
    ///
    /// - Parameter keepsVectors: Whether there is anything in memory that the library could multiply.
    package func name(keepsVectors: Bool) -> String { name(usesLibrary: self == .library && keepsVectors) }

    /// What gave the intervals of a scan, for errors.
    func name(usesLibrary: Bool) -> String {
        let library = BLASLibrary.current.name
        if self == .library, usesLibrary { return library }
        let kernel = "the \(codeKernel.rawValue) kernel"
        return usesLibrary ? "\(kernel) or \(library)" : kernel
    }

    /// How many rows of the next stretches are fetched while one is read: none where the library reads them.
    func rowsAhead(dimension: Int) -> Int {
        switch self {
        case .codes: Self.fetchAhead / RowSlab.half(dimension: dimension) + 1
        case .library: 0
        }
    }

    /// For rows whose codes alone are in memory, the library has nothing to multiply.
    var codeKernel: CodeKernel {
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
            let count = min(ScanScratch.block, piece.count - row)
            let block = Block(
                rows: piece.rows.advanced(by: row, dimension: dimension), first: row, count: count,
                ahead: piece.count - row - count)
            if let vectors = block.rows.vectors, multiplies(block, for: piece.members, in: scratch) {
                block.offerScores(of: vectors, to: piece.members, queries, fault: fault, in: scratch)
            } else {
                offerCodes(of: block, to: piece.members, in: scratch)
            }
            row += count
        }
    }
}

extension CandidateSource {
    /// Whether the library scores a block whose vectors are in memory.
    private func multiplies(
        _ block: Block, for members: UnsafeBufferPointer<JointPlan.Member>, in scratch: ScanScratch
    ) -> Bool {
        self == .library
            || Self.canBeCrowded(block, members) && BLASLibrary.current.isOptimised && scratch.crowding.isLikely()
    }

    private static func canBeCrowded(_ block: Block, _ members: UnsafeBufferPointer<JointPlan.Member>) -> Bool {
        block.count >= crowdRows && members.count >= crowdQueries
    }

    private func offerCodes(
        of block: Block, to members: UnsafeBufferPointer<JointPlan.Member>, in scratch: ScanScratch
    ) {
        // Until a query has a threshold, nothing is ruled out, whatever the rows.
        let tells =
            Self.canBeCrowded(block, members)
            && members.allSatisfy { scratch.threshold(of: $0.query) > -.infinity }
        var found = 0
        for first in stride(from: 0, to: members.count, by: Int(CODE_QUERY_LIMIT)) {
            let pass = members[first..<min(first + Int(CODE_QUERY_LIMIT), members.count)]
            found += block.offerCodes(codeKernel, to: .init(rebasing: pass), in: scratch)
        }
        if tells { scratch.crowding.note(found, of: block.count * members.count) }
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
        let half = query.vector.planes.half
        for row in rows {
            let stretch = query.plan.stretches[Int(row.stretch)].rows
            // Nothing is known of it by its coarse half, which is as far away as the other one.
            code_fetch(stretch.coarse + Int(row.row) * half, half)
            scratch.postpone(
                stretch.codes(of: Int(row.row), half: half),
                WaitingRows.Row(
                    upper: .infinity, scale: stretch.scales[Int(row.row)], radius: stretch.radii[Int(row.row)],
                    stretch: row.stretch, row: row.row), of: 0)
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

    /// - Returns: How many rows can be among the best by their coarse halves, counted for each query.
    func offerCodes(
        _ kernel: CodeKernel, to members: UnsafeBufferPointer<JointPlan.Member>, in scratch: ScanScratch
    ) -> Int {
        var all = 0
        let planes = scratch.planes(of: members)
        let half = scratch[members[0].query].half
        code_coarse_sums(kernel.variant, rows.coarse, count, ahead, half, planes, members.count, scratch.sums)
        for (number, member) in members.enumerated() {
            let (sums, bound) = (scratch.sums + number * count, scratch[member.query].coarseBound)
            let found = code_select(
                sums, rows.scales, rows.coarseRadii, count, bound, scratch.threshold(of: member.query),
                scratch.positions)
            all += found
            for chosen in 0..<found {
                let row = Int(scratch.positions[chosen])
                scratch.postpone(
                    rows.codes(of: row, half: half),
                    WaitingRows.Row(
                        upper: code_upper(sums[row], rows.scales[row], rows.coarseRadii[row], bound),
                        scale: rows.scales[row], radius: rows.radii[row], stretch: UInt32(member.stretch),
                        row: UInt32(member.offset + first + row)), of: member.query)
            }
        }
        return all
    }

    /// Only a row whose score is near enough to the threshold of a query is looked at by itself.
    func offerScores(
        of vectors: UnsafePointer<Float>, to members: UnsafeBufferPointer<JointPlan.Member>, _ queries: [ScanQuery],
        fault: PlantedFault?, in scratch: ScanScratch
    ) {
        let all = scratch.products(of: vectors, count: count, members: members, queries)
        if fault == .impreciseLibrary {
            for position in all.indices { all[position] *= 1 + 0x1p-8 }
        }
        var longest = 0.0
        for row in 0..<count { longest = max(longest, normBound(row, dimension: queries[0].vector.dimension)) }
        var allFinite = true
        for (number, member) in members.enumerated() {
            let query = queries[member.query].vector
            let scores = all.baseAddress! + number * count
            let bound = ScoreBound(dimension: query.dimension, queryNorm: query.norm)
            let limit = ScoreBound.below(
                scratch.threshold(of: member.query), by: fault == .noMargin ? 0 : bound.margin(norm: longest))
            let found = score_select(scores, count, limit, scratch.positions)
            for chosen in 0..<found {
                let row = Int(scratch.positions[chosen])
                let score = Double(scores[row])
                allFinite = allFinite && score.isFinite
                let norm = normBound(row, dimension: query.dimension)
                let margin = fault == .noMargin ? 0 : bound.margin(norm: norm)
                // What has overflowed on the way tells nothing.
                scratch.offer(
                    TopK.Candidate(
                        lower: score.isFinite ? score - margin : -.infinity,
                        upper: score.isFinite ? score + margin : .infinity, stretch: UInt32(member.stretch),
                        row: UInt32(member.offset + first + row)), to: member.query)
            }
        }
        // Some libraries compute 0 × y where asked to overwrite y: leave them nothing but numbers.
        if !allFinite { all.update(repeating: 0) }
    }

    private func normBound(_ row: Int, dimension: Int) -> Double {
        ScoreBound.normBound(scale: rows.scales[row], radius: rows.radii[row], dimension: dimension)
    }
}
