/// A stretch of a partition: at most `rowLimit` rows with their keys, immutable, shared between generations.
///
/// Rows stand in ascending order of their keys, each key once. The order has no bearing on a result; it makes a key
/// findable by bisection without an index beside it.
package final class PartitionChunk: Sendable {
    /// The largest number of rows of a chunk: 6 MiB at 384 components, with 16 KiB of approximate scores.
    package static let rowLimit = 4_096

    /// The rows.
    package let matrix: EmbeddingMatrix
    /// The same rows in bytes, which a scan reads.
    let codes: RowCodes
    /// The key of each row, ascending.
    package let keys: [RowKey]

    /// The number of rows, at least 1.
    package var count: Int { keys.count }

    private init(matrix: EmbeddingMatrix, keys: [RowKey]) {
        precondition(matrix.count == keys.count && 1...Self.rowLimit ~= keys.count)
        self.matrix = matrix
        codes = RowCodes(matrix)
        self.keys = keys
    }

    /// The position of a key. O(log count).
    package func position(of key: RowKey) -> Int? {
        var lower = 0
        var upper = keys.count
        while lower < upper {
            let middle = (lower + upper) / 2
            if keys[middle] < key { lower = middle + 1 } else { upper = middle }
        }
        return lower < keys.count && keys[lower] == key ? lower : nil
    }

    /// The rows of a batch, cut into as few chunks as can be. O(n log n + n × dimension).
    ///
    /// - Throws: `rowNotFinite`, `duplicateKey`, with the position of the row in the batch.
    static func chunks(of batch: RowBatch) throws(VectorSearchError) -> [PartitionChunk] {
        let order = batch.keys.indices.sorted { batch.keys[$0] < batch.keys[$1] }
        for (previous, next) in zip(order, order.dropFirst()) where batch.keys[previous] == batch.keys[next] {
            throw .duplicateKey(row: max(previous, next))
        }
        let dimension = batch.dimension
        var chunks: [PartitionChunk] = []
        for start in stride(from: 0, to: order.count, by: rowLimit) {
            let rows = order[start..<min(start + rowLimit, order.count)]
            do throws(VectorSearchError) {
                let matrix = try EmbeddingMatrix(dimension: dimension, count: rows.count) { target in
                    for (position, row) in rows.enumerated() {
                        copy(batch.components, row: row, to: target, row: position, dimension: dimension)
                    }
                }
                chunks.append(PartitionChunk(matrix: matrix, keys: rows.map { batch.keys[$0] }))
            } catch .rowNotFinite(let position) {
                throw .rowNotFinite(row: order[start + position])
            }
        }
        return chunks
    }

    /// The rows of several chunks together, cut into as few chunks as can be. O(n log n + n × dimension).
    ///
    /// - Precondition: no key stands in two of them, and all have the same dimension.
    static func merged(_ parts: [PartitionChunk]) -> [PartitionChunk] {
        let all = parts.indices.flatMap { part in
            parts[part].keys.indices.map { (key: parts[part].keys[$0], part: part, row: $0) }
        }
        let order = all.sorted { $0.key < $1.key }
        return stride(from: 0, to: order.count, by: rowLimit).map { start in
            let rows = order[start..<min(start + rowLimit, order.count)]
            return PartitionChunk(
                gathering: rows.map { (chunk: parts[$0.part], row: $0.row) }, keys: rows.map(\.key))
        }
    }

    /// This chunk without the rows at the given positions, or nil where none is left. O(count × dimension).
    func removing(_ positions: Set<Int>) -> PartitionChunk? {
        let rest = keys.indices.filter { !positions.contains($0) }
        if rest.isEmpty { return nil }
        return PartitionChunk(gathering: rest.map { (chunk: self, row: $0) }, keys: rest.map { keys[$0] })
    }

    /// A chunk of rows that other chunks hold, so that nothing is left to check about them.
    private convenience init(gathering rows: [(chunk: PartitionChunk, row: Int)], keys: [RowKey]) {
        let dimension = rows[0].chunk.matrix.dimension
        do {
            let matrix = try EmbeddingMatrix(dimension: dimension, count: rows.count) { target in
                for (position, source) in rows.enumerated() {
                    source.chunk.matrix.withRows {
                        target.baseAddress!.advanced(by: position * dimension)
                            .update(from: $0.baseAddress!.advanced(by: source.row * dimension), count: dimension)
                    }
                }
            }
            self.init(matrix: matrix, keys: keys)
        } catch {
            preconditionFailure("rows of a chunk are finite: \(error)")
        }
    }

    private static func copy(
        _ source: [Float], row: Int, to target: UnsafeMutableBufferPointer<Float>, row position: Int, dimension: Int
    ) {
        source.withUnsafeBufferPointer {
            target.baseAddress!.advanced(by: position * dimension)
                .update(from: $0.baseAddress!.advanced(by: row * dimension), count: dimension)
        }
    }
}
