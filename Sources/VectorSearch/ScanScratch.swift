import CVectorKernels
import Synchronization

/// The memory that one scan works in. A scan takes one, and the next scan takes it again: what a query allocates is
/// its answer.
///
/// It holds sums, approximate scores and positions of the callers' rows while the scan runs, and is emptied before it is
/// given to another.
final class ScanScratch: @unchecked Sendable {
    // Not shared: a scratch belongs to the one scan that took it from its pool.

    /// Rows whose codes are summed at once: what comes of them stays in the nearest cache.
    static let block = 512

    /// Room for the sums of a block of rows with both planes of as many queries as one pass takes.
    let sums: UnsafeMutablePointer<Int32>
    /// Room for the positions of those rows of a block that can be among the best.
    let positions: UnsafeMutablePointer<UInt32>
    /// Room for the estimates of those rows, in approximate mode.
    let estimates: UnsafeMutablePointer<Double>
    /// Room for rows that are gathered from where they lie.
    private(set) var gathered = GatheredRows(dimension: 0)
    /// Room for the approximate scores of a block of rows, by the BLAS library.
    let scores: UnsafeMutableBufferPointer<Float>
    /// The candidates of each query.
    private(set) var tops: [TopK] = []
    /// The planes of the queries of the last pass, one behind the other, and the numbers of those queries.
    private var packed = VectorMemory(byteCount: 0)
    private var packedOf: [Int] = []

    private static let sumCount = 2 * Int(CODE_QUERY_LIMIT) * block

    init() {
        sums = .allocate(capacity: Self.sumCount)
        sums.initialize(repeating: 0, count: Self.sumCount)
        positions = .allocate(capacity: Self.block)
        positions.initialize(repeating: 0, count: Self.block)
        estimates = .allocate(capacity: Self.block)
        estimates.initialize(repeating: 0, count: Self.block)
        scores = .allocate(capacity: Self.block)
        scores.initialize(repeating: 0)
    }

    deinit {
        sums.deallocate()
        positions.deallocate()
        estimates.deallocate()
        scores.deallocate()
    }

    func begin(_ queries: [ScanQuery]) {
        while tops.count < queries.count { tops.append(TopK()) }
        for (number, query) in queries.enumerated() {
            tops[number].begin(k: query.count, minimumScore: query.minimumScore)
        }
    }

    /// Room for rows of a dimension that are gathered from where they lie.
    func gathering(dimension: Int) -> GatheredRows {
        if gathered.dimension != dimension { gathered = GatheredRows(dimension: dimension) }
        return gathered
    }

    func offer(_ candidate: TopK.Candidate, to query: Int) { tops[query].offer(candidate) }

    func survivors(of query: Int) -> [TopK.Candidate] { tops[query].survivors() }

    /// The planes of the queries of a pass, one behind the other.
    func planes(of members: ArraySlice<JointPlan.Member>, _ queries: [ScanQuery]) -> UnsafePointer<Int8> {
        guard let first = members.first else { preconditionFailure("a pass has queries") }
        let own = queries[first.query].vector.planes
        if members.count == 1 { return own.planes }
        let width = 2 * own.stride
        if packed.byteCount < Int(CODE_QUERY_LIMIT) * width {
            packed = VectorMemory(byteCount: Int(CODE_QUERY_LIMIT) * width)
            packedOf = []
        }
        let start = packed.start.assumingMemoryBound(to: Int8.self)
        if !packedOf.elementsEqual(members, by: { $0 == $1.query }) {
            packedOf.removeAll(keepingCapacity: true)
            for (number, member) in members.enumerated() {
                (start + number * width).update(from: queries[member.query].vector.planes.planes, count: width)
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
        gathered.wipe()
        scores.update(repeating: 0)
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
