import Foundation
import GRDB
package import Passages
import Sealing

/// A file that an ingest took out of the documents folder: the index holds it, sealed, and changed rules are applied to
/// what it holds.
package struct TakenSource: Equatable, Sendable {
    package let id: DocumentID
    package let path: String
    package let bytes: [UInt8]
    package let sidecar: [UInt8]?

    package init(id: DocumentID, path: String, bytes: [UInt8], sidecar: [UInt8]?) {
        self.id = id
        self.path = path
        self.bytes = bytes
        self.sidecar = sidecar
    }

    /// Length of the path (4 bytes, big endian), the path, 1 where there is a sidecar (1 byte), its length (4), it, the file.
    fileprivate var payload: [UInt8] {
        var payload: [UInt8] = []
        payload.append(bigEndian: path.utf8.count)
        payload += path.utf8
        payload.append(sidecar == nil ? 0 : 1)
        payload.append(bigEndian: sidecar?.count ?? 0)
        return payload + (sidecar ?? []) + bytes
    }

    fileprivate init(id: DocumentID, payload: Data) throws(IndexError) {
        var rest = Array(payload)[...]
        func take(_ count: Int) throws(IndexError) -> ArraySlice<UInt8> {
            guard count <= rest.count else { throw .damaged(what: "the file \(id) that was taken in") }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
        func number() throws(IndexError) -> Int { try take(4).reduce(0) { $0 << 8 | Int($1) } }
        let path = String(decoding: try take(try number()), as: UTF8.self)
        let hasSidecar = try take(1) == [1]
        let sidecar = Array(try take(try number()))
        self.init(id: id, path: path, bytes: Array(rest), sidecar: hasSidecar ? sidecar : nil)
    }
}

/// A row of `taken`.
struct TakenRecord {
    let id: DocumentID
    let keyID: DataKeyID

    init(id: DocumentID, keyID: DataKeyID) {
        self.id = id
        self.keyID = keyID
    }

    /// - Parameter row: With `source_id` and `key_id`.
    init(_ row: Row) throws { self.init(id: try row.documentID("source_id"), keyID: try row.keyID()) }

    static func fetch(_ id: DocumentID, in db: Database) throws -> TakenRecord? {
        try Row.fetchOne(
            db, sql: "SELECT source_id, key_id FROM taken WHERE source_id = ?", arguments: [Data(id.bytes)]
        ).map(TakenRecord.init)
    }

    /// By what it is found in the file.
    func trace(in db: Database) throws -> [Data] {
        try Data.fetchAll(
            db, sql: "SELECT substr(body, ?, ?) FROM taken WHERE source_id = ?",
            arguments: [RecordSealer.headLength + 1, RecordSealer.traceLength, Data(id.bytes)])
    }

    /// What stands for it in the sum of all records.
    func digest(_ keys: IndexKeys) -> MultisetDigest {
        MultisetDigest(element: keys.records([4] + id.bytes + keyID.bytes))
    }
}

extension IndexChange {
    /// Holds a file from now on.
    mutating func take(_ source: TakenSource) throws {
        try dropTaken(source.id)
        let key = try newKey()
        let sealer = snapshot.sealer(owner: source.id.bytes, keyID: key.id, key: key.key)
        try db.execute(
            sql: "INSERT INTO taken (source_id, key_id, body) VALUES (?, ?, ?)",
            arguments: [Data(source.id.bytes), Data(key.id.bytes), sealer.seal(source.payload, as: .takenSource)])
        snapshot.records += TakenRecord(id: source.id, keyID: key.id).digest(snapshot.keys)
    }

    /// Holds a file no longer; one that it does not hold is passed over.
    mutating func dropTaken(_ id: DocumentID) throws {
        if let record = try TakenRecord.fetch(id, in: db) { try drop(record) }
    }

    mutating func drop(_ record: TakenRecord) throws {
        try db.execute(sql: "DELETE FROM taken WHERE source_id = ?", arguments: [Data(record.id.bytes)])
        snapshot.records -= record.digest(snapshot.keys)
        retire(record.keyID)
    }
}

extension SQLiteIndex {
    /// Holds a file, so that it need not be in the folder any more. Durable when this returns.
    package func take(_ source: TakenSource) async throws {
        try await change { try $0.take(source) }
    }

    /// Holds a file no longer. Its key is gone when this returns.
    package func letGo(_ id: DocumentID) async throws {
        try await change { try $0.dropTaken(id) }
    }

    /// Every file that the index holds, by its id, with its path.
    package func takenPaths() async throws -> [(id: DocumentID, path: String)] {
        try await takenSources().map { ($0.id, $0.path) }
    }

    func takenIDs() async throws -> [DocumentID] {
        try await database.read { db in
            try Row.fetchAll(db, sql: "SELECT source_id FROM taken").map { try $0.documentID("source_id") }
        }
    }

    /// A file that the index holds.
    package func takenSource(_ id: DocumentID) async throws -> TakenSource? {
        try await takenSources(only: id).first
    }

    private func takenSources(only id: DocumentID? = nil) async throws -> [TakenSource] {
        try await finishFailedErasure()
        let snapshot = snapshot()
        return try await database.read { db in
            let condition = id == nil ? "" : " WHERE source_id = ?"
            let rows = try Row.fetchAll(
                db, sql: "SELECT source_id, key_id, body FROM taken" + condition,
                arguments: id.map { [Data($0.bytes)] } ?? [])
            return try rows.map { row in
                let record = try TakenRecord(row)
                guard let key = try snapshot.keyStore.ring.key(record.keyID) else { throw IndexError.outdated }
                let sealer = snapshot.sealer(owner: record.id.bytes, keyID: record.keyID, key: key)
                return try TakenSource(
                    id: record.id,
                    payload: sealer.open(row.data("body"), as: .takenSource, "the file \(record.id) that was taken in"))
            }
        }
    }
}
