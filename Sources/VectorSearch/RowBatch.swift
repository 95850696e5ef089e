/// Rows on their way into a partition: keys and float32 rows, in any order.
///
/// Only the number of components is checked here; finiteness is checked where the rows become codes (`RowSlab.write`).
package struct RowBatch: Sendable {
    /// The number of components of a row.
    package let dimension: Int
    /// The keys, in the order in which the rows were added.
    package private(set) var keys: [RowKey] = []
    /// The rows, one after another: `keys.count * dimension` components.
    package private(set) var components: [Float] = []

    /// The number of rows.
    package var count: Int { keys.count }
    package var isEmpty: Bool { keys.isEmpty }

    /// An empty batch of rows of `dimension` components.
    package init(dimension: Int) throws(VectorSearchError) {
        guard 1...RowArena.dimensionLimit ~= dimension else {
            throw .dimensionOutOfRange(given: dimension, limit: RowArena.dimensionLimit)
        }
        self.dimension = dimension
    }

    /// Makes room for `rows` more rows.
    package mutating func reserve(_ rows: Int) {
        keys.reserveCapacity(keys.count + rows)
        components.reserveCapacity(components.count + rows * dimension)
    }

    /// Adds a row. O(dimension).
    package mutating func append(_ key: RowKey, _ row: [Float]) throws(VectorSearchError) {
        guard row.count == dimension else {
            throw .rowDimension(row: count, given: row.count, expected: dimension)
        }
        keys.append(key)
        components.append(contentsOf: row)
    }

    /// Adds a row from its stored form: `dimension` little-endian float32 values at any alignment. O(dimension).
    package mutating func append(_ key: RowKey, littleEndian bytes: UnsafeRawBufferPointer) throws(VectorSearchError) {
        let width = MemoryLayout<Float>.stride
        guard bytes.count == dimension * width else {
            throw .rowDimension(row: count, given: bytes.count / width, expected: dimension)
        }
        keys.append(key)
        #if _endian(little)
            if Int(bitPattern: bytes.baseAddress).isMultiple(of: MemoryLayout<Float>.alignment) {
                bytes.withMemoryRebound(to: Float.self) { components.append(contentsOf: $0) }
                return
            }
        #endif
        for position in 0..<dimension {
            let pattern = bytes.loadUnaligned(fromByteOffset: position * width, as: UInt32.self)
            components.append(Float(bitPattern: UInt32(littleEndian: pattern)))
        }
    }

    /// Adds a row of another batch. O(dimension).
    mutating func append(_ other: RowBatch, row: Int) throws(VectorSearchError) {
        guard other.dimension == dimension else {
            throw .rowDimension(row: count, given: other.dimension, expected: dimension)
        }
        keys.append(other.keys[row])
        components.append(contentsOf: other.components[row * dimension..<(row + 1) * dimension])
    }

    /// Forgets the rows and keeps the memory.
    mutating func removeAll() {
        keys.removeAll(keepingCapacity: true)
        components.removeAll(keepingCapacity: true)
    }
}
