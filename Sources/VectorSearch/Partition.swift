/// The rows of one label, kept together in memory.
///
/// A partition is a value: an edit gives a new partition that shares every chunk it did not touch, so a reader keeps
/// the generation it began with while the next one is made (see `Partition+Editing.swift`). What a query costs is the
/// rows of the permitted partitions and nothing else (Rule 1, decide before touching).
package struct Partition: Sendable {
    /// The number of components of a row.
    package let dimension: Int
    /// The stretches of rows, none of them empty. About `count / PartitionChunk.rowLimit`, at most twice that and a
    /// dozen small ones at the end.
    package let chunks: [PartitionChunk]
    /// The number of rows.
    package let count: Int

    /// A partition without rows.
    package init(dimension: Int) throws(VectorSearchError) {
        guard 1...EmbeddingMatrix.dimensionLimit ~= dimension else {
            throw .dimensionOutOfRange(given: dimension, limit: EmbeddingMatrix.dimensionLimit)
        }
        self.init(dimension: dimension, chunks: [])
    }

    /// A partition of the rows of a batch. O(n log n + n × dimension).
    package init(_ batch: RowBatch) throws(VectorSearchError) {
        self.init(dimension: batch.dimension, chunks: try PartitionChunk.chunks(of: batch))
    }

    init(dimension: Int, chunks: [PartitionChunk]) {
        self.dimension = dimension
        self.chunks = chunks
        self.count = chunks.reduce(0) { $0 + $1.count }
    }

    package var isEmpty: Bool { count == 0 }

    /// The size of the rows and their codes in memory.
    package var byteCount: Int { chunks.reduce(0) { $0 + $1.matrix.byteCount + $1.codes.byteCount } }

    /// All keys, chunk by chunk.
    package var keys: some Sequence<RowKey> { chunks.lazy.flatMap(\.keys) }

    /// Whether a row has this key. O(chunks × log(rows of a chunk)).
    package func contains(_ key: RowKey) -> Bool {
        chunks.contains { $0.position(of: key) != nil }
    }

    /// The vector of a row, or nil where there is none with this key. O(chunks × log(rows of a chunk) + dimension).
    package func vector(of key: RowKey) -> [Float]? {
        for chunk in chunks {
            if let position = chunk.position(of: key) { return chunk.matrix.row(position) }
        }
        return nil
    }
}
