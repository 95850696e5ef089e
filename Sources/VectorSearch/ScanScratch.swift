import Synchronization

/// The memory that one scan works in. A scan takes one, and the next scan takes it again: what a query allocates is
/// its answer.
///
/// It holds approximate scores and positions of one caller's rows while the scan runs, and is emptied before it is
/// given to another.
final class ScanScratch: @unchecked Sendable {
    // Not shared: a scratch belongs to the one scan that took it from its pool.

    /// Room for the approximate scores of one chunk.
    let scores: UnsafeMutableBufferPointer<Float>
    /// The chunks to scan, with the position of their partition.
    var chunks: [(chunk: PartitionChunk, partition: Int)] = []
    /// The candidates.
    var top = TopK()

    init() {
        scores = .allocate(capacity: PartitionChunk.rowLimit)
        scores.initialize(repeating: 0)
    }

    deinit {
        scores.deallocate()
    }

    /// Lets go of the rows and clears what was computed about them.
    func clear() {
        scores.update(repeating: 0)
        chunks.removeAll(keepingCapacity: true)
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
