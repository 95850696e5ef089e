package import Foundation
import Glibc

/// Files of keys: readable by their owner alone, and whole whenever they have their name.
package enum KeyFile {
    /// The key of 32 bytes in the file at `path`.
    package static func key(at path: String) throws(KeyError) -> SecretKey {
        try key(try contents(at: path, orMake: nil), of: path)
    }

    /// The key in a file whose owner and mode have been checked.
    static func readKey(at path: String) throws(KeyError) -> SecretKey {
        try key(try read(path), of: path)
    }

    private static func key(_ contents: consuming Data, of path: String) throws(KeyError) -> SecretKey {
        var bytes = contents
        defer { bytes.resetBytes(in: 0..<bytes.count) }
        guard bytes.count == SecretKey.length else { throw .damaged(path: path, bytes: bytes.count) }
        return try SecretKey(copying: bytes)
    }

    /// Makes a file with a new random key, and leaves one that is there.
    package static func make(at path: String) throws(KeyError) -> SecretKey {
        let key = try SecretKey()
        _ = try contents(at: path) { key.withBytes { Data($0) } }
        return try self.key(at: path)
    }

    /// What the file at `path` holds. Where there is none, `make` says what a new one is to hold.
    ///
    /// - Throws: `missing` where there is none and none is to be made; `exposed` where others could read it.
    package static func contents(at path: String, orMake make: (() -> Data)?) throws(KeyError) -> Data {
        var status = stat()
        if lstat(path, &status) != 0 {
            guard errno == ENOENT else { throw .file(path: path, reason: KeyError.systemText(errno)) }
            guard let make else { throw .missing(path: path) }
            do {
                try write(make, to: path)
            } catch {
                throw .file(path: error.path, reason: error.reason)
            }
            return try contents(at: path, orMake: nil)
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 == 0, status.st_uid == geteuid() else {
            throw .exposed(path: path, mode: String(status.st_mode & 0o7777, radix: 8))
        }
        return try read(path)
    }

    private static func read(_ path: String) throws(KeyError) -> Data {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw .file(path: path, reason: "it cannot be read")
        }
        return bytes
    }

    /// The file gets its name when it is whole: a process that ends half-way leaves no key file that would be damaged. Of
    /// several that make one at the same moment, the first to lock the draft makes it for all; the draft stays the same
    /// file until then.
    private static func write(_ make: () -> Data, to path: String) throws(FileFailure) {
        // Not `.new`: that is the name of the next root key beside its predecessor.
        let draft = path + ".draft"
        let descriptor = open(draft, O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileFailure(path: draft, code: errno) }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX) == 0 else { throw FileFailure(path: draft, code: errno) }
        // What is locked may be the key by now, under its own name.
        guard access(path, F_OK) != 0 else {
            unlink(draft)
            return
        }
        var bytes = Array(make())
        defer { bytes.withUnsafeMutableBytes { explicit_bzero($0.baseAddress!, $0.count) } }
        try DurableFile.fill(descriptor, with: bytes, path: draft)
        try DurableFile.move(draft, to: path)
    }
}
