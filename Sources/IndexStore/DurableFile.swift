import Foundation
import Glibc

/// Names of files that stay when the power fails.
enum DurableFile {
    /// Moves a file whose content is on the disk to another name in the same folder, in place of what was there.
    static func move(_ draft: String, to path: String) throws(IndexError) {
        // What was removed from the folder before must not come back beside the new file.
        try syncFolder(of: path)
        guard rename(draft, path) == 0 else { throw .file(path: path, reason: IndexError.systemText(errno)) }
        try syncFolder(of: path)
    }

    /// Brings to the disk which files the folder of `path` has; a sync of a file leaves that open (fsync(2)).
    static func syncFolder(of path: String) throws(IndexError) {
        let folder = (path as NSString).deletingLastPathComponent
        let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file(path: folder, reason: IndexError.systemText(errno)) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .file(path: folder, reason: IndexError.systemText(errno)) }
    }
}
