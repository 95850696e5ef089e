// Edits of a partition. Each gives a new partition; chunks that an edit does not touch are the same objects in both.

extension Partition {
    /// This partition with the rows of `batch` added.
    ///
    /// Chunks at the end that are not full and not much larger than what is being added are merged with it, so sizes
    /// at the end fall by factors of two and a row is copied at most about log2(`rowLimit`) times, however few rows
    /// come at a time. Amortised O(n × dimension × log(rowLimit)) for n rows, plus O(n × chunks) look-ups.
    ///
    /// - Throws: `rowDimension`, `rowNotFinite`, `duplicateKey`, with the position of the row in the batch.
    package func inserting(_ batch: RowBatch) throws(VectorSearchError) -> Partition {
        if batch.isEmpty { return self }
        guard batch.dimension == dimension else {
            throw .rowDimension(row: 0, given: batch.dimension, expected: dimension)
        }
        for (row, key) in batch.keys.enumerated() where contains(key) {
            throw .duplicateKey(row: row)
        }
        return adding(try PartitionChunk.chunks(of: batch, in: arena), count: batch.count)
    }

    /// This partition with the rows of another one added, in all their forms: nothing about them is computed again.
    ///
    /// Amortised as for a batch.
    ///
    /// - Precondition: Both are of one arena.
    /// - Throws: `duplicateKey`, with the position of the row in the other one.
    package func inserting(_ other: Partition) throws(VectorSearchError) -> Partition {
        precondition(other.arena === arena)
        if other.isEmpty { return self }
        for (row, key) in other.keys.enumerated() where contains(key) {
            throw .duplicateKey(row: row)
        }
        return adding(other.chunks, count: other.count)
    }

    private func adding(_ added: [PartitionChunk], count: Int) -> Partition {
        var kept = chunks[...]
        var absorbed: [PartitionChunk] = []
        var size = count
        while let last = kept.last, last.count < PartitionChunk.rowLimit, last.count <= 2 * size {
            absorbed.append(last)
            size += last.count
            kept.removeLast()
        }
        return Partition(
            in: arena,
            chunks: kept + (absorbed.isEmpty ? added : PartitionChunk.merged(absorbed + added)))
    }

    /// This partition without the rows of the given keys. Keys that it does not hold are passed over.
    ///
    /// A chunk that shrinks is merged with a neighbour where both fit into one.
    /// O(keys × chunks × log(rowLimit)) look-ups, and one copy of each chunk that loses a row.
    package func removing(_ keys: some Sequence<RowKey>) -> Partition {
        let keys = Array(keys)
        var rest: [PartitionChunk] = []
        var shrunkLast = false
        for chunk in chunks {
            let positions = Set(keys.compactMap { chunk.position(of: $0) })
            guard let next = positions.isEmpty ? chunk : chunk.removing(positions) else { continue }
            let shrunk = !positions.isEmpty
            if let last = rest.last, shrunk || shrunkLast, last.count + next.count <= PartitionChunk.rowLimit {
                rest.removeLast()
                rest += PartitionChunk.merged([last, next])
                shrunkLast = true
            } else {
                rest.append(next)
                shrunkLast = shrunk
            }
        }
        return Partition(in: arena, chunks: rest)
    }

    /// The rows of the given keys once more, to be inserted into the partition of another label. Keys that this partition
    /// does not hold are passed over. A relabel is `copying(_:)` and `removing(_:)` here, `inserting(_:)` there: no text is
    /// embedded again.
    ///
    /// O(keys × chunks × log(rowLimit) + rows × dimension)
    package func copying(_ keys: some Sequence<RowKey>) -> Partition {
        let keys = Array(keys)
        let copies = chunks.compactMap { chunk in
            let positions = Set(keys.compactMap { chunk.position(of: $0) })
            return positions.isEmpty ? nil : chunk.copy(of: positions.sorted())
        }
        return Partition(in: arena, chunks: copies)
    }
}
