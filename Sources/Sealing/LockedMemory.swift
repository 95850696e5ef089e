import Glibc
import Synchronization

/// Memory for keys: locked, so that it is never swapped, left out of core dumps, and wiped when a key is given back.
///
/// Pages are shared by all keys of the process and never returned, so the limit on locked memory (RLIMIT_MEMLOCK, often
/// 64 KiB) goes far: 128 keys a page of 4 KiB.
enum LockedMemory {
    private static let free = Mutex<[UInt]>([])
    private static let pageBytes = 4_096

    /// A place for `SecretKey.length` bytes, all zero.
    static func allocate() throws(KeyError) -> UnsafeMutableRawPointer {
        let address = try free.withLock { free throws(KeyError) in
            if free.isEmpty { free = try newPage() }
            return free.removeLast()
        }
        guard let pointer = UnsafeMutableRawPointer(bitPattern: address) else {
            preconditionFailure("a mapped page has an address")
        }
        return pointer
    }

    /// Wipes a place and takes it back.
    static func release(_ pointer: UnsafeMutableRawPointer) {
        explicit_bzero(pointer, SecretKey.length)
        free.withLock { $0.append(UInt(bitPattern: pointer)) }
    }

    private static func newPage() throws(KeyError) -> [UInt] {
        let page = mmap(nil, pageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let page, page != MAP_FAILED else { throw .memory(reason: KeyError.systemText(errno)) }
        guard mlock(page, pageBytes) == 0 else {
            let reason = KeyError.systemText(errno)
            munmap(page, pageBytes)
            throw .memory(reason: reason)
        }
        // Core dumps are off (`ProcessHardening`); a debugger's own do not get the page either.
        madvise(page, pageBytes, MADV_DONTDUMP)
        return stride(from: 0, to: pageBytes, by: SecretKey.length).map { UInt(bitPattern: page) + UInt($0) }
    }
}
