import Glibc

/// Memory on a boundary of a cache line, which is let go of with its last owner.
///
/// Whoever put rows or questions there wipes them: what was erased does not stay in memory that is free.
final class VectorMemory: Sendable {
    /// The boundary on which the memory starts, in bytes: one cache line, one AVX-512 register.
    static let alignment = 64
    /// The size of a huge page (x86-64, and arm64 with pages of 4 KiB).
    private static let hugePage = 2 << 20

    // Of each byte there is one writer, before others read it, and one who wipes it, after they did.
    nonisolated(unsafe) let start: UnsafeMutableRawPointer
    let byteCount: Int

    /// Memory that nothing has touched yet. Where it all but fills a huge page or more, the system is asked for such
    /// pages, because a scan of small ones waits for their addresses (madvise(2)). Where it has none to give, nothing
    /// is lost.
    init(byteCount: Int) {
        precondition(byteCount >= 0)
        self.byteCount = byteCount
        guard byteCount >= Self.hugePage / 8 * 7 else {
            start = .allocate(byteCount: max(byteCount, Self.alignment), alignment: Self.alignment)
            return
        }
        let size = max(byteCount, Self.hugePage)
        start = .allocate(byteCount: size, alignment: Self.hugePage)
        _ = madvise(start, size, MADV_HUGEPAGE)
    }

    func wipe(_ bytes: Range<Int>) {
        precondition(bytes.lowerBound >= 0 && bytes.upperBound <= byteCount)
        explicit_bzero(start + bytes.lowerBound, bytes.count)
    }

    deinit { start.deallocate() }
}
