package import Crypto
package import Foundation
import Glibc

/// Files of keys: readable by their owner alone, and whole whenever they have their name.
package enum KeyFile {
    private static let secretLength = 32

    /// The secret of an index, 32 random bytes.
    ///
    /// - Parameter create: Whether to make a secret where there is none; only for a new index.
    package static func secret(at path: String, create: Bool) throws(IndexError) -> SymmetricKey {
        let make = { SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) } }
        let bytes = try contents(at: path, orMake: create ? make : nil)
        guard bytes.count == secretLength else { throw .keyDamaged(path: path) }
        return SymmetricKey(data: bytes)
    }

    /// What the file at `path` holds. Where there is none, `make` says what a new one is to hold.
    ///
    /// - Throws: `keyMissing` where there is none and none is to be made; `keyExposed` where others could read it.
    package static func contents(at path: String, orMake make: (() -> Data)?) throws(IndexError) -> Data {
        var status = stat()
        if lstat(path, &status) != 0 {
            guard errno == ENOENT else { throw .file(path: path, reason: IndexError.systemText(errno)) }
            guard let make else { throw .keyMissing(path: path) }
            try write(make, to: path)
            return try contents(at: path, orMake: nil)
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 == 0, status.st_uid == geteuid() else {
            throw .keyExposed(path: path, mode: String(status.st_mode & 0o7777, radix: 8))
        }
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw .file(path: path, reason: "it cannot be read")
        }
        return bytes
    }

    /// The file gets its name when it is whole: a process that ends half-way leaves no key file that would be damaged. Of
    /// several that make one at the same moment, the first to lock the draft makes it for all; the draft stays the same
    /// file until then.
    private static func write(_ make: () -> Data, to path: String) throws(IndexError) {
        let draft = path + ".new"
        let descriptor = open(draft, O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file(path: draft, reason: IndexError.systemText(errno)) }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX) == 0 else {
            throw .file(path: draft, reason: IndexError.systemText(errno))
        }
        // What is locked may be the key by now, under its own name.
        guard access(path, F_OK) != 0 else {
            unlink(draft)
            return
        }
        guard fchmod(descriptor, 0o600) == 0, ftruncate(descriptor, 0) == 0 else {
            throw .file(path: draft, reason: IndexError.systemText(errno))
        }
        let bytes = make()
        let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard written == bytes.count, fsync(descriptor) == 0 else {
            let code = written >= 0 && written < bytes.count ? ENOSPC : errno
            throw .file(path: path, reason: IndexError.systemText(code))
        }
        try DurableFile.move(draft, to: path)
    }
}
