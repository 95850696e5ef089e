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
    var name: String {
        switch self {
        case .codes(let kernel): "the \(kernel.rawValue) kernel"
        case .library: BLASLibrary.current.name
        }
    }

    /// Offers the rows of a chunk. O(rows × dimension).
    func offer(_ chunk: PartitionChunk, number: Int, query: QueryVector, fault: PlantedFault?, in scratch: ScanScratch)
    {
        switch self {
        case .codes(let kernel):
            offerCodes(of: chunk.codes, kernel, number: number, query: query, fault: fault, in: scratch)
        case .library:
            offerScores(of: chunk.matrix, number: number, query: query, fault: fault, in: scratch)
        }
    }

    private func offerCodes(
        of codes: RowCodes, _ kernel: CodeKernel, number: Int, query: QueryVector, fault: PlantedFault?,
        in scratch: ScanScratch
    ) {
        let planes = query.planes
        let bound = fault?.spoiled(planes.bound) ?? planes.bound
        var row = 0
        while row < codes.count {
            let count = min(ScanScratch.block, codes.count - row)
            let (first, second) = (scratch.sums, scratch.sums + count)
            code_sums(kernel.variant, codes.at(row), count, codes.stride, planes.planes, 1, first)
            let (scales, radii) = (codes.scales + row, codes.radii + row)
            let found = code_select(
                first, second, scales, radii, count, bound, scratch.top.threshold, scratch.positions)
            for index in 0..<found {
                let position = Int(scratch.positions[index])
                let sum = 254 * Double(first[position]) + Double(second[position])
                let (scale, reach) = (Double(scales[position]), Double(radii[position]) * bound.reach)
                scratch.top.offer(
                    TopK.Candidate(
                        lower: scale * (sum * bound.step - bound.spread) - reach,
                        upper: scale * (sum * bound.step + bound.spread) + reach,
                        chunk: UInt32(number), row: UInt32(row + position)))
            }
            row += count
        }
    }

    private func offerScores(
        of matrix: EmbeddingMatrix, number: Int, query: QueryVector, fault: PlantedFault?, in scratch: ScanScratch
    ) {
        let scores = UnsafeMutableBufferPointer(rebasing: scratch.scores[..<matrix.count])
        BLASLibrary.current.scores(of: matrix, query: query, into: scores)
        if fault == .impreciseLibrary {
            for row in scores.indices { scores[row] *= 1 + 0x1p-8 }
        }
        let bound = ScoreBound(dimension: query.dimension, queryNorm: query.norm)
        let margin = fault == .noMargin ? 0 : bound.margin(maximumNorm: matrix.maximumNorm)
        var allFinite = true
        for row in scores.indices {
            let score = Double(scores[row])
            allFinite = allFinite && score.isFinite
            // What has overflowed on the way tells nothing.
            scratch.top.offer(
                TopK.Candidate(
                    lower: score.isFinite ? score - margin : -.infinity,
                    upper: score.isFinite ? score + margin : .infinity, chunk: UInt32(number), row: UInt32(row)))
        }
        // Some libraries compute 0 × y where asked to overwrite y: leave them nothing but numbers.
        if !allFinite { scratch.scores.update(repeating: 0) }
    }
}
