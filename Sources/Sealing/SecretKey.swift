package import Foundation

/// 32 secret bytes in locked memory, wiped when the last owner lets go.
package final class SecretKey: Sendable {
    package static let length = 32

    nonisolated(unsafe) private let pointer: UnsafeMutableRawPointer

    /// Random bytes of the kernel (`SystemRandomNumberGenerator` is getrandom(2) on Linux).
    package init() throws(KeyError) {
        pointer = try LockedMemory.allocate()
        var random = SystemRandomNumberGenerator()
        for offset in stride(from: 0, to: Self.length, by: 8) {
            pointer.storeBytes(of: random.next(), toByteOffset: offset, as: UInt64.self)
        }
    }

    /// A copy of `bytes`.
    /// - Throws: `KeyError.length` where there are not 32 of them.
    package init(copying bytes: some ContiguousBytes) throws(KeyError) {
        pointer = try LockedMemory.allocate()
        let count = bytes.withUnsafeBytes { [pointer] bytes in
            if bytes.count == Self.length { pointer.copyMemory(from: bytes.baseAddress!, byteCount: Self.length) }
            return bytes.count
        }
        guard count == Self.length else { throw .length(given: count) }
    }

    deinit {
        LockedMemory.release(pointer)
    }

    /// What `body` is given must not outlive it.
    package func withBytes<Result, Failure>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: pointer, count: Self.length))
    }
}
