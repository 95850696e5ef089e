import AccessControl
import Foundation
import GRDB
import Labels
import Passages
import VectorSearch

/// Labels of their own for what policies name.
extension IndexChange {
    /// The document with the labels that it has by its names now.
    ///
    /// - Throws: `outdated` where its vectors were made under others, of titles or headings that they may not show: names
    ///   came since.
    func distinguished(_ document: IndexedDocument) throws -> IndexedDocument {
        let own = document.distinguished(by: snapshot.labels.names)
        guard snapshot.labels.names.isEmpty || own.shaping == document.shaping else { throw IndexError.outdated }
        return own
    }

    /// What has its label and its vectors already is not written again. Where a vector was made of what its passage has not
    /// its label in common with, the whole document is written anew, under another key: nothing is sealed twice under one.
    ///
    /// - Parameter vectors: By the digests of what was embedded.
    /// - Throws: `outdated` where one is missing.
    mutating func distinguish(
        _ names: ResourceNames, embeddingText: EmbeddingText, model: String, vectors: [[UInt8]: [Float]]
    ) throws {
        let named = NamedResources(names, embeddingText: embeddingText, model: model, in: db, snapshot)
        let records = try names.records(in: db, snapshot)
        snapshot.labels.distinguish(names)
        for record in records {
            let texts = try named.textsToEmbed(of: record)
            if texts.isEmpty {
                try distinguish(record, by: names)
            } else {
                try replace(record, embedding: texts.mapValues(\.digest), vectors)
            }
        }
    }

    /// The labels alone, for a generation that nobody searches and that is not committed.
    mutating func label(_ names: ResourceNames) throws {
        let records = try names.records(in: db, snapshot)
        snapshot.labels.distinguish(names)
        for record in records { try distinguish(record, by: names) }
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

    /// Writes a document anew with other vectors for some of its passages. It was taken in before, so nothing in the
    /// register is asked: of two documents of one text, one may have been erased.
    private mutating func replace(
        _ record: DocumentRecord, embedding digests: [Int: [UInt8]], _ vectors: [[UInt8]: [Float]]
    ) throws {
        let reader = DocumentReader(db: db, snapshot: snapshot)
        let opened = try reader.opened(record)
        let stored = try reader.document(of: opened).distinguished(by: snapshot.labels.names)
        let passages = stored.passages.enumerated()
        let all = try passages.map { ordinal, passage in
            guard let digest = digests[ordinal] else { return passage.vector }
            guard let vector = vectors[digest] else { throw IndexError.outdated }
            return vector
        }
        let document = stored.with(embeddingDigests: passages.map { digests[$0] ?? $1.embeddingDigest })
            .with(vectors: all)
        let ingested = try reader.body(of: opened).ingested
        try remove(record, opened.labels)
        try store(document, ingested: ingested)
    }
}
