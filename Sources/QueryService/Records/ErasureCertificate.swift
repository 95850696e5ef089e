import Crypto
import Enclaves
import Foundation
import IndexStore
import Passages
import Sealing
import Synchronization

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
        /// document, subject, older_than or retention.
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
            case .retention: Scope(kind: "retention", digest: nil, before: nil)
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

    // MARK: - Files

    /// One at a time writes them: two would write the same file.
    private static let writing = Mutex(())

    /// Where the certificate of an erasure is.
    static func path(of erasure: RegisterID, settings: EnclaveSettings) -> String {
        "\(folder(settings))/\(erasure).json"
    }

    private static func folder(_ settings: EnclaveSettings) -> String { settings.index.path + ".erasures" }

    /// Writes the certificate of every erasure on record that has no file yet, in the folder beside the index: one that
    /// was interrupted has none. Certificates that are there stay as they are.
    ///
    /// To be called when the enclave is opened, and after each erasure, whether it failed or not: from its first step on
    /// an erasure is certain.
    static func writeMissing(of register: Register, settings: EnclaveSettings) throws {
        try writing.withLock { _ in
            let missing = register.erasures.values.filter {
                !FileManager.default.fileExists(atPath: path(of: $0.id, settings: settings))
            }
            guard !missing.isEmpty else { return }
            do {
                try makeFolder(folder(settings))
                for erasure in missing {
                    let certificate = ErasureCertificate(
                        erasure, enclave: settings.name, backups: Array(register.backups.values))
                    try DurableFile.write(
                        Array(try certificate.text.utf8), to: path(of: erasure.id, settings: settings))
                }
            } catch let failure as FileFailure {
                throw IndexError.file(path: failure.path, reason: failure.reason)
            }
        }
    }

    private static func makeFolder(_ folder: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw FileFailure(path: folder, reason: "the folder cannot be made")
        }
        try DurableFile.syncFolder(of: folder)
    }
}

extension SQLiteIndex {
    /// Erases documents, as `erase` does, and certifies it.
    func eraseCertified(
        _ documents: [DocumentSummary], scope: RecordScope, authority: ErasureAuthority, reason: String,
        request: RegisterID? = nil, settings: EnclaveSettings, now: Int64
    ) async throws -> Erasure {
        let erasure: Erasure
        do {
            erasure = try await erase(
                documents.map(\.id), scope: scope, authority: authority, reason: reason, request: request,
                subjects: settings.erasure.subjectAttribute, now: now)
        } catch {
            try? ErasureCertificate.writeMissing(of: keyStore.register, settings: settings)
            throw error
        }
        do {
            try ErasureCertificate.writeMissing(of: keyStore.register, settings: settings)
        } catch {
            throw UncertifiedErasure(id: erasure.id, problem: error)
        }
        return erasure
    }
}

/// Documents are erased, and the certificate could not be written.
struct UncertifiedErasure: Error, CustomStringConvertible {
    let id: RegisterID
    let problem: any Error

    var description: String {
        "the documents are erased for good (erasure \(id)), but there is no certificate of it yet; the next erasure writes "
            + "it, or the next opening of the enclave. What failed: \(problem)"
    }
}
