import Synchronization

/// The memory that one scan works in. A scan takes one, and the next scan takes it again: what a query allocates is
/// its answer.
///
/// It holds sums, approximate scores and positions of one caller's rows while the scan runs, and is emptied before it is
/// given to another.
final class ScanScratch: @unchecked Sendable {
    // Not shared: a scratch belongs to the one scan that took it from its pool.

    /// Rows whose codes are summed at once: what comes of them stays in the nearest cache.
    static let block = 512

    /// Room for the sums of a block of rows with both planes of a query.
    let sums: UnsafeMutablePointer<Int32>
    /// Room for the positions of those rows of a block that can be among the best.
    let positions: UnsafeMutablePointer<UInt32>
    /// Room for the approximate scores of a block of rows, by the BLAS library.
    let scores: UnsafeMutableBufferPointer<Float>
    /// The candidates.
    var top = TopK()

    init() {
        sums = .allocate(capacity: 2 * Self.block)
        sums.initialize(repeating: 0, count: 2 * Self.block)
        positions = .allocate(capacity: Self.block)
        positions.initialize(repeating: 0, count: Self.block)
        scores = .allocate(capacity: Self.block)
        scores.initialize(repeating: 0)
    }

    deinit {
        sums.deallocate()
        positions.deallocate()
        scores.deallocate()
    }

    /// Clears what was computed.
    func clear() {
        sums.update(repeating: 0, count: 2 * Self.block)
        positions.update(repeating: 0, count: Self.block)
        scores.update(repeating: 0)
        top.begin(k: 0, minimumScore: nil)
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
