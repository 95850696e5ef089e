import Foundation
import GRDB
import Sealing

/// A row of the key store, with the bytes that its digest is of.
enum StoredRow: Equatable, Sendable {
    case epoch(Int64, created: Int64)
    case epochWrap(Int64, root: [UInt8], wrapped: Data)
    case dataKey(DataKeyID, WrappedKey)
    case register(id: [UInt8], kind: Int64, body: Data)

    /// Tag of the table, then each column behind its length.
    var bytes: Data {
        var data = Data(capacity: 160)
        func column(_ bytes: some Collection<UInt8>) {
            data.append(bigEndian: Int64(bytes.count))
            data.append(contentsOf: bytes)
        }
        func column(_ number: Int64) { data.append(bigEndian: number) }
        switch self {
        case .epoch(let epoch, let created):
            data.append(1)
            column(epoch)
            column(created)
        case .epochWrap(let epoch, let root, let wrapped):
            data.append(2)
            column(epoch)
            column(root)
            column(wrapped)
        case .dataKey(let id, let key):
            data.append(3)
            column(id.bytes)
            column(key.epoch)
            column(key.bytes)
        case .register(let id, let kind, let body):
            data.append(4)
            column(id)
            column(kind)
            column(body)
        }
        return data
    }

    func insert(in db: Database) throws {
        switch self {
        case .epoch(let epoch, let created):
            try db.execute(sql: "INSERT INTO epochs (epoch, created) VALUES (?, ?)", arguments: [epoch, created])
        case .epochWrap(let epoch, let root, let wrapped):
            try db.execute(
                sql: "INSERT INTO epoch_wraps (epoch, root_id, wrapped) VALUES (?, ?, ?)",
                arguments: [epoch, Data(root), wrapped])
        case .dataKey(let id, let key):
            try db.cachedStatement(sql: "INSERT INTO data_keys (key_id, epoch, wrapped) VALUES (?, ?, ?)")
                .execute(arguments: [Data(id.bytes), key.epoch, key.bytes])
        case .register(let id, let kind, let body):
            try db.execute(
                sql: "INSERT INTO register (entry_id, kind, body) VALUES (?, ?, ?)", arguments: [Data(id), kind, body])
        }
    }

    func delete(in db: Database) throws {
        switch self {
        case .epoch(let epoch, _):
            try db.execute(sql: "DELETE FROM epochs WHERE epoch = ?", arguments: [epoch])
        case .epochWrap(let epoch, let root, _):
            try db.execute(
                sql: "DELETE FROM epoch_wraps WHERE epoch = ? AND root_id = ?", arguments: [epoch, Data(root)])
        case .dataKey(let id, _):
            try db.cachedStatement(sql: "DELETE FROM data_keys WHERE key_id = ?").execute(arguments: [Data(id.bytes)])
        case .register(let id, _, _):
            try db.execute(sql: "DELETE FROM register WHERE entry_id = ?", arguments: [Data(id)])
        }
    }

    /// Every row of every table.
    static func all(in db: Database, path: String) throws -> [StoredRow] {
        var rows: [StoredRow] = []
        for row in try Row.fetchAll(db, sql: "SELECT epoch, created FROM epochs") {
            rows.append(.epoch(try row.number("epoch"), created: try row.number("created")))
        }
        rows += try wraps(in: db)
        let keys = try Row.fetchCursor(db, sql: "SELECT key_id, epoch, wrapped FROM data_keys")
        while let row = try keys.next() {
            guard let id = DataKeyID(try row.data(at: 0)) else {
                throw IndexError.keyStoreDamaged(path: path, what: "a key has no name")
            }
            rows.append(.dataKey(id, try row.wrappedKey(path: path, at: 1)))
        }
        for row in try Row.fetchAll(db, sql: "SELECT entry_id, kind, body FROM register") {
            rows.append(
                .register(
                    id: Array(try row.data("entry_id")), kind: try row.number("kind"), body: try row.data("body")))
        }
        return rows
    }

    static func wraps(in db: Database) throws -> [StoredRow] {
        try Row.fetchAll(db, sql: "SELECT epoch, root_id, wrapped FROM epoch_wraps").map { row in
            let root = Array(try row.data("root_id"))
            guard root.count == RootKeyID.length else { throw IndexError.damaged(what: "the name of a root key") }
            return .epochWrap(try row.number("epoch"), root: root, wrapped: try row.data("wrapped"))
        }
    }

    static func dataKey(_ id: DataKeyID, in db: Database, path: String) throws -> StoredRow? {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT epoch, wrapped FROM data_keys WHERE key_id = ?"),
            arguments: [Data(id.bytes)])
        return try row.map { .dataKey(id, try $0.wrappedKey(path: path, at: 0)) }
    }
}

extension Row {
    /// - Parameter place: Of the epoch; the key stands behind it.
    func wrappedKey(path: String, at place: Int) throws -> WrappedKey {
        let bytes = try data(at: place + 1)
        guard bytes.count == WrappedKey.length else {
            throw IndexError.keyStoreDamaged(path: path, what: "a key has \(bytes.count) bytes")
        }
        return WrappedKey(epoch: try number(at: place), bytes: bytes)
    }
}
