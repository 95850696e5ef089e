import AccessControl
import Foundation
import GRDB
import Labels
import Passages

/// Reads passages of documents for a caller, in one transaction. What belongs to a document is opened once for all of its
/// passages.
struct DocumentReader {
    /// A document whose labels are open.
    struct Opened {
        let record: DocumentRecord
        let labels: DocumentLabels
        let sealer: RecordSealer
    }

    let db: Database
    let snapshot: IndexSnapshot
    private var opened: [Int64: Opened] = [:]

    init(db: Database, snapshot: IndexSnapshot) {
        self.db = db
        self.snapshot = snapshot
    }

    /// A passage that the generation in memory has under this label.
    mutating func passage(_ id: PassageID, label: LabelID, permitted: PermittedLabels) throws -> StoredPassage {
        let (document, ordinal) = try place(of: id, label: label)
        let found = try passage(ordinal: ordinal, of: document, permitted: permitted)
        guard found.id == id else { throw IndexError.damaged(what: "passage \(id) is not where its index says") }
        return found
    }

    /// Where a passage is that the generation in memory has under this label.
    ///
    /// - Throws: `outdated` where it was changed after this generation.
    mutating func place(of id: PassageID, label: LabelID) throws -> (document: Opened, ordinal: Int) {
        let statement = try db.cachedStatement(
            sql: "SELECT document_row, ordinal FROM passages WHERE passage_id = ?")
        for place in try Row.fetchAll(statement, arguments: [Data(id.bytes)]) {
            let (row, ordinal) = (try place.number("document_row"), Int(try place.number("ordinal")))
            guard let document = try document(row) else { throw try lost("document \(row) of passage \(id)") }
            guard document.labels.passages.indices.contains(ordinal) else {
                throw IndexError.damaged(what: "passage \(id) has no label")
            }
            if document.labels.passages[ordinal] == label { return (document, ordinal) }
        }
        throw try lost("passage \(id)")
    }

    /// - Throws: `outdated` where the document was changed after this generation.
    mutating func document(_ row: Int64) throws -> Opened? {
        if let known = opened[row] { return known }
        guard let record = try DocumentRecord.fetch(row: row, in: db) else { return nil }
        guard record.generation <= snapshot.generation else { throw IndexError.outdated }
        let document = try opened(record)
        opened[row] = document
        return document
    }

    /// With its key unwrapped once, for labels and all else.
    func opened(_ record: DocumentRecord) throws -> Opened {
        let sealer = try snapshot.sealer(of: record)
        return Opened(record: record, labels: try record.openLabels(sealer), sealer: sealer)
    }

    func opened(_ record: DocumentRecord, _ labels: DocumentLabels) throws -> Opened {
        Opened(record: record, labels: labels, sealer: try snapshot.sealer(of: record))
    }

    /// What a generation names and the file does not have: a later commit took it, or the file is damaged.
    private func lost(_ what: String) throws -> IndexError {
        let stored = try Data.fetchOne(
            db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [IndexSchema.Meta.state])
        guard let stored, let state = IndexState(stored, snapshot.keys.state) else {
            return .damaged(what: "the record of its last commit does not open")
        }
        return state.generation > snapshot.generation ? .outdated : .damaged(what: "\(what) is missing")
    }

    /// Opens a passage whose label is permitted; the title and headings of other labels are not opened.
    func passage(ordinal: Int, of document: Opened, permitted: PermittedLabels) throws -> StoredPassage {
        let labelID = document.labels.passages[ordinal]
        guard let label = permitted[labelID], let digest = snapshot.partitions[labelID]?.digest else {
            throw IndexError.outdated
        }
        let (id, body) = try passageBody(ordinal, of: document)
        var section: [Heading] = []
        for ordinal in body.section {
            guard document.labels.headings.indices.contains(ordinal) else {
                throw IndexError.damaged(what: "heading \(ordinal) of document \(document.record.id) has no label")
            }
            guard let label = permitted[document.labels.headings[ordinal]] else { continue }
            section.append(Heading(text: try heading(ordinal, of: document), label: label))
        }
        return StoredPassage(
            id: id, document: document.record.id, label: label, text: body.text, sha256: body.sha256,
            range: body.range, page: body.page, revision: snapshot.keys.revision(passage: id, label: digest),
            section: section, title: try title(of: document, permitted: permitted))
    }

    func passageBody(_ ordinal: Int, of document: Opened) throws -> (id: PassageID, body: PassageBody) {
        let place = "passage \(ordinal) of document \(document.record.id)"
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: "SELECT passage_id, body FROM passages WHERE document_row = ? AND ordinal = ?"),
            arguments: [document.record.row, ordinal])
        guard let row else { throw try lost(place) }
        let id = try row.passageID()
        let payload = try document.sealer.open(
            row.data("body"), as: .passage, ordinal: ordinal, name: id.bytes, place)
        return (id, try PassageBody(payload))
    }

    func heading(_ ordinal: Int, of document: Opened) throws -> String {
        let statement = try db.cachedStatement(
            sql: "SELECT body FROM headings WHERE document_row = ? AND ordinal = ?")
        let place = "heading \(ordinal) of document \(document.record.id)"
        guard let row = try Row.fetchOne(statement, arguments: [document.record.row, ordinal]) else {
            throw try lost(place)
        }
        let text = try document.sealer.open(row.data("body"), as: .heading, ordinal: ordinal, place)
        return String(decoding: text, as: UTF8.self)
    }

    func title(of document: Opened, permitted: PermittedLabels) throws -> StoredTitle? {
        guard let label = permitted[document.labels.title] else { return nil }
        let body = try body(of: document)
        return StoredTitle(text: body.title, label: label, place: body.place)
    }

    func body(of document: Opened) throws -> DocumentBody {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT body FROM documents WHERE document_row = ?"),
            arguments: [document.record.row])
        let place = "document \(document.record.id)"
        guard let row else { throw try lost(place) }
        return try DocumentBody(document.sealer.open(row.data("body"), as: .document, place))
    }
}
