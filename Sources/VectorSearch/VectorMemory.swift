import Glibc

/// Memory on a boundary of a cache line, which is let go of with its last owner.
///
/// Whoever put rows or questions there wipes them: what was erased does not stay in memory that is free.
final class VectorMemory: Sendable {
    /// The boundary on which the memory starts, in bytes: one cache line, one AVX-512 register.
    static let alignment = 64
    /// The size of a huge page (x86-64, and arm64 with pages of 4 KiB).
    private static let hugePage = 2 << 20
    /// A multiple of the size of a page on every machine (arm64 has some of 64 KiB).
    private static let page = 64 << 10

    // Of each byte there is one writer, before others read it, and one who wipes it, after they did.
    nonisolated(unsafe) let start: UnsafeMutableRawPointer
    let byteCount: Int
    /// Bytes of the system's own pages, 0 where the memory is of the heap.
    private let mapped: Int

    /// Memory that nothing has touched yet. Where it all but fills a huge page or more, the system is asked for such
    /// pages, because a scan of small ones waits for their addresses (madvise(2)); where it has none to give, nothing is
    /// lost. What is left over behind them and would not fill one lies on small pages. They are the system's again at
    /// once when they are let go of: a heap would keep them.
    init(byteCount: Int) {
        precondition(byteCount >= 0)
        self.byteCount = byteCount
        guard byteCount >= Self.hugePage / 8 * 7 else {
            start = .allocate(byteCount: max(byteCount, Self.alignment), alignment: Self.alignment)
            mapped = 0
            return
        }
        let page = byteCount % Self.hugePage >= Self.hugePage / 8 * 7 ? Self.hugePage : Self.page
        mapped = (byteCount + page - 1) / page * page
        start = Self.map(mapped)
    }

    /// Pages that begin on the boundary of a huge one.
    private static func map(_ size: Int) -> UnsafeMutableRawPointer {
        let all = mmap(nil, size + hugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let all, all != MAP_FAILED else { fatalError("no memory for \(size) bytes of vectors") }
        let before = (hugePage - Int(bitPattern: all) % hugePage) % hugePage
        let start = all + before
        if before > 0 { munmap(all, before) }
        munmap(start + size, hugePage - before)
        _ = madvise(start, size, MADV_HUGEPAGE)
        return start
    }

    func wipe(_ bytes: Range<Int>) {
        precondition(bytes.lowerBound >= 0 && bytes.upperBound <= byteCount)
        explicit_bzero(start + bytes.lowerBound, bytes.count)
    }

    deinit {
        if mapped > 0 { munmap(start, mapped) } else { start.deallocate() }
    }
}
