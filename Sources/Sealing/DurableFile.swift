import Foundation
import Glibc

/// Names of files that stay when the power fails.
package enum DurableFile {
    /// Moves a file whose content is on the disk to another name in the same folder, in place of what was there.
    package static func move(_ draft: String, to path: String) throws(FileFailure) {
        // What was removed from the folder before must not come back beside the new file.
        try syncFolder(of: path)
        guard rename(draft, path) == 0 else { throw FileFailure(path: path, code: errno) }
        try syncFolder(of: path)
    }

    /// Brings to the disk which files the folder of `path` has; a sync of a file leaves that open (fsync(2)).
    package static func syncFolder(of path: String) throws(FileFailure) {
        let folder = (path as NSString).deletingLastPathComponent
        let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure(path: folder, code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileFailure(path: folder, code: errno) }
    }

    /// Writes a file for its owner's eyes alone; it has its name when all of it is on the disk.
    package static func write(_ bytes: some Collection<UInt8>, to path: String) throws(FileFailure) {
        let draft = path + ".new"
        let descriptor = open(draft, O_CREAT | O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileFailure(path: draft, code: errno) }
        defer { close(descriptor) }
        try fill(descriptor, with: Array(bytes), path: draft)
        try move(draft, to: path)
    }

    /// Writes all bytes and brings them to the disk.
    static func fill(_ descriptor: Int32, with bytes: [UInt8], path: String) throws(FileFailure) {
        guard fchmod(descriptor, 0o600) == 0, ftruncate(descriptor, 0) == 0 else {
            throw FileFailure(path: path, code: errno)
        }
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw FileFailure(path: path, code: count == 0 ? ENOSPC : errno) }
            done += count
        }
        guard fsync(descriptor) == 0 else { throw FileFailure(path: path, code: errno) }
    }
}
