import AccessControl
import Foundation
import GRDB
import Labels
import Passages
import VectorSearch

extension IndexSnapshot {
    /// This snapshot with everything that the file holds. O(rows); each vector is held once.
    func loaded() throws -> IndexSnapshot {
        try database.pool.read { db in
            let generation = try Data.fetchOne(
                db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [IndexSchema.Meta.generation])
            var partitions: [LabelID: LabelPartition] = [:]
            let labels = try Row.fetchAll(db, sql: "SELECT label_id, digest, body FROM labels")
            for row in labels {
                let label = try Self.label(codec.decode(row.data("body"), as: .label))
                let digest = keys.labelDigest(label)
                guard try Data(digest.bytes) == row.data("digest") else {
                    throw IndexError.damaged(what: "a label does not match its digest; is this the right key file?")
                }
                partitions[LabelID(try row.number("label_id"))] = LabelPartition(
                    label: label, digest: digest, rows: try Partition(dimension: dimension))
            }
            for id in partitions.keys {
                try loadRows(of: id, into: &partitions[id]!, from: db)
            }
            return IndexSnapshot(
                generation: generation.flatMap { Int64(String(decoding: $0, as: UTF8.self)) } ?? 0,
                dimension: dimension, partitions: partitions, labels: LabelTable(partitions.map { ($0, $1.label) }),
                database: database, codec: codec, keys: keys, scan: scan,
                scanPool: scanPool)
        }
    }

    private func loadRows(of id: LabelID, into partition: inout LabelPartition, from db: Database) throws {
        var builder = try PartitionBuilder(dimension: dimension)
        let rows = try Row.fetchCursor(
            db, sql: "SELECT passage_id, revision, vector FROM passages WHERE label_id = ?", arguments: [id.rawValue])
        while let row = try rows.next() {
            let passage = try row.passageID()
            try codec.decode(row.data("vector"), as: .vector).withUnsafeBytes {
                try builder.append(RowKey(passage), littleEndian: $0)
            }
            partition.rowsDigest += keys.rowDigest(passage: passage, revision: Array(try row.data("revision")))
        }
        partition.rows = try builder.finish()
    }

    private static func label(_ payload: Data) throws -> Label {
        do {
            return try Label(canonicalBytes: Array(payload))
        } catch {
            throw IndexError.damaged(what: "a label")
        }
    }
}
