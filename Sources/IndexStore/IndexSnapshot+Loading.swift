import AccessControl
import Foundation
import GRDB
import Labels
import Passages
import VectorSearch

/// An index in memory, and what was found on the way.
struct LoadedIndex {
    let snapshot: IndexSnapshot
    /// The names of the keys of all of it.
    let keys: Set<DataKeyID>
    /// Documents whose keys are gone: they were erased, or the index was restored from a time when they still had them.
    let unreadable: [DocumentRecord]
    let unreadableLabels: [(id: LabelID, digest: LabelDigest, keyID: DataKeyID)]
    /// Files that were taken in, likewise.
    let unreadableSources: [TakenRecord]
}

extension IndexSnapshot {
    /// This snapshot with everything that the file holds. O(rows); each vector is held once.
    ///
    /// The records are those of one commit and of that which the key store names, or nothing is loaded.
    ///
    /// - Parameter isRestored: Whether the index comes out of a backup: then it is in an earlier state than the key store
    ///   names, and what the key store has no key for any more stays behind.
    func loaded(isRestored: Bool = false) throws -> LoadedIndex {
        try database.pool.read { db in
            let state = try storedState(db)
            if !isRestored { try check(state) }
            try checkLookups(db)
            var loading = Loading(snapshot: self, db: db, isRestored: isRestored)
            try loading.readLabels()
            try loading.readSources()
            try loading.readTaken()
            try loading.readDocuments()
            // What was read on the way is not needed again, and the heap would keep its room.
            HeapMemory.trim()
            guard loading.records == state.records else {
                throw IndexError.damaged(what: "its records are not those of its last commit, \(state.generation)")
            }
            let partitions = loading.partitions
            let snapshot = IndexSnapshot(
                generation: state.generation, arena: arena, partitions: partitions,
                labels: LabelTable(partitions.map { ($0, $1.label) }), records: loading.records,
                database: database, keyStore: keyStore, keys: keys, scan: scan, quarantine: quarantine)
            return LoadedIndex(
                snapshot: snapshot, keys: loading.usedKeys, unreadable: loading.unreadable,
                unreadableLabels: loading.unreadableLabels, unreadableSources: loading.unreadableSources)
        }
    }

    /// What the index says of its last commit.
    private func storedState(_ db: Database) throws -> IndexState {
        let stored = try Data.fetchOne(
            db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [IndexSchema.Meta.state])
        guard let stored, let state = IndexState(stored, keys.state) else {
            throw IndexError.damaged(what: "the record of its last commit does not open")
        }
        return state
    }

    /// Records are found by indexes of SQLite, which the sum of all records says nothing about: one that was changed
    /// would hide a document from its replacement, or from an erasure. O(documents)
    ///
    /// Files that were taken in are looked up one by one (`readTaken`): a check of their table would read them all.
    private func checkLookups(_ db: Database) throws {
        for table in ["labels", "sources", "documents"] {
            let problem = try String.fetchAll(db, sql: "PRAGMA integrity_check(\(table))").first { $0 != "ok" }
            if let problem { throw IndexError.damaged(what: "the table of \(table): \(problem)") }
        }
    }

    /// The last commit must be the one that the key store names.
    private func check(_ state: IndexState) throws {
        let expected = keyStore.state
        if state.keyGeneration > expected.generation {
            throw IndexError.olderKeyStore(
                path: keyStore.path, generation: expected.generation, expected: state.keyGeneration)
        }
        guard [expected.previous, expected.next].contains(state.anchor) else {
            throw IndexError.otherState(
                path: database.path, generation: state.generation, expected: expected.next.generation)
        }
    }
}

/// The records of a file on their way into memory, and their sum.
private struct Loading {
    let snapshot: IndexSnapshot
    let db: Database
    var records = MultisetDigest()
    var usedKeys: Set<DataKeyID> = []
    var unreadable: [DocumentRecord] = []
    var unreadableLabels: [(id: LabelID, digest: LabelDigest, keyID: DataKeyID)] = []
    var unreadableSources: [TakenRecord] = []
    private let isRestored: Bool
    private(set) var partitions: [LabelID: LabelPartition] = [:]

    init(snapshot: IndexSnapshot, db: Database, isRestored: Bool) {
        self.snapshot = snapshot
        self.db = db
        self.isRestored = isRestored
    }

    mutating func readLabels() throws {
        let keys = snapshot.keys
        for row in try Row.fetchAll(db, sql: "SELECT label_id, digest, key_id, body FROM labels") {
            let (id, keyID) = (LabelID(try row.number("label_id")), try row.keyID())
            let digest = LabelDigest(bytes: Array(try row.data("digest")))
            let record = keys.recordDigest(label: id, digest: digest, keyID: keyID)
            guard let key = try snapshot.keyStore.ring.key(keyID) else {
                guard isRestored else {
                    throw IndexError.damaged(what: "the key store has no key for label \(id.rawValue)")
                }
                records += record
                unreadableLabels.append((id, digest, keyID))
                continue
            }
            let sealer = snapshot.sealer(owner: digest.bytes, keyID: keyID, key: key)
            let label = try Self.label(sealer.open(row.data("body"), as: .label, "label \(id.rawValue)"))
            guard keys.labelDigest(label) == digest else {
                throw IndexError.damaged(what: "label \(id.rawValue) has another digest")
            }
            partitions[id] = LabelPartition(
                label: label, digest: digest, keyID: keyID, rows: Partition(in: snapshot.arena))
            usedKeys.insert(keyID)
            records += record
        }
    }

    mutating func readSources() throws {
        let rows = try Row.fetchCursor(db, sql: "SELECT source_id, content_digest, label_digest FROM sources")
        while let row = try rows.next() {
            records += snapshot.keys.recordDigest(
                source: try row.documentID("source_id"), contentDigest: Array(try row.data("content_digest")),
                labelDigest: Array(try row.data("label_digest")))
        }
    }

    mutating func readTaken() throws {
        let ring = snapshot.keyStore.ring
        let register = snapshot.keyStore.register
        for row in try Row.fetchAll(db, sql: "SELECT source_id, key_id FROM taken") {
            let record = try TakenRecord(row)
            records += record.digest(snapshot.keys)
            guard try TakenRecord.fetch(record.id, in: db)?.keyID == record.keyID else {
                throw IndexError.damaged(what: "the file \(record.id) that was taken in is not where its index says")
            }
            if ring.contains(record.keyID) {
                usedKeys.insert(record.keyID)
            } else {
                // It goes with any of its documents.
                let documents = try record.id.documents(in: db) + [record.id]
                guard isRestored || documents.contains(where: { register.isErased(document: $0.description) }) else {
                    throw IndexError.damaged(what: "the key store has no key for the file \(record.id)")
                }
                unreadableSources.append(record)
            }
        }
    }

    /// This thread reads the records of documents, others open them and lay out their rows.
    mutating func readDocuments() throws {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT \(DocumentRecord.joined), vectors.body AS vectors
                FROM documents LEFT JOIN vectors USING (document_row)
                """)
        let opener = DocumentOpener(
            keyStore: snapshot.keyStore, keys: snapshot.keys, dimension: snapshot.dimension,
            labels: partitions.mapValues(\.digest), lost: Set(unreadableLabels.map(\.id)), isRestored: isRestored)
        let line = OpeningLine(opener, into: DocumentLayout(arena: snapshot.arena))
        // Keys are not in use any more when this returns, and the file is let go of by this thread.
        defer { line.wait() }
        var batch: [SealedDocument] = []
        var size = 0
        while let row = try rows.next() {
            let document = try SealedDocument(row)
            batch.append(document)
            size += document.size
            guard size >= OpeningLine.batchBytes else { continue }
            try line.add(batch)
            (batch, size) = ([], 0)
        }
        try line.add(batch)
        var layout = try line.finish()
        records += layout.records
        usedKeys.formUnion(layout.usedKeys)
        unreadable = layout.unreadable
        try layout.fill(&partitions)
    }

    private static func label(_ payload: Data) throws -> Label {
        do {
            return try Label(canonicalBytes: Array(payload))
        } catch {
            throw IndexError.damaged(what: "a label")
        }
    }
}
