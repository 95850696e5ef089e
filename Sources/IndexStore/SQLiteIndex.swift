package import Crypto
import Foundation
import GRDB
import Labels
package import Passages
import Synchronization
import VectorSearch

/// The embedded index: one SQLite file, one writer, the newest generation in memory.
///
/// The process that opens it owns it until it closes (`EnclaveLock`). A change is in force for every snapshot taken
/// after the call that made it returned.
package final class SQLiteIndex: PassageIndex {
    private let lock: EnclaveLock
    private let database: IndexDatabase
    private let codec = RecordCodec()
    private let current: Mutex<IndexSnapshot>
    package let keys: IndexKeys
    /// Identifies the model that made the vectors.
    package let model: String

    /// Opens the index at `path` as its owner.
    ///
    /// - Parameters:
    ///   - model: Identifies the configured embedding model; an index made by another is refused.
    ///   - create: Whether to make a new index where there is none.
    ///   - secret: The index's secret; read from the key file beside the index when nil.
    package init(
        path: String, model: String, dimension: Int, create: Bool, secret: SymmetricKey? = nil, scanThreads: Int = 2
    ) throws {
        let isNew = !FileManager.default.fileExists(atPath: path)
        if isNew && !create { throw IndexError.missing(path: path) }
        if create {
            try? FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        }
        lock = try EnclaveLock(indexPath: path)
        keys = IndexKeys(secret: try secret ?? KeyFile.secret(at: path + ".key", create: isNew))
        database = try IndexDatabase(path: path, create: create)
        self.model = model
        do {
            try Self.claim(database, for: model)
            let empty = IndexSnapshot(
                generation: 0, dimension: dimension, partitions: [:], database: database, codec: codec, keys: keys,
                scan: ExactScan(), scanPool: ScanPool(width: scanThreads))
            current = Mutex(try empty.loaded())
        } catch let error as DatabaseError {
            throw IndexDatabase.translated(error, path: path)
        }
    }

    /// Records the model in a new index, and compares it in an old one.
    private static func claim(_ database: IndexDatabase, for model: String) throws {
        try database.pool.write { db in
            let recorded = try Data.fetchOne(
                db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [IndexSchema.Meta.model])
            if let recorded {
                guard Array(recorded) == Array(model.utf8) else {
                    throw IndexError.otherModel(indexed: String(decoding: recorded, as: UTF8.self), configured: model)
                }
            } else {
                try db.execute(
                    sql: "INSERT INTO meta (key, value) VALUES (?, ?)",
                    arguments: [IndexSchema.Meta.model, Data(model.utf8)])
            }
            // A label that nothing bears any more would only cost decisions.
            try db.execute(
                sql: """
                    DELETE FROM labels WHERE label_id NOT IN (
                        SELECT label_id FROM passages UNION SELECT label_id FROM headings
                        UNION SELECT title_label FROM documents)
                    """)
        }
    }

    /// The BLAS library that scans use, in its own words.
    package var blas: String { BLASLibrary.current.name }

    package func snapshot() -> IndexSnapshot { current.withLock { $0 } }

    /// See `IndexDatabase.integrityProblems`.
    package func integrityProblems() async throws -> [String] {
        let database = database
        return try await Task.detached { try database.integrityProblems() }.value
    }

    /// The source digest of every document in the index.
    package func sourceDigests() async throws -> [DocumentID: [UInt8]] {
        try await database.pool.read { db in
            var digests: [DocumentID: [UInt8]] = [:]
            let rows = try Row.fetchCursor(db, sql: "SELECT document_id, source_digest FROM documents")
            while let row = try rows.next() {
                digests[DocumentID(bytes: Array(row["document_id"] as Data))] = Array(row["source_digest"] as Data)
            }
            return digests
        }
    }

    /// Path and passage count of every document, for its administrator, in the order of paths.
    package func documentList() async throws -> [(id: DocumentID, path: String, passages: Int)] {
        let codec = codec
        return try await database.pool.read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT document_id, body,
                        (SELECT count(*) FROM passages WHERE passages.document_row = documents.document_row) AS passages
                    FROM documents
                    """)
            return try rows.map {
                let payload = try codec.decode($0["body"], as: .document)
                let body = try DocumentBody(payload)
                return (DocumentID(bytes: Array($0["document_id"] as Data)), body.path, $0["passages"] as Int)
            }.sorted { ByteText($0.1) < ByteText($1.1) }
        }
    }

    /// Vectors that were already made from texts of these digests.
    package func vectors(of digests: [[UInt8]]) async throws -> [[UInt8]: [Float]] {
        let codec = codec
        return try await database.pool.read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT vector FROM passages WHERE embedding_digest = ? LIMIT 1")
            var found: [[UInt8]: [Float]] = [:]
            for digest in digests where found[digest] == nil {
                if let data = try Data.fetchOne(statement, arguments: [Data(digest)]) {
                    found[digest] = try codec.decode(vector: data)
                }
            }
            return found
        }
    }
}

// MARK: - Changes

extension SQLiteIndex {
    /// Stores a document in place of what the index held of it, in one durable transaction.
    package func commit(_ document: IndexedDocument) async throws {
        try await change { db, snapshot in
            try snapshot.remove(document.id, in: db)
            try snapshot.insert(document, in: db)
        }
    }

    /// Removes documents; those that are not there are passed over.
    package func remove(_ documents: [DocumentID]) async throws {
        guard !documents.isEmpty else { return }
        try await change { db, snapshot in
            for document in documents { try snapshot.remove(document, in: db) }
        }
    }

    /// One transaction, and the generation that follows from it, published once the transaction is durable. Both happen
    /// on the writer's queue, so generations are published in the order of their commits.
    private func change(_ body: @escaping @Sendable (Database, inout IndexSnapshot) throws -> Void) async throws {
        do {
            try await database.pool.writeWithoutTransaction { [self] db in
                let before = snapshot()
                var after = before.next()
                try db.inTransaction(.immediate) {
                    try body(db, &after)
                    try db.execute(
                        sql: "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
                        arguments: [IndexSchema.Meta.generation, Data("\(after.generation)".utf8)])
                    return .commit
                }
                current.withLock { $0 = after }
            }
        } catch let error as DatabaseError {
            throw IndexDatabase.translated(error, path: database.path)
        }
    }
}
