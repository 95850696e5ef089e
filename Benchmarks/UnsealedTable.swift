import Foundation
import GRDB
import IndexStore
import Passages
import Sealing
import VectorSearch

/// The records that an index reads when it is opened, in the clear and without anything that watches over them: a plain
/// SQLite file, its vectors in one blob a document, and a loop that lays them out by label.
struct UnsealedTable: Sendable {
    private static let header = 16 + 32
    private static let stride = header + DocumentSeries.dimension * MemoryLayout<Float>.stride
    private static let batch = 1_000

    let path: String

    func fill(with series: DocumentSeries, keys: IndexKeys) throws {
        let database = try pool()
        try database.write { db in
            try db.execute(
                sql: """
                    CREATE TABLE documents (
                        document_row INTEGER PRIMARY KEY, document_id BLOB NOT NULL UNIQUE, source_id BLOB NOT NULL,
                        source_digest BLOB NOT NULL, generation INTEGER NOT NULL, body BLOB NOT NULL,
                        labels BLOB NOT NULL
                    ) STRICT;
                    CREATE TABLE vectors (document_row INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
                    """)
        }
        for first in Swift.stride(from: 0, to: series.count, by: Self.batch) {
            try database.write { db in
                for number in first..<min(first + Self.batch, series.count) { try insert(number, series, keys, db) }
            }
        }
        try database.close()
    }

    private func insert(_ number: Int, _ series: DocumentSeries, _ keys: IndexKeys, _ db: Database) throws {
        let document = series.document(number, keys: keys)
        var vectors = Data()
        for passage in document.passages {
            vectors.append(contentsOf: passage.id.bytes)
            vectors.append(contentsOf: passage.embeddingDigest)
            passage.vector.withUnsafeBytes { vectors.append(contentsOf: $0) }
        }
        let labels = [UInt8](
            repeating: UInt8(DocumentSeries.label(of: number)), count: 12 + 4 * (1 + document.passages.count))
        try db.cachedStatement(
            sql: """
                INSERT INTO documents (document_id, source_id, source_digest, generation, body, labels)
                VALUES (?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: [
                Data(document.id.bytes), Data(document.source.bytes), Data(document.sourceDigest), number,
                Data(document.place.path.utf8), Data(labels),
            ])
        try db.cachedStatement(sql: "INSERT INTO vectors (document_row, body) VALUES (?, ?)")
            .execute(arguments: [db.lastInsertedRowID, vectors])
    }

    /// The rows of each label.
    func read() throws -> [Partition] {
        let database = try pool()
        let arena = try RowArena(dimension: DocumentSeries.dimension)
        var builders = try (0..<DocumentSeries.labels).map { _ in
            try PartitionBuilder(in: arena, keepsVectors: false)
        }
        try database.read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT document_row, document_id, source_id, source_digest, generation, labels, vectors.body
                    FROM documents JOIN vectors USING (document_row)
                    """)
            while let row = try rows.next() {
                let (labels, vectors) = (row[5] as Data, row[6] as Data)
                try vectors.withUnsafeBytes { bytes in
                    for (position, start) in Swift.stride(from: 0, to: bytes.count, by: Self.stride).enumerated() {
                        let key = RowKey(
                            high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)),
                            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self)))
                        let vector = bytes[start + Self.header..<start + Self.stride]
                        try builders[Int(labels[16 + 4 * position])]
                            .append(key, littleEndian: UnsafeRawBufferPointer(rebasing: vector))
                    }
                }
            }
        }
        try database.close()
        return try builders.map { try $0.finish() }
    }

    private func pool() throws -> DatabasePool { try DatabasePool(path: path) }
}
