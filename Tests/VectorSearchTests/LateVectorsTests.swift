import TestSupport
import Testing

@testable import VectorSearch

/// Vectors that come after the rest of their rows: whatever happens to the rows meanwhile, what is found is right, and no
/// vector is read that is not there.
@Suite struct LateVectorsTests {
    /// Rows some of which were laid out without their vectors, and what has become of them.
    private struct Late {
        let world: World
        let arena: RowArena
        var partitions: [Partition]

        init(_ world: World, _ random: inout SeededRandom) throws {
            self.world = world
            let arena = try RowArena(dimension: world.dimension)
            self.arena = arena
            partitions = try world.rows.map { rows in
                var builder = try PartitionBuilder(in: arena, keepsVectors: false)
                var batch = try RowBatch(dimension: world.dimension)
                for row in rows {
                    if random.below(4) == 0 {
                        try batch.append(row.key, row.vector)
                    } else {
                        try builder.append(row.key, row.vector)
                    }
                    if random.below(20) == 0 { try builder.layOut() }
                }
                return try builder.finish().inserting(batch)
            }
        }

        func vector(of key: RowKey) -> [Float]? {
            world.rows.lazy.flatMap { $0 }.first { $0.key == key }?.vector
        }

        /// Rows move: to a partition and back, or where there is room.
        mutating func stir(_ random: inout SeededRandom) throws {
            for number in partitions.indices where random.below(2) == 0 {
                let moving = partitions[number].keys.filter { _ in random.below(3) == 0 }
                let copies = Partition(in: arena, chunks: partitions[number].copying(moving).chunks)
                partitions[number] = try partitions[number].removing(moving).inserting(copies)
            }
            guard let compaction = RowCompaction(of: arena) else { return }
            for number in partitions.indices {
                if let moved = compaction.moved(partitions[number]) { partitions[number] = moved }
            }
        }

        func add(_ keys: [RowKey]) {
            let keys = keys.sorted()
            for partition in partitions {
                partition.addVectors(of: keys) { position, add in
                    vector(of: keys[position])!.withUnsafeBufferPointer { add($0.baseAddress!) }
                }
            }
        }

        /// Scored from memory where all vectors are there, and by whoever has them otherwise.
        func answer(_ source: CandidateSource, _ plan: ScanPlan) throws -> [ScoredRow] {
            let query = try ScanQuery(world.query, count: world.k, in: plan, minimumScore: world.minimumScore)
            let found = ExactScan(source).candidates([query])[0]
            if plan.keepsVectors { return try found.answer().rows }
            return try found.answer(vectors: found.rows.map { vector(of: $0.key) ?? [] }).rows
        }
    }

    @Test(arguments: World.Shape.allCases)
    func foundBeforeAndAfter(shape: World.Shape) throws {
        var random = SeededRandom(95)
        var partly = 0
        for _ in 0..<10 {
            var late = try Late(World(shape: shape, using: &random), &random)
            var keys = late.world.rows.flatMap { $0.map(\.key) }.shuffled(using: &random)
            while !keys.isEmpty {
                let count = min(keys.count, 1 + random.below(80))
                late.add(Array(keys.prefix(count)))
                keys.removeFirst(count)
                try late.stir(&random)
                if random.below(2) == 0 { for partition in late.partitions { partition.noteVectors() } }
                let plan = try ScanPlan(late.partitions)
                try check(late, plan)
                if late.partitions.contains(where: \.hasVectors) && !plan.keepsVectors { partly += 1 }
            }
            let before = try ScanPlan(late.partitions)
            for partition in late.partitions { partition.noteVectors() }
            #expect(late.partitions.allSatisfy { $0.hasVectors })
            // A plan from before goes on as it began.
            try check(late, before)
            let after = try ScanPlan(late.partitions)
            #expect(after.keepsVectors)
            try check(late, after)
        }
        #expect(partly > 0)
    }

    private func check(_ late: Late, _ plan: ScanPlan) throws {
        #expect(plan.keepsVectors == plan.stretches.allSatisfy { $0.rows.vectors != nil })
        for source in [CandidateSource.codes(.best), .library] {
            #expect(try late.answer(source, plan) == late.world.oracle())
        }
        for partition in late.partitions {
            for key in partition.keys {
                let vector = partition.vector(of: key)
                #expect(vector == nil ? !partition.hasVectors : vector == late.vector(of: key))
            }
        }
    }

    /// A joint scan of callers some of whose plans were made before the vectors were there.
    @Test func plansOfBothKindsInOnePass() throws {
        var random = SeededRandom(96)
        for _ in 0..<30 {
            let late = try Late(World(shape: .isotropic, using: &random), &random)
            let before = try ScanPlan(late.partitions)
            late.add(late.world.rows.flatMap { $0.map(\.key) })
            for partition in late.partitions { partition.noteVectors() }
            let after = try ScanPlan(late.partitions)
            for source in [CandidateSource.codes(.best), .library] {
                let queries = try [before, after].shuffled(using: &random).map {
                    try ScanQuery(late.world.query, count: late.world.k, in: $0, minimumScore: late.world.minimumScore)
                }
                for found in ExactScan(source).candidates(queries) {
                    let answer = try found.answer(vectors: found.rows.map { late.vector(of: $0.key) ?? [] })
                    #expect(answer.rows == late.world.oracle())
                }
            }
        }
    }

    @Test func lateVectorsAreWipedWithTheirRows() throws {
        var random = SeededRandom(97)
        let arena = try RowArena(dimension: 5)
        let batch = try random.batch(7, dimension: 5)
        var builder = try PartitionBuilder(in: arena, keepsVectors: false)
        for (row, key) in batch.keys.enumerated() {
            try builder.append(key, Array(batch.components[row * 5..<row * 5 + 5]))
        }
        var partition: Partition? = try builder.finish()
        // Keeps their slab.
        let other = try Partition(in: arena).inserting(random.batch(3, dimension: 5))
        let place = try #require(partition?.chunks.first?.place)
        let vectors = try #require(place.slab.rows(from: place.rows.lowerBound).vectors)
        let keys = batch.keys.sorted()
        // All but the last.
        partition?.addVectors(of: Array(keys.dropLast())) { position, add in
            let row = batch.keys.firstIndex(of: keys[position])!
            batch.components[row * 5..<row * 5 + 5].withUnsafeBufferPointer { add($0.baseAddress!) }
        }
        partition?.noteVectors()
        #expect(partition?.hasVectors == false && partition?.vector(of: keys[0]) == nil)
        #expect((0..<30).contains { vectors[$0] != 0 } && place.slab.hasVector(place.rows.lowerBound))
        #expect(!place.slab.hasVector(place.rows.upperBound - 1))
        partition = nil
        #expect((0..<30).allSatisfy { vectors[$0] == 0 } && !place.slab.hasVector(place.rows.lowerBound))
        withExtendedLifetime(other) {}
    }
}
