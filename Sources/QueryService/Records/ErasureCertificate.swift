import Crypto
import Foundation
import IndexStore
import Passages
import Sealing

/// What an erasure leaves behind for those who must show it: what, when, who, why, and until when a copy of the key store
/// could bring it back.
///
/// Documents and subjects stand in it as SHA-256 of the salt (16 bytes) and the document's id (16 bytes) or the subject's
/// token (UTF-8): who has one can find it here.
struct ErasureCertificate: Encodable {
    struct Backups: Encodable {
        /// Copies of the key store from before the erasure that are not past their time.
        let copies: Int
        /// When the last of them is to be destroyed, ISO 8601.
        let lastExpires: String?

        enum CodingKeys: String, CodingKey {
            case copies
            case lastExpires = "last_expires"
        }
    }

    struct Scope: Encodable {
        /// document, subject or older_than.
        let kind: String
        /// Of the document or the subject.
        let digest: String?
        /// Documents that bear an earlier date, ISO 8601.
        let before: String?
    }

    let id: String
    let enclave: String
    let erased: String
    let scope: Scope
    let by: String
    let confirmedBy: String?
    let reason: String
    let salt: String
    let documents: [String]
    let keyStoreBackups: Backups

    enum CodingKeys: String, CodingKey {
        case enclave, erased, scope, by, reason, salt, documents
        case id = "erasure"
        case confirmedBy = "confirmed_by"
        case keyStoreBackups = "key_store_backups"
    }

    init(_ erasure: Erasure, enclave: String, backups: [KeyBackup]) {
        id = erasure.id.description
        self.enclave = enclave
        erased = Date(milliseconds: erasure.time).ISO8601Format()
        by = erasure.authority
        confirmedBy = erasure.confirmedBy
        reason = erasure.reason
        let salt = (0..<16).map { _ in UInt8.random(in: 0 ... .max) }
        self.salt = Hexadecimal.text(salt)
        func digest(_ bytes: [UInt8]) -> String { Hexadecimal.text(SHA256.hash(data: salt + bytes)) }
        func digest(document: String) -> String {
            digest(Hexadecimal.bytes(document, count: Hexadecimal.identifierLength) ?? [])
        }
        scope =
            switch erasure.scope {
            case .document(let id): Scope(kind: "document", digest: digest(document: id), before: nil)
            case .subject(let token): Scope(kind: "subject", digest: digest(Array(token.utf8)), before: nil)
            case .olderThan(let instant):
                Scope(kind: "older_than", digest: nil, before: Date(milliseconds: instant).ISO8601Format())
            }
        documents = erasure.documents.map { digest(document: $0.document) }.sorted()
        let copies = backups.filter { $0.time <= erasure.time }
        keyStoreBackups = Backups(
            copies: copies.count,
            lastExpires: copies.map(\.expires).max().map { Date(milliseconds: $0).ISO8601Format() })
    }

    var text: String {
        get throws { String(decoding: try JSONEncoder.canonical.encode(self), as: UTF8.self) + "\n" }
    }

    /// Into the folder of certificates beside the index.
    /// - Returns: The path of the file.
    func write(beside index: String) throws -> String {
        let folder = index + ".erasures"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let path = "\(folder)/\(id).json"
        do {
            try DurableFile.write(Array(try text.utf8), to: path)
        } catch let failure as FileFailure {
            throw IndexError.file(path: failure.path, reason: failure.reason)
        }
        return path
    }
}
