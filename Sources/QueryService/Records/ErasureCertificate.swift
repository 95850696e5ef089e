import Crypto
import Foundation
import IndexStore
import Passages
import Sealing

/// What an erasure leaves behind for those who must show it: what, when, who, why, and until when a copy of the key store
/// could bring it back.
///
/// Documents stand in it as SHA-256 of the salt and the document's id (16 bytes each): who has the id can find it here,
/// and nobody can find the id.
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

    let id: String
    let enclave: String
    let erased: String
    let scope: String
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
        scope = erasure.scope.description
        by = erasure.authority
        confirmedBy = erasure.confirmedBy
        reason = erasure.reason
        let salt = (0..<16).map { _ in UInt8.random(in: 0 ... .max) }
        self.salt = Hexadecimal.text(salt)
        documents = erasure.documents.map { document in
            let id = Hexadecimal.bytes(document.document, count: Hexadecimal.identifierLength) ?? []
            return Hexadecimal.text(SHA256.hash(data: salt + id))
        }.sorted()
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
