import Foundation
import GRDB
import Passages
import Sealing
import Synchronization

/// The register in memory.
package struct Register: Sendable {
    package internal(set) var erasures: [RegisterID: Erasure] = [:]
    package internal(set) var holds: [RegisterID: LegalHold] = [:]
    package internal(set) var requests: [RegisterID: PendingRequest] = [:]
    package internal(set) var backups: [RegisterID: KeyBackup] = [:]
    private var erasedDocuments: Set<String> = []
    private var erasedContents: Set<String> = []

    func isErased(document: String) -> Bool { erasedDocuments.contains(document) }

    /// The erasure that a document was part of, or another document of the same text.
    func erasure(of document: IndexedDocument, _ keys: IndexKeys) -> Erasure? {
        guard !erasures.isEmpty else { return nil }
        let id = document.id.description
        // Documents without text have that in common, and nothing else.
        let content = document.passages.isEmpty ? nil : keys.contentDigest(document.passages.map(\.sha256))
        guard erasedDocuments.contains(id) || content.map(erasedContents.contains) == true else { return nil }
        return erasures.values.first { $0.documents.contains { $0.document == id || $0.content == content } }
    }

    mutating func put(_ record: some RegisterRecord) {
        switch record {
        case let record as Erasure:
            erasures[record.id] = record
            erasedDocuments.formUnion(record.documents.map(\.document))
            erasedContents.formUnion(record.documents.map(\.content))
        case let record as LegalHold: holds[record.id] = record
        case let record as PendingRequest: requests[record.id] = record
        case let record as KeyBackup: backups[record.id] = record
        default: preconditionFailure("no such kind of record")
        }
    }

    mutating func remove(_ id: RegisterID) {
        holds[id] = nil
        requests[id] = nil
        backups[id] = nil
    }
}

extension KeyStore {
    package var register: Register { registerState.withLock { $0 } }

    /// Puts a record into the register, in place of an older form of it.
    package func put(_ record: some RegisterRecord) throws {
        try change { try put(record, in: &$0) }
        registerState.withLock { $0.put(record) }
    }

    /// Takes records out. Those that are not there are passed over.
    package func removeRecords(_ ids: [RegisterID]) throws {
        try change { change in for id in ids { try delete(id, in: &change) } }
        registerState.withLock { register in for id in ids { register.remove(id) } }
    }

    func put(_ record: some RegisterRecord, in change: inout Change) throws {
        try delete(record.id, in: &change)
        let kind = type(of: record).kind
        let body = Cipher.seal(
            try JSONEncoder().encode(record), with: registerKey, context: registerContext(record.id.bytes, kind))
        let row = StoredRow.register(id: record.id.bytes, kind: kind.rawValue, body: body)
        try row.insert(in: change.db)
        change.added(row)
    }

    func delete(_ id: RegisterID, in change: inout Change) throws {
        let stored = try Row.fetchOne(
            change.db, sql: "SELECT kind, body FROM register WHERE entry_id = ?", arguments: [Data(id.bytes)])
        guard let stored else { return }
        let row = StoredRow.register(id: id.bytes, kind: try stored.number("kind"), body: try stored.data("body"))
        try row.delete(in: change.db)
        change.removed(row)
    }

    /// The records of the rows, opened.
    static func register(_ rows: [StoredRow], enclave: [UInt8], key: SecretKey, path: String) throws -> Register {
        var register = Register()
        for case .register(let id, let kindNumber, let body) in rows {
            guard let kind = RegisterKind(rawValue: kindNumber),
                let payload = Cipher.open(body, with: key, context: registerContext(enclave, id, kind))
            else { throw IndexError.keyStoreDamaged(path: path, what: "an entry of the register does not open") }
            let decoder = JSONDecoder()
            do {
                switch kind {
                case .erasure: register.put(try decoder.decode(Erasure.self, from: payload))
                case .hold: register.put(try decoder.decode(LegalHold.self, from: payload))
                case .request: register.put(try decoder.decode(PendingRequest.self, from: payload))
                case .backup: register.put(try decoder.decode(KeyBackup.self, from: payload))
                }
            } catch {
                throw IndexError.keyStoreDamaged(path: path, what: "an entry of the register cannot be read")
            }
        }
        return register
    }

    private func registerContext(_ id: [UInt8], _ kind: RegisterKind) -> [UInt8] {
        Self.registerContext(enclave, id, kind)
    }

    private static func registerContext(_ enclave: [UInt8], _ id: [UInt8], _ kind: RegisterKind) -> [UInt8] {
        Array("portcullis register 1".utf8) + enclave + id + [UInt8(kind.rawValue)]
    }
}
