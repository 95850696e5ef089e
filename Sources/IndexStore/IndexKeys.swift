import Foundation
package import Labels
package import Passages
package import Sealing

/// The secret of one index, and the names and digests that are made with it.
///
/// Whoever holds the index file but not this secret cannot test whether a path, a text or an attribute value is in it.
/// Each purpose has a key of its own (HKDF, RFC 5869), so a digest of one kind says nothing about another.
package struct IndexKeys: Sendable {
    private let documents: KeyedDigest
    private let passages: KeyedDigest
    private let labels: KeyedDigest
    private let sources: KeyedDigest
    private let embeddings: KeyedDigest
    private let revisions: KeyedDigest
    private var rows: KeyedDigest
    private let tags: KeyedDigest
    /// Of the records of the file that the state of an index is the sum of.
    private(set) var records: KeyedDigest
    /// Of that state.
    let state: KeyedDigest
    /// Of the text of a document.
    private let contents: KeyedDigest
    /// Of the answers to sample queries.
    let samples: KeyedDigest

    package init(secret: SecretKey) throws(KeyError) {
        func digest(_ purpose: String) throws(KeyError) -> KeyedDigest {
            try KeyedDigest(secret: secret, purpose: "portcullis index v1 \(purpose)")
        }
        documents = try digest("document id")
        passages = try digest("passage id")
        labels = try digest("label digest")
        sources = try digest("source digest")
        embeddings = try digest("embedding digest")
        revisions = try digest("revision")
        rows = try digest("row digest")
        tags = try digest("content tag")
        records = try digest("records")
        state = try digest("state")
        contents = try digest("document text")
        samples = try digest("sample answers")
    }

    /// The same, made ready for reading all records of an index, and not to be kept (`KeyedDigest.prepared`).
    func prepared() -> IndexKeys {
        var prepared = self
        prepared.rows = rows.prepared()
        prepared.records = records.prepared()
        return prepared
    }

    /// The id of a file, and of the document that is the whole of it.
    package func documentID(path: ByteText) -> DocumentID {
        DocumentID(bytes: documents(path.bytes, length: 16))
    }

    /// The id of a document by its place. No path holds a NUL byte, so no file has the id of another's member.
    package func documentID(_ place: DocumentPlace) -> DocumentID {
        documentID(path: ByteText(place.member.map { place.path + "\0" + $0 } ?? place.path))
    }

    /// - Parameter ordinal: The number of passages before this one in the document that have the same text and label.
    package func passageID(document: DocumentID, text: [UInt8], ordinal: Int) -> PassageID {
        let message = document.bytes + Self.bigEndian(ordinal) + text
        return PassageID(bytes: passages(message, length: 16))
    }

    package func labelDigest(_ label: Label) -> LabelDigest {
        LabelDigest(bytes: labels(label.canonicalBytes))
    }

    /// Tells whether a source, together with everything else that shapes its passages, is the one that was indexed.
    package func sourceDigest(parts: [[UInt8]]) -> [UInt8] {
        sources(parts.flatMap { Self.bigEndian($0.count) + $0 })
    }

    /// Finds a vector that was already made from the same text by the same model.
    package func embeddingDigest(of text: String, model: String) -> [UInt8] {
        let model = Array(model.utf8)
        return embeddings(Self.bigEndian(model.count) + model + Array(text.utf8))
    }

    /// Changes exactly when the text of a passage or what governs it changes. It belongs to the passage alone: nothing
    /// about the rest of the document enters it (rule 2, non-interference).
    package func revision(passage: PassageID, label: LabelDigest) -> [UInt8] {
        revisions(passage.bytes + label.bytes, length: 8)
    }

    /// What stands for those passages of a document that bear one label in the digest of the label's rows. Nothing about
    /// passages of other labels enters it.
    ///
    /// - Parameter passages: In the order in which they stand in the document.
    func rowsDigest(of passages: [PassageID], label: LabelDigest) -> MultisetDigest {
        var message = label.bytes
        message.reserveCapacity(message.count + 16 * passages.count)
        for passage in passages { message += passage.bytes }
        return MultisetDigest(element: rows(message))
    }

    /// What stands for a label in the sum of all records.
    func recordDigest(label: LabelID, digest: LabelDigest, keyID: DataKeyID) -> MultisetDigest {
        var message: Data = Data([2]) + digest.bytes + keyID.bytes
        message.append(bigEndian: label.rawValue)
        return MultisetDigest(element: records(message))
    }

    /// What stands for a file in the sum of all records.
    func recordDigest(source: DocumentID, contentDigest: [UInt8], labelDigest: [UInt8]) -> MultisetDigest {
        MultisetDigest(
            element: records([3] + source.bytes + [UInt8(clamping: contentDigest.count)] + contentDigest + labelDigest))
    }

    /// Of the texts of a document's passages, wherever the document lies; in hexadecimal digits.
    func contentDigest(_ texts: [[UInt8]]) -> String { Hexadecimal.text(contents(texts.flatMap(\.self))) }

    func contentTag(of digest: MultisetDigest) -> ContentTag {
        ContentTag(bytes: tags(digest.bytes, length: 16))
    }

    private static func bigEndian(_ number: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt64(number).bigEndian) { Array($0) }
    }
}
