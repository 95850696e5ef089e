import Foundation
import Sealing

/// What a stored record holds. Part of every record and of what binds it, so that one kind cannot be taken for another.
enum RecordField: UInt8 {
    case label = 1
    case document = 2
    case heading = 3
    case passage = 4
    case vectors = 5
    case documentLabels = 6
    case takenSource = 7
}

/// The one way in and out for everything in the index that tells about a document: label attributes, paths, titles,
/// headings, texts and vectors.
///
/// | offset | size | content |
/// | --- | --- | --- |
/// | 0 | 1 | version, 2: AES-256-GCM |
/// | 1 | 1 | `RecordField` |
/// | 2 | 12 | nonce |
/// | 14 | – | ciphertext |
/// | – | 16 | tag |
///
/// A record opens in its place alone: the associated data are the enclave, the owner (document, label or file taken in), the name of its
/// key, which every version of a document has anew, the field, the ordinal, and what the record is named by.
struct RecordSealer: Sendable {
    private static let version: UInt8 = 2
    /// Version, field and nonce: what records of several documents may have in common.
    static let headLength = 2 + Cipher.nonceLength
    /// Bytes behind the head that no two records share; each has as many, of its tag at least.
    static let traceLength = 16

    private let context: [UInt8]
    private let key: SecretKey

    /// - Parameters:
    ///   - owner: Id of the document or file, digest of the label.
    ///   - keyID: Names `key`.
    init(enclave: [UInt8], owner: [UInt8], keyID: DataKeyID, key: SecretKey) {
        context = Array("portcullis record 1".utf8) + enclave + [UInt8(owner.count)] + owner + keyID.bytes
        self.key = key
    }

    /// - Parameters:
    ///   - ordinal: Among records of this field under this key; each is sealed once, so its nonce is made of it.
    ///   - name: What the record is found by, where that is not its place.
    func seal(_ payload: some DataProtocol, as field: RecordField, ordinal: Int = 0, name: [UInt8] = []) -> Data {
        var nonce: [UInt8]?
        // The labels of a document are sealed again when they change: under a random nonce.
        if field != .documentLabels {
            nonce = [0, 0, 0, field.rawValue] + withUnsafeBytes(of: Int64(ordinal).bigEndian) { Array($0) }
        }
        return Data([Self.version, field.rawValue])
            + Cipher.seal(payload, with: key, nonce: nonce, context: place(field, ordinal, name))
    }

    /// - Parameter what: The record's place, for the error.
    func open(
        _ data: Data, as field: RecordField, ordinal: Int = 0, name: [UInt8] = [], _ what: @autoclosure () -> String
    ) throws(IndexError) -> Data {
        let data = data[...]
        guard data.count >= 2, data.first == Self.version, data.dropFirst().first == field.rawValue,
            let payload = Cipher.open(data.dropFirst(2), with: key, context: place(field, ordinal, name))
        else { throw .damaged(what: "\(what()) does not open") }
        return payload
    }

    private func place(_ field: RecordField, _ ordinal: Int, _ name: [UInt8]) -> [UInt8] {
        context + [Self.version, field.rawValue] + withUnsafeBytes(of: Int64(ordinal).bigEndian) { Array($0) } + name
    }
}
