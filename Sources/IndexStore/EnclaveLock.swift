import Glibc

/// Makes one process at a time the owner of an enclave's index.
///
/// The kernel releases the lock when the process ends, however it ends; the file stays and tells who held it last.
package final class EnclaveLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock of the index at `indexPath`, or says which process has it.
    package init(indexPath: String) throws(IndexError) {
        let path = indexPath + ".lock"
        descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .file(path: path, reason: IndexError.systemText(errno)) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var holder = [UInt8](repeating: 0, count: 32)
            let length = max(0, read(descriptor, &holder, holder.count))
            close(descriptor)
            let digits = holder.prefix(length).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            throw .owned(path: path, process: String(decoding: digits, as: UTF8.self))
        }
        let process = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        _ = write(descriptor, process, process.count)
    }

    deinit {
        close(descriptor)
    }
}
