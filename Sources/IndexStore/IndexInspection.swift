import Foundation
import GRDB
import Glibc

/// Looks at an index from outside: beside a process that owns it, without its lock, changing nothing of it.
package struct IndexInspection: Sendable {
    package let path: String

    package init(path: String) {
        self.path = path
    }

    package var keyStorePath: String { KeyStore.path(ofIndex: path) }

    /// The files that hold text or secrets and may lie beside the index, the index itself first. Other names belong to
    /// the same index and hold nothing.
    package var confidentialPaths: [String] {
        ["", "-wal", "-shm"].flatMap { [path + $0, keyStorePath + $0] } + [path + ".issuer.pem"]
    }

    package var exists: Bool { FileManager.default.fileExists(atPath: path) }

    /// Why a file is not for its owner's eyes alone, or nil. A file that is not there exposes nothing.
    package static func exposure(of path: String) -> String? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        if status.st_mode & S_IFMT != S_IFREG { return "is not a plain file" }
        if status.st_uid != geteuid() { return "belongs to user \(status.st_uid), and this is user \(geteuid())" }
        let mode = status.st_mode & 0o7777
        return mode & 0o077 == 0 ? nil : "has mode \(String(mode, radix: 8))"
    }

    /// What SQLite says against the file: malformed pages and records, at most five. Indexes are not compared with their
    /// tables; `portcullis check` does that. O(size of the file), about 1 GB a second.
    package func quickProblems() throws -> [String] {
        var configuration = GRDB.Configuration()
        configuration.busyMode = .timeout(5)
        // A reader of a file in WAL mode makes the journal where there is none, and only a connection that may write
        // removes it again.
        configuration.readonly = FileManager.default.fileExists(atPath: path + "-wal")
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA query_only = ON") }
        do {
            return try DatabaseQueue(path: path, configuration: configuration).read { db in
                guard try Int32.fetchOne(db, sql: "PRAGMA application_id") == DatabaseFile.Kind.index.applicationID
                else {
                    throw IndexError.notAnIndex(path: path)
                }
                guard try !IndexSchema.migrator.hasBeenSuperseded(db) else { throw IndexError.newer(path: path) }
                return try String.fetchAll(db, sql: "PRAGMA quick_check(5)").filter { $0 != "ok" }
            }
        } catch let error as DatabaseError {
            throw IndexError.translated(error, path: path)
        }
    }

    /// Bytes free for this user on the file system of the index, or of the nearest folder above it that exists.
    package var freeBytes: Int64? {
        var status = statvfs()
        guard statvfs(nearestFolder, &status) == 0 else { return nil }
        return Int64(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
    }

    /// The folder of the index, or nil where new files can be made in it, or it can be made itself.
    package var unwritableFolder: String? {
        let folder = nearestFolder
        return access(folder, W_OK | X_OK) == 0 ? nil : folder
    }

    /// The folder of the index, or the nearest above it that exists.
    private var nearestFolder: String {
        var folder = (path as NSString).deletingLastPathComponent
        while !FileManager.default.fileExists(atPath: folder), folder.count > 1 {
            folder = (folder as NSString).deletingLastPathComponent
        }
        return folder.isEmpty ? "." : folder
    }
}
