/// Holes that edits left in memory, closed a little at a time: the rows of a few slabs, as many as one can hold, go where
/// there is room.
///
/// Rows move, and nothing else about them changes: a scan finds the same before and after. Whoever reads the rows where
/// they were keeps them until he is done; then they are wiped and the memory of their slab is let go of.
package struct RowCompaction: Sendable {
    private let vacated: Set<ObjectIdentifier>

    /// Chooses what is to move; nil where there is nothing to win. All that is chosen must be moved.
    package init?(of arena: RowArena) {
        let slabs = arena.vacate()
        guard !slabs.isEmpty else { return nil }
        vacated = Set(slabs.map(ObjectIdentifier.init))
    }

    /// The partition with its rows elsewhere; nil where none of them are in the way. O(chunks + rows moved × dimension).
    ///
    /// Its chunks that move become one, so a partition of many small ones has fewer afterwards.
    package func moved(_ partition: Partition) -> Partition? {
        func isMoving(_ chunk: PartitionChunk) -> Bool { vacated.contains(ObjectIdentifier(chunk.place.slab)) }
        let moving = partition.chunks.filter(isMoving)
        guard !moving.isEmpty else { return nil }
        let chunks = partition.chunks.filter { !isMoving($0) } + PartitionChunk.merged(moving)
        // The small ones last, where what is inserted is merged with them.
        return Partition(in: partition.arena, chunks: chunks.sorted { $0.count > $1.count })
    }
}
