import Foundation
import GRDB
package import Passages

/// A file as the index knows it: what was made of it, and from what.
package struct IndexedSource: Hashable, Sendable {
    package let id: DocumentID
    /// Of everything that shapes the text and its passages: the bytes, how they are read, the model.
    package let contentDigest: [UInt8]
    /// Of everything else that shapes the labels: the sidecar, the rules, the schema.
    package let labelDigest: [UInt8]
    /// The documents that the file gave, each with the digest of what it was made from: empty where no search finds it
    /// (`Quarantine`).
    package let documents: [DocumentID: [UInt8]]

    /// - Parameters:
    ///   - contentDigest: empty where something of the file was set aside, so that it is looked at again.
    ///   - labelDigest: likewise.
    package init(
        id: DocumentID, contentDigest: [UInt8], labelDigest: [UInt8], documents: [DocumentID: [UInt8]]
    ) {
        self.id = id
        self.contentDigest = contentDigest
        self.labelDigest = labelDigest
        self.documents = documents
    }
}

extension IndexedSource {
    /// Whether all of the file is in the index, under the labels of its time.
    package var isWhole: Bool { !contentDigest.isEmpty && !labelDigest.isEmpty }

    /// The same with empty digests where no search finds a document: nothing but a commit brings it back, so the next
    /// ingest is to make it again.
    fileprivate func withoutDigests(of quarantined: Set<DocumentID>) -> IndexedSource {
        guard documents.keys.contains(where: quarantined.contains) else { return self }
        return IndexedSource(
            id: id, contentDigest: [], labelDigest: labelDigest,
            documents: Dictionary(
                uniqueKeysWithValues: documents.map { id, digest in (id, quarantined.contains(id) ? [] : digest) }))
    }
}

extension SQLiteIndex {
    /// One file that the index holds something of.
    package func source(_ id: DocumentID) async throws -> IndexedSource? {
        let quarantined = snapshot().quarantined
        return try await database.read { db in
            let row = try Row.fetchOne(
                db, sql: "SELECT content_digest, label_digest FROM sources WHERE source_id = ?",
                arguments: [Data(id.bytes)])
            guard let row else { return nil }
            var documents: [DocumentID: [UInt8]] = [:]
            for document in try id.documents(in: db) {
                documents[document] = try DocumentRecord.fetch(document, in: db)?.sourceDigest
            }
            return IndexedSource(
                id: id, contentDigest: Array(try row.data("content_digest")),
                labelDigest: Array(try row.data("label_digest")), documents: documents
            ).withoutDigests(of: quarantined)
        }
    }

    /// Every file that the index holds something of.
    package func sources() async throws -> [DocumentID: IndexedSource] {
        let quarantined = snapshot().quarantined
        return try await database.read { db in
            var documents: [DocumentID: [DocumentID: [UInt8]]] = [:]
            let rows = try Row.fetchCursor(db, sql: "SELECT document_id, source_id, source_digest FROM documents")
            while let row = try rows.next() {
                let source = try row.documentID("source_id")
                let id = try row.documentID("document_id")
                documents[source, default: [:]][id] = Array(try row.data("source_digest"))
            }
            var digests: [DocumentID: (content: [UInt8], label: [UInt8])] = [:]
            let files = try Row.fetchCursor(db, sql: "SELECT source_id, content_digest, label_digest FROM sources")
            while let row = try files.next() {
                digests[try row.documentID("source_id")] = (
                    Array(try row.data("content_digest")), Array(try row.data("label_digest"))
                )
            }
            // Of a file whose dealing-with was interrupted the tables have documents and no digests.
            let ids = Set(documents.keys).union(digests.keys)
            return Dictionary(
                uniqueKeysWithValues: ids.map { id in
                    let known = digests[id]
                    return (
                        id,
                        IndexedSource(
                            id: id, contentDigest: known?.content ?? [], labelDigest: known?.label ?? [],
                            documents: documents[id] ?? [:]
                        ).withoutDigests(of: quarantined)
                    )
                })
        }
    }
}

extension DocumentID {
    /// The documents of the file that has this id.
    func documents(in db: Database) throws -> [DocumentID] {
        try Row.fetchAll(db, sql: "SELECT document_id FROM documents WHERE source_id = ?", arguments: [Data(bytes)])
            .map { try $0.documentID() }
    }
}
