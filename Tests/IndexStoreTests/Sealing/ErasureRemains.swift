import Foundation
import GRDB
import Labels
import Passages
import TestSupport

@testable import IndexStore

/// Sealed records, keys and ids of documents as they lie in the files: after an erasure none of them is anywhere.
struct ErasureRemains {
    /// By what it is.
    private(set) var bytes: [String: Data] = [:]

    /// - Parameter levels: Of labels that nothing else bears.
    init(of documents: [DocumentID], levels: [ByteText] = [], in index: SQLiteIndex) throws {
        var found: [(String, Data)] = []
        var keys: [Data] = []
        try index.database.pool.read { db in
            for id in documents {
                guard let record = try DocumentRecord.fetch(id, in: db) else { continue }
                for (table, columns) in [
                    ("documents", ["document_id", "body", "labels", "key_id"]), ("vectors", ["body"]),
                    ("headings", ["body"]),
                    ("passages", ["passage_id", "embedding_digest", "body"]),
                ] {
                    for column in columns {
                        let values = try Data.fetchAll(
                            db, sql: "SELECT \(column) FROM \(table) WHERE document_row = ?", arguments: [record.row])
                        found += values.enumerated().map { ("\(table).\(column) \($0) of \(id)", $1) }
                    }
                }
                keys.append(Data(record.keyID.bytes))
                let taken = try Row.fetchOne(
                    db, sql: "SELECT body, key_id FROM taken WHERE source_id = ?",
                    arguments: [Data(record.source.bytes)])
                if let taken {
                    found.append(("the file of \(id)", try taken.data("body")))
                    keys.append(try taken.data("key_id"))
                }
            }
            for level in levels {
                let label = try Row.fetchOne(
                    db, sql: "SELECT digest, body, key_id FROM labels WHERE digest = ?",
                    arguments: [Data(index.keys.labelDigest(Fixture.label(level)).bytes)])
                guard let label else { continue }
                found += try ["digest", "body"].map { ("label.\($0)", try label.data($0)) }
                keys.append(try label.data("key_id"))
            }
        }
        try index.keyStore.file.pool.read { db in
            for key in keys {
                let wrapped = try Data.fetchOne(
                    db, sql: "SELECT wrapped FROM data_keys WHERE key_id = ?", arguments: [key])
                if let wrapped { found.append(("wrapped key \(Hexadecimal.text(Array(key)))", wrapped)) }
                found.append(("key id \(Hexadecimal.text(Array(key)))", key))
            }
        }
        bytes = Dictionary(
            uniqueKeysWithValues: Set(found.map(\.0)).map { name in (name, found.first { $0.0 == name }!.1) })
    }

    /// What of it stands in which file below the folder.
    func found(in folder: TemporaryFolder) throws -> [String: String] {
        var found: [String: String] = [:]
        let files = FileManager.default.enumerator(at: folder.url, includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            guard let content = FileManager.default.contents(atPath: file.path) else { continue }
            for (name, bytes) in bytes where content.range(of: bytes) != nil { found[name] = file.lastPathComponent }
        }
        return found
    }
}
