import AccessControl
import Foundation
import GRDB
import Labels
import LexicalSearch
import Passages
import Sealing
import VectorSearch

/// A change of the file and of the generation in memory, side by side, in one transaction.
struct IndexChange {
    let db: Database
    /// The generation that the commit makes.
    var snapshot: IndexSnapshot
    /// Keys of what the change adds: they are stored before it is committed.
    private(set) var newKeys: [NewKey] = []
    /// Keys of what it takes away: they are destroyed once it is durable.
    private(set) var retiredKeys: [DataKeyID] = []
    /// Documents that it adds, takes away or relabels.
    private(set) var touched: Set<DocumentID> = []

    init(db: Database, from before: IndexSnapshot) {
        self.db = db
        snapshot = before.next()
    }

    private var keys: IndexKeys { snapshot.keys }

    // MARK: - Documents

    /// Removes a document with everything of it. One that is not there is passed over.
    mutating func remove(_ document: DocumentID) throws {
        guard let record = try DocumentRecord.fetch(document, in: db) else { return }
        try remove(record, try snapshot.labels(of: record))
    }

    /// Removes a document whose labels were opened before: its key may be destroyed by now.
    mutating func remove(_ record: DocumentRecord, _ labels: DocumentLabels) throws {
        // The column is not sealed; it stands in where the key of the vectors is destroyed, or they are damaged.
        let passages = try (try? snapshot.vectors(of: record, in: db).passages) ?? passageIDs(of: record)
        guard passages.count == labels.passages.count else {
            throw IndexError.damaged(what: "document \(record.id) has lost passages")
        }
        for (label, ids) in labels.grouped(passages) {
            try edit(label) { partition, keys in
                partition.rows = partition.rows.removing(ids.map(RowKey.init))
                partition.rowsDigest -= keys.rowsDigest(of: ids, label: partition.digest)
            }
        }
        for label in labels.all { try edit(label) { partition, _ in partition.bearers -= 1 } }
        try removeUnreadable(record)
    }

    /// Removes a document that memory holds nothing of.
    mutating func removeUnreadable(_ record: DocumentRecord) throws {
        try db.execute(sql: "DELETE FROM documents WHERE document_row = ?", arguments: [record.row])
        snapshot.records -= record.digest(keys)
        retiredKeys.append(record.keyID)
        snapshot.lexical?.remove(LexicalKey(record.id.bytes))
        snapshot.quarantined.remove(record.id)
        touched.insert(record.id)
    }

    /// Removes a label that memory holds nothing of.
    mutating func removeUnreadable(label: LabelID, digest: LabelDigest, keyID: DataKeyID) throws {
        try db.execute(sql: "DELETE FROM labels WHERE label_id = ?", arguments: [label.rawValue])
        snapshot.records -= keys.recordDigest(label: label, digest: digest, keyID: keyID)
        retiredKeys.append(keyID)
    }

    /// When a document that is there first came into the index; nil also where that is damaged: it is replaced by what is
    /// whole.
    func ingested(_ document: DocumentID) throws -> Int64? {
        guard let record = try DocumentRecord.fetch(document, in: db) else { return nil }
        let reader = DocumentReader(db: db, snapshot: snapshot)
        do {
            return try reader.body(of: reader.opened(record, snapshot.labels(of: record))).ingested
        } catch IndexError.damaged {
            return nil
        }
    }

    /// - Parameter ingested: When it first came into the index, milliseconds since 1970.
    mutating func insert(_ document: IndexedDocument, ingested: Int64) throws {
        let document = try distinguished(document)
        if let erasure = snapshot.keyStore.register.erasure(of: document, keys) {
            throw IndexError.erased(erasure: erasure.id.description, time: erasure.time)
        }
        try store(document, ingested: ingested)
    }

    /// - Parameter document: With the labels that it has by its names.
    mutating func store(_ document: IndexedDocument, ingested: Int64) throws {
        let key = try newKey()
        let sealer = snapshot.sealer(owner: document.id.bytes, keyID: key.id, key: key.key)
        let labels = try labels(of: document)
        let body = DocumentBody(
            place: document.place, title: document.title.text, date: document.date, ingested: ingested)
        let sealedLabels = sealer.seal(labels.bytes, as: .documentLabels)
        try db.execute(
            sql: """
                INSERT INTO documents (document_id, source_id, source_digest, generation, key_id, body, labels)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                Data(document.id.bytes), Data(document.source.bytes), Data(document.sourceDigest), snapshot.generation,
                Data(key.id.bytes), sealer.seal(body.bytes, as: .document), sealedLabels,
            ])
        let record = DocumentRecord(
            row: db.lastInsertedRowID, id: document.id, source: document.source, sourceDigest: document.sourceDigest,
            generation: snapshot.generation, keyID: key.id, labels: sealedLabels)
        snapshot.records += record.digest(keys)
        for label in labels.all { try edit(label) { partition, _ in partition.bearers += 1 } }
        try db.execute(
            sql: "INSERT INTO vectors (document_row, body) VALUES (?, ?)",
            arguments: [record.row, sealer.seal(VectorRecord.bytes(document.passages), as: .vectors)])
        for (ordinal, heading) in document.headings.enumerated() {
            try db.cachedStatement(sql: "INSERT INTO headings (document_row, ordinal, body) VALUES (?, ?, ?)")
                .execute(
                    arguments: [
                        record.row, ordinal, sealer.seal(Array(heading.text.utf8), as: .heading, ordinal: ordinal),
                    ])
        }
        try insert(document.passages, of: record, labels, sealer)
        snapshot.lexical?.insert(LexicalDocument(document, labels))
        touched.insert(document.id)
    }

    private mutating func insert(
        _ passages: [IndexedPassage], of record: DocumentRecord, _ labels: DocumentLabels, _ sealer: RecordSealer
    ) throws {
        let none = try RowBatch(dimension: snapshot.dimension)
        var added: [LabelID: RowBatch] = [:]
        for (ordinal, (passage, label)) in zip(passages, labels.passages).enumerated() {
            let body = PassageBody(
                text: passage.text, sha256: passage.sha256, range: passage.range, page: passage.page,
                section: passage.section)
            try db.cachedStatement(
                sql: """
                    INSERT INTO passages (document_row, ordinal, passage_id, embedding_digest, body)
                    VALUES (?, ?, ?, ?, ?)
                    """
            ).execute(
                arguments: [
                    record.row, ordinal, Data(passage.id.bytes), Data(passage.embeddingDigest),
                    sealer.seal(body.bytes, as: .passage, ordinal: ordinal, name: passage.id.bytes),
                ])
            guard passage.vector.count == snapshot.dimension else {
                throw VectorSearchError.rowDimension(
                    row: ordinal, given: passage.vector.count, expected: snapshot.dimension)
            }
            try added[label, default: none].append(RowKey(passage.id), passage.vector)
        }
        for (label, ids) in labels.grouped(passages.map(\.id)) {
            try edit(label) { $0.rowsDigest += $1.rowsDigest(of: ids, label: $0.digest) }
        }
        do {
            try insert(added)
        } catch VectorSearchError.duplicateKey {
            throw IndexError.duplicatePassage
        }
    }

    /// Adds rows to the partitions of their labels.
    private mutating func insert(_ batches: [LabelID: RowBatch]) throws {
        for (label, batch) in batches {
            try edit(label) { partition, _ in partition.rows = try partition.rows.inserting(batch) }
        }
    }

    // MARK: - Labels

    /// Gives a document that differs from the stored one in its labels alone those labels.
    ///
    /// - Returns: false where none is stored, or something else of it is new, or it is in quarantine: it comes back by
    ///   being replaced.
    mutating func relabel(_ document: IndexedDocument) throws -> Bool {
        guard let record = try DocumentRecord.fetch(document.id, in: db), record.source == document.source,
            !snapshot.quarantined.contains(record.id),
            snapshot.keyStore.register.erasure(of: document, keys) == nil
        else { return false }
        // Ids follow from texts, so most of what is new shows here, before anything is opened.
        guard try passageIDs(of: record) == document.passages.map(\.id) else { return false }
        do {
            let stored = try DocumentReader(db: db, snapshot: snapshot).outline(of: record)
            guard stored.withoutLabels == document.outline.withoutLabels,
                try snapshot.vectors(of: record, in: db).holds(document.passages)
            else { return false }
        } catch IndexError.damaged {
            // It is replaced by what is whole.
            return false
        }
        let new = try labels(of: distinguished(document))
        try relabel(record, from: snapshot.labels(of: record), to: new, sourceDigest: document.sourceDigest)
        return true
    }

    /// The numbers of the labels of a document, given now where they are new.
    private mutating func labels(of document: IndexedDocument) throws -> DocumentLabels {
        DocumentLabels(
            title: try intern(document.title.label), headings: try document.headings.map { try intern($0.label) },
            passages: try document.passages.map { try intern($0.label) })
    }

    /// Gives the parts of a document other labels. Texts and vectors stay as they are.
    ///
    /// - Parameter sourceDigest: Of what the document was made from; what it was before where nil.
    mutating func relabel(
        _ record: DocumentRecord, from old: DocumentLabels, to new: DocumentLabels, sourceDigest: [UInt8]? = nil
    ) throws {
        let passages = try passageIDs(of: record)
        guard passages.count == old.passages.count, new.passages.count == old.passages.count,
            new.headings.count == old.headings.count
        else { throw IndexError.damaged(what: "document \(record.id) has lost passages") }
        var moves: [LabelID: [LabelID: [RowKey]]] = [:]
        for (id, (from, to)) in zip(passages, zip(old.passages, new.passages)) where from != to {
            moves[from, default: [:]][to, default: []].append(RowKey(id))
        }
        for (label, ids) in old.grouped(passages) {
            try edit(label) { $0.rowsDigest -= $1.rowsDigest(of: ids, label: $0.digest) }
        }
        for (label, ids) in new.grouped(passages) {
            try edit(label) { $0.rowsDigest += $1.rowsDigest(of: ids, label: $0.digest) }
        }
        // Of one whose vectors do not open, memory has no rows and no words.
        let isFound = !snapshot.quarantined.contains(record.id)
        if isFound { try move(moves) }
        for label in old.all { try edit(label) { partition, _ in partition.bearers -= 1 } }
        for label in new.all { try edit(label) { partition, _ in partition.bearers += 1 } }

        let sealer = try snapshot.sealer(of: record)
        var after = record
        after.labels = sealer.seal(new.bytes, as: .documentLabels)
        // Whoever reads an older generation is to notice.
        after.generation = snapshot.generation
        after.sourceDigest = sourceDigest ?? record.sourceDigest
        snapshot.records -= record.digest(keys)
        snapshot.records += after.digest(keys)
        try db.execute(
            sql: "UPDATE documents SET labels = ?, generation = ?, source_digest = ? WHERE document_row = ?",
            arguments: [after.labels, after.generation, Data(after.sourceDigest), record.row])
        touched.insert(record.id)
        guard isFound else { return }
        if SearchText.isSame(old, new) {
            snapshot.lexical?.relabel(LexicalKey(record.id.bytes), partitions: new.passages.map(\.partition))
        } else if snapshot.lexical != nil {
            // A heading came under a passage's own label, or left it.
            let reader = DocumentReader(db: db, snapshot: snapshot)
            do {
                snapshot.lexical?.insert(try reader.searchDocument(of: after))
            } catch IndexError.damaged {
                // It is found by no word until it is replaced by what is whole; its labels are in force.
                snapshot.lexical?.remove(LexicalKey(record.id.bytes))
            }
        }
    }

    /// Takes rows of labels to others. All are taken away before any is put anywhere: a passage can come to a label that
    /// the same one leaves.
    private mutating func move(_ moves: [LabelID: [LabelID: [RowKey]]]) throws {
        var arriving: [(label: LabelID, rows: Partition)] = []
        for (label, targets) in moves {
            try edit(label) { partition, _ in
                for (target, keys) in targets {
                    let rows = partition.rows.copying(keys)
                    guard rows.count == keys.count else { throw IndexError.damaged(what: "a passage has no vector") }
                    arriving.append((target, rows))
                }
                partition.rows = partition.rows.removing(targets.values.joined())
            }
        }
        for (label, rows) in arriving {
            try edit(label) { partition, _ in partition.rows = try partition.rows.inserting(rows) }
        }
    }

    /// The number of a label, given now if it is new.
    mutating func intern(_ label: Label) throws -> LabelID {
        let digest = keys.labelDigest(label)
        let known = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT label_id FROM labels WHERE digest = ?"), arguments: [Data(digest.bytes)])
        if let known {
            let id = LabelID(known)
            guard let partition = snapshot.partitions[id], partition.label == label else {
                throw IndexError.damaged(what: "a label is missing")
            }
            return id
        }
        let key = try newKey()
        let sealer = snapshot.sealer(owner: digest.bytes, keyID: key.id, key: key.key)
        try db.execute(
            sql: "INSERT INTO labels (digest, key_id, body) VALUES (?, ?, ?)",
            arguments: [
                Data(digest.bytes), Data(key.id.bytes), sealer.seal(label.canonicalBytes, as: .label),
            ])
        let id = LabelID(db.lastInsertedRowID)
        snapshot.partitions[id] = LabelPartition(
            label: label, digest: digest, keyID: key.id, rows: Partition(in: snapshot.arena))
        snapshot.labels.append(label, id: id)
        snapshot.records += keys.recordDigest(label: id, digest: digest, keyID: key.id)
        return id
    }

    /// Removes the labels that nothing bears any more, and with them what was decided about the rest: the table of labels
    /// is another one.
    mutating func removeUnusedLabels() throws {
        let unused = snapshot.partitions.filter { $0.value.bearers == 0 }
        guard !unused.isEmpty else { return }
        for (id, partition) in unused {
            try db.execute(sql: "DELETE FROM labels WHERE label_id = ?", arguments: [id.rawValue])
            snapshot.records -= keys.recordDigest(label: id, digest: partition.digest, keyID: partition.keyID)
            snapshot.partitions[id] = nil
            retiredKeys.append(partition.keyID)
        }
        let names = snapshot.labels.names
        snapshot.labels = LabelTable(snapshot.partitions.map { ($0, $1.label) })
        snapshot.labels.distinguish(names)
    }

    // MARK: - Sources

    /// The file in the tables, and the digests of its documents, where they changed.
    mutating func record(_ source: IndexedSource) throws {
        try forget(source: source.id)
        try db.execute(
            sql: "INSERT INTO sources (source_id, content_digest, label_digest) VALUES (?, ?, ?)",
            arguments: [Data(source.id.bytes), Data(source.contentDigest), Data(source.labelDigest)])
        snapshot.records += keys.recordDigest(
            source: source.id, contentDigest: source.contentDigest, labelDigest: source.labelDigest)
        for (document, digest) in source.documents {
            guard let record = try DocumentRecord.fetch(document, in: db), record.sourceDigest != digest else {
                continue
            }
            var after = record
            after.sourceDigest = digest
            snapshot.records -= record.digest(keys)
            snapshot.records += after.digest(keys)
            try db.execute(
                sql: "UPDATE documents SET source_digest = ? WHERE document_row = ?",
                arguments: [Data(digest), record.row])
        }
    }

    /// Takes a file out of the tables, but not its documents.
    mutating func forget(source: DocumentID) throws {
        let row = try Row.fetchOne(
            db, sql: "SELECT content_digest, label_digest FROM sources WHERE source_id = ?",
            arguments: [Data(source.bytes)])
        guard let row else { return }
        snapshot.records -= keys.recordDigest(
            source: source, contentDigest: Array(try row.data("content_digest")),
            labelDigest: Array(try row.data("label_digest")))
        try db.execute(sql: "DELETE FROM sources WHERE source_id = ?", arguments: [Data(source.bytes)])
    }

    // MARK: - Parts

    func passageIDs(of record: DocumentRecord) throws -> [PassageID] { try record.passageIDs(in: db) }

    private mutating func edit(
        _ label: LabelID, _ body: (inout LabelPartition, IndexKeys) throws -> Void
    ) throws {
        guard snapshot.partitions[label] != nil else { throw IndexError.damaged(what: "a label is missing") }
        let keys = keys
        try body(&snapshot.partitions[label]!, keys)
    }

    mutating func retire(_ key: DataKeyID) { retiredKeys.append(key) }

    mutating func newKey() throws -> NewKey {
        let key = try NewKey()
        newKeys.append(key)
        return key
    }
}
