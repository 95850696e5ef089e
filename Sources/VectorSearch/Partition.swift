/// The rows of one label, kept together in memory.
///
/// A partition is a value: an edit gives a new partition that shares every chunk it did not touch, so a reader keeps
/// the generation it began with while the next one is made (see `Partition+Editing.swift`). What a query costs is the
/// rows of the permitted partitions and nothing else (Rule 1, decide before touching).
package struct Partition: Sendable {
    /// Where its rows are.
    package let arena: RowArena
    /// The stretches of rows, none of them empty. About `count / PartitionChunk.rowLimit`, at most twice that and a
    /// dozen small ones at the end.
    package let chunks: [PartitionChunk]
    /// The number of rows.
    package let count: Int

    /// A partition without rows, with memory of its own.
    package init(dimension: Int) throws(VectorSearchError) { self.init(in: try RowArena(dimension: dimension)) }

    /// A partition without rows.
    package init(in arena: RowArena) { self.init(in: arena, chunks: []) }

    /// A partition of the rows of a batch, with memory of its own. O(n log n + n × dimension).
    package init(_ batch: RowBatch) throws(VectorSearchError) {
        let arena = try RowArena(dimension: batch.dimension)
        self.init(in: arena, chunks: try PartitionChunk.chunks(of: batch, in: arena))
    }

    init(in arena: RowArena, chunks: [PartitionChunk]) {
        self.arena = arena
        self.chunks = chunks
        self.count = chunks.reduce(0) { $0 + $1.count }
    }

    /// The number of components of a row.
    package var dimension: Int { arena.dimension }

    package var isEmpty: Bool { count == 0 }

    /// The size of the rows and their codes in memory.
    package var byteCount: Int { chunks.reduce(0) { $0 + $1.byteCount } }

    /// All keys, chunk by chunk.
    package var keys: some Sequence<RowKey> { chunks.lazy.flatMap(\.keys) }

    /// Whether a row has this key. O(chunks × log(rows of a chunk)).
    package func contains(_ key: RowKey) -> Bool {
        chunks.contains { $0.position(of: key) != nil }
    }

    /// Whether the vectors of all rows are in memory.
    package var hasVectors: Bool { chunks.allSatisfy(\.hasVectors) }

    /// The exact score of a row, or nil where there is none with this key or it is not in memory.
    /// O(chunks × log(rows of a chunk) + dimension).
    package func score(of key: RowKey, to query: QueryVector) -> Double? {
        for chunk in chunks {
            guard let position = chunk.position(of: key) else { continue }
            return chunk.rows.vectors.map { FixedOrderKernel.dot(query, $0 + position * dimension) }
        }
        return nil
    }

    /// The vector of a row, or nil where there is none with this key or it is not in memory.
    /// O(chunks × log(rows of a chunk) + dimension).
    package func vector(of key: RowKey) -> [Float]? {
        for chunk in chunks {
            if let position = chunk.position(of: key) { return chunk.vector(position) }
        }
        return nil
    }
}
