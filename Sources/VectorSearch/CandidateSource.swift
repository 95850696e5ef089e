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

    /// Offers the rows of a stretch. O(rows × dimension).
    func offer(
        _ stretch: ScanPlan.Stretch, number: Int, query: QueryVector, fault: PlantedFault?, in scratch: ScanScratch
    ) {
        var row = 0
        while row < stretch.count {
            let count = min(ScanScratch.block, stretch.count - row)
            let block = Block(rows: stretch.rows, first: row, count: count, stretch: UInt32(number))
            switch self {
            case .codes(let kernel): block.offerCodes(kernel, query: query, fault: fault, in: scratch)
            case .library: block.offerScores(query: query, fault: fault, in: scratch)
            }
            row += count
        }
    }
}

/// Rows that are looked at in one go.
private struct Block {
    let rows: RowPointers
    let first: Int
    let count: Int
    let stretch: UInt32

    func offerCodes(_ kernel: CodeKernel, query: QueryVector, fault: PlantedFault?, in scratch: ScanScratch) {
        let planes = query.planes
        let bound = fault?.spoiled(planes.bound) ?? planes.bound
        let (one, other) = (scratch.sums, scratch.sums + count)
        code_sums(
            kernel.variant, rows.codes + first * planes.stride, count, planes.stride, planes.planes, 1, one)
        let (scales, radii) = (rows.scales + first, rows.radii + first)
        let found = code_select(one, other, scales, radii, count, bound, scratch.top.threshold, scratch.positions)
        for index in 0..<found {
            let position = Int(scratch.positions[index])
            let sum = 254 * Double(one[position]) + Double(other[position])
            let (scale, reach) = (Double(scales[position]), Double(radii[position]) * bound.reach)
            scratch.top.offer(
                TopK.Candidate(
                    lower: scale * (sum * bound.step - bound.spread) - reach,
                    upper: scale * (sum * bound.step + bound.spread) + reach, stretch: stretch,
                    row: UInt32(first + position)))
        }
    }

    func offerScores(query: QueryVector, fault: PlantedFault?, in scratch: ScanScratch) {
        let scores = UnsafeMutableBufferPointer(rebasing: scratch.scores[..<count])
        BLASLibrary.current.scores(of: rows.vectors + first * query.dimension, query: query, into: scores)
        if fault == .impreciseLibrary {
            for row in scores.indices { scores[row] *= 1 + 0x1p-8 }
        }
        let bound = ScoreBound(dimension: query.dimension, queryNorm: query.norm)
        var allFinite = true
        for row in scores.indices {
            let score = Double(scores[row])
            allFinite = allFinite && score.isFinite
            let norm = ScoreBound.normBound(
                scale: rows.scales[first + row], radius: rows.radii[first + row], dimension: query.dimension)
            let margin = fault == .noMargin ? 0 : bound.margin(norm: norm)
            // What has overflowed on the way tells nothing.
            scratch.top.offer(
                TopK.Candidate(
                    lower: score.isFinite ? score - margin : -.infinity,
                    upper: score.isFinite ? score + margin : .infinity, stretch: stretch, row: UInt32(first + row)))
        }
        // Some libraries compute 0 × y where asked to overwrite y: leave them nothing but numbers.
        if !allFinite { scratch.scores.update(repeating: 0) }
    }
}
