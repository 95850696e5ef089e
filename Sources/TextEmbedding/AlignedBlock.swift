import Foundation

package typealias AlignedFloats = AlignedBlock<Float>
/// The 16-bit codes of the fast encoder.
typealias AlignedCodes = AlignedBlock<Int16>

/// A block of numbers on a 64-byte boundary: one cache line, one AVX-512 register.
///
/// The block is filled by the one that makes it and only read after that, which is what makes sharing it safe; working
/// memory of one text is the exception and never leaves that text's call.
package final class AlignedBlock<Number: Numeric & BitwiseCopyable>: @unchecked Sendable {
    package let base: UnsafeMutablePointer<Number>
    package let count: Int

    /// Large blocks start on a page of 2 MB and ask for such pages: reading all weights once touches 43 MB, which is
    /// ten thousand small pages or twenty large ones.
    private static var largePage: Int { 2 << 20 }

    /// A block of `count` zeros.
    package init(count: Int) {
        let bytes = max(count, 1) * MemoryLayout<Number>.stride
        let large = bytes >= 4 * Self.largePage
        var memory: UnsafeMutableRawPointer?
        let status = posix_memalign(&memory, large ? Self.largePage : 64, bytes)
        guard status == 0, let memory else { fatalError("no memory for \(bytes) bytes of numbers") }
        #if os(Linux)
            if large { madvise(memory, bytes, MADV_HUGEPAGE) }
        #endif
        memset(memory, 0, bytes)
        self.base = memory.bindMemory(to: Number.self, capacity: max(count, 1))
        self.count = count
    }

    /// A copy of `numbers`.
    package convenience init(_ numbers: [Number]) {
        self.init(count: numbers.count)
        numbers.withUnsafeBufferPointer { source in
            if let start = source.baseAddress { base.update(from: start, count: source.count) }
        }
    }

    deinit { free(base) }

    /// The numbers as an array; a copy.
    package var array: [Number] { Array(UnsafeBufferPointer(start: base, count: count)) }
}
