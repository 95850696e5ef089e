/// Gathers the rows of one label as they come out of the store, chunk by chunk, so that loading an index holds each
/// row in memory once and not twice.
package struct PartitionBuilder: Sendable {
    private let arena: RowArena
    private let keepsVectors: Bool
    private var pending: RowBatch
    private var chunks: [PartitionChunk] = []
    private var added = 0

    /// A builder of rows of `dimension` components, with memory of their own.
    package init(dimension: Int) throws(VectorSearchError) {
        try self.init(in: RowArena(dimension: dimension))
    }

    /// - Parameter keepsVectors: Whether vectors are kept, where the arena has room for them. Otherwise they are to be added
    ///   (`Partition.addVectors`).
    package init(in arena: RowArena, keepsVectors: Bool = true) throws(VectorSearchError) {
        self.arena = arena
        self.keepsVectors = keepsVectors
        pending = try RowBatch(dimension: arena.dimension)
    }

    /// The number of rows so far.
    package var count: Int { added }

    /// The number of rows that are held as they came.
    package var held: Int { pending.count }

    /// Adds a row. Amortised O(dimension + log rowLimit).
    package mutating func append(_ key: RowKey, _ row: [Float]) throws(VectorSearchError) {
        guard row.count == pending.dimension else {
            throw .rowDimension(row: added, given: row.count, expected: pending.dimension)
        }
        try pending.append(key, row)
        try sealIfFull()
    }

    /// Adds a row from its stored form: little-endian float32 values at any alignment.
    package mutating func append(_ key: RowKey, littleEndian bytes: UnsafeRawBufferPointer) throws(VectorSearchError) {
        guard bytes.count == pending.dimension * MemoryLayout<Float>.stride else {
            let given = bytes.count / MemoryLayout<Float>.stride
            throw .rowDimension(row: added, given: given, expected: pending.dimension)
        }
        try pending.append(key, littleEndian: bytes)
        try sealIfFull()
    }

    /// Adds the rows of another builder of the same arena. O(rows of its last chunk × dimension).
    package mutating func append(contentsOf other: PartitionBuilder) throws(VectorSearchError) {
        chunks += other.chunks
        added += other.added - other.pending.count
        for row in 0..<other.pending.count {
            try pending.append(other.pending, row: row)
            try sealIfFull()
        }
    }

    /// Lays out the rows that are still held as they came, so that they take the room of rows in memory and no more. Many
    /// small ones are put together at the end.
    package mutating func layOut() throws(VectorSearchError) {
        try seal()
        pending = try RowBatch(dimension: arena.dimension)
    }

    /// The partition of the rows added. O(n log n) for the check that no key stands twice.
    ///
    /// - Throws: `rowNotFinite`, `duplicateKey`, with the position of the row in the order of adding; for a key that
    ///   stands in two chunks, the position of the first of its chunk's rows.
    package consuming func finish() throws(VectorSearchError) -> Partition {
        try seal()
        var keys: [RowKey] = []
        keys.reserveCapacity(added)
        for chunk in chunks { keys += chunk.keys }
        keys.sort()
        if let twice = zip(keys, keys.dropFirst()).first(where: { $0 == $1 }) {
            let chunk = chunks.lastIndex { $0.position(of: twice.0) != nil } ?? 0
            throw .duplicateKey(row: chunks[..<chunk].reduce(0) { $0 + $1.count })
        }
        // Those that were laid out before they were full.
        let large = chunks.filter { $0.count >= PartitionChunk.rowLimit / 4 }
        let small = chunks.filter { $0.count < PartitionChunk.rowLimit / 4 }
        chunks = []
        return Partition(in: arena, chunks: large + (small.count > 1 ? PartitionChunk.merged(small) : small))
    }

    private mutating func sealIfFull() throws(VectorSearchError) {
        added += 1
        if pending.count == PartitionChunk.rowLimit { try seal() }
    }

    private mutating func seal() throws(VectorSearchError) {
        let first = added - pending.count
        do throws(VectorSearchError) {
            chunks += try PartitionChunk.chunks(of: pending, in: arena, keepingVectors: keepsVectors)
        } catch .rowNotFinite(let row) {
            throw .rowNotFinite(row: first + row)
        } catch .duplicateKey(let row) {
            throw .duplicateKey(row: first + row)
        }
        pending.removeAll()
    }
}
