import AccessControl
import Foundation
import GRDB
import Labels
import Passages
import VectorSearch

/// The documents of an index that have a name, or a passage with one, and what is embedded for such a passage once it has
/// a label of its own.
struct NamedResources {
    private let names: ResourceNames
    private let passages: Set<ByteText>
    private let embeddingText: EmbeddingText
    private let model: String
    private let db: Database
    private let snapshot: IndexSnapshot

    /// - Parameter model: What digests of embedded texts are made with.
    init(
        _ names: ResourceNames, embeddingText: EmbeddingText, model: String, in db: Database, _ snapshot: IndexSnapshot
    ) {
        self.names = names
        passages = Set(names.passages)
        self.embeddingText = embeddingText
        self.model = model
        self.db = db
        self.snapshot = snapshot
    }

    /// A text that a passage has no vector of yet.
    struct TextToEmbed {
        let text: String
        let digest: [UInt8]
    }

    /// By the digests of what is to be embedded for any of them.
    func textsToEmbed() throws -> [[UInt8]: String] {
        var texts: [[UInt8]: String] = [:]
        // What was erased, and could not be taken out of the file yet, goes before the next change.
        for record in try names.records(in: db, snapshot) where snapshot.keyStore.ring.contains(record.keyID) {
            for text in try textsToEmbed(of: record).values { texts[text.digest] = text.text }
        }
        return texts
    }

    /// By the ordinals of the named passages whose vectors were made of something else.
    ///
    /// Other passages keep theirs: title and headings get the document's name when the passages get it, and never that of a
    /// passage.
    func textsToEmbed(of record: DocumentRecord) throws -> [Int: TextToEmbed] {
        let ids = try record.passageIDs(in: db)
        let ordinals = ids.indices.filter { passages.contains(ByteText(ids[$0].description)) }
        // What is in quarantine is embedded when it is committed again.
        guard !ordinals.isEmpty, !snapshot.quarantined.contains(record.id) else { return [:] }
        let reader = DocumentReader(db: db, snapshot: snapshot)
        let document = try reader.opened(record)
        let vectors = try snapshot.vectors(of: record, in: db)
        guard document.labels.passages.count == ids.count, vectors.count == ids.count else {
            throw IndexError.damaged(what: "document \(record.id) has lost passages")
        }
        var texts: [Int: TextToEmbed] = [:]
        for ordinal in ordinals {
            let stored = try reader.label(document.labels.passages[ordinal])
            let label = names.label(
                stored, document: ByteText(record.id.description), passage: ByteText(ids[ordinal].description))
            do {
                let text = try self.text(ordinal, label, of: document, reader)
                let digest = snapshot.keys.embeddingDigest(of: text, model: model)
                if digest != vectors.embeddingDigest(ordinal) {
                    texts[ordinal] = TextToEmbed(text: text, digest: digest)
                }
            } catch IndexError.damaged where label == stored {
                // It came under this label whole, so its vector is of the right text, and nobody is shown it: it need not
                // keep an enclave closed that was open with it.
            }
        }
        return texts
    }

    /// Only headings of the passage's own label are opened.
    private func text(
        _ ordinal: Int, _ label: Label, of document: DocumentReader.Opened, _ reader: DocumentReader
    ) throws -> String {
        let id = ByteText(document.record.id.description)
        func own(_ label: LabelID) throws -> Label { names.label(try reader.label(label), document: id, passage: nil) }
        let body = try reader.passageBody(ordinal, of: document).body
        let title = try own(document.labels.title)
        var section: [Heading] = []
        for heading in body.section {
            guard document.labels.headings.indices.contains(heading) else {
                throw IndexError.damaged(what: "heading \(heading) of document \(document.record.id) has no label")
            }
            guard try own(document.labels.headings[heading]) == label else { continue }
            section.append(Heading(text: try reader.heading(heading, of: document), label: label))
        }
        return embeddingText.of(
            body.text, label: label,
            title: Heading(text: title == label ? try reader.body(of: document).title : "", label: title),
            section: section)
    }
}

extension ResourceNames {
    /// The documents that have one of these names, or a passage with one, in the order of their rows. What is not there is
    /// passed over.
    func records(in db: Database, _ snapshot: IndexSnapshot) throws -> [DocumentRecord] {
        var found: Set<Int64> = []
        for id in documents.compactMap({ DocumentID($0.string) }) {
            found.formUnion(
                try Int64.fetchAll(
                    db, sql: "SELECT document_row FROM documents WHERE document_id = ?", arguments: [Data(id.bytes)]))
        }
        for id in passages.compactMap({ PassageID($0.string) }) {
            let rows = try Int64.fetchAll(
                db, sql: "SELECT document_row FROM passages WHERE passage_id = ?", arguments: [Data(id.bytes)])
            // What is not found would go without its name. Of documents in quarantine, memory has no rows.
            let known = snapshot.partitions.values.count { $0.rows.contains(RowKey(id)) }
            guard snapshot.quarantined.isEmpty ? rows.count == known : rows.count >= known else {
                throw IndexError.damaged(what: "passage \(id) is not where its index says")
            }
            found.formUnion(rows)
        }
        return try found.sorted().compactMap { try DocumentRecord.fetch(row: $0, in: db) }
    }
}

extension DocumentReader {
    /// A document as it was committed, under the labels that it has. O(its text)
    func document(of document: Opened) throws -> IndexedDocument {
        let outline = try outline(of: document.record)
        let vectors = try snapshot.vectors(of: document.record, in: db)
        return IndexedDocument(
            id: document.record.id, source: document.record.source, place: outline.place,
            sourceDigest: document.record.sourceDigest, date: outline.date, title: outline.title,
            headings: outline.headings,
            passages: try outline.passages.enumerated().map { ordinal, passage in
                IndexedPassage(
                    id: passage.id, label: passage.label, text: try passageBody(ordinal, of: document).body.text,
                    sha256: passage.sha256, range: passage.range, page: passage.page, section: passage.section,
                    embeddingDigest: passage.embeddingDigest, vector: vectors.vector(ordinal))
            })
    }
}
