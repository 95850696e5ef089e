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
    /// What codes are multiplied with, of each query: a row of a small label takes no longer than it takes to find that.
    private let prepared: UnsafeMutablePointer<Prepared>
    /// The planes of the queries of the last pass, one behind the other, and the numbers of those queries.
    private var packed = VectorMemory(byteCount: 0)
    private var packedOf: [Int] = []

    /// A query as the kernels have it, for as long as the scan keeps the query.
    struct Prepared {
        let planes: UnsafePointer<Int8>?
        let stride: Int
        let bound: code_bound

        static var none: Prepared {
            Prepared(planes: nil, stride: 0, bound: code_bound(step: 0, spread: 0, reach: 0))
        }
    }

    private static let sumCount = 2 * Int(CODE_QUERY_LIMIT) * block

    init() {
        sums = .allocate(capacity: Self.sumCount)
        sums.initialize(repeating: 0, count: Self.sumCount)
        positions = .allocate(capacity: Self.block)
        positions.initialize(repeating: 0, count: Self.block)
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
        estimates.deallocate()
        prepared.deallocate()
        scores.deallocate()
    }

    func begin(_ queries: [ScanQuery]) {
        while tops.count < queries.count { tops.append(TopK()) }
        for (number, query) in queries.enumerated() {
            tops[number].begin(k: query.count, minimumScore: query.minimumScore)
            let planes = query.vector.planes
            prepared[number] = Prepared(planes: planes.planes, stride: planes.stride, bound: planes.bound)
        }
    }

    subscript(query: Int) -> Prepared {
        precondition(0..<ExactScan.queryLimit ~= query)
        return prepared[query]
    }

    /// Room for rows of a dimension that are gathered from where they lie.
    func gathering(dimension: Int) -> GatheredRows {
        if gathered.dimension != dimension { gathered = GatheredRows(dimension: dimension) }
        return gathered
    }

    func offer(_ candidate: TopK.Candidate, to query: Int) { tops[query].offer(candidate) }

    func survivors(of query: Int) -> [TopK.Candidate] { tops[query].survivors() }

    /// The planes of the queries of a pass, one behind the other.
    func planes(of members: ArraySlice<JointPlan.Member>) -> UnsafePointer<Int8> {
        guard let first = members.first, let own = self[first.query].planes else {
            preconditionFailure("a pass has queries")
        }
        if members.count == 1 { return own }
        let width = 2 * self[first.query].stride
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
        gathered.wipe()
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
