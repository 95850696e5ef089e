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
            guard loading.records == state.records else {
                throw IndexError.damaged(what: "its records are not those of its last commit, \(state.generation)")
            }
            let partitions = try loading.finish()
            let snapshot = IndexSnapshot(
                generation: state.generation, dimension: dimension, partitions: partitions,
                labels: LabelTable(partitions.map { ($0, $1.label) }), records: loading.records,
                database: database, keyStore: keyStore, keys: keys, scan: scan, scanPool: scanPool)
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
    private func checkLookups(_ db: Database) throws {
        for table in ["labels", "sources", "taken", "documents"] {
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
    private var partitions: [LabelID: LabelPartition] = [:]
    private var builders: [LabelID: PartitionBuilder] = [:]

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
                label: label, digest: digest, keyID: keyID, rows: try Partition(dimension: snapshot.dimension))
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

    mutating func readDocuments() throws {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT \(DocumentRecord.joined), vectors.body AS vectors
                FROM documents LEFT JOIN vectors USING (document_row)
                """)
        let register = snapshot.keyStore.register
        let lost = Set(unreadableLabels.map(\.id))
        while let row = try rows.next() {
            let record = try DocumentRecord(row)
            guard let key = try snapshot.keyStore.ring.key(record.keyID) else {
                guard isRestored || register.isErased(document: record.id.description) else {
                    throw IndexError.damaged(what: "the key store has no key for document \(record.id)")
                }
                leave(record)
                continue
            }
            let sealer = snapshot.sealer(owner: record.id.bytes, keyID: record.keyID, key: key)
            let labels = try snapshot.labels(of: record, sealer)
            // A text whose label cannot be read is shown to nobody.
            if !lost.isEmpty && labels.all.contains(where: lost.contains) {
                leave(record)
                continue
            }
            let vectors = try VectorRecord(
                sealer.open(row.data("vectors"), as: .vectors, "the vectors of document \(record.id)"),
                dimension: snapshot.dimension, of: record.id)
            guard vectors.count == labels.passages.count else {
                throw IndexError.damaged(what: "document \(record.id) has vectors for other passages")
            }
            usedKeys.insert(record.keyID)
            records += record.digest(snapshot.keys)
            for label in labels.all {
                guard partitions[label] != nil else {
                    throw IndexError.damaged(what: "document \(record.id) has a label that is missing")
                }
                partitions[label]!.bearers += 1
            }
            for (position, label) in labels.passages.enumerated() { try add(vectors, position, to: label) }
        }
    }

    private mutating func leave(_ record: DocumentRecord) {
        unreadable.append(record)
        records += record.digest(snapshot.keys)
    }

    private mutating func add(_ vectors: VectorRecord, _ position: Int, to label: LabelID) throws {
        let id = vectors.passage(position)
        if builders[label] == nil { builders[label] = try PartitionBuilder(dimension: snapshot.dimension) }
        try vectors.withVector(position) { try builders[label]!.append(RowKey(id), littleEndian: $0) }
        let digest = partitions[label]!.digest
        partitions[label]!.rowsDigest += snapshot.keys.rowDigest(passage: id, label: digest)
    }

    mutating func finish() throws -> [LabelID: LabelPartition] {
        for label in Array(builders.keys) {
            guard let builder = builders.removeValue(forKey: label) else { continue }
            partitions[label]?.rows = try builder.finish()
        }
        return partitions
    }

    private static func label(_ payload: Data) throws -> Label {
        do {
            return try Label(canonicalBytes: Array(payload))
        } catch {
            throw IndexError.damaged(what: "a label")
        }
    }
}
