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
            place: place, title: title, headings: headings,
            passages: passages.map {
                DocumentOutline.Passage(
                    id: $0.id, label: $0.label, sha256: $0.sha256, range: $0.range, page: $0.page, section: $0.section,
                    embeddingDigest: $0.embeddingDigest)
            })
    }
}

extension SQLiteIndex {
    /// The outline of a document as it is stored; nil when there is none.
    package func outline(of id: DocumentID) async throws -> DocumentOutline? {
        let snapshot = snapshot()
        return try await database.read { db in
            func label(_ id: Int64) throws -> Label {
                guard let partition = snapshot.partitions[LabelID(id)] else { throw IndexError.outdated }
                return partition.label
            }
            let document = try Row.fetchOne(
                db, sql: "SELECT document_row, title_label, body FROM documents WHERE document_id = ?",
                arguments: [Data(id.bytes)])
            guard let document else { return nil }
            let row = try document.number("document_row")
            let payload = try snapshot.codec.decode(document.data("body"), as: .document)
            let body = try DocumentBody(payload)
            let headings = try Row.fetchAll(
                db, sql: "SELECT label_id, body FROM headings WHERE document_row = ? ORDER BY ordinal", arguments: [row]
            )
            let passages = try Row.fetchAll(
                db,
                sql: """
                    SELECT passage_id, label_id, embedding_digest, body FROM passages
                    WHERE document_row = ? ORDER BY ordinal
                    """, arguments: [row])
            return DocumentOutline(
                place: body.place, title: Heading(text: body.title, label: try label(document.number("title_label"))),
                headings: try headings.map {
                    let text = try snapshot.codec.decode($0.data("body"), as: .heading)
                    return Heading(text: String(decoding: text, as: UTF8.self), label: try label($0.number("label_id")))
                },
                passages: try passages.map {
                    let payload = try snapshot.codec.decode($0.data("body"), as: .passage)
                    let body = try PassageBody(payload)
                    return DocumentOutline.Passage(
                        id: try $0.passageID(), label: try label($0.number("label_id")),
                        sha256: body.sha256, range: body.range, page: body.page, section: body.section,
                        embeddingDigest: Array(try $0.data("embedding_digest")))
                })
        }
    }
}
