import Foundation
import GRDB
import Glibc
import Sealing
import Synchronization
import VectorSearch

/// A SQLite file of ours, an index or a key store: opened, checked, migrated.
struct DatabaseFile: Sendable {
    let kind: Kind
    let path: String
    let pool: DatabasePool
    /// Short reads; as many at a time as the pool has connections for them.
    private let readers: WorkPool

    /// What tells one file of ours from another.
    enum Kind: Sendable {
        case index, keyStore

        /// In the header of the file: "PCIX" and "PCKS".
        var applicationID: Int32 { self == .index ? 0x5043_4958 : 0x5043_4B53 }

        var migrator: DatabaseMigrator { self == .index ? IndexSchema.migrator : KeyStoreSchema.migrator }

        func missing(_ path: String) -> IndexError {
            self == .index ? .missing(path: path) : .keyStoreMissing(path: path)
        }

        func foreign(_ path: String) -> IndexError {
            self == .index ? .notAnIndex(path: path) : .notAKeyStore(path: path)
        }
    }

    /// Opens the file at `path` and brings it to the newest version.
    ///
    /// - Parameters:
    ///   - create: Whether to make a new file where there is none.
    ///   - pageSize: Bytes of a page of a new file; SQLite's own choice where nil.
    init(_ kind: Kind, path: String, create: Bool, pageSize: Int? = nil) throws {
        self.kind = kind
        self.path = path
        let exists = FileManager.default.fileExists(atPath: path)
        guard exists || create else { throw kind.missing(path) }
        let mask = umask(0o077)
        defer { umask(mask) }
        do {
            if exists { try DatabaseFileHeader.check(path, kind) } else { try Self.make(kind, path, pageSize) }
            if exists { Self.recoverLog(path) }
            let configuration = Self.configuration(kind, path)
            readers = WorkPool(width: configuration.maximumReaderCount)
            pool = try DatabasePool(path: path, configuration: configuration)
            try pool.writeWithoutTransaction { db in
                // A commit is acknowledged when it is on the disk; the pool's own default for WAL is NORMAL.
                try db.execute(sql: "PRAGMA synchronous = FULL")
            }
            // SQLite syncs the name of the log only where the connection that made it is the first to write to it; the
            // log may be one that a process made and then died.
            try DurableFile.syncFolder(of: path)
            try kind.migrator.migrate(pool)
            try pool.read { try Self.checkSchema($0, kind, path) }
        } catch {
            throw IndexError.translated(error, path: path, kind)
        }
    }

    /// Moves into the file what a process that ended early left in the log, with the list of the log's pages in memory.
    ///
    /// Otherwise SQLite makes that list in a file (`-shm`), and where no page of the log is whole it fills it with what
    /// happens to lie in this process's memory (`walIndexRecover`, 3.40). Where it cannot be done now, SQLite tries again
    /// when the file is opened, and says why not.
    private static func recoverLog(_ path: String) {
        var status = stat()
        guard stat(path + "-wal", &status) == 0, status.st_size > 0 else { return }
        var configuration = GRDB.Configuration()
        configuration.prepareDatabase {
            try $0.execute(sql: "PRAGMA locking_mode = EXCLUSIVE; PRAGMA secure_delete = ON")
        }
        guard let queue = try? DatabaseQueue(path: path, configuration: configuration) else { return }
        try? queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = FULL")
            _ = try db.checkpoint(.truncate)
        }
        try? queue.close()
    }

    /// Refuses a file with other tables than ours: a trigger, for one, could keep what is to be deleted.
    private static func checkSchema(_ db: Database, _ kind: Kind, _ path: String) throws {
        let expected = try kind == .index ? indexSchema.get() : keyStoreSchema.get()
        guard try schema(db) == expected else {
            let what = "its tables are not those that Portcullis makes"
            throw kind == .index ? IndexError.damaged(what: what) : .keyStoreDamaged(path: path, what: what)
        }
    }

    private static let indexSchema = Result { try newSchema(.index) }
    private static let keyStoreSchema = Result { try newSchema(.keyStore) }

    private static func newSchema(_ kind: Kind) throws -> [String] {
        let queue = try DatabaseQueue()
        try kind.migrator.migrate(queue)
        return try queue.read(schema)
    }

    private static func schema(_ db: Database) throws -> [String] {
        try String.fetchAll(
            db,
            sql: """
                SELECT type || ' ' || name || ' ' || tbl_name || ' ' || ifnull(sql, '') FROM sqlite_master
                ORDER BY type, name
                """)
    }

    /// - Parameter path: For errors.
    private static func configuration(_ kind: Kind, _ path: String) -> GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.foreignKeysEnabled = true
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
            // Before the pool writes anything: it does so when it makes sure of a log.
            let isWriter = !db.configuration.readonly
            guard try isWriter && kind.migrator.hasBeenSuperseded(db) else { return }
            let made = try kind.migrator.appliedIdentifiers(db)
            throw kind == .index && made.contains(IndexSchema.unsealedVersion)
                ? IndexError.unsealed(path: path) : IndexError.newer(path: path)
        }
        return configuration
    }

    /// Makes an empty file under another name and moves it into place when it is whole and on the disk: a process that
    /// ends half-way leaves nothing at `path` that the next one could take for the whole or for damage.
    private static func make(_ kind: Kind, _ path: String, _ pageSize: Int?) throws {
        let draft = path + ".new"
        func discardDraft() { for suffix in ["", "-journal", "-wal", "-shm"] { unlink(draft + suffix) } }
        discardDraft()
        defer { discardDraft() }
        var configuration = configuration(kind, path)
        configuration.journalMode = .wal
        if let pageSize {
            // Before the journal mode, which writes the first page.
            configuration.prepareDatabase { try $0.execute(sql: "PRAGMA page_size = \(pageSize)") }
        }
        let queue = try DatabaseQueue(path: draft, configuration: configuration)
        try queue.writeWithoutTransaction { db in
            try db.execute(
                sql: "PRAGMA synchronous = FULL; PRAGMA application_id = \(kind.applicationID)")
        }
        try kind.migrator.migrate(queue)
        // Closing moves the log into the file too, but does not tell when it could not.
        try queue.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try queue.close()
        // The log of a file that somebody deleted does not belong to this one.
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
        // Nor what the work refers to: a snapshot has the pool too.
        let work = WorkOnce(body)
        return try await readers.run { [unowned pool, path, kind] in
            do {
                return try pool.read(work.take())
            } catch {
                throw IndexError.translated(error, path: path, kind)
            }
        }
    }

    /// Moves the log into the file and empties it: what was deleted is in neither then, for `secure_delete` overwrites it.
    ///
    /// A reader of an older generation holds it up; after some seconds of that the error says so.
    func truncateLog() throws {
        for attempt in 1... {
            do {
                return try pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
            } catch let error as DatabaseError
                where [.SQLITE_BUSY, .SQLITE_LOCKED].contains(error.resultCode) && attempt < 400
            {
                usleep(25_000)
            }
        }
    }

    /// Moves the log into the file and makes sure that values which were deleted are not there any more: where a copy of one
    /// was left (`PageGaps`), all pages are written anew.
    func overwrite(_ deleted: [Data]) throws {
        try truncateLog()
        if try PageGaps(path: path).hold(anyOf: deleted) { try rewrite() }
    }

    /// Writes all pages anew, from what is in force alone. O(size of the file), and as much room beside it.
    func rewrite() throws {
        try pool.writeWithoutTransaction { try $0.execute(sql: "VACUUM") }
        try truncateLog()
    }

    /// Closes the file, its log moved into it. The pool closes connections that cannot write last, and those leave the log
    /// as it is.
    func close() throws {
        try truncateLog()
        try pool.close()
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
            throw IndexError.translated(error, path: path, kind)
        }
    }
}

/// Work that another thread lets go of when it is done.
private final class WorkOnce<Value: Sendable>: Sendable {
    typealias Work = @Sendable (Database) throws -> Value

    private let work: Mutex<Work?>

    init(_ work: @escaping Work) { self.work = Mutex(work) }

    func take() -> Work {
        work.withLock { work in
            guard let taken = work.take() else { preconditionFailure("work is done once") }
            return taken
        }
    }
}
