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
    /// Rows of a query that wait until they are looked at together: what they are read from is on its way meanwhile, and the
    /// most promising of them rule out many of the others.
    private static let waitingLimit = 256

    /// Room for the sums of a block of rows with the first planes of as many queries as one pass takes.
    let sums: UnsafeMutablePointer<Int32>
    /// Room for the positions of those rows of a block that can be among the best.
    let positions: UnsafeMutablePointer<UInt32>
    /// Room for the rows of each query that wait, and how many do.
    private let waiting: UnsafeMutablePointer<code_row>
    /// What they can reach by their coarse halves.
    private let uppers: UnsafeMutablePointer<Double>
    private let waitingCounts: UnsafeMutablePointer<Int>
    /// Room for the places of those of one query that still wait, and of those that are looked at first.
    private let places: UnsafeMutablePointer<UInt32>
    private let leading: UnsafeMutablePointer<UInt32>
    /// Room for the sums of those rows with both planes of their query.
    private let wholeSums: UnsafeMutablePointer<Int32>
    /// Room for the estimates of those rows, in approximate mode.
    let estimates: UnsafeMutablePointer<Double>
    /// Room for the approximate scores of a block of rows, by the BLAS library.
    let scores: UnsafeMutableBufferPointer<Float>
    /// The candidates of each query.
    private let tops: UnsafeMutablePointer<TopK>
    /// The queries of this scan, and what sums the products of their planes.
    private var queryCount = 0
    private var kernel = CodeKernel.scalar
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
        waiting = .allocate(capacity: ExactScan.queryLimit * Self.waitingLimit)
        uppers = .allocate(capacity: ExactScan.queryLimit * Self.waitingLimit)
        places = .allocate(capacity: Self.waitingLimit)
        places.initialize(repeating: 0, count: Self.waitingLimit)
        leading = .allocate(capacity: Self.waitingLimit)
        leading.initialize(repeating: 0, count: Self.waitingLimit)
        waitingCounts = .allocate(capacity: ExactScan.queryLimit)
        waitingCounts.initialize(repeating: 0, count: ExactScan.queryLimit)
        wholeSums = .allocate(capacity: 2 * Self.waitingLimit)
        wholeSums.initialize(repeating: 0, count: 2 * Self.waitingLimit)
        estimates = .allocate(capacity: Self.block)
        estimates.initialize(repeating: 0, count: Self.block)
        tops = .allocate(capacity: ExactScan.queryLimit)
        tops.initialize(repeating: TopK(), count: ExactScan.queryLimit)
        prepared = .allocate(capacity: ExactScan.queryLimit)
        prepared.initialize(repeating: .none, count: ExactScan.queryLimit)
        scores = .allocate(capacity: Self.block)
        scores.initialize(repeating: 0)
    }

    deinit {
        sums.deallocate()
        positions.deallocate()
        waiting.deallocate()
        uppers.deallocate()
        places.deallocate()
        waitingCounts.deallocate()
        leading.deallocate()
        wholeSums.deallocate()
        estimates.deallocate()
        tops.deinitialize(count: ExactScan.queryLimit)
        tops.deallocate()
        prepared.deallocate()
        scores.deallocate()
    }

    /// - Parameters:
    ///   - kernel: what sums the products of codes.
    ///   - fault: what is to be wrong with the bounds.
    func begin(_ queries: [ScanQuery], _ kernel: CodeKernel, fault: PlantedFault? = nil) {
        queryCount = queries.count
        self.kernel = kernel
        for (number, query) in queries.enumerated() {
            tops[number].begin(k: query.count, minimumScore: query.minimumScore)
            let planes = query.vector.planes
            prepared[number] = Prepared(
                planes: planes.planes, half: planes.half, bound: fault?.spoiled(planes.bound) ?? planes.bound,
                coarseBound: fault?.spoiledCoarse(planes.coarseBound) ?? planes.coarseBound)
        }
    }

    subscript(query: Int) -> Prepared {
        precondition(0..<ExactScan.queryLimit ~= query)
        return prepared[query]
    }

    /// What the upper end of a row must reach to be among the best of a query.
    func threshold(of query: Int) -> Double { tops[query].threshold }

    /// Takes a row that can be among the best of a query, until its whole codes are looked at.
    ///
    /// - Parameter upper: what its score can reach, by its coarse half.
    func wait(_ row: code_row, upper: Double, of query: Int) {
        let count = waitingCounts[query]
        (waiting + query * Self.waitingLimit + count).initialize(to: row)
        (uppers + query * Self.waitingLimit + count).initialize(to: upper)
        code_fetch(row.fine, prepared[query].half)
        waitingCounts[query] = count + 1
        if count + 1 == Self.waitingLimit { settle(query) }
    }

    /// Looks at the rows of a query that wait, the most promising ones first.
    private func settle(_ query: Int) {
        let (rows, uppers) = (waiting + query * Self.waitingLimit, uppers + query * Self.waitingLimit)
        let bound = prepared[query].bound
        var left = waitingCounts[query]
        for row in 0..<left { places[row] = UInt32(row) }
        while left > 0 {
            let count = code_leading(uppers, places, &left, tops[query].threshold, leading)
            guard count > 0 else { break }
            code_sums(
                kernel.variant, rows, leading, count, prepared[query].half, prepared[query].planes, wholeSums)
            for number in 0..<count {
                let row = rows[Int(leading[number])]
                let sum = 254 * Double(wholeSums[number]) + Double(wholeSums[count + number])
                let (scale, reach) = (Double(row.scale), Double(row.radius) * bound.reach)
                tops[query].offer(
                    TopK.Candidate(
                        lower: scale * (sum * bound.step - bound.spread) - reach,
                        upper: scale * (sum * bound.step + bound.spread) + reach, stretch: row.stretch, row: row.row))
            }
        }
        waitingCounts[query] = 0
    }

    func offer(_ candidate: TopK.Candidate, to query: Int) { tops[query].offer(candidate) }

    func survivors(of query: Int) -> [TopK.Candidate] {
        settle(query)
        return tops[query].survivors()
    }

    /// The first planes of the queries of a pass, one behind the other.
    func planes(of members: UnsafeBufferPointer<JointPlan.Member>) -> UnsafePointer<Int8> {
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
        sums.update(repeating: 0, count: min(queryCount, Int(CODE_QUERY_LIMIT)) * Self.block)
        positions.update(repeating: 0, count: Self.block)
        estimates.update(repeating: 0, count: Self.block)
        waiting.initialize(repeating: code_row(), count: queryCount * Self.waitingLimit)
        uppers.initialize(repeating: 0, count: queryCount * Self.waitingLimit)
        waitingCounts.update(repeating: 0, count: queryCount)
        places.update(repeating: 0, count: Self.waitingLimit)
        leading.update(repeating: 0, count: Self.waitingLimit)
        wholeSums.update(repeating: 0, count: 2 * Self.waitingLimit)
        scores.update(repeating: 0)
        prepared.update(repeating: .none, count: queryCount)
        for number in 0..<queryCount { tops[number].begin(k: 0, minimumScore: nil) }
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
