import AccessControl
import Foundation
import GRDB
import Labels
import Passages
import VectorSearch

/// Labels of their own for what policies name.
extension IndexSnapshot {
    /// Texts and vectors stay as they are, and what has its label already is not written again.
    mutating func distinguish(_ names: ResourceNames, in db: Database) throws {
        labels.distinguish(names)
        var documents: Set<Int64> = []
        for id in names.documents.compactMap({ DocumentID($0.string) }) {
            documents.formUnion(
                try Int64.fetchAll(
                    db, sql: "SELECT document_row FROM documents WHERE document_id = ?", arguments: [Data(id.bytes)]))
        }
        for id in names.passages.compactMap({ PassageID($0.string) }) {
            documents.formUnion(
                try Int64.fetchAll(
                    db, sql: "SELECT document_row FROM passages WHERE passage_id = ?", arguments: [Data(id.bytes)]))
        }
        for row in documents.sorted() { try distinguish(document: row, by: names, in: db) }
    }

    private mutating func distinguish(document row: Int64, by names: ResourceNames, in db: Database) throws {
        let before = db.totalChangesCount
        let document = try Row.fetchOne(
            db, sql: "SELECT document_id, title_label FROM documents WHERE document_row = ?", arguments: [row])
        guard let document else { return }
        let id = ByteText(try document.documentID().description)
        if let label = try own(LabelID(document.number("title_label")), names, document: id, in: db) {
            try db.execute(
                sql: "UPDATE documents SET title_label = ? WHERE document_row = ?", arguments: [label.rawValue, row])
        }
        let headings = try Row.fetchAll(
            db, sql: "SELECT ordinal, label_id FROM headings WHERE document_row = ?", arguments: [row])
        for heading in headings {
            guard let label = try own(LabelID(heading.number("label_id")), names, document: id, in: db) else {
                continue
            }
            try db.execute(
                sql: "UPDATE headings SET label_id = ? WHERE document_row = ? AND ordinal = ?",
                arguments: [label.rawValue, row, try heading.number("ordinal")])
        }
        try distinguishPassages(of: row, id: id, by: names, in: db)
        guard db.totalChangesCount > before else { return }
        // Whoever reads an older generation is to notice.
        try db.execute(
            sql: "UPDATE documents SET generation = ? WHERE document_row = ?", arguments: [generation, row])
    }

    private mutating func distinguishPassages(
        of document: Int64, id: ByteText, by names: ResourceNames, in db: Database
    ) throws {
        let passages = try Row.fetchAll(
            db, sql: "SELECT passage_row, passage_id, label_id FROM passages WHERE document_row = ?",
            arguments: [document])
        let none = try RowBatch(dimension: dimension)
        var (removed, added): ([LabelID: [RowKey]], [LabelID: RowBatch]) = ([:], [:])
        for passage in passages {
            let (passageID, old) = (try passage.passageID(), LabelID(try passage.number("label_id")))
            let name = ByteText(passageID.description)
            guard let new = try own(old, names, document: id, passage: name, in: db) else { continue }
            let row = try passage.number("passage_row")
            removed[old, default: []].append(RowKey(passageID))
            let vector = try move(passageID, row: row, from: old, to: new, in: db)
            try added[new, default: none].append(RowKey(passageID), vector)
        }
        for (label, keys) in removed {
            guard let rows = partitions[label]?.rows else { throw IndexError.damaged(what: "a label is missing") }
            partitions[label]?.rows = rows.removing(keys)
        }
        try insert(added)
    }

    /// Gives a passage another label in the file, and takes it from one partition's digest to the other's.
    ///
    /// - Returns: Its vector.
    private mutating func move(
        _ id: PassageID, row: Int64, from old: LabelID, to new: LabelID, in db: Database
    ) throws -> [Float] {
        let stored = try Row.fetchOne(
            db, sql: "SELECT revision, vector FROM passages WHERE passage_row = ?", arguments: [row])
        guard let stored, let digest = partitions[new]?.digest else {
            throw IndexError.damaged(what: "a passage or its label is missing")
        }
        let revision = keys.revision(passage: id, label: digest)
        try db.execute(
            sql: "UPDATE passages SET label_id = ?, revision = ? WHERE passage_row = ?",
            arguments: [new.rawValue, Data(revision), row])
        partitions[old]?.rowsDigest -= keys.rowDigest(passage: id, revision: Array(try stored.data("revision")))
        partitions[new]?.rowsDigest += keys.rowDigest(passage: id, revision: revision)
        return try codec.decode(vector: stored.data("vector"))
    }

    /// The label that a resource has by its names; nil where that is the one it has.
    private mutating func own(
        _ label: LabelID, _ names: ResourceNames, document: ByteText, passage: ByteText? = nil, in db: Database
    ) throws -> LabelID? {
        guard let old = partitions[label]?.label else { throw IndexError.damaged(what: "a label is missing") }
        let new = names.label(old, document: document, passage: passage)
        return new == old ? nil : try intern(new, in: db)
    }
}
