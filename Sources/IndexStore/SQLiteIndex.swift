package import AccessControl
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
    let database: IndexDatabase
    private let codec = RecordCodec()
    private let current: Mutex<IndexSnapshot>
    /// Decides about the labels; they are prepared for it before they show.
    private let authorizer = Mutex<LabelAuthorizer?>(nil)
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
                generation: 0, dimension: dimension, partitions: [:], labels: LabelTable(), database: database,
                codec: codec, keys: keys,
                scan: ExactScan(), scanPool: WorkPool(width: scanThreads))
            current = Mutex(try empty.loaded())
        } catch {
            throw IndexError.translated(error, path: path)
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

    /// Prepares the labels that there are for the one who decides about them, and from now on those that are added, before
    /// they show: so no request waits for it.
    package func prepareLabels(for authorizer: LabelAuthorizer) {
        authorizer.prepare(snapshot().labels)
        self.authorizer.withLock { $0 = authorizer }
    }

    /// See `IndexDatabase.integrityProblems`.
    package func integrityProblems() async throws -> [String] {
        try await database.integrityProblems()
    }

    /// Place and passage count of every document, for its administrator, in the order of paths.
    package func documentList() async throws -> [(id: DocumentID, place: DocumentPlace, passages: Int)] {
        let codec = codec
        return try await database.read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT document_id, body,
                        (SELECT count(*) FROM passages WHERE passages.document_row = documents.document_row) AS passages
                    FROM documents
                    """)
            return try rows.map {
                let payload = try codec.decode($0.data("body"), as: .document)
                let body = try DocumentBody(payload)
                return (try $0.documentID(), body.place, Int(try $0.number("passages")))
            }.sorted { ByteText($0.1.description) < ByteText($1.1.description) }
        }
    }

    /// Vectors that were already made from texts of these digests.
    package func vectors(of digests: [[UInt8]]) async throws -> [[UInt8]: [Float]] {
        let codec = codec
        return try await database.read { db in
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

    /// The vectors of documents, by the digest of what was embedded.
    package func vectors(of documents: [DocumentID]) async throws -> [[UInt8]: [Float]] {
        let codec = codec
        return try await database.read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT embedding_digest, vector FROM passages JOIN documents USING (document_row)
                    WHERE document_id = ?
                    """)
            var found: [[UInt8]: [Float]] = [:]
            for document in documents {
                let rows = try Row.fetchCursor(statement, arguments: [Data(document.bytes)])
                while let row = try rows.next() {
                    let digest = Array(try row.data("embedding_digest"))
                    found[digest] = try codec.decode(vector: row.data("vector"))
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

    /// Gives what policies name labels of its own, now and whenever it is committed again, for as long as the index is
    /// open. What is not there yet is no error.
    package func distinguish(_ names: ResourceNames) async throws {
        // Names that no policy has any more stay: a request that has begun may still go by them.
        let new = names.subtracting(snapshot().labels.names)
        guard !new.isEmpty else { return }
        try await change { db, snapshot in try snapshot.distinguish(new, in: db) }
    }

    /// The document as it would be committed: with labels of its own where it is named, or a passage of it.
    package func distinguished(_ document: IndexedDocument) -> IndexedDocument {
        document.distinguished(by: snapshot().labels.names)
    }

    /// Removes documents; those that are not there are passed over.
    package func remove(_ documents: [DocumentID]) async throws {
        guard !documents.isEmpty else { return }
        try await change { db, snapshot in
            for document in documents { try snapshot.remove(document, in: db) }
        }
    }

    /// Records that a file has been dealt with: its documents that are not named leave the index, the others keep their
    /// passages, and what they were made from is what `source` says.
    package func complete(_ source: IndexedSource) async throws {
        let known = try await database.read { try source.id.documents(in: $0) }
        let gone = known.filter { source.documents[$0] == nil }
        if gone.isEmpty {
            do {
                try await database.pool.write { try source.record(in: $0) }
            } catch {
                throw IndexError.translated(error, path: database.path)
            }
        } else {
            try await change { db, snapshot in
                for document in gone { try snapshot.remove(document, in: db) }
                try source.record(in: db)
            }
        }
    }

    /// Removes files with everything that was made of them.
    package func remove(sources: [DocumentID]) async throws {
        guard !sources.isEmpty else { return }
        try await change { db, snapshot in
            for source in sources {
                for document in try source.documents(in: db) { try snapshot.remove(document, in: db) }
                try db.execute(sql: "DELETE FROM sources WHERE source_id = ?", arguments: [Data(source.bytes)])
            }
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
                if after.labels.count > before.labels.count {
                    authorizer.withLock { $0 }?.prepare(after.labels)
                }
                current.withLock { $0 = after }
            }
        } catch {
            throw IndexError.translated(error, path: database.path)
        }
    }
}
