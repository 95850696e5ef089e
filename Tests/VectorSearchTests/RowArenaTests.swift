import TestSupport
import Testing

@testable import VectorSearch

/// Rows of many labels in one memory: places, stretches, and what is wiped.
@Suite struct RowArenaTests {
    /// Against a model: nobody's place overlaps another's, and what is given back is used again.
    @Test func placesNeverOverlap() throws {
        var random = SeededRandom(40)
        let arena = try RowArena(dimension: 2)
        var taken: [RowArena.Place] = []
        var slabs: Set<ObjectIdentifier> = []
        for _ in 0..<4_000 {
            if random.below(5) < 3 || taken.isEmpty {
                let count = [1, 1 + random.below(20), 1 + random.below(RowSlab.capacity)][random.below(3)]
                let place = arena.take(count)
                #expect(place.rows.count == count && place.rows.upperBound <= RowSlab.capacity)
                #expect(!taken.contains { $0.slab === place.slab && $0.rows.overlaps(place.rows) })
                taken.append(place)
            } else {
                arena.giveBack(taken.remove(at: random.below(taken.count)))
            }
            slabs.formUnion(taken.map { ObjectIdentifier($0.slab) })
        }
        let rows = taken.reduce(0) { $0 + $1.rows.count }
        let inUse = Set(taken.map { ObjectIdentifier($0.slab) }).count
        print("\(taken.count) places of \(rows) rows in \(inUse) slabs")
        for place in taken { arena.giveBack(place) }
        // Everything is free again, as a whole.
        let whole = arena.take(RowSlab.capacity)
        #expect(whole.rows == 0..<RowSlab.capacity && whole.slab.free.isEmpty)
        arena.giveBack(whole)
    }

    @Test func rowsAreWipedWithTheirLastOwner() throws {
        var random = SeededRandom(41)
        let arena = try RowArena(dimension: 5)
        let other = try Partition(in: arena).inserting(random.batch(3, dimension: 5))
        var partition: Partition? = try Partition(in: arena).inserting(random.batch(7, dimension: 5))
        let place = try #require(partition?.chunks.first?.place)
        let rows = place.slab.rows(from: place.rows.lowerBound)
        let vectors = try #require(rows.vectors)
        func isEmpty() -> Bool {
            (0..<7 * 64).allSatisfy { rows.coarse[$0] == 0 && rows.fine[$0] == 0 }
                && (0..<7 * 5).allSatisfy { vectors[$0] == 0 }
                && (0..<7).allSatisfy {
                    rows.keys[$0] == RowKey(high: 0, low: 0) && rows.scales[$0] == 0 && rows.radii[$0] == 0
                        && rows.coarseRadii[$0] == 0
                        && rows.factors[$0] == 0 && rows.bits(of: $0, words: 1).pointee == 0
                }
        }
        #expect(!isEmpty())
        var kept = partition?.chunks
        partition = nil
        #expect(!isEmpty() && kept?.count == 1)
        kept = nil
        #expect(isEmpty())
        withExtendedLifetime(other) {}
    }

    /// A partition of each label, some of them permitted: their rows and no others, each under its own label.
    @Test func stretchesAreThePermittedRows() throws {
        var random = SeededRandom(42)
        for _ in 0..<60 {
            let arena = try RowArena(dimension: 3)
            var partitions: [Partition] = []
            for _ in 0..<1 + random.below(80) {
                var partition = Partition(in: arena)
                for _ in 0..<1 + random.below(3) {
                    partition = try partition.inserting(random.batch(random.below(30), dimension: 3))
                }
                partitions.append(partition)
            }
            let permitted = partitions.indices.filter { _ in random.below(3) > 0 }.shuffled(using: &random)
            let plan = try ScanPlan(permitted.map { partitions[$0] })
            var found: [RowKey: Int] = [:]
            for (number, stretch) in plan.stretches.enumerated() {
                for row in 0..<stretch.count {
                    found[stretch.rows.keys[row]] = permitted[plan.partition(stretch: number, row: row)]
                }
            }
            #expect(found.count == plan.count)
            for (label, partition) in partitions.enumerated() {
                for key in partition.keys { #expect(found[key] == (permitted.contains(label) ? label : nil)) }
            }
            #expect(plan.count == permitted.reduce(0) { $0 + partitions[$1].count })
        }
    }

    /// Ten thousand labels that were laid out together are read as a few stretches.
    @Test func neighboursAreOneStretch() throws {
        var random = SeededRandom(43)
        let arena = try RowArena(dimension: 4)
        let partitions = try (0..<2_000).map { _ in
            try Partition(in: arena).inserting(random.batch(10, dimension: 4))
        }
        #expect(try ScanPlan(partitions).stretches.count == (20_000 + RowSlab.capacity - 1) / RowSlab.capacity)
        let every = stride(from: 0, to: partitions.count, by: 2).map { partitions[$0] }
        #expect(try ScanPlan(every).stretches.allSatisfy { $0.count == 10 })
        #expect(throws: VectorSearchError.rowDimension(row: 0, given: 3, expected: 4)) {
            try ScanPlan([partitions[0], Partition(dimension: 3)])
        }
        #expect(try ScanPlan([Partition]()).count == 0)
    }
}
