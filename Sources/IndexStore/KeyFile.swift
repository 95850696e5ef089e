package import Crypto
import Foundation
import Glibc

/// The file that holds the secret of an index: 32 random bytes beside it, readable by its owner alone.
package enum KeyFile {
    private static let length = 32

    /// Reads the secret at `path`.
    ///
    /// - Parameter create: Whether to make a secret where there is none; only for a new index.
    package static func secret(at path: String, create: Bool) throws(IndexError) -> SymmetricKey {
        var status = stat()
        if lstat(path, &status) != 0 {
            guard errno == ENOENT else { throw .file(path: path, reason: IndexError.systemText(errno)) }
            guard create else { throw .keyMissing(path: path) }
            return try makeSecret(at: path)
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 == 0, status.st_uid == geteuid() else {
            throw .keyExposed(path: path, mode: String(status.st_mode & 0o7777, radix: 8))
        }
        guard let bytes = FileManager.default.contents(atPath: path), bytes.count == length else {
            throw .keyDamaged(path: path)
        }
        return SymmetricKey(data: bytes)
    }

    /// The file gets its name when it is whole: a process that ends half-way leaves no key file that would be damaged.
    private static func makeSecret(at path: String) throws(IndexError) -> SymmetricKey {
        let secret = SymmetricKey(size: .bits256)
        let draft = path + ".new"
        unlink(draft)
        defer { unlink(draft) }
        let descriptor = open(draft, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file(path: draft, reason: IndexError.systemText(errno)) }
        let written = secret.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        let isOnDisk = written == length && fsync(descriptor) == 0
        let reason = IndexError.systemText(written >= 0 && written < length ? ENOSPC : errno)
        close(descriptor)
        guard isOnDisk else { throw .file(path: path, reason: reason) }
        try DurableFile.move(draft, to: path)
        return secret
    }
}
