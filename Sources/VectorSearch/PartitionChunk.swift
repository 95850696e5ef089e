import Synchronization

/// A stretch of a partition: at most `rowLimit` rows with their keys, immutable, shared between generations. When its last
/// owner lets go, its rows are wiped and their place is free for others.
///
/// Rows stand in ascending order of their keys, each key once. The order has no bearing on a result; it makes a key
/// findable by bisection without an index beside it.
///
/// Vectors may come after the rest of their rows (`addVectors`). Nobody reads any of a chunk before all of them are there.
package final class PartitionChunk: Sendable {
    /// The largest number of rows of a chunk: those of a slab.
    package static let rowLimit = RowSlab.capacity

    private let arena: RowArena
    let place: RowArena.Place
    /// Set once, behind the last vector, and never unset.
    private let isComplete = Atomic(false)

    /// The number of rows, at least 1.
    package var count: Int { place.rows.count }

    private init(_ place: RowArena.Place, of arena: RowArena) {
        self.place = place
        self.arena = arena
    }

    deinit { arena.giveBack(place) }

    /// Whether the vectors of all rows are in memory.
    var hasVectors: Bool { isComplete.load(ordering: .acquiring) }

    /// The rows; without vectors where not all of these are there.
    var rows: RowPointers {
        let rows = place.slab.rows(from: place.rows.lowerBound)
        return hasVectors ? rows : rows.withoutVectors()
    }

    /// The key of each row, ascending.
    package var keys: [RowKey] { Array(UnsafeBufferPointer(start: rows.keys, count: count)) }

    /// Bytes of the rows in memory, in all forms.
    var byteCount: Int { count * RowSlab.bytesPerRow(dimension: arena.dimension, keepsVectors: arena.keepsVectors) }

    /// A copy of one row; nil where it is not in memory. O(dimension).
    func vector(_ position: Int) -> [Float]? {
        precondition(0..<count ~= position)
        return rows.vectors.map { vectors in
            Array(UnsafeBufferPointer(start: vectors + position * arena.dimension, count: arena.dimension))
        }
    }

    /// The position of a key. O(log count).
    package func position(of key: RowKey) -> Int? {
        let keys = rows.keys
        var (lower, upper) = (0, count)
        while lower < upper {
            let middle = (lower + upper) / 2
            if keys[middle] < key { lower = middle + 1 } else { upper = middle }
        }
        return lower < count && keys[lower] == key ? lower : nil
    }

    /// The rows of a batch, cut into as few chunks as can be. O(n log n + n × dimension).
    ///
    /// - Parameter keepingVectors: Whether vectors are kept, where the arena has room for them.
    /// - Throws: `rowNotFinite`, `duplicateKey`, with the position of the row in the batch.
    static func chunks(
        of batch: RowBatch, in arena: RowArena, keepingVectors: Bool = true
    ) throws(VectorSearchError) -> [PartitionChunk] {
        precondition(batch.dimension == arena.dimension)
        let order = batch.keys.indices.sorted { batch.keys[$0] < batch.keys[$1] }
        for (previous, next) in zip(order, order.dropFirst()) where batch.keys[previous] == batch.keys[next] {
            throw .duplicateKey(row: max(previous, next))
        }
        var chunks: [PartitionChunk] = []
        for start in stride(from: 0, to: order.count, by: rowLimit) {
            let rows = order[start..<min(start + rowLimit, order.count)]
            // From here on the place is given back with the chunk, also where a row is refused.
            let chunk = PartitionChunk(arena.take(rows.count), of: arena)
            let (slab, first) = (chunk.place.slab, chunk.place.rows.lowerBound)
            let refused = batch.components.withUnsafeBufferPointer { components in
                rows.enumerated().first { position, row in
                    !slab.write(
                        first + position, batch.keys[row], components.baseAddress! + row * batch.dimension,
                        keepingVector: keepingVectors)
                }
            }
            if let refused { throw .rowNotFinite(row: refused.element) }
            chunk.noteCompletion()
            chunks.append(chunk)
        }
        return chunks
    }

    /// Whoever sees this sees the vectors.
    func noteCompletion() {
        if place.slab.hasVectors(place.rows) { isComplete.store(true, ordering: .releasing) }
    }

    /// Adds vectors of rows of this chunk that are not there yet. Keys that it does not hold are passed over.
    /// O(count + keys + vectors added × dimension)
    ///
    /// - Precondition: One at a time, and nobody copies rows meanwhile.
    /// - Parameters:
    ///   - keys: Ascending.
    ///   - withVector: Calls its closure with the vector of a key, by its position.
    func addVectors(of keys: [RowKey], _ withVector: (Int, (UnsafePointer<Float>) -> Void) -> Void) {
        if hasVectors { return }
        let stored = rows.keys
        var (row, next) = (0, 0)
        while row < count, next < keys.count {
            if stored[row] < keys[next] {
                row += 1
            } else if keys[next] < stored[row] {
                next += 1
            } else {
                let target = place.rows.lowerBound + row
                if !place.slab.hasVector(target) { withVector(next) { place.slab.addVector($0, to: target) } }
                (row, next) = (row + 1, next + 1)
            }
        }
    }

    /// The rows of several chunks together, cut into as few chunks as can be. O(n log n + n × dimension).
    ///
    /// - Precondition: no key stands in two of them, and all are of one arena.
    static func merged(_ parts: [PartitionChunk]) -> [PartitionChunk] {
        let all = parts.flatMap { part in part.keys.enumerated().map { (key: $1, part: part, row: $0) } }
        let order = all.sorted { $0.key < $1.key }
        return stride(from: 0, to: order.count, by: rowLimit).map { start in
            PartitionChunk(
                gathering: order[start..<min(start + rowLimit, order.count)].map { (chunk: $0.part, row: $0.row) })
        }
    }

    /// The rows at the given positions, once more. O(positions × dimension).
    ///
    /// - Precondition: ascending, and at least one.
    func copy(of positions: [Int]) -> PartitionChunk {
        PartitionChunk(gathering: positions.map { (chunk: self, row: $0) })
    }

    /// This chunk without the rows at the given positions, or nil where none is left. O(count × dimension).
    func removing(_ positions: Set<Int>) -> PartitionChunk? {
        let rest = (0..<count).filter { !positions.contains($0) }
        return rest.isEmpty ? nil : PartitionChunk(gathering: rest.map { (chunk: self, row: $0) })
    }

    /// A chunk of rows that other chunks hold, so that nothing is left to check about them.
    private convenience init(gathering rows: [(chunk: PartitionChunk, row: Int)]) {
        let arena = rows[0].chunk.arena
        let place = arena.take(rows.count)
        for (position, source) in rows.enumerated() {
            precondition(source.chunk.arena === arena)
            place.slab.write(
                place.rows.lowerBound + position, source.chunk.rows.keys[source.row], copying: source.chunk.place,
                row: source.row)
        }
        self.init(place, of: arena)
        noteCompletion()
    }
}
