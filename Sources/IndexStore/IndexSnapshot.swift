package import AccessControl
import Foundation
import GRDB
package import Labels
package import Passages
import VectorSearch

/// One generation of the embedded index: vectors by label in memory, texts in the file.
///
/// A snapshot is a value that a request keeps to its end. What it fetches from the file is checked against its own
/// generation, so a request never shows a mixture of two.
package struct IndexSnapshot: Sendable {
    let generation: Int64
    let dimension: Int
    var partitions: [LabelID: LabelPartition]
    /// The label of each partition.
    package internal(set) var labels: LabelTable
    let database: IndexDatabase
    let codec: RecordCodec
    let keys: IndexKeys
    let scan: ExactScan
    let scanPool: WorkPool

    /// Number of passages.
    package var passageCount: Int { partitions.values.reduce(0) { $0 + $1.rows.count } }

    /// Bytes of vectors in memory.
    package var vectorBytes: Int { partitions.values.reduce(0) { $0 + $1.rows.byteCount } }

    /// Number of passages of one label.
    package func passageCount(of label: LabelID) -> Int { partitions[label]?.rows.count ?? 0 }

    /// Number of passages of each label.
    package var passageCounts: [(label: Label, passages: Int)] {
        partitions.values.sorted { $0.digest < $1.digest }.map { ($0.label, $0.rows.count) }
    }
}

extension IndexSnapshot: PassageSnapshot {
    /// The permitted partitions in the order of their keyed digests: the same order in an index that holds nothing else.
    private func ordered(_ permitted: PermittedLabels) -> [(id: LabelID, partition: LabelPartition)] {
        permitted.ids.compactMap { id in partitions[id].map { (id, $0) } }.sorted { $0.1.digest < $1.1.digest }
    }

    package func nearest(
        to query: [Float], among permitted: PermittedLabels, limit: Int, minimumScore: Double
    ) async throws -> [ScoredPassage] {
        let readable = ordered(permitted).filter { $0.partition.rows.count > 0 }
        guard !readable.isEmpty else { return [] }
        let vector = try QueryVector(query)
        let rows = try await scanPool.run { [scan] in
            try scan.topK(
                query: vector, k: limit, partitions: readable.map(\.partition.rows), minimumScore: minimumScore)
        }
        return rows.map {
            ScoredPassage(id: PassageID(bytes: $0.key.bytes), label: readable[$0.partition].id, score: $0.score)
        }
    }

    package func passages(_ found: [ScoredPassage], permitted: PermittedLabels) async throws -> [StoredPassage] {
        guard !found.isEmpty else { return [] }
        return try await database.read { db in
            try found.map { hit in
                guard permitted.contains(hit.label), let row = try row(of: hit.id, label: hit.label, in: db) else {
                    throw IndexError.outdated
                }
                return try passage(row, permitted: permitted, in: db)
            }
        }
    }

    package func passage(_ id: PassageID, permitted: PermittedLabels) async throws -> StoredPassage? {
        let readable = ordered(permitted)
        return try await database.read { db in
            for (label, partition) in readable where partition.rows.contains(RowKey(id)) {
                guard let row = try row(of: id, label: label, in: db) else { throw IndexError.outdated }
                return try passage(row, permitted: permitted, in: db)
            }
            return nil
        }
    }

    package func document(_ id: DocumentID, permitted: PermittedLabels) async throws -> StoredDocument? {
        try await database.read { db in
            let document = try Row.fetchOne(
                db, sql: "SELECT document_row, generation, title_label, body FROM documents WHERE document_id = ?",
                arguments: [Data(id.bytes)])
            guard let document else { return nil }
            let rows = try Row.fetchAll(
                db, sql: Self.passageQuery + " WHERE passages.document_row = ? ORDER BY passages.ordinal",
                arguments: [try document.number("document_row")])
            // Of a document that is wholly forbidden not even its changing may show: it is absent whatever its
            // generation. A label that this generation does not know yet is decided in the next one.
            let titleLabel = LabelID(try document.number("title_label"))
            let labels = try rows.map { LabelID(try $0.number("label_id")) } + [titleLabel]
            guard labels.contains(where: { permitted.contains($0) || partitions[$0] == nil }) else { return nil }
            guard try document.number("generation") <= generation else { throw IndexError.outdated }
            let passages = try rows.filter { permitted.contains(LabelID(try $0.number("label_id"))) }
                .map { try passage($0, permitted: permitted, in: db) }
            let title = try title(label: titleLabel, body: document.data("body"), permitted: permitted)
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

// MARK: - Rows of the file

extension IndexSnapshot {
    private static let passageQuery = """
        SELECT passages.passage_id, passages.document_row, passages.label_id, passages.revision, passages.body,
            documents.document_id, documents.generation, documents.title_label, documents.body AS document_body
        FROM passages JOIN documents USING (document_row)
        """

    private func row(of id: PassageID, label: LabelID, in db: Database) throws -> Row? {
        let statement = try db.cachedStatement(
            sql: Self.passageQuery + " WHERE passages.passage_id = ? AND passages.label_id = ?")
        let row = try Row.fetchOne(statement, arguments: [Data(id.bytes), label.rawValue])
        guard let row else { return nil }
        guard try row.number("generation") <= generation else { throw IndexError.outdated }
        return row
    }

    /// Decodes a row whose label is permitted; the title and headings of other labels are not even decoded.
    private func passage(_ row: Row, permitted: PermittedLabels, in db: Database) throws -> StoredPassage {
        guard let label = permitted[LabelID(try row.number("label_id"))] else { throw IndexError.outdated }
        let payload = try codec.decode(row.data("body"), as: .passage)
        let body = try PassageBody(payload)
        var section: [Heading] = []
        for ordinal in body.section {
            let statement = try db.cachedStatement(
                sql: "SELECT label_id, body FROM headings WHERE document_row = ? AND ordinal = ?")
            let heading = try Row.fetchOne(statement, arguments: [try row.number("document_row"), ordinal])
            guard let heading else { throw IndexError.damaged(what: "a heading is missing") }
            guard let label = permitted[LabelID(try heading.number("label_id"))] else { continue }
            let text = String(decoding: try codec.decode(heading.data("body"), as: .heading), as: UTF8.self)
            section.append(Heading(text: text, label: label))
        }
        let title = try title(
            label: LabelID(row.number("title_label")), body: row.data("document_body"), permitted: permitted)
        return StoredPassage(
            id: try row.passageID(), document: try row.documentID(), label: label, text: body.text,
            sha256: body.sha256, range: body.range, page: body.page, revision: Array(try row.data("revision")),
            section: section, title: title)
    }

    private func title(label: LabelID, body: Data, permitted: PermittedLabels) throws -> StoredTitle? {
        guard let label = permitted[label] else { return nil }
        let payload = try codec.decode(body, as: .document)
        let document = try DocumentBody(payload)
        return StoredTitle(text: document.title, label: label, place: document.place)
    }
}

extension RowKey {
    init(_ id: PassageID) {
        guard let key = RowKey(id.bytes) else { preconditionFailure("a passage id has 16 bytes") }
        self = key
    }
}
