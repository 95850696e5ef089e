import AccessControl
import Foundation
import GRDB
import Labels
import Passages
import VectorSearch

/// The change of a file and of the generation in memory, side by side.
extension IndexSnapshot {
    /// The generation that the next commit makes.
    func next() -> IndexSnapshot {
        IndexSnapshot(
            generation: generation + 1, dimension: dimension, partitions: partitions, labels: labels,
            database: database, codec: codec, keys: keys, scan: scan, scanPool: scanPool)
    }

    mutating func remove(_ document: DocumentID, in db: Database) throws {
        let row = try Int64.fetchOne(
            db, sql: "SELECT document_row FROM documents WHERE document_id = ?", arguments: [Data(document.bytes)])
        guard let row else { return }
        let passages = try Row.fetchAll(
            db, sql: "SELECT passage_id, label_id, revision FROM passages WHERE document_row = ?", arguments: [row])
        for (label, rows) in try Dictionary(grouping: passages, by: { LabelID(try $0.number("label_id")) }) {
            let ids = try rows.map { try $0.passageID() }
            guard var partition = partitions[label] else { throw IndexError.damaged(what: "a label is missing") }
            partition.rows = partition.rows.removing(ids.map { RowKey($0) })
            for (id, row) in zip(ids, rows) {
                partition.rowsDigest -= keys.rowDigest(passage: id, revision: Array(try row.data("revision")))
            }
            partitions[label] = partition
        }
        try db.execute(sql: "DELETE FROM documents WHERE document_row = ?", arguments: [row])
    }

    mutating func insert(_ document: IndexedDocument, in db: Database) throws {
        let document = document.distinguished(by: labels.names)
        let title = try intern(document.title.label, in: db)
        try db.execute(
            sql: """
                INSERT INTO documents (document_id, source_id, source_digest, generation, title_label, body)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                Data(document.id.bytes), Data(document.source.bytes), Data(document.sourceDigest), generation,
                title.rawValue,
                codec.encode(DocumentBody(place: document.place, title: document.title.text).bytes, as: .document),
            ])
        let row = db.lastInsertedRowID
        for (ordinal, heading) in document.headings.enumerated() {
            try db.execute(
                sql: "INSERT INTO headings (document_row, ordinal, label_id, body) VALUES (?, ?, ?, ?)",
                arguments: [
                    row, ordinal, try intern(heading.label, in: db).rawValue,
                    codec.encode(heading.text.utf8, as: .heading),
                ])
        }
        let none = try RowBatch(dimension: dimension)
        var added: [LabelID: RowBatch] = [:]
        for (ordinal, passage) in document.passages.enumerated() {
            let label = try intern(passage.label, in: db)
            guard var partition = partitions[label] else { throw IndexError.damaged(what: "a label is missing") }
            let revision = keys.revision(passage: passage.id, label: partition.digest)
            let body = PassageBody(
                text: passage.text, sha256: passage.sha256, range: passage.range, page: passage.page,
                section: passage.section)
            do {
                try db.execute(
                    sql: """
                        INSERT INTO passages (passage_id, document_row, ordinal, label_id, revision, embedding_digest, body,
                            vector)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        Data(passage.id.bytes), row, ordinal, label.rawValue, Data(revision),
                        Data(passage.embeddingDigest), codec.encode(body.bytes, as: .passage),
                        codec.encode(vector: passage.vector),
                    ])
            } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE {
                throw IndexError.duplicatePassage
            }
            try added[label, default: none].append(RowKey(passage.id), passage.vector)
            partition.rowsDigest += keys.rowDigest(passage: passage.id, revision: revision)
            partitions[label] = partition
        }
        try insert(added)
    }

    /// Adds rows to the partitions of their labels.
    mutating func insert(_ batches: [LabelID: RowBatch]) throws {
        for (label, batch) in batches {
            guard let rows = partitions[label]?.rows else { throw IndexError.damaged(what: "a label is missing") }
            partitions[label]?.rows = try rows.inserting(batch)
        }
    }

    /// The number of a label, given now if it is new.
    mutating func intern(_ label: Label, in db: Database) throws -> LabelID {
        let digest = keys.labelDigest(label)
        let known = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT label_id FROM labels WHERE digest = ?"), arguments: [Data(digest.bytes)])
        if let known {
            let id = LabelID(known)
            guard let partition = partitions[id], partition.label == label else {
                throw IndexError.damaged(what: "a label is missing")
            }
            return id
        }
        try db.execute(
            sql: "INSERT INTO labels (digest, body) VALUES (?, ?)",
            arguments: [Data(digest.bytes), codec.encode(label.canonicalBytes, as: .label)])
        let id = LabelID(db.lastInsertedRowID)
        partitions[id] = LabelPartition(label: label, digest: digest, rows: try Partition(dimension: dimension))
        labels.append(label, id: id)
        return id
    }
}
