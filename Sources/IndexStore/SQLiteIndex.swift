package import AccessControl
import Foundation
import GRDB
import Labels
package import Passages
package import Sealing
import Synchronization
import VectorSearch

/// The embedded index: one SQLite file and its key store, one writer, the newest generation in memory.
///
/// The process that opens it owns it until it closes (`EnclaveLock`). A change is in force for every snapshot taken
/// after the call that made it returned.
package final class SQLiteIndex: PassageIndex {
    private let lock: EnclaveLock
    let database: DatabaseFile
    package let keyStore: KeyStore
    private let current: Mutex<IndexSnapshot>
    /// Keys of what is gone, which could not be destroyed yet.
    private let retiredKeys = Mutex<[DataKeyID]>([])
    /// Documents whose keys an erasure destroyed, and which the file still has because its commit failed.
    let erasedRecords = Mutex(ErasedRecords())
    let lexicalLoading = LexicalLoading()
    let formerWords = FormerWords()
    /// Of writing words anew.
    let wordTurns = Turns()
    /// Decides about the labels; they are prepared for it before they show.
    private let authorizer = Mutex<LabelAuthorizer?>(nil)
    package let keys: IndexKeys
    /// Identifies the model that made the vectors.
    package let model: String

    /// How an index comes by its keys.
    package struct KeySource: Sendable {
        let root: RootKeySource
        /// Whether to make root key and key store for a new index where there are none.
        let makesKeys: Bool
        /// What ids and digests of a new index are made with; random where nil. Two indexes with one secret give equal ids.
        let secret: SecretKey?

        package init(_ root: RootKeySource, makesKeys: Bool, secret: SecretKey? = nil) {
            self.root = root
            self.makesKeys = makesKeys
            self.secret = secret
        }
    }

    /// Opens the index at `path` as its owner.
    ///
    /// - Parameters:
    ///   - model: Identifies the configured embedding model; an index made by another is refused.
    ///   - create: Whether to make a new index where there is none.
    ///   - beginsAnew: Whether a new index is made although the key store knows of one with content, whose keys are destroyed
    ///     then. Erasures and holds stay on record.
    ///   - isRestored: Whether the file was just put there out of a backup; see `IndexSnapshot.loaded`.
    ///   - keepsVectors: Whether vectors are to be in memory: those that the file has once `readVectors` returned.
    ///     Otherwise the few that a question needs are read from the file: it takes longer, and a quarter of the memory.
    ///   - pageSize: Bytes of a page of new files; SQLite's own choice where nil.
    package init(
        path: String, model: String, dimension: Int, create: Bool, keys source: KeySource, beginsAnew: Bool = false,
        isRestored: Bool = false, scanThreads: Int = 2, keepsVectors: Bool = true, pageSize: Int? = nil
    ) throws {
        let isNew = !FileManager.default.fileExists(atPath: path)
        if isNew && !create { throw IndexError.missing(path: path) }
        if create {
            try? FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        }
        lock = try EnclaveLock(indexPath: path)
        try IndexRestore.removeLeftovers(beside: path)
        // What is no index is to be called so, whatever lies beside it; and a new one gets its name after its key store.
        let existing = isNew ? nil : try DatabaseFile(.index, path: path, create: false)
        keyStore = try KeyStore.opened(indexPath: path, source, isNew: isNew, pageSize: pageSize)
        if isNew && !beginsAnew { try Self.refuseAnew(path: path, keyStore) }
        keys = try IndexKeys(secret: keyStore.secret)
        database = try existing ?? DatabaseFile(.index, path: path, create: true, pageSize: pageSize)
        self.model = model
        do {
            try Self.claim(database, keyStore, keys, model: model, beginsAnew: beginsAnew)
            let empty = IndexSnapshot(
                generation: 0, arena: try RowArena(dimension: dimension, keepsVectors: keepsVectors), partitions: [:],
                labels: LabelTable(),
                records: MultisetDigest(),
                database: database, keyStore: keyStore, keys: keys,
                scan: SharedScan(ExactScan(), on: WorkPool(width: scanThreads), isShared: true))
            let loaded = try empty.loaded(isRestored: isRestored)
            current = Mutex(loaded.snapshot)
            try tidy(loaded)
        } catch {
            throw IndexError.translated(error, path: path)
        }
    }

    /// Closes both files, their logs moved into them. Nothing can be asked of the index afterwards.
    package func close() throws {
        do {
            try database.close()
            try keyStore.file.close()
        } catch {
            throw IndexError.translated(error, path: database.path)
        }
    }

    /// The key of look-up keys, for an index beside this one that is to give equal ids.
    package var secret: SecretKey { keyStore.secret }

    /// Where the key store knows of an index with content, that is lost, and its keys are what a backup of it needs.
    private static func refuseAnew(path: String, _ keyStore: KeyStore) throws(IndexError) {
        let known = keyStore.state.next
        guard known.digest == MultisetDigest() else { throw .lost(path: path, generation: known.generation) }
    }

    /// Records enclave and model in a new index, and compares them in an old one.
    private static func claim(
        _ database: DatabaseFile, _ keyStore: KeyStore, _ keys: IndexKeys, model: String, beginsAnew: Bool
    ) throws {
        try database.pool.write { db in
            func meta(_ key: String) throws -> [UInt8]? {
                try Data.fetchOne(db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [key]).map(Array.init)
            }
            guard let enclave = try meta(IndexSchema.Meta.enclave) else {
                // An index that was just made, or whose making was interrupted.
                if !beginsAnew { try refuseAnew(path: database.path, keyStore) }
                let known = keyStore.state.next
                let anchor = IndexAnchor(generation: known.generation + 1, digest: MultisetDigest())
                let keyGeneration = try keyStore.announce(anchor, after: known, storing: [])
                let state = IndexState(
                    generation: anchor.generation, keyGeneration: keyGeneration, records: anchor.digest)
                for (key, value) in [
                    (IndexSchema.Meta.enclave, Data(keyStore.enclave)), (IndexSchema.Meta.model, Data(model.utf8)),
                    (IndexSchema.Meta.state, state.bytes(keys.state)),
                ] {
                    try db.execute(sql: "INSERT INTO meta (key, value) VALUES (?, ?)", arguments: [key, value])
                }
                return
            }
            guard enclave == keyStore.enclave else { throw IndexError.otherEnclave(path: database.path) }
            guard let recorded = try meta(IndexSchema.Meta.model), recorded == Array(model.utf8) else {
                throw IndexError.otherModel(
                    indexed: String(decoding: try meta(IndexSchema.Meta.model) ?? [], as: UTF8.self),
                    configured: model)
            }
        }
    }

    /// What an interruption may have left: keys of nothing, and a commit that the key store has not heard the end of. And
    /// labels that nothing bears any more, which would only cost decisions.
    private func tidy(_ loaded: LoadedIndex) throws {
        let orphans = keyStore.ring.ids.filter { !loaded.keys.contains($0) }
        let anchor = snapshot().anchor
        let state = keyStore.state
        if !orphans.isEmpty || state.previous != anchor || state.next != anchor {
            try keyStore.confirm(anchor, destroying: orphans)
        }
        if !loaded.unreadableLabels.isEmpty {
            try changeNow { change in
                for label in loaded.unreadableLabels {
                    try change.removeUnreadable(label: label.id, digest: label.digest, keyID: label.keyID)
                }
            }
        }
        if !loaded.unreadableSources.isEmpty {
            try changeNow { change in for record in loaded.unreadableSources { try change.drop(record) } }
        }
        try finishErasures(loaded.unreadable)
        if snapshot().partitions.values.contains(where: { $0.bearers == 0 }) {
            try changeNow { try $0.removeUnusedLabels() }
        }
    }

    /// What chooses the candidates of a scan, in its own words.
    package var scanSource: String {
        let snapshot = snapshot()
        return snapshot.scan.scan.source.name(keepsVectors: snapshot.arena.keepsVectors)
    }

    /// Whether scans of several callers are carried out together.
    package var sharesScans: Bool {
        get { snapshot().scan.isShared }
        set { snapshot().scan.isShared = newValue }
    }

    package func snapshot() -> IndexSnapshot { current.withLock { $0 } }

    /// Puts a generation into force. On the writer's queue.
    func publish(_ snapshot: IndexSnapshot) {
        let words = current.withLock { current in
            defer { current = snapshot }
            return current.lexical
        }
        formerWords.note(words, replacedBy: snapshot.lexical)
    }

    /// Prepares the labels that there are for the one who decides about them, and from now on those that are added, before
    /// they show: so no request waits for it.
    package func prepareLabels(for authorizer: LabelAuthorizer) {
        authorizer.prepare(snapshot().labels)
        self.authorizer.withLock { $0 = authorizer }
    }

    /// Everything that can be told about damage: what SQLite finds, references between tables, and every record that does
    /// not open. Empty when sound. O(size of the file).
    package func integrityProblems() async throws -> [String] {
        let problems = try await database.integrityProblems() + keyStore.file.integrityProblems()
        return try await problems + recordProblems()
    }

    /// Records that do not open, each with its place.
    private func recordProblems() async throws -> [String] {
        var problems: [String] = []
        func note(_ open: () async throws -> Void) async throws {
            do {
                try await open()
            } catch let error as IndexError {
                guard case .damaged(let what) = error else { throw error }
                problems.append(what)
            }
        }
        for id in try await documentIDs() { try await note { _ = try await outline(of: id) } }
        for id in try await takenIDs() { try await note { _ = try await takenSource(id) } }
        return problems
    }

    private func documentIDs() async throws -> [DocumentID] {
        try await database.read { db in
            try Row.fetchAll(db, sql: "SELECT document_id FROM documents").map { try $0.documentID() }
        }
    }

    /// Place and passage count of every document, for its administrator, in the order of paths.
    package func documentList() async throws -> [(id: DocumentID, place: DocumentPlace, passages: Int)] {
        let snapshot = snapshot()
        return try await database.read { db in
            let reader = DocumentReader(db: db, snapshot: snapshot)
            return try Row.fetchAll(db, sql: "SELECT \(DocumentRecord.columns) FROM documents").map { row in
                let record = try DocumentRecord(row)
                let document = try reader.opened(record, try snapshot.labels(of: record))
                return (record.id, try reader.body(of: document).place, document.labels.passages.count)
            }.sorted { ByteText($0.1.description) < ByteText($1.1.description) }
        }
    }

    /// Vectors that were already made from texts of these digests.
    package func vectors(of digests: [[UInt8]]) async throws -> [[UInt8]: [Float]] {
        let snapshot = snapshot()
        return try await database.read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT document_row, ordinal FROM passages WHERE embedding_digest = ? LIMIT 1")
            var places: [Int64: [(ordinal: Int, digest: [UInt8])]] = [:]
            for digest in Set(digests) {
                guard let row = try Row.fetchOne(statement, arguments: [Data(digest)]) else { continue }
                places[try row.number("document_row"), default: []].append((Int(try row.number("ordinal")), digest))
            }
            var found: [[UInt8]: [Float]] = [:]
            // Each document's record is opened once, however many of its vectors are wanted.
            for (document, wanted) in places {
                guard let record = try DocumentRecord.fetch(row: document, in: db) else { continue }
                let vectors = try snapshot.vectors(of: record, in: db)
                for (ordinal, digest) in wanted {
                    guard (0..<vectors.count).contains(ordinal), vectors.embeddingDigest(ordinal) == digest else {
                        throw IndexError.damaged(what: "passage \(ordinal) of document \(record.id) has another vector")
                    }
                    found[digest] = vectors.vector(ordinal)
                }
            }
            return found
        }
    }

    /// The vectors of documents, by the digest of what was embedded.
    package func vectors(of documents: [DocumentID]) async throws -> [[UInt8]: [Float]] {
        let snapshot = snapshot()
        return try await database.read { db in
            var found: [[UInt8]: [Float]] = [:]
            for document in documents {
                guard let record = try DocumentRecord.fetch(document, in: db) else { continue }
                let vectors = try snapshot.vectors(of: record, in: db)
                for row in 0..<vectors.count { found[vectors.embeddingDigest(row)] = vectors.vector(row) }
            }
            return found
        }
    }
}

// MARK: - Changes

extension SQLiteIndex {
    /// Stores a document in place of what the index held of it, in one durable transaction. Where its labels alone are
    /// others, none of its text is sealed again.
    ///
    /// - Throws: `outdated` where names came since it was drafted, and what shaped its vectors may not any more
    ///   (`distinguished`).
    package func commit(_ document: IndexedDocument) async throws {
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        try await change { change in
            if try change.relabel(document) { return }
            let ingested = try change.ingested(document.id) ?? now
            try change.remove(document.id)
            try change.insert(document, ingested: ingested)
        }
    }

    /// The document as it would be committed: with labels of its own where it is named, or a passage of it.
    package func distinguished(_ document: IndexedDocument) -> IndexedDocument {
        document.distinguished(by: snapshot().labels.names)
    }

    /// Removes documents; those that are not there are passed over.
    package func remove(_ documents: [DocumentID]) async throws {
        guard !documents.isEmpty else { return }
        try await change { change in
            for document in documents { try change.remove(document) }
        }
    }

    /// Records that a file has been dealt with: its documents that are not named leave the index, the others keep their
    /// passages, and what they were made from is what `source` says.
    package func complete(_ source: IndexedSource) async throws {
        try await change { change in
            for document in try source.id.documents(in: change.db) where source.documents[document] == nil {
                try change.remove(document)
            }
            try change.record(source)
        }
    }

    /// Removes everything that was made of files. What was taken of them stays: the next ingest may be able to read it.
    package func remove(sources: [DocumentID]) async throws {
        guard !sources.isEmpty else { return }
        try await change { change in
            for source in sources {
                for document in try source.documents(in: change.db) { try change.remove(document) }
                try change.forget(source: source)
            }
        }
    }

    /// One transaction, and the generation that follows from it, published once the transaction is durable. Both happen
    /// on the writer's queue, so generations are published in the order of their commits.
    func change(_ body: @escaping @Sendable (inout IndexChange) throws -> Void) async throws {
        do {
            try await database.pool.writeWithoutTransaction { [self] in try commit($0, body) }
        } catch {
            throw IndexError.translated(error, path: database.path)
        }
    }

    /// The same, on the caller's thread.
    func changeNow(_ body: (inout IndexChange) throws -> Void) throws {
        do {
            try database.pool.writeWithoutTransaction { try commit($0, body) }
        } catch {
            throw IndexError.translated(error, path: database.path)
        }
    }

    /// The key store hears before the commit what the index will be, and gets the keys; and after it that it is so, and
    /// destroys the keys of what is gone. Whatever ends the process in between, every document that the index has is one
    /// whose key there is.
    func commit(_ db: Database, _ body: (inout IndexChange) throws -> Void) throws {
        let before = snapshot()
        var change = IndexChange(db: db, from: before)
        try db.inTransaction(.immediate) {
            try removeErased(in: &change)
            try body(&change)
            let after = change.snapshot.anchor
            let keyGeneration = try keyStore.announce(after, after: before.anchor, storing: change.newKeys)
            let state = IndexState(
                generation: after.generation, keyGeneration: keyGeneration, records: after.digest)
            try db.execute(
                sql: "UPDATE meta SET value = ? WHERE key = ?",
                arguments: [state.bytes(keys.state), IndexSchema.Meta.state])
            return .commit
        }
        let after = change.snapshot
        if after.labels.count > before.labels.count { authorizer.withLock { $0 }?.prepare(after.labels) }
        publish(after)
        lexicalLoading.note(change.touched)
        erasedRecords.withLock { $0 = ErasedRecords() }
        retiredKeys.withLock { $0 += change.retiredKeys }
        // What was committed is in force, whatever becomes of this: where it fails, the next change does it too.
        try? confirm()
    }

    /// Tells the key store that the index is what it is, and destroys the keys of what is gone. On the writer's queue.
    private func confirm() throws {
        let retired = retiredKeys.withLock { $0 }
        try keyStore.confirm(snapshot().anchor, destroying: retired)
        retiredKeys.withLock { $0 = [] }
    }

    /// Destroys the keys of what is gone where a commit could not, or says why not.
    func destroyRetiredKeys() throws {
        try database.pool.writeWithoutTransaction { _ in
            if !retiredKeys.withLock(\.isEmpty) { try confirm() }
        }
    }
}
