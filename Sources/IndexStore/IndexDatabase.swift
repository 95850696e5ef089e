import Foundation
import GRDB
import Glibc

/// The SQLite file of an index: opened, checked, migrated.
struct IndexDatabase: Sendable {
    let path: String
    let pool: DatabasePool

    /// Opens the file at `path` and brings it to the newest version.
    ///
    /// - Parameter create: Whether to make a new index where there is none.
    init(path: String, create: Bool) throws {
        self.path = path
        let exists = FileManager.default.fileExists(atPath: path)
        guard exists || create else { throw IndexError.missing(path: path) }
        if create {
            let folder = (path as NSString).deletingLastPathComponent
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            } catch {
                throw IndexError.file(path: folder, reason: "the folder cannot be made")
            }
        }
        if exists { try Self.checkHeader(path) }
        let mask = umask(0o077)
        defer { umask(mask) }

        var configuration = GRDB.Configuration()
        configuration.foreignKeysEnabled = true
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
        }
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
            try pool.writeWithoutTransaction { db in
                // A commit is acknowledged when it is on the disk; the pool's own default for WAL is NORMAL.
                try db.execute(sql: "PRAGMA synchronous = FULL")
            }
            try migrate()
        } catch let error as DatabaseError {
            throw Self.translated(error, path: path)
        }
    }

    private func migrate() throws {
        let migrator = IndexSchema.migrator
        if try pool.read({ try migrator.hasBeenSuperseded($0) }) { throw IndexError.newer(path: path) }
        let identifier = try pool.read { try Int32.fetchOne($0, sql: "PRAGMA application_id") ?? 0 }
        let isEmpty = try pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_master") == 0 }
        guard identifier == IndexSchema.applicationID || isEmpty else { throw IndexError.notAnIndex(path: path) }
        try pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA application_id = \(IndexSchema.applicationID)")
        }
        try migrator.migrate(pool)
    }

    /// SQLite takes an empty file for an empty database; an index that was there and is now empty is damage.
    private static func checkHeader(_ path: String) throws(IndexError) {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw .file(path: path, reason: IndexError.systemText(errno))
        }
        defer { try? handle.close() }
        let header = (try? handle.read(upToCount: 16)) ?? Data()
        guard header == Data("SQLite format 3\0".utf8) else { throw .notAnIndex(path: path) }
    }

    static func translated(_ error: DatabaseError, path: String) -> IndexError {
        switch error.resultCode {
        case .SQLITE_CORRUPT: .damaged(what: "SQLite reports a malformed file")
        case .SQLITE_NOTADB: .notAnIndex(path: path)
        default: .file(path: path, reason: error.message ?? "SQLite error \(error.resultCode.rawValue)")
        }
    }

    /// Everything that SQLite and the references between tables can tell about damage; empty when sound.
    /// O(size of the file).
    func integrityProblems() throws -> [String] {
        try pool.read { db in
            let pages = try String.fetchAll(db, sql: "PRAGMA integrity_check(20)").filter { $0 != "ok" }
            let references = try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").map {
                "a row of \($0["table"] as String? ?? "?") refers to a row that is not there"
            }
            return pages + references
        }
    }
}
