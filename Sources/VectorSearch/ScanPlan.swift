import CVectorKernels

/// The rows of some partitions as stretches of memory, in the order in which they lie: what a scan reads and nothing else.
///
/// Making one costs as much as there are chunks, so whoever asks again among the same partitions keeps it. It keeps the
/// rows alive.
package final class ScanPlan: Sendable {
    /// Rows that lie one behind the other, of one label or of neighbours that all may be read.
    struct Stretch: Sendable {
        let rows: RowPointers
        let count: Int
        /// Where its chunks begin among all.
        let firstChunk: Int
    }

    /// In the order in which they lie in memory, each with the position of its partition.
    private let chunks: [(chunk: PartitionChunk, partition: Int)]
    let stretches: [Stretch]
    /// nil where there are no partitions.
    let dimension: Int?
    /// What turns a query as the rows were turned; nil where there are no partitions.
    let rotation: Rotation?

    /// The number of rows.
    package let count: Int
    /// Whether the vectors of all rows are in memory.
    package let keepsVectors: Bool

    /// - Throws: `rowDimension` where partitions have rows of different dimensions.
    package init(_ partitions: some Sequence<Partition>) throws(VectorSearchError) {
        var placed: [(address: UInt, chunk: PartitionChunk, partition: Int)] = []
        var dimension: Int?
        var rotation: Rotation?
        var keepsVectors = true
        for (position, partition) in partitions.enumerated() {
            if let dimension, dimension != partition.dimension {
                throw .rowDimension(row: 0, given: partition.dimension, expected: dimension)
            }
            dimension = partition.dimension
            rotation = partition.arena.rotation
            for chunk in partition.chunks {
                keepsVectors = keepsVectors && chunk.hasVectors
                placed.append((UInt(bitPattern: chunk.rows.coarse), chunk, position))
            }
        }
        placed.sort { $0.address < $1.address }
        var stretches: [Stretch] = []
        var start = 0
        while start < placed.count {
            let (slab, rows) = (placed[start].chunk.place.slab, placed[start].chunk.place.rows)
            var (end, upper) = (start + 1, rows.upperBound)
            while end < placed.count, placed[end].chunk.place.slab === slab,
                placed[end].chunk.place.rows.lowerBound == upper
            {
                upper = placed[end].chunk.place.rows.upperBound
                end += 1
            }
            // Of a stretch of several chunks some may have their vectors already.
            let pointers = placed[start].chunk.rows
            stretches.append(
                Stretch(
                    rows: keepsVectors ? pointers : pointers.withoutVectors(), count: upper - rows.lowerBound,
                    firstChunk: start))
            start = end
        }
        chunks = placed.map { ($0.chunk, $0.partition) }
        self.stretches = stretches
        count = stretches.reduce(0) { $0 + $1.count }
        self.dimension = dimension
        self.rotation = rotation
        self.keepsVectors = keepsVectors
    }

    /// The sum of both halves of all codes, or of the coarse ones alone, each read once from front to back: what a scan is
    /// measured against, which reads the coarse halves of all rows and the fine ones of few.
    package func stream(coarseAlone: Bool = false) -> UInt64 {
        guard let dimension else { return 0 }
        var sum: UInt64 = 0
        for stretch in stretches {
            let words = stretch.count * RowSlab.half(dimension: dimension) / MemoryLayout<UInt64>.stride
            stretch.rows.coarse.withMemoryRebound(to: UInt64.self, capacity: words) {
                sum &+= scan_stream_sum($0, words)
            }
            if coarseAlone { continue }
            stretch.rows.fine.withMemoryRebound(to: UInt64.self, capacity: words) { sum &+= scan_stream_sum($0, words) }
        }
        return sum
    }

    /// The position of the partition that a row of a stretch is of. O(log chunks).
    func partition(stretch: Int, row: Int) -> Int {
        let first = stretches[stretch].firstChunk
        let base = chunks[first].chunk.place.rows.lowerBound
        var (lower, upper) = (first, stretch + 1 < stretches.count ? stretches[stretch + 1].firstChunk : chunks.count)
        // The last chunk that does not begin behind the row.
        while upper - lower > 1 {
            let middle = (lower + upper) / 2
            if chunks[middle].chunk.place.rows.lowerBound - base <= row { lower = middle } else { upper = middle }
        }
        return chunks[lower].partition
    }
}
