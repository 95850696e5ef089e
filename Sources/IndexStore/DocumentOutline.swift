import Foundation
import GRDB
package import Labels
package import Passages

/// All that the index says about a document, but for its vectors: two equal outlines are the same document under the same
/// labels.
package struct DocumentOutline: Hashable, Sendable {
    package struct Passage: Hashable, Sendable {
        package let id: PassageID
        package let label: Label
        package let sha256: [UInt8]
        package let range: ByteRange
        package let page: Int?
        package let section: [Int]
        package let embeddingDigest: [UInt8]
    }

    package let place: DocumentPlace
    package let date: Int64?
    package let title: Heading
    package let headings: [Heading]
    /// In the order of the text.
    package let passages: [Passage]

    /// Every label that governs something of the document.
    package var labels: Set<Label> {
        Set(passages.map(\.label)).union(headings.map(\.label)).union([title.label])
    }
}

extension IndexedDocument {
    package var outline: DocumentOutline {
        DocumentOutline(
            place: place, date: date, title: title, headings: headings,
            passages: passages.map {
                DocumentOutline.Passage(
                    id: $0.id, label: $0.label, sha256: $0.sha256, range: $0.range, page: $0.page, section: $0.section,
                    embeddingDigest: $0.embeddingDigest)
            })
    }
}

extension DocumentOutline {
    /// The same under one label: what is left to compare where labels are not.
    var withoutLabels: DocumentOutline {
        let none = Label(attributes: [:])
        return DocumentOutline(
            place: place, date: date, title: Heading(text: title.text, label: none),
            headings: headings.map { Heading(text: $0.text, label: none) },
            passages: passages.map {
                Passage(
                    id: $0.id, label: none, sha256: $0.sha256, range: $0.range, page: $0.page, section: $0.section,
                    embeddingDigest: $0.embeddingDigest)
            })
    }
}

extension SQLiteIndex {
    /// The outline of a document as it is stored; nil when there is none.
    ///
    /// - Throws: `damaged`, also where it is in quarantine and its vectors open again: who compares it with its file is
    ///   to commit it.
    package func outline(of id: DocumentID) async throws -> DocumentOutline? {
        let snapshot = snapshot()
        return try await database.read { db in
            guard let record = try DocumentRecord.fetch(id, in: db) else { return nil }
            guard !snapshot.quarantined.contains(id) else {
                throw IndexError.damaged(what: "the vectors of document \(id) did not open")
            }
            return try DocumentReader(db: db, snapshot: snapshot).outline(of: record)
        }
    }
}

extension DocumentReader {
    /// Everything of a document but its vectors. O(its text)
    func outline(of record: DocumentRecord) throws -> DocumentOutline {
        let id = record.id
        let document = try opened(record, try snapshot.labels(of: record))
        let body = try body(of: document)
        let passages = try Row.fetchAll(
            db,
            sql: """
                SELECT ordinal, passage_id, embedding_digest, body FROM passages
                WHERE document_row = ? ORDER BY ordinal
                """, arguments: [record.row])
        guard passages.count == document.labels.passages.count else {
            throw IndexError.damaged(what: "document \(id) has lost passages")
        }
        // The digests of what was embedded are sealed with the vectors; the column is for looking them up.
        let vectors = try snapshot.vectors(of: record, in: db)
        guard vectors.count == passages.count else {
            throw IndexError.damaged(what: "document \(id) has vectors for other passages")
        }
        return DocumentOutline(
            place: body.place, date: body.date,
            title: Heading(text: body.title, label: try label(document.labels.title)),
            headings: try document.labels.headings.enumerated().map { ordinal, labelID in
                Heading(text: try heading(ordinal, of: document), label: try label(labelID))
            },
            passages: try zip(passages, document.labels.passages).map { row, labelID in
                let (ordinal, passageID) = (Int(try row.number("ordinal")), try row.passageID())
                let body = try PassageBody(
                    document.sealer.open(
                        row.data("body"), as: .passage, ordinal: ordinal, name: passageID.bytes,
                        "passage \(ordinal) of document \(id)"))
                let embeddingDigest = Array(try row.data("embedding_digest"))
                guard (0..<vectors.count).contains(ordinal), vectors.passage(ordinal) == passageID,
                    vectors.embeddingDigest(ordinal) == embeddingDigest
                else {
                    throw IndexError.damaged(what: "passage \(ordinal) of document \(id) has another vector")
                }
                return DocumentOutline.Passage(
                    id: passageID, label: try label(labelID), sha256: body.sha256, range: body.range, page: body.page,
                    section: body.section, embeddingDigest: embeddingDigest)
            })
    }

    func label(_ id: LabelID) throws -> Label {
        guard let partition = snapshot.partitions[id] else { throw IndexError.outdated }
        return partition.label
    }
}
