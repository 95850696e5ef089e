import CVectorKernels
import Synchronization

/// The memory that one scan works in. A scan takes one, and the next scan takes it again: what a query allocates is
/// its answer.
///
/// It holds sums, approximate scores and positions of the callers' rows while the scan runs, and is emptied before it is
/// given to another.
final class ScanScratch: @unchecked Sendable {
    // Not shared: a scratch belongs to the one scan that took it from its pool.

    /// Rows whose coarse halves are summed at once: what comes of them stays in the nearest cache.
    static let block = 512
    /// The first ones of a scan, and each block after them is twice the one before: until k rows have been seen, nothing is
    /// known of what the best reach, and all are read whole.
    private static let firstBlock = 64

    /// Room for the sums of a block of rows with the first planes of as many queries as one pass takes.
    let sums: UnsafeMutablePointer<Int32>
    /// Room for the positions of those rows of a block that can be among the best.
    let positions: UnsafeMutablePointer<UInt32>
    /// Room for where those rows are.
    let rows: UnsafeMutablePointer<code_row>
    /// Room for the sums of those rows with both planes of a query, and for which of them can still be among the best.
    private let wholeSums: UnsafeMutablePointer<Int32>
    private let chosen: UnsafeMutablePointer<UInt32>
    /// Room for the estimates of those rows, in approximate mode.
    let estimates: UnsafeMutablePointer<Double>
    /// Room for the approximate scores of a block of rows, by the BLAS library.
    let scores: UnsafeMutableBufferPointer<Float>
    /// The candidates of each query.
    private var tops: [TopK] = []
    private var blockRows = firstBlock
    /// What codes are multiplied with, of each query: a row of a small label takes no longer than it takes to find that.
    private let prepared: UnsafeMutablePointer<Prepared>
    /// The first planes of the queries of the last pass, one behind the other, and the numbers of those queries.
    private var packed = VectorMemory(byteCount: 0)
    private var packedOf: [Int] = []

    /// A query as the kernels have it, for as long as the scan keeps the query.
    struct Prepared {
        let planes: UnsafePointer<Int8>?
        let half: Int
        let bound: code_bound
        let coarseBound: code_bound

        static var none: Prepared {
            Prepared(planes: nil, half: 0, bound: code_bound(), coarseBound: code_bound())
        }
    }

    private static let sumCount = Int(CODE_QUERY_LIMIT) * block

    init() {
        sums = .allocate(capacity: Self.sumCount)
        sums.initialize(repeating: 0, count: Self.sumCount)
        positions = .allocate(capacity: Self.block)
        positions.initialize(repeating: 0, count: Self.block)
        rows = .allocate(capacity: Self.block)
        rows.initialize(repeating: code_row(), count: Self.block)
        wholeSums = .allocate(capacity: 2 * Self.block)
        wholeSums.initialize(repeating: 0, count: 2 * Self.block)
        chosen = .allocate(capacity: Self.block)
        chosen.initialize(repeating: 0, count: Self.block)
        estimates = .allocate(capacity: Self.block)
        estimates.initialize(repeating: 0, count: Self.block)
        prepared = .allocate(capacity: ExactScan.queryLimit)
        prepared.initialize(repeating: .none, count: ExactScan.queryLimit)
        scores = .allocate(capacity: Self.block)
        scores.initialize(repeating: 0)
    }

    deinit {
        sums.deallocate()
        positions.deallocate()
        rows.deallocate()
        wholeSums.deallocate()
        chosen.deallocate()
        estimates.deallocate()
        prepared.deallocate()
        scores.deallocate()
    }

    func begin(_ queries: [ScanQuery]) {
        blockRows = Self.firstBlock
        while tops.count < queries.count { tops.append(TopK()) }
        for (number, query) in queries.enumerated() {
            tops[number].begin(k: query.count, minimumScore: query.minimumScore)
            let planes = query.vector.planes
            prepared[number] = Prepared(
                planes: planes.planes, half: planes.half, bound: planes.bound, coarseBound: planes.coarseBound)
        }
    }

    subscript(query: Int) -> Prepared {
        precondition(0..<ExactScan.queryLimit ~= query)
        return prepared[query]
    }

    /// How many of the rows that are left are looked at in one go.
    func nextBlock(of rows: Int) -> Int {
        defer { blockRows = min(2 * blockRows, Self.block) }
        return min(blockRows, rows)
    }

    /// What the upper end of a row must reach to be among the best of a query.
    func threshold(of query: Int) -> Double { tops[query].threshold }

    /// Offers the first of the rows that are noted in `rows`, by their whole codes.
    ///
    /// - Parameter place: the stretch of a row, and its position in there.
    func offerRows(
        _ count: Int, _ kernel: CodeKernel, _ bound: code_bound, to query: Int,
        place: (Int) -> (stretch: UInt32, row: UInt32)
    ) {
        // What the kernel does for each query would be most of the work of a small label.
        guard count > 0 else { return }
        code_sums(kernel.variant, rows, count, self[query].half, self[query].planes, wholeSums)
        let found = code_select_rows(wholeSums, rows, count, bound, tops[query].threshold, chosen)
        for index in 0..<found {
            let number = Int(chosen[index])
            let sum = 254 * Double(wholeSums[number]) + Double(wholeSums[count + number])
            let (scale, reach) = (Double(rows[number].scale), Double(rows[number].radius) * bound.reach)
            let (stretch, row) = place(number)
            tops[query].offer(
                TopK.Candidate(
                    lower: scale * (sum * bound.step - bound.spread) - reach,
                    upper: scale * (sum * bound.step + bound.spread) + reach, stretch: stretch, row: row))
        }
    }

    func offer(_ candidate: TopK.Candidate, to query: Int) { tops[query].offer(candidate) }

    func survivors(of query: Int) -> [TopK.Candidate] { tops[query].survivors() }

    /// The first planes of the queries of a pass, one behind the other.
    func planes(of members: ArraySlice<JointPlan.Member>) -> UnsafePointer<Int8> {
        guard let first = members.first, let own = self[first.query].planes else {
            preconditionFailure("a pass has queries")
        }
        if members.count == 1 { return own }
        let width = 2 * self[first.query].half
        if packed.byteCount < Int(CODE_QUERY_LIMIT) * width {
            packed = VectorMemory(byteCount: Int(CODE_QUERY_LIMIT) * width)
            packedOf = []
        }
        let start = packed.start.assumingMemoryBound(to: Int8.self)
        if !packedOf.elementsEqual(members, by: { $0 == $1.query }) {
            packedOf.removeAll(keepingCapacity: true)
            for (number, member) in members.enumerated() {
                (start + number * width).update(from: self[member.query].planes!, count: width)
                packedOf.append(member.query)
            }
        }
        return UnsafePointer(start)
    }

    /// Clears what was computed.
    func clear() {
        packed.wipe(0..<packed.byteCount)
        packedOf = []
        sums.update(repeating: 0, count: Self.sumCount)
        positions.update(repeating: 0, count: Self.block)
        estimates.update(repeating: 0, count: Self.block)
        rows.update(repeating: code_row(), count: Self.block)
        wholeSums.update(repeating: 0, count: 2 * Self.block)
        chosen.update(repeating: 0, count: Self.block)
        scores.update(repeating: 0)
        prepared.update(repeating: .none, count: ExactScan.queryLimit)
        for number in tops.indices { tops[number].begin(k: 0, minimumScore: nil) }
    }
}

/// Scratches that no scan uses at the moment.
final class ScanScratchPool: Sendable {
    /// More than this many are not kept.
    private static let keepLimit = 16

    private let idle = Mutex<[ScanScratch]>([])

    func take() -> ScanScratch {
        idle.withLock { $0.popLast() } ?? ScanScratch()
    }

    func give(back scratch: ScanScratch) {
        scratch.clear()
        idle.withLock { if $0.count < Self.keepLimit { $0.append(scratch) } }
    }
}
