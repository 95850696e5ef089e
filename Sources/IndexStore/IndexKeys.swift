package import Crypto
import Foundation
package import Labels
package import Passages

/// The secret of one index, and the names and digests that are made with it.
///
/// Whoever holds the index file but not this secret cannot test whether a path, a text or an attribute value is in it.
/// Each purpose has a key of its own (HKDF, RFC 5869), so a digest of one kind says nothing about another.
package struct IndexKeys: Sendable {
    private let documents: SymmetricKey
    private let passages: SymmetricKey
    private let labels: SymmetricKey
    private let sources: SymmetricKey
    private let embeddings: SymmetricKey
    private let revisions: SymmetricKey
    private let rows: SymmetricKey
    private let tags: SymmetricKey

    /// - Parameter secret: 32 random bytes.
    package init(secret: SymmetricKey) {
        func key(_ purpose: String) -> SymmetricKey {
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: secret, info: Data("portcullis index v1 \(purpose)".utf8), outputByteCount: 32)
        }
        documents = key("document id")
        passages = key("passage id")
        labels = key("label digest")
        sources = key("source digest")
        embeddings = key("embedding digest")
        revisions = key("revision")
        rows = key("row digest")
        tags = key("content tag")
    }

    /// The id of a file, and of the document that is the whole of it.
    package func documentID(path: ByteText) -> DocumentID {
        DocumentID(bytes: Self.digest(path.bytes, with: documents, length: 16))
    }

    /// The id of a document by its place. No path holds a NUL byte, so no file has the id of another's member.
    package func documentID(_ place: DocumentPlace) -> DocumentID {
        documentID(path: ByteText(place.member.map { place.path + "\0" + $0 } ?? place.path))
    }

    /// - Parameter ordinal: The number of passages before this one in the document that have the same text and label.
    package func passageID(document: DocumentID, text: [UInt8], ordinal: Int) -> PassageID {
        let message = document.bytes + Self.bigEndian(ordinal) + text
        return PassageID(bytes: Self.digest(message, with: passages, length: 16))
    }

    package func labelDigest(_ label: Label) -> LabelDigest {
        LabelDigest(bytes: Self.digest(label.canonicalBytes, with: labels, length: 32))
    }

    /// Tells whether a source, together with everything else that shapes its passages, is the one that was indexed.
    package func sourceDigest(parts: [[UInt8]]) -> [UInt8] {
        Self.digest(parts.flatMap { Self.bigEndian($0.count) + $0 }, with: sources, length: 32)
    }

    /// Finds a vector that was already made from the same text by the same model.
    package func embeddingDigest(of text: String, model: String) -> [UInt8] {
        let model = Array(model.utf8)
        return Self.digest(Self.bigEndian(model.count) + model + Array(text.utf8), with: embeddings, length: 32)
    }

    /// Changes exactly when the text of a passage or what governs it changes. It belongs to the passage alone: nothing
    /// about the rest of the document enters it (rule 2, non-interference).
    package func revision(passage: PassageID, label: LabelDigest) -> [UInt8] {
        Self.digest(passage.bytes + label.bytes, with: revisions, length: 8)
    }

    func rowDigest(passage: PassageID, revision: [UInt8]) -> MultisetDigest {
        MultisetDigest(element: Self.digest(passage.bytes + revision, with: rows, length: 32))
    }

    func contentTag(of digest: MultisetDigest) -> ContentTag {
        ContentTag(bytes: Self.digest(digest.bytes, with: tags, length: 16))
    }

    private static func digest(_ message: [UInt8], with key: SymmetricKey, length: Int) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: message, using: key).prefix(length))
    }

    private static func bigEndian(_ number: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt64(number).bigEndian) { Array($0) }
    }
}
