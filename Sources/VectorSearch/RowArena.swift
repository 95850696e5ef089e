import Synchronization

/// The memory of all rows of an index. Rows of small labels lie beside each other in one slab, so that a scan of ten
/// thousand labels reads memory as a scan of one label does.
package final class RowArena: Sendable {
    /// The largest number of components of a row.
    package static let dimensionLimit = 16_384
    /// How many slabs with room are looked at for a place.
    private static let searchLimit = 16

    /// The number of components of a row.
    package let dimension: Int
    /// Whether rows are kept as float32 too, once they are there (`PartitionChunk.hasVectors`). Where they are not,
    /// whoever has them scores what a scan finds (`ScanCandidates`), and a row takes a quarter of the memory.
    package let keepsVectors: Bool
    let rotation: Rotation
    /// Slabs that have room, those that were opened last at the end.
    private let open = Mutex<[RowSlab]>([])

    /// - Throws: `dimensionOutOfRange`.
    package init(dimension: Int, keepsVectors: Bool = true) throws(VectorSearchError) {
        guard 1...Self.dimensionLimit ~= dimension else {
            throw .dimensionOutOfRange(given: dimension, limit: Self.dimensionLimit)
        }
        self.dimension = dimension
        self.keepsVectors = keepsVectors
        rotation = Rotation(dimension: dimension)
    }

    /// Consecutive rows of a slab.
    struct Place: Sendable {
        let slab: RowSlab
        let rows: Range<Int>
    }

    /// A place that nobody else has, until it is given back.
    func take(_ count: Int) -> Place {
        precondition(1...RowSlab.capacity ~= count)
        return open.withLock { open in
            for number in open.indices.suffix(Self.searchLimit).reversed() {
                let slab = open[number]
                guard let index = slab.free.firstIndex(where: { $0.count >= count }) else { continue }
                let start = slab.free[index].lowerBound
                let rest = start + count..<slab.free[index].upperBound
                if rest.isEmpty { slab.free.remove(at: index) } else { slab.free[index] = rest }
                if slab.free.isEmpty { open.remove(at: number) }
                return Place(slab: slab, rows: start..<start + count)
            }
            let slab = RowSlab(rotation, keepsVectors: keepsVectors)
            slab.free = count == RowSlab.capacity ? [] : [count..<RowSlab.capacity]
            if !slab.free.isEmpty { open.append(slab) }
            return Place(slab: slab, rows: 0..<count)
        }
    }

    /// Takes slabs out of use whose rows fit into one, those with the fewest rows: once these are elsewhere, there are
    /// fewer slabs. None where there are not two such.
    ///
    /// O(s log s) for s slabs with room.
    func vacate() -> [RowSlab] {
        open.withLock { open in
            let taken = open.map { slab in slab.free.reduce(RowSlab.capacity) { $0 - $1.count } }
            var (victims, rows): ([RowSlab], Int) = ([], 0)
            for number in open.indices.sorted(by: { taken[$0] < taken[$1] }) {
                rows += taken[number]
                guard rows <= RowSlab.capacity else { break }
                victims.append(open[number])
            }
            guard victims.count > 1 else { return [] }
            let gone = Set(victims.map(ObjectIdentifier.init))
            open.removeAll { gone.contains(ObjectIdentifier($0)) }
            return victims
        }
    }

    /// Wipes a place, and lets others have it.
    func giveBack(_ place: Place) {
        place.slab.wipe(place.rows)
        // The memory of a slab that is let go of here is freed outside of the lock.
        let empty: RowSlab? = open.withLock { open in
            let slab = place.slab
            if slab.free.isEmpty { open.append(slab) }
            let next = slab.free.firstIndex { $0.lowerBound >= place.rows.upperBound } ?? slab.free.count
            slab.free.insert(place.rows, at: next)
            if next + 1 < slab.free.count, slab.free[next].upperBound == slab.free[next + 1].lowerBound {
                slab.free[next] = slab.free[next].lowerBound..<slab.free.remove(at: next + 1).upperBound
            }
            if next > 0, slab.free[next - 1].upperBound == slab.free[next].lowerBound {
                slab.free[next - 1] = slab.free[next - 1].lowerBound..<slab.free.remove(at: next).upperBound
            }
            guard slab.free == [0..<RowSlab.capacity] else { return nil }
            open.removeAll { $0 === slab }
            return slab
        }
        withExtendedLifetime(empty) {}
    }
}
