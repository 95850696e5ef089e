import TestSupport
import Testing

@testable import VectorSearch

/// Holes that edits leave are closed, and nothing but the place of rows changes.
@Suite struct RowCompactionTests {
    private struct World {
        let arena: RowArena
        var partitions: [Partition]

        var slabs: Int {
            Set(partitions.flatMap { $0.chunks.map { ObjectIdentifier($0.place.slab) } }).count
        }

        var rows: Int { partitions.reduce(0) { $0 + $1.count } }

        /// Every row of each partition, in the order of keys.
        var content: [[(RowKey, [Float]?)]] {
            partitions.map { partition in
                partition.keys.sorted().map { ($0, partition.vector(of: $0)) }
            }
        }

        /// Returns the number of steps.
        mutating func compact() -> Int {
            for steps in 0... {
                guard let compaction = RowCompaction(of: arena) else { return steps }
                for number in partitions.indices {
                    if let moved = compaction.moved(partitions[number]) { partitions[number] = moved }
                }
            }
            return 0
        }
    }

    /// Partitions of which most rows were taken away again.
    private func holed(_ random: inout SeededRandom) throws -> World {
        let arena = try RowArena(dimension: 4)
        var world = World(arena: arena, partitions: [])
        for _ in 0..<2 + random.below(60) {
            var batch = try RowBatch(dimension: 4)
            for _ in 0..<1 + random.below([20, 900, 6_000][random.below(3)]) {
                try batch.append(random.key(), random.vector(4))
            }
            world.partitions.append(try Partition(in: arena).inserting(batch))
        }
        for number in world.partitions.indices {
            let share = 1 + random.below(10)
            let gone = world.partitions[number].keys.filter { _ in random.below(10) < share }
            for start in stride(from: 0, to: gone.count, by: 500) {
                world.partitions[number] = world.partitions[number].removing(gone[start..<min(start + 500, gone.count)])
            }
        }
        return world
    }

    @Test func rowsStayWhatTheyAreInFewerSlabs() throws {
        var random = SeededRandom(60)
        for _ in 0..<12 {
            var world = try holed(&random)
            let (content, before, rows) = (world.content, world.slabs, world.rows)
            let query = try QueryVector(random.vector(4))
            let answer = try ExactScan().topK(query: query, k: 50, partitions: world.partitions)
            let reader = world.partitions
            let steps = world.compact()
            // No two slabs are left that would fit into one.
            #expect(world.arena.vacate().isEmpty)
            #expect(world.slabs <= 1 + 2 * ((rows + RowSlab.capacity - 1) / RowSlab.capacity))
            #expect(world.slabs <= before)
            print("\(rows) rows: \(before) slabs, \(world.slabs) after \(steps) steps")
            #expect(zip(world.content, content).allSatisfy { $0.elementsEqual($1, by: ==) })
            #expect(try ExactScan().topK(query: query, k: 50, partitions: world.partitions) == answer)
            #expect(try ExactScan().topK(query: query, k: 50, partitions: reader) == answer)
            #expect(world.compact() == 0)
        }
    }

    /// A reader keeps the rows where they were; when he is done they are wiped, and their slab is let go of.
    @Test func whatReadersHaveStaysUntilTheyAreDone() throws {
        var random = SeededRandom(61)
        var world = try World(arena: RowArena(dimension: 4), partitions: [])
        // In each of two slabs a few rows stay, and many go.
        var gone: [Partition] = []
        for _ in 0..<2 {
            for count in [100, RowSlab.capacity - 100] {
                var batch = try RowBatch(dimension: 4)
                for _ in 0..<count { try batch.append(random.key(), random.vector(4)) }
                let partition = try Partition(in: world.arena).inserting(batch)
                if count == 100 { world.partitions.append(partition) } else { gone.append(partition) }
            }
        }
        gone = []
        var reader: [Partition]? = world.partitions
        #expect(world.slabs == 2 && world.compact() == 1 && world.slabs == 1)
        let place = try #require(reader?[0].chunks[0].place)
        #expect(reader?[0].keys.sorted() == world.partitions[0].keys.sorted())
        #expect(place.slab.rows(from: place.rows.lowerBound).scales[0] != 0)
        reader = nil
        #expect(place.slab.rows(from: place.rows.lowerBound).scales[0] == 0)
    }
}
