import CVectorKernels

/// Good rows of some partitions, in a fraction of the bytes that an exact scan reads.
///
///     query × bits → estimates → the best of them are candidates → the exact scan, among the candidates → order
///
/// A row's bits are a function of that row alone, and a rotation with a fixed seed does for all: nothing is fitted.
/// Which rows are candidates, and hence the answer, is a function of the query and of the set of rows scanned, just as
/// in the exact scan (Rule 2, non-interference): ties are ordered by key. Among the candidates the scan is exact, with
/// its bound and its kernel; what is approximate is that a true best row can have too low an estimate to be one of
/// them.
package struct ApproximateScan: Sendable {
    /// How many rows become candidates.
    struct Breadth: Sendable {
        /// For each result asked for.
        var perResult: Int
        /// At least.
        var floor: Int
        /// Where no more rows than this may be read for each candidate, an exact scan takes no longer: it reads four times
        /// the bytes of a row, and has not so many rows to score, which lie anywhere in memory. Measured at 384
        /// components.
        var rowsPerCandidate: Int

        /// With a thousand candidates the ten best of a million rows are found, where rows lie as texts do
        /// (docs/index-format.md has figures).
        static let standard = Breadth(perResult: 50, floor: 1_000, rowsPerCandidate: 100)

        func candidates(for query: ScanQuery) -> Int { max(perResult * query.count, floor) }

        /// Whether to scan all rows exactly takes no longer. It depends on what may be read and nothing else.
        func isExact(_ query: ScanQuery) -> Bool {
            query.plan.count <= rowsPerCandidate * candidates(for: query)
        }
    }

    package let kernel: BitKernel
    /// What finishes an answer, and what answers where there are few rows.
    private let exact: ExactScan
    private let breadth: Breadth

    package init(_ exact: ExactScan) {
        self.init(exact, kernel: .best, breadth: .standard)
    }

    init(_ exact: ExactScan, kernel: BitKernel, breadth: Breadth) {
        self.kernel = kernel
        self.exact = exact
        self.breadth = breadth
    }

    /// Good rows of each query, best first; fewer where there are fewer rows.
    ///
    /// O(rows × dimension / 64) to read the bits once, and O(candidates × dimension) to score the candidates.
    ///
    /// - Parameter queries: of one dimension, at most `ExactScan.queryLimit`.
    /// - Returns: as `ExactScan.topK`.
    /// - Precondition: The rows are in memory.
    package func answers(_ queries: [ScanQuery]) -> [Result<ScanAnswer, VectorSearchError>] {
        candidates(queries).map { candidates in
            Result { () throws(VectorSearchError) in try candidates.answer() }
        }
    }

    /// The same without the exact scores, which take the vectors of the rows.
    package func candidates(_ queries: [ScanQuery]) -> [ScanCandidates] {
        precondition(queries.count <= ExactScan.queryLimit)
        let isExact = queries.map(breadth.isExact)
        var exactly = exact.candidates(queries.indices.filter { isExact[$0] }.map { queries[$0] }, .complete)
            .makeIterator()
        var roughly = choose(queries.indices.filter { !isExact[$0] }.map { queries[$0] }).makeIterator()
        return isExact.map { $0 ? exactly.next()! : roughly.next()! }
    }

    private func choose(_ queries: [ScanQuery]) -> [ScanCandidates] {
        guard let rotation = queries.first?.plan.rotation else { return [] }
        let bits = queries.map { QueryBits($0.vector, rotation: rotation) }
        var best = queries.map {
            BestEstimates(
                limit: breadth.candidates(for: $0), plan: $0.plan, tiesByPlace: exact.fault == .tiesByPlace)
        }
        return exact.withScratch { scratch in
            JointPlan(queries.map(\.plan)).forEachPiece { piece in
                offer(piece, bits, to: &best, in: scratch)
            }
            return queries.indices.map { number in
                candidates(of: queries[number], bits[number], best[number].best(), in: scratch)
            }
        }
    }

    /// Reads the bits of a piece once, for each of the queries that may.
    private func offer(
        _ piece: JointPlan.Piece, _ bits: [QueryBits], to best: inout [BestEstimates], in scratch: ScanScratch
    ) {
        var row = 0
        while row < piece.count {
            let count = min(ScanScratch.block, piece.count - row)
            for member in piece.members {
                let query = bits[member.query]
                bit_sums(
                    kernel.variant, piece.rows.bits, piece.rows.bitRow + row, count, piece.count - row - count,
                    query.words, query.planes, scratch.sums)
                let found = bit_select(
                    scratch.sums, piece.rows.factors + row, count, query.step, query.base,
                    best[member.query].threshold, scratch.positions, scratch.estimates)
                for index in 0..<found {
                    best[member.query].offer(
                        BestEstimates.Row(
                            estimate: scratch.estimates[index], stretch: UInt32(member.stretch),
                            row: UInt32(member.offset + row) + scratch.positions[index]))
                }
            }
            row += count
        }
    }

    private func candidates(
        of query: ScanQuery, _ bits: QueryBits, _ chosen: [BestEstimates.Row], in scratch: ScanScratch
    ) -> ScanCandidates {
        // Whether or not they are wanted: the recall to be expected is a matter of the best rows.
        let all = query.withoutMinimum
        scratch.begin([all], exact.source.codeKernel)
        exact.source.offer(chosen, of: all, in: scratch)
        let lowest = chosen.reduce(Double.infinity) { min($0, $1.estimate) }
        let recall = RecallEstimate(query.vector, bits: bits, threshold: lowest)
        return ScanCandidates(
            scratch.survivors(of: 0), of: query, .estimated(recall), by: exact, usesLibrary: scratch.usesLibrary)
    }
}
