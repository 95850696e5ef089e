import CVectorKernels

/// Where the intervals come from that choose the candidates of a scan. The choice decides how long a scan takes, and never
/// what it finds.
package enum CandidateSource: Sendable, Equatable {
    /// Codes of one byte a component, a quarter of the bytes of the rows (`QueryPlanes`).
    case codes(CodeKernel)
    /// The rows themselves, by the BLAS library (`ScoreBound`).
    case library

    /// The faster one on this machine: without wide registers for bytes, a library made to be fast is ahead.
    static let best: CandidateSource =
        CodeKernel.best == .scalar && BLASLibrary.current.isOptimised ? .library : .codes(.best)

    /// For errors and start-up logs.
    package var name: String {
        switch self {
        case .codes(let kernel): "the \(kernel.rawValue) kernel"
        case .library: BLASLibrary.current.name
        }
    }

    /// Offers the rows of a piece to the queries that may read it. O(rows × dimension × queries), and each row is read
    /// from memory once.
    func offer(_ piece: JointPlan.Piece, queries: [ScanQuery], fault: PlantedFault?, in scratch: ScanScratch) {
        guard let dimension = piece.members.first.map({ queries[$0.query].vector.dimension }) else { return }
        var row = 0
        while row < piece.count {
            let count = min(ScanScratch.block, piece.count - row)
            let block = Block(
                rows: piece.rows.advanced(by: row, dimension: dimension), first: row, count: count,
                ahead: piece.count - row - count)
            switch self {
            case .codes(let kernel):
                var rest = piece.members[...]
                while !rest.isEmpty {
                    let pass = rest.prefix(Int(CODE_QUERY_LIMIT))
                    block.offerCodes(kernel, to: pass, queries, fault: fault, in: scratch)
                    rest = rest.dropFirst(pass.count)
                }
            case .library:
                for member in piece.members { block.offerScores(to: member, queries, fault: fault, in: scratch) }
            }
            row += count
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
        _ kernel: CodeKernel, to members: ArraySlice<JointPlan.Member>, _ queries: [ScanQuery], fault: PlantedFault?,
        in scratch: ScanScratch
    ) {
        let planes = scratch.planes(of: members, queries)
        let stride = queries[members[members.startIndex].query].vector.planes.stride
        code_sums(kernel.variant, rows.codes, count, ahead, stride, planes, members.count, scratch.sums)
        for (number, member) in members.enumerated() {
            let bound = queries[member.query].vector.planes.bound
            select(
                scratch.sums + 2 * number * count, fault?.spoiled(bound) ?? bound, for: member, in: scratch)
        }
    }

    /// - Parameter sums: With the first plane of the query, then with the second.
    private func select(
        _ sums: UnsafePointer<Int32>, _ bound: code_bound, for member: JointPlan.Member, in scratch: ScanScratch
    ) {
        let (one, other) = (sums, sums + count)
        let threshold = scratch.tops[member.query].threshold
        let found = code_select(one, other, rows.scales, rows.radii, count, bound, threshold, scratch.positions)
        for index in 0..<found {
            let position = Int(scratch.positions[index])
            let sum = 254 * Double(one[position]) + Double(other[position])
            let (scale, reach) = (Double(rows.scales[position]), Double(rows.radii[position]) * bound.reach)
            scratch.offer(
                TopK.Candidate(
                    lower: scale * (sum * bound.step - bound.spread) - reach,
                    upper: scale * (sum * bound.step + bound.spread) + reach, stretch: UInt32(member.stretch),
                    row: UInt32(member.offset + first + position)), to: member.query)
        }
    }

    func offerScores(
        to member: JointPlan.Member, _ queries: [ScanQuery], fault: PlantedFault?, in scratch: ScanScratch
    ) {
        let query = queries[member.query].vector
        let scores = UnsafeMutableBufferPointer(rebasing: scratch.scores[..<count])
        BLASLibrary.current.scores(of: rows.vectors, query: query, into: scores)
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
