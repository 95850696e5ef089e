package import AccessControl
import Foundation
import GRDB
package import Labels
package import Passages
import VectorSearch

/// Reading without a decision of the reader's: for verification alone, which an administrative action permits on every
/// label. What is read stays in memory and goes to nobody.
extension IndexSnapshot {
    /// Whether this is the same generation and finds the same documents, so that nothing was changed in between.
    package func isSame(as other: IndexSnapshot) -> Bool {
        generation == other.generation && quarantined == other.quarantined
    }

    /// An index of those parts of this one that `mayRead` lets through.
    ///
    /// Of what it does not let through no text is opened. The vectors of a document lie in one record, which is.
    /// Time: one call of `mayRead` for each passage, title and heading, and what it takes to open what may be read.
    ///
    /// - Parameters:
    ///   - authorization: Of `verify`, on every label of this generation.
    ///   - mayRead: Asked with the label of a text, its document, and its id where it is a passage.
    ///   - generator: Decides on the order in which documents come into it.
    /// - Throws: `outdated` where the index has changed since, or has labels that the authorization does not know;
    ///   `quarantined` where the file has a document that searches do not find.
    package func oracle(
        for authorization: AuthorizedAction, using generator: some RandomNumberGenerator & Sendable,
        mayRead: @escaping @Sendable (Label, DocumentID, PassageID?) throws -> Bool
    ) async throws -> OracleIndex {
        try require(authorization)
        return try await database.read { db in
            var generator = generator
            var builder = try OracleBuilder(self)
            let rows = try Int64.fetchAll(db, sql: "SELECT document_row FROM documents").shuffled(using: &generator)
            for row in rows {
                try Task.checkCancellation()
                guard let record = try DocumentRecord.fetch(row: row, in: db) else { continue }
                guard record.generation <= generation else { throw IndexError.outdated }
                try PermittedParts(of: record, in: DocumentReader(db: db, snapshot: self), mayRead: mayRead)
                    .add(to: &builder)
            }
            return try builder.finish()
        }
    }

    /// Passages of as many labels as there are, for questions that come near what some may not read.
    ///
    /// - Parameter authorization: As for `oracle`.
    package func sample(
        _ count: Int, for authorization: AuthorizedAction, using generator: some RandomNumberGenerator & Sendable
    ) async throws -> [PassageSample] {
        try require(authorization)
        var generator = generator
        // Each label in its turn, so that one with few passages is not lost beside one with many.
        var queues = partitions.values.sorted { $0.digest < $1.digest }
            .map { Array($0.rows.keys).sorted().shuffled(using: &generator) }
            .filter { !$0.isEmpty }.shuffled(using: &generator)
        var chosen: [PassageID] = []
        while chosen.count < count, !queues.isEmpty {
            for number in queues.indices where chosen.count < count {
                chosen.append(PassageID(bytes: queues[number].removeLast().bytes))
            }
            queues.removeAll(where: \.isEmpty)
        }
        let wanted = chosen
        return try await database.read { db in
            let reader = DocumentReader(db: db, snapshot: self)
            return try wanted.compactMap { try reader.sample($0) }
        }
    }

    /// - Throws: `outdated`, `quarantined`
    private func require(_ authorization: AuthorizedAction) throws {
        precondition(authorization.action == .verify, "everything is read for verification alone")
        guard partitions.values.allSatisfy({ authorization.labels.contains($0.label) }) else {
            throw IndexError.outdated
        }
        try requireEveryDocument()
    }
}

/// What of one document may be read.
private struct PermittedParts {
    private let document: DocumentReader.Opened
    private let reader: DocumentReader
    private let ids: [PassageID]
    private let mayRead: (LabelID, PassageID?) throws -> Label?

    init(
        of record: DocumentRecord, in reader: DocumentReader,
        mayRead: @escaping (Label, DocumentID, PassageID?) throws -> Bool
    ) throws {
        self.reader = reader
        let snapshot = reader.snapshot
        document = try reader.opened(record, try snapshot.labels(of: record))
        ids = try record.passageIDs(in: reader.db)
        guard ids.count == document.labels.passages.count else {
            throw IndexError.damaged(what: "document \(record.id) has lost passages")
        }
        self.mayRead = { label, passage in
            guard let label = snapshot.partitions[label]?.label else { throw IndexError.outdated }
            return try mayRead(label, record.id, passage) ? label : nil
        }
    }

    func add(to builder: inout OracleBuilder) throws {
        var shown: [LabelID] = []
        var title: StoredTitle?
        if let label = try mayRead(document.labels.title, nil) {
            let body = try reader.body(of: document)
            title = StoredTitle(text: body.title, label: label, place: body.place)
            shown.append(document.labels.title)
        }
        var headings: [Int: Heading] = [:]
        for (ordinal, labelID) in document.labels.headings.enumerated() {
            guard let label = try mayRead(labelID, nil) else { continue }
            headings[ordinal] = Heading(text: try reader.heading(ordinal, of: document), label: label)
            shown.append(labelID)
        }
        let passages = try passages(title: title, headings: headings)
        guard title != nil || !passages.isEmpty else { return }
        try builder.add(
            StoredDocument(id: document.record.id, title: title, passages: passages.map(\.passage)),
            passages: passages, labels: shown)
    }

    private func passages(
        title: StoredTitle?, headings: [Int: Heading]
    ) throws -> [(label: LabelID, passage: StoredPassage, vector: [Float])] {
        let snapshot = reader.snapshot
        var vectors: VectorRecord?
        var passages: [(label: LabelID, passage: StoredPassage, vector: [Float])] = []
        for (ordinal, (id, labelID)) in zip(ids, document.labels.passages).enumerated() {
            guard let label = try mayRead(labelID, id), let digest = snapshot.partitions[labelID]?.digest else {
                continue
            }
            let (stored, body) = try reader.passageBody(ordinal, of: document)
            let record = try vectors ?? snapshot.vectors(of: document.record, in: reader.db)
            vectors = record
            guard stored == id, ordinal < record.count, record.passage(ordinal) == id else {
                throw IndexError.damaged(what: "passage \(id) is not where its index says")
            }
            passages.append(
                (
                    labelID,
                    StoredPassage(
                        id: id, document: document.record.id, label: label, text: body.text, sha256: body.sha256,
                        range: body.range, page: body.page,
                        revision: snapshot.keys.revision(passage: id, label: digest),
                        section: body.section.compactMap { headings[$0] }, title: title),
                    record.vector(ordinal)
                ))
        }
        return passages
    }
}

extension DocumentReader {
    /// What a question about a passage is made of; nil where it has gone meanwhile.
    fileprivate func sample(_ id: PassageID) throws -> PassageSample? {
        let place = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT document_row, ordinal FROM passages WHERE passage_id = ?"),
            arguments: [Data(id.bytes)])
        guard let place, let record = try DocumentRecord.fetch(row: place.number("document_row"), in: db) else {
            return nil
        }
        let document = try opened(record, try snapshot.labels(of: record))
        let (_, body) = try passageBody(Int(try place.number("ordinal")), of: document)
        let above = try body.section.last.flatMap { ordinal in
            document.labels.headings.indices.contains(ordinal) ? try heading(ordinal, of: document) : nil
        }
        let title = try self.body(of: document).title
        return PassageSample(
            id: id, document: record.id, text: body.text, heading: above ?? (title.isEmpty ? nil : title))
    }
}
