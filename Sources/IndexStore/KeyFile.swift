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
            let bytes = make()
            try write(bytes, to: path)
            return bytes
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 == 0, status.st_uid == geteuid() else {
            throw .keyExposed(path: path, mode: String(status.st_mode & 0o7777, radix: 8))
        }
        guard let bytes = FileManager.default.contents(atPath: path) else { throw .keyDamaged(path: path) }
        return bytes
    }

    /// The file gets its name when it is whole: a process that ends half-way leaves no key file that would be damaged.
    private static func write(_ bytes: Data, to path: String) throws(IndexError) {
        let draft = path + ".new"
        unlink(draft)
        defer { unlink(draft) }
        let descriptor = open(draft, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file(path: draft, reason: IndexError.systemText(errno)) }
        let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        let isOnDisk = written == bytes.count && fsync(descriptor) == 0
        let reason = IndexError.systemText(written >= 0 && written < bytes.count ? ENOSPC : errno)
        close(descriptor)
        guard isOnDisk else { throw .file(path: path, reason: reason) }
        try DurableFile.move(draft, to: path)
    }
}
