import AccessControl
import Foundation
import GRDB
import Labels
import Passages
import VectorSearch

/// Labels of their own for what policies name.
extension IndexChange {
    /// Texts and vectors stay as they are, and what has its label already is not written again.
    mutating func distinguish(_ names: ResourceNames) throws {
        snapshot.labels.distinguish(names)
        var documents: Set<Int64> = []
        for id in names.documents.compactMap({ DocumentID($0.string) }) {
            documents.formUnion(
                try Int64.fetchAll(
                    db, sql: "SELECT document_row FROM documents WHERE document_id = ?", arguments: [Data(id.bytes)]))
        }
        for id in names.passages.compactMap({ PassageID($0.string) }) {
            let rows = try Int64.fetchAll(
                db, sql: "SELECT document_row FROM passages WHERE passage_id = ?", arguments: [Data(id.bytes)])
            // What is not found would go without its name.
            guard rows.count == snapshot.partitions.values.count(where: { $0.rows.contains(RowKey(id)) }) else {
                throw IndexError.damaged(what: "passage \(id) is not where its index says")
            }
            documents.formUnion(rows)
        }
        for row in documents.sorted() {
            if let record = try DocumentRecord.fetch(row: row, in: db) { try distinguish(record, by: names) }
        }
    }

    private mutating func distinguish(_ record: DocumentRecord, by names: ResourceNames) throws {
        let old = try snapshot.labels(of: record)
        let passages = try passageIDs(of: record)
        let id = ByteText(record.id.description)
        let new = DocumentLabels(
            title: try own(old.title, names, document: id),
            headings: try old.headings.map { try own($0, names, document: id) },
            passages: try zip(old.passages, passages).map { label, passage in
                try own(label, names, document: id, passage: ByteText(passage.description))
            })
        if new != old { try relabel(record, from: old, to: new) }
    }

    /// The label that a resource has by its names.
    private mutating func own(
        _ label: LabelID, _ names: ResourceNames, document: ByteText, passage: ByteText? = nil
    ) throws -> LabelID {
        guard let old = snapshot.partitions[label]?.label else { throw IndexError.damaged(what: "a label is missing") }
        let new = names.label(old, document: document, passage: passage)
        return new == old ? label : try intern(new)
    }
}
