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

    /// Room for the sums of a block of rows with the first planes of as many queries as one pass takes.
    let sums: UnsafeMutablePointer<Int32>
    /// Room for the positions of those rows of a block that can be among the best.
    let positions: UnsafeMutablePointer<UInt32>
    /// Room for the estimates of those rows, in approximate mode.
    let estimates: UnsafeMutablePointer<Double>
    /// The approximate scores of a block of rows, by the BLAS library.
    private var library = LibraryScores()
    /// Whether it gave any interval since the scan began, and whether it is to give those of the next block.
    private(set) var usesLibrary = false
    var crowding = Crowding()
    /// What can be among the best of each query by coarse halves, and its candidates.
    private let waiting = WaitingRows()
    private let tops: UnsafeMutablePointer<TopK>
    /// How many queries this scan has, and what sums the products of their planes.
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
        estimates = .allocate(capacity: Self.block)
        estimates.initialize(repeating: 0, count: Self.block)
        tops = .allocate(capacity: ExactScan.queryLimit)
        tops.initialize(repeating: TopK(), count: ExactScan.queryLimit)
        prepared = .allocate(capacity: ExactScan.queryLimit)
        prepared.initialize(repeating: .none, count: ExactScan.queryLimit)
    }

    deinit {
        sums.deallocate()
        positions.deallocate()
        estimates.deallocate()
        tops.deinitialize(count: ExactScan.queryLimit)
        tops.deallocate()
        prepared.deallocate()
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

    /// Puts off a row that can be among the best of a query by its coarse half, until it is looked at whole with others.
    func postpone(_ codes: code_row, _ row: WaitingRows.Row, of query: Int) {
        code_fetch(codes.fine, prepared[query].half)
        if waiting.add(codes, row, of: query) { settle(query) }
    }

    private func settle(_ query: Int) {
        waiting.settle(query, prepared[query], kernel, into: &tops[query])
    }

    func offer(_ candidate: TopK.Candidate, to query: Int) { tops[query].offer(candidate) }

    func survivors(of query: Int) -> [TopK.Candidate] {
        settle(query)
        return tops[query].survivors()
    }

    /// The scores of rows by the library, as `LibraryScores.multiply`.
    func products(
        of vectors: UnsafePointer<Float>, count: Int, members: UnsafeBufferPointer<JointPlan.Member>,
        _ queries: [ScanQuery]
    ) -> UnsafeMutableBufferPointer<Float> {
        usesLibrary = true
        return library.multiply(vectors, count: count, members: members, queries)
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
        waiting.clear(queries: queryCount)
        library.clear()
        usesLibrary = false
        crowding = Crowding()
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
