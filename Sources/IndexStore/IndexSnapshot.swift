package import AccessControl
import Foundation
import GRDB
package import Labels
import LexicalSearch
package import Passages
import Sealing
import VectorSearch

/// One generation of the embedded index: vectors by label in memory, texts in the file.
///
/// A snapshot is a value that a request keeps to its end. What it fetches from the file is checked against its own
/// generation, so a request never shows a mixture of two.
package struct IndexSnapshot: Sendable {
    let generation: Int64
    /// Where its rows are.
    let arena: RowArena
    var partitions: [LabelID: LabelPartition]
    /// The label of each partition.
    package internal(set) var labels: LabelTable
    /// Of every record of the file (`IndexState`).
    var records: MultisetDigest
    let database: DatabaseFile
    let keyStore: KeyStore
    let keys: IndexKeys
    let scan: SharedScan
    let quarantine: Quarantine
    /// Documents that no search finds, because their vectors do not open (`Quarantine`).
    var quarantined: Set<DocumentID>
    /// Words of all passages; nil until they are read (`LexicalLoading`).
    var lexical: LexicalIndex?
    /// Of this generation's rows.
    let plans = PlanCache<ReadableRows>()
    let lexicalPlans = PlanCache<LexicalPlan>()

    init(
        generation: Int64, arena: RowArena, partitions: [LabelID: LabelPartition], labels: LabelTable,
        records: MultisetDigest, database: DatabaseFile, keyStore: KeyStore, keys: IndexKeys, scan: SharedScan,
        quarantine: Quarantine = Quarantine(), quarantined: Set<DocumentID> = [], lexical: LexicalIndex? = nil
    ) {
        self.lexical = lexical
        self.generation = generation
        self.arena = arena
        self.partitions = partitions
        self.labels = labels
        self.records = records
        self.database = database
        self.keyStore = keyStore
        self.keys = keys
        self.scan = scan
        self.quarantine = quarantine
        self.quarantined = quarantined
    }

    /// The number of components of a vector.
    var dimension: Int { arena.dimension }

    /// Number of passages.
    package var passageCount: Int { partitions.values.reduce(0) { $0 + $1.rows.count } }

    /// Whether all vectors are in memory (`SQLiteIndex.readVectors`).
    package var hasVectors: Bool { partitions.values.allSatisfy(\.rows.hasVectors) }

    /// Number of passages of one label.
    package func passageCount(of label: LabelID) -> Int { partitions[label]?.rows.count ?? 0 }

    /// Number of passages of each label.
    package var passageCounts: [(label: Label, passages: Int)] {
        partitions.values.sorted { $0.digest < $1.digest }.map { ($0.label, $0.rows.count) }
    }
}

extension IndexSnapshot {
    /// The generation that the next commit makes.
    func next() -> IndexSnapshot { copy(generation: generation + 1) }

    /// This generation, to be given other places in memory.
    func again() -> IndexSnapshot { copy(generation: generation) }

    /// Plans are of the places that rows have, and not taken along.
    private func copy(generation: Int64) -> IndexSnapshot {
        IndexSnapshot(
            generation: generation, arena: arena, partitions: partitions, labels: labels, records: records,
            database: database, keyStore: keyStore, keys: keys, scan: scan, quarantine: quarantine,
            quarantined: quarantined, lexical: lexical)
    }

    var anchor: IndexAnchor { IndexAnchor(generation: generation, digest: records) }
}

extension IndexSnapshot: PassageSnapshot {
    func readableRows(_ permitted: PermittedLabels) async throws -> ReadableRows {
        try await plans.plan(of: permitted.ids) {
            try await scan.pool.run { [partitions] in try ReadableRows(of: permitted.ids, partitions) }
        }
    }

    package func nearest(
        to query: [Float], among permitted: PermittedLabels, limit: Int, minimumScore: Double
    ) async throws -> [ScoredPassage] {
        try await scanned(query, .exact, permitted, limit: limit, minimumScore: minimumScore).passages
    }

    package func approximatelyNearest(
        to query: [Float], among permitted: PermittedLabels, limit: Int, minimumScore: Double
    ) async throws -> ApproximateResult {
        try await scanned(query, .approximate, permitted, limit: limit, minimumScore: minimumScore)
    }

    private func scanned(
        _ query: [Float], _ mode: ScanMode, _ permitted: PermittedLabels, limit: Int, minimumScore: Double
    ) async throws -> ApproximateResult {
        let none = ApproximateResult(passages: [], expectedRecall: 1)
        guard !permitted.isEmpty else { return none }
        let vector = try QueryVector(query)
        let readable = try await readableRows(permitted)
        guard readable.plan.count > 0 else { return none }
        let answer = try await answer(
            to: ScanQuery(vector, count: limit, in: readable.plan, minimumScore: minimumScore, mode: mode),
            labels: readable.labels)
        return ApproximateResult(
            passages: answer.rows.map {
                ScoredPassage(id: PassageID(bytes: $0.key.bytes), label: readable.labels[$0.partition], score: $0.score)
            }, expectedRecall: answer.expectedRecall ?? 1)
    }

    package func passages(_ found: [ScoredPassage], permitted: PermittedLabels) async throws -> [StoredPassage] {
        guard !found.isEmpty else { return [] }
        return try await database.read { db in
            var reader = DocumentReader(db: db, snapshot: self)
            return try found.map { hit in
                guard permitted.contains(hit.label) else { throw IndexError.outdated }
                return try reader.passage(hit.id, label: hit.label, permitted: permitted)
            }
        }
    }

    package func passage(_ id: PassageID, permitted: PermittedLabels) async throws -> StoredPassage? {
        // One under several labels is shown under the first in the order of keyed digests.
        let label = permitted.ids.filter { partitions[$0]?.rows.contains(RowKey(id)) == true }
            .min { left, right in
                guard let first = partitions[left], let second = partitions[right] else { return false }
                return first.digest < second.digest
            }
        guard let label else { return nil }
        return try await database.read { db in
            var reader = DocumentReader(db: db, snapshot: self)
            return try reader.passage(id, label: label, permitted: permitted)
        }
    }

    package func document(_ id: DocumentID, permitted: PermittedLabels) async throws -> StoredDocument? {
        try await database.read { db in
            guard !quarantined.contains(id), let record = try DocumentRecord.fetch(id, in: db) else { return nil }
            let labels = try labels(of: record)
            // Of a document that is wholly forbidden not even its changing may show: it is absent whatever its
            // generation. A label that this generation does not know yet is decided in the next one.
            guard labels.all.contains(where: { permitted.contains($0) || partitions[$0] == nil }) else { return nil }
            guard record.generation <= generation else { throw IndexError.outdated }
            let reader = DocumentReader(db: db, snapshot: self)
            let opened = try reader.opened(record, labels)
            let passages = try labels.passages.enumerated().filter { permitted.contains($0.element) }
                .map { try reader.passage(ordinal: $0.offset, of: opened, permitted: permitted) }
            let title = try reader.title(of: opened, permitted: permitted)
            guard title != nil || !passages.isEmpty else { return nil }
            return StoredDocument(id: id, title: title, passages: passages)
        }
    }

    package func contentTag(of permitted: PermittedLabels) -> ContentTag {
        var digest = MultisetDigest()
        for id in permitted.ids {
            if let partition = partitions[id] { digest += partition.rowsDigest }
        }
        return keys.contentTag(of: digest)
    }
}

// MARK: - Records of the file

extension IndexSnapshot {
    /// What seals and opens the records of one owner under one key.
    func sealer(owner: [UInt8], keyID: DataKeyID, key: SecretKey) -> RecordSealer {
        RecordSealer(enclave: keyStore.enclave, owner: owner, keyID: keyID, key: key)
    }

    /// - Throws: `outdated` where the document's key is gone: it was removed, and this generation still names it.
    func sealer(of record: DocumentRecord) throws -> RecordSealer {
        guard let key = try keyStore.ring.key(record.keyID) else { throw IndexError.outdated }
        return sealer(owner: record.id.bytes, keyID: record.keyID, key: key)
    }

    func vectors(of record: DocumentRecord, in db: Database) throws -> VectorRecord {
        let stored = try Data.fetchOne(
            db.cachedStatement(sql: "SELECT body FROM vectors WHERE document_row = ?"), arguments: [record.row])
        let place = "the vectors of document \(record.id)"
        guard let stored else { throw IndexError.damaged(what: "\(place) are missing") }
        return try VectorRecord(
            sealer(of: record).open(stored, as: .vectors, place), dimension: dimension, of: record.id)
    }

    func labels(of record: DocumentRecord) throws -> DocumentLabels {
        try record.openLabels(sealer(of: record))
    }
}

extension RowKey {
    init(_ id: PassageID) {
        guard let key = RowKey(id.bytes) else { preconditionFailure("a passage id has 16 bytes") }
        self = key
    }
}
