import TestSupport
import Testing

@testable import VectorSearch

/// Rows whose vectors are not in memory: what is found of them is what is found of rows that are.
@Suite struct ScanCandidatesTests {
    private static let sources: [CandidateSource] =
        CodeKernel.allCases.filter(\.isSupported).map { .codes($0) } + [.library]
    /// So few candidates that small worlds have rows that are none.
    private static let narrow = ApproximateScan.Breadth(perResult: 1, floor: 4, rowsPerCandidate: 1)

    /// The rows of a world without their vectors, some of them moved there from another partition.
    private func partitions(_ world: World, _ random: inout SeededRandom) throws -> [Partition] {
        let arena = try RowArena(dimension: world.dimension, keepsVectors: false)
        return try world.rows.map { rows in
            var builder = try PartitionBuilder(in: arena)
            var elsewhere = Partition(in: arena)
            for row in rows {
                if random.below(4) == 0 {
                    var batch = try RowBatch(dimension: world.dimension)
                    try batch.append(row.key, row.vector)
                    elsewhere = try elsewhere.inserting(batch)
                } else {
                    try builder.append(row.key, row.vector)
                }
                if random.below(10) == 0 { try builder.layOut() }
            }
            let moving = Array(elsewhere.keys)
            let copies = elsewhere.copying(moving + [random.key()])
            #expect(elsewhere.removing(moving).isEmpty)
            return try builder.finish().inserting(copies)
        }
    }

    private func vectors(of candidates: ScanCandidates, in world: World) -> [[Float]] {
        candidates.rows.map { row in world.rows[row.partition].first { $0.key == row.key }?.vector ?? [] }
    }

    @Test(arguments: World.Shape.allCases)
    func foundAsThoseInMemory(shape: World.Shape) throws {
        var random = SeededRandom(90)
        for _ in 0..<30 {
            let world = try World(shape: shape, using: &random)
            let (kept, lean) = (try ScanPlan(world.partitions()), try ScanPlan(partitions(world, &random)))
            #expect((lean.count == 0 || !lean.keepsVectors) && kept.keepsVectors && lean.count == kept.count)
            for source in Self.sources {
                func query(_ plan: ScanPlan, _ mode: ScanMode) throws -> ScanQuery {
                    try ScanQuery(world.query, count: world.k, in: plan, minimumScore: world.minimumScore, mode: mode)
                }
                let exact = ExactScan(source)
                let found = exact.candidates([try query(lean, .exact)])[0]
                #expect(try found.answer(vectors: vectors(of: found, in: world)).rows == world.oracle())
                let approximate = ApproximateScan(exact, kernel: .best, breadth: Self.narrow)
                let roughly = approximate.candidates([try query(lean, .approximate)])[0]
                #expect(
                    try roughly.answer(vectors: vectors(of: roughly, in: world))
                        == approximate.answers([query(kept, .approximate)])[0].get())
            }
        }
    }

    /// Which rows are candidates is a matter of the rows alone, and not of what had been seen when one of them was looked at:
    /// in whatever order they lie, among whatever rows that are not asked for. Here what coarse halves leave over points as the
    /// query does, and so tells nearly to the last bit what a row can reach, and what whole codes leave over points the other
    /// way: some rows reach the threshold by the one bound and not by the other.
    @Test func candidatesDoNotDependOnTheOrder() throws {
        var random = SeededRandom(92)
        for source in Self.sources {
            for _ in 0..<10 {
                let dimension = 2 + random.below(2)
                let rows = (0..<1_500).map { number in
                    let vector = (0..<dimension).map { component in
                        component == 0 || random.below(15) == 0 ? 127 : 126.5 + Float(random.below(64)) / 128
                    }
                    return (key: RowKey(high: UInt64(number), low: 0), vector: vector)
                }
                // Inserted bit by bit, rows stay where they come to lie.
                func candidates(_ order: [(key: RowKey, vector: [Float])], hidden: Int) throws -> [RowKey] {
                    let arena = try RowArena(dimension: dimension, keepsVectors: source == .library)
                    var (partition, other) = (Partition(in: arena), Partition(in: arena))
                    var rest = order[...]
                    while !rest.isEmpty {
                        var batch = try RowBatch(dimension: dimension)
                        for row in rest.prefix(1 + random.below(60)) { try batch.append(row.key, row.vector) }
                        partition = try partition.inserting(batch)
                        if random.below(100) < hidden { other = try other.inserting(batch) }
                        rest = rest.dropFirst(batch.count)
                    }
                    let plan = try ScanPlan([partition])
                    let query = try ScanQuery(
                        QueryVector([Float](repeating: 1, count: dimension)), count: 5, in: plan)
                    return withExtendedLifetime(other) {
                        ExactScan(source).candidates([query])[0].rows.map(\.key).sorted()
                    }
                }
                let expected = try candidates(rows, hidden: 0)
                #expect(expected.count >= 5)
                for hidden in [0, 30] {
                    #expect(try candidates(rows.shuffled(using: &random), hidden: hidden) == expected)
                }
            }
        }
    }

    /// What is handed in for a row is checked against what its codes say.
    @Test func aVectorOfAnotherRowIsFoundOut() throws {
        var random = SeededRandom(91)
        var compared = 0
        // How many worlds it takes until ten have rows far enough apart is the seed's matter.
        for _ in 0..<1000 where compared < 10 {
            let world = try World(shape: .isotropic, using: &random, dimension: 64, rowCounts: [40])
            let plan = try ScanPlan(partitions(world, &random))
            let candidates = ExactScan().candidates([try ScanQuery(world.query, count: 3, in: plan)])[0]
            var vectors = vectors(of: candidates, in: world)
            #expect(throws: Never.self) { try candidates.answer(vectors: vectors) }
            // Those of the best and the last one: rows of one score could stand in for each other.
            let order = vectors.indices.sorted {
                FixedOrderKernel.dot(world.query, vectors[$0]) < FixedOrderKernel.dot(world.query, vectors[$1])
            }
            let (last, best) = (order[0], order[order.count - 1])
            let distance =
                FixedOrderKernel.dot(world.query, vectors[best]) - FixedOrderKernel.dot(world.query, vectors[last])
            guard distance > 0.3 else { continue }
            compared += 1
            vectors.swapAt(last, best)
            #expect(throws: VectorSearchError.scoreBoundViolated(by: ExactScan().source.name(usesLibrary: false))) {
                try candidates.answer(vectors: vectors)
            }
            vectors.swapAt(last, best)
            vectors[1].removeLast()
            #expect(throws: VectorSearchError.rowDimension(row: 1, given: 63, expected: 64)) {
                try candidates.answer(vectors: vectors)
            }
        }
        #expect(compared == 10)
    }

    @Test func callersTogetherGetWhatIsLeftToScore() async throws {
        var random = SeededRandom(92)
        let world = try World(shape: .isotropic, using: &random, dimension: 64, rowCounts: [300, 200])
        let plan = try ScanPlan(partitions(world, &random))
        let shared = SharedScan(ExactScan(), on: WorkPool(width: 2), isShared: true)
        let query = try ScanQuery(world.query, count: world.k, in: plan, minimumScore: world.minimumScore)
        try await withThrowingTaskGroup(of: [ScoredRow].self) { group in
            for _ in 0..<40 {
                group.addTask {
                    guard case .candidates(let candidates) = try await shared.outcome(of: query) else { return [] }
                    return try candidates.answer(vectors: vectors(of: candidates, in: world)).rows
                }
            }
            for try await rows in group { #expect(rows == world.oracle()) }
        }
    }

    /// A quarter of the memory, and less: no vector is left in it.
    @Test func aRowTakesTheRoomOfItsCodes() throws {
        var random = SeededRandom(93)
        let arena = try RowArena(dimension: 384, keepsVectors: false)
        let batch = try random.batch(100, dimension: 384)
        let partition = try Partition(in: arena).inserting(batch)
        #expect(partition.byteCount == 100 * (384 + 48 + 16 + 16))
        #expect(try Partition(batch).byteCount == 100 * (384 + 48 + 16 + 16 + 4 * 384 + 1))
        #expect(partition.vector(of: batch.keys[7]) == nil)
        #expect(try partition.score(of: batch.keys[7], to: QueryVector(random.vector(384))) == nil)
        #expect(partition.contains(batch.keys[7]))
    }

    @Test func aKeyThatComesTwiceIsRefused() throws {
        var random = SeededRandom(94)
        let arena = try RowArena(dimension: 4, keepsVectors: false)
        let batch = try random.batch(5, dimension: 4)
        let partition = try Partition(in: arena).inserting(batch)
        #expect(throws: VectorSearchError.duplicateKey(row: 0)) {
            try partition.inserting(partition.copying([batch.keys[3]]))
        }
        var builder = try PartitionBuilder(in: arena)
        for row in [0, 1, 2, 1] {
            try builder.append(batch.keys[row], random.vector(4))
            try builder.layOut()
        }
        #expect(throws: VectorSearchError.duplicateKey(row: 3)) { try builder.finish() }
    }
}

extension ScanCandidates {
    /// The answer, from vectors that come in another order than the rows.
    func answer(vectors: [[Float]]) throws -> ScanAnswer {
        var scores = CandidateScores(self)
        for (row, vector) in vectors.enumerated().reversed() { try scores.add(vector, of: row) }
        return scores.answer()
    }
}
