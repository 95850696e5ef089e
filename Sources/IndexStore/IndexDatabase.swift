import Foundation
import GRDB
import Glibc
import VectorSearch

/// The SQLite file of an index: opened, checked, migrated.
struct IndexDatabase: Sendable {
    let path: String
    let pool: DatabasePool
    /// Short reads; as many at a time as the pool has connections for them.
    private let readers: WorkPool

    /// Opens the file at `path` and brings it to the newest version.
    ///
    /// - Parameter create: Whether to make a new index where there is none.
    init(path: String, create: Bool) throws {
        self.path = path
        let exists = FileManager.default.fileExists(atPath: path)
        guard exists || create else { throw IndexError.missing(path: path) }
        let mask = umask(0o077)
        defer { umask(mask) }
        do {
            if exists { try IndexFileHeader.check(path) } else { try Self.make(path) }
            let configuration = Self.configuration(path)
            readers = WorkPool(width: configuration.maximumReaderCount)
            pool = try DatabasePool(path: path, configuration: configuration)
            try pool.writeWithoutTransaction { db in
                // A commit is acknowledged when it is on the disk; the pool's own default for WAL is NORMAL.
                try db.execute(sql: "PRAGMA synchronous = FULL")
            }
            // SQLite syncs the name of the log only where the connection that made it is the first to write to it; the
            // log may be one that a process made and then died.
            try DurableFile.syncFolder(of: path)
            try IndexSchema.migrator.migrate(pool)
        } catch {
            throw IndexError.translated(error, path: path)
        }
    }

    /// - Parameter path: Of the index, for errors.
    private static func configuration(_ path: String) -> GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.foreignKeysEnabled = true
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
            // Before the pool writes anything: it does so when it makes sure of a log.
            let isWriter = !db.configuration.readonly
            if try isWriter && IndexSchema.migrator.hasBeenSuperseded(db) { throw IndexError.newer(path: path) }
        }
        return configuration
    }

    /// Makes an empty index under another name and moves it into place when it is whole and on the disk: a process that
    /// ends half-way leaves nothing at `path` that the next one could take for an index or for damage.
    private static func make(_ path: String) throws {
        let draft = path + ".new"
        func discardDraft() { for suffix in ["", "-journal", "-wal", "-shm"] { unlink(draft + suffix) } }
        discardDraft()
        defer { discardDraft() }
        var configuration = configuration(path)
        configuration.journalMode = .wal
        let queue = try DatabaseQueue(path: draft, configuration: configuration)
        try queue.writeWithoutTransaction { db in
            try db.execute(
                sql: "PRAGMA synchronous = FULL; PRAGMA application_id = \(IndexSchema.applicationID)")
        }
        try IndexSchema.migrator.migrate(queue)
        // Closing moves the log into the file too, but does not tell when it could not.
        try queue.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try queue.close()
        // The log of an index that somebody deleted does not belong to this one.
        for suffix in ["-journal", "-wal", "-shm"] { unlink(path + suffix) }
        try DurableFile.move(draft, to: path)
    }

    /// Reads in one transaction; what SQLite or GRDB reports becomes an `IndexError`.
    ///
    /// On a thread of `readers`: the pool's own asynchronous form changes threads twice, once to wait for a connection
    /// and once to read.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        // The pool is kept here, until the result is there, and not on the other thread, which lets go a moment later: the
        // file could still be open then, although its last owner is gone.
        defer { withExtendedLifetime(pool) {} }
        return try await readers.run { [unowned pool, path] in
            do {
                return try pool.read(body)
            } catch {
                throw IndexError.translated(error, path: path)
            }
        }
    }

    /// Everything that SQLite and the references between tables can tell about damage; empty when sound.
    /// O(size of the file).
    func integrityProblems() async throws -> [String] {
        do {
            return try await pool.read { db in
                let pages = try String.fetchAll(db, sql: "PRAGMA integrity_check(20)").filter { $0 != "ok" }
                let references = try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").map {
                    "a row of \($0["table"] as String? ?? "?") refers to a row that is not there"
                }
                return pages + references
            }
        } catch {
            throw IndexError.translated(error, path: path)
        }
    }
}
