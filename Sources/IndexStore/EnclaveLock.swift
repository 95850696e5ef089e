import Foundation
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
        guard Self.takes(descriptor) else {
            let code = errno
            guard code == EWOULDBLOCK else { throw .file(path: path, reason: IndexError.systemText(code)) }
            var holder = [UInt8](repeating: 0, count: 32)
            let length = max(0, read(descriptor, &holder, holder.count))
            let digits = holder.prefix(length).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            throw .owned(path: path, process: String(decoding: digits, as: UTF8.self))
        }
        let process = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        _ = write(descriptor, process, process.count)
    }

    // Also where `init` throws: by then it has the descriptor.
    deinit {
        close(descriptor)
    }

    /// A program that this process is about to start holds a copy of every descriptor for a moment, also of a lock that
    /// has just been let go; so a lock that this process had itself is tried for a while.
    private static func takes(_ descriptor: Int32) -> Bool {
        for _ in 0..<50 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK, recorded(descriptor) == getpid() else { return false }
            usleep(20_000)
        }
        return flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }

    /// The process that wrote its number into the lock file last.
    private static func recorded(_ descriptor: Int32) -> pid_t? {
        var digits = [UInt8](repeating: 0, count: 32)
        let length = max(0, pread(descriptor, &digits, digits.count, 0))
        let code = errno
        defer { errno = code }
        return pid_t(String(decoding: digits.prefix(length).prefix { $0 >= 0x30 && $0 <= 0x39 }, as: UTF8.self))
    }
}

// MARK: - Looking

extension EnclaveLock {
    /// Who has the lock of an index.
    package enum Holder: Hashable, Sendable {
        case nobody
        case process(Int)
        /// The system does not tell.
        case unknown
    }

    /// Looks who has the lock, without trying to take it: an owner that starts at this moment must not find it taken.
    ///
    /// The kernel lists all locks in `/proc/locks` by process, device and inode. Some file systems show another device
    /// there than stat(2) does; then the process that the lock file names must be the one in the list.
    ///
    /// The list is read in pieces while it changes, so that a lock can be missing in one reading; several must agree.
    package static func holder(indexPath: String) -> Holder {
        for _ in 0..<5 {
            let found = holderOnce(indexPath: indexPath)
            if found != .nobody { return found }
        }
        return .nobody
    }

    /// The kernel's list. It comes a page at a time, and a short piece is not its end.
    private static func kernelLocks() -> String? {
        let list = open("/proc/locks", O_RDONLY | O_CLOEXEC)
        guard list >= 0 else { return nil }
        defer { close(list) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = read(list, &piece, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += piece[..<count]
        }
    }

    private static func holderOnce(indexPath: String) -> Holder {
        var status = stat()
        guard lstat(indexPath + ".lock", &status) == 0 else { return .nobody }
        guard let locks = kernelLocks() else { return .unknown }
        let recorded = (try? String(contentsOfFile: indexPath + ".lock", encoding: .utf8)).flatMap {
            Int($0.prefix { $0.isASCII && $0.isNumber })
        }
        // makedev(3): the low 8 bits of the minor number, 12 of the major, then the rest of the minor.
        let number = UInt64(status.st_dev)
        let device = (major: number >> 8 & 0xFFF, minor: (number & 0xFF) | (number >> 12 & ~0xFF))
        for line in locks.split(separator: "\n") {
            // 2: FLOCK  ADVISORY  WRITE 24415 fe:00:16225287 0 EOF
            let words = line.split(separator: " ")
            guard words.count >= 6, words[1] == "FLOCK", words[3] == "WRITE", let process = Int(words[4]) else {
                continue
            }
            let place = words[5].split(separator: ":")
            guard place.count == 3, UInt(place[2]) == UInt(status.st_ino) else { continue }
            let isSameDevice =
                UInt64(place[0], radix: 16) == device.major && UInt64(place[1], radix: 16) == device.minor
            if isSameDevice || process == recorded { return .process(process) }
        }
        return .nobody
    }
}
