import TestSupport
import Testing

@testable import VectorSearch

/// The scan against brute force, on rows that were made to mislead it.
@Suite struct ExactScanTests {
    private let scan = ExactScan()

    /// Every way of choosing candidates that this machine has.
    private static let sources: [CandidateSource] =
        CodeKernel.allCases.filter(\.isSupported).map { .codes($0) } + [.library]

    @Test(arguments: World.Shape.allCases, sources)
    func equalsBruteForce(shape: World.Shape, source: CandidateSource) throws {
        var random = SeededRandom(10)
        for _ in 0..<40 {
            let world = try World(shape: shape, using: &random)
            #expect(try world.answer(by: ExactScan(source), over: world.partitions()) == world.oracle())
        }
    }

    /// So many rows that most of them are ruled out by their coarse halves, as few cannot be: some hundred are looked at
    /// before anything is known of the best.
    @Test(arguments: World.Shape.allCases, sources)
    func equalsBruteForceOfManyRows(shape: World.Shape, source: CandidateSource) throws {
        var random = SeededRandom(17)
        for dimension in [3, 64, 100, 384] {
            for _ in 0..<2 {
                let world = try World(shape: shape, using: &random, dimension: dimension, rowCounts: [900, 20, 1_100])
                #expect(try world.answer(by: ExactScan(source), over: world.partitions()) == world.oracle())
            }
        }
    }

    /// Neither the order in which rows came nor how they are cut into chunks shows in an answer.
    @Test(arguments: World.Shape.allCases)
    func doesNotDependOnChunks(shape: World.Shape) throws {
        var random = SeededRandom(11)
        for _ in 0..<15 {
            let world = try World(shape: shape, using: &random)
            let scattered = try world.scatteredPartitions(using: &random)
            #expect(try world.answer(by: scan, over: scattered) == world.oracle())
        }
    }

    /// Rows that straddle the tiles of a BLAS library, 384 wide as in production.
    @Test func everyRowCountUpToSeventy() throws {
        var random = SeededRandom(12)
        for count in 1...70 {
            for shape in [World.Shape.neighbouringFloats, .isotropic] {
                let world = try World(shape: shape, using: &random, dimension: 384, rowCounts: [count])
                #expect(try world.answer(by: scan, over: world.partitions()) == world.oracle())
            }
        }
    }

    @Test(
        arguments: [-1, 0, 1, PartitionChunk.rowLimit, PartitionChunk.rowLimit + 808].map {
            PartitionChunk.rowLimit + $0
        })
    func rowsAcrossChunks(count: Int) throws {
        var random = SeededRandom(UInt64(count))
        for shape in [World.Shape.duplicates, .neighbouringFloats, .mixture] {
            let world = try World(shape: shape, using: &random, dimension: 5, rowCounts: [count, 3])
            let partitions = try world.partitions()
            #expect(partitions[0].chunks.count == (count + PartitionChunk.rowLimit - 1) / PartitionChunk.rowLimit)
            #expect(try world.answer(by: scan, over: partitions) == world.oracle())
        }
    }

    /// Rows so long that what their coarse halves leave over is longer than float32 can say: with any query, and with one of
    /// zeros, whose bound of such a row is no number at all.
    @Test(arguments: sources)
    func infiniteCoarseRadii(source: CandidateSource) throws {
        var random = SeededRandom(15)
        let dimension = 2_048
        let huge = [3e38] + [Float](repeating: 0, count: dimension - 1)
        var batch = try RowBatch(dimension: dimension)
        var vectors: [[Float]] = []
        for row in 0..<300 {
            vectors.append(row % 3 == 2 ? random.vector(dimension) : row % 3 == 1 ? huge : huge.map { -$0 })
            try batch.append(RowKey(high: UInt64(row), low: 0), vectors[row])
        }
        let partition = try Partition(batch)
        #expect(
            partition.chunks.contains { chunk in
                (0..<chunk.place.rows.count).contains { chunk.rows.coarseRadii[$0].isInfinite }
            })
        for components in [random.vector(dimension), huge, [Float](repeating: 0, count: dimension)] {
            let query = try QueryVector(components)
            let order = vectors.indices.map { (score: FixedOrderKernel.dot(components, vectors[$0]), row: $0) }
                .sorted { ($1.score, $0.row) < ($0.score, $1.row) }
            let found = try ExactScan(source).topK(query: query, k: 120, partitions: [partition])
            #expect(found.map(\.key.high) == order.prefix(120).map { UInt64($0.row) })
            #expect(found.map(\.score) == order.prefix(120).map(\.score))
        }
    }

    @Test func manyTinyPartitions() throws {
        var random = SeededRandom(13)
        let counts = (0..<1_500).map { _ in random.below(4) }
        let world = try World(shape: .mixture, using: &random, dimension: 6, rowCounts: counts)
        #expect(try world.answer(by: scan, over: world.partitions()) == world.oracle())
    }

    /// A row's score depends on that row and the query alone: the same bits alone and among others.
    @Test func scoresDoNotDependOnOtherRows() throws {
        var random = SeededRandom(14)
        let world = try World(shape: .isotropic, using: &random, dimension: 384, rowCounts: [61, 20])
        let together = try scan.topK(query: world.query, k: 1_000, partitions: world.partitions())
        for (position, rows) in world.rows.enumerated() {
            for row in rows {
                var batch = try RowBatch(dimension: 384)
                try batch.append(row.key, row.vector)
                let alone = try scan.topK(query: world.query, k: 1, partitions: [Partition(batch)])
                let beside = try #require(together.first { $0.key == row.key })
                #expect(alone[0].score.bitPattern == beside.score.bitPattern && beside.partition == position)
            }
        }
    }

    @Test func tiesAreInTheOrderOfKeys() throws {
        var random = SeededRandom(15)
        let vector = random.vector(16)
        var partitions: [Partition] = []
        for _ in 0..<9 {
            var batch = try RowBatch(dimension: 16)
            for _ in 0..<50 { try batch.append(random.key(), vector) }
            partitions.append(try Partition(batch))
        }
        let found = try scan.topK(query: QueryVector(vector), k: 20, partitions: partitions)
        #expect(found.map(\.key) == Array(partitions.flatMap { Array($0.keys) }.sorted().prefix(20)))
    }

    /// One passage under two labels: the order of the labels decides, not that of memory.
    @Test func oneKeyInTwoPartitions() throws {
        var random = SeededRandom(16)
        let (key, vector) = (random.key(), random.vector(8))
        for laidOut in [[0, 1], [1, 0]] {
            let arena = try RowArena(dimension: 8)
            var partitions = [Partition(in: arena), Partition(in: arena)]
            for label in laidOut {
                var batch = try RowBatch(dimension: 8)
                try batch.append(key, vector)
                partitions[label] = try partitions[label].inserting(batch)
            }
            let query = try QueryVector(vector)
            #expect(try scan.topK(query: query, k: 1, partitions: partitions).map(\.partition) == [0])
            #expect(try scan.topK(query: query, k: 2, partitions: partitions).map(\.partition) == [0, 1])
        }
    }

    /// Candidates are swept while they gather; ascending scores make every row one.
    @Test func ascendingScores() throws {
        let count = 30_000
        var builder = try PartitionBuilder(dimension: 2)
        for row in 0..<count { try builder.append(RowKey(high: UInt64(row), low: 0), [Float(row), 1]) }
        let partition = try builder.finish()
        let found = try scan.topK(query: QueryVector([1, 0.5]), k: 3, partitions: [partition])
        #expect(found.map(\.key.high) == [29_999, 29_998, 29_997])
        #expect(found.map(\.score) == [29_999.5, 29_998.5, 29_997.5])
    }

    @Test func emptyAndShort() throws {
        let query = try QueryVector([1, 2])
        let empty = try Partition(dimension: 2)
        #expect(try scan.topK(query: query, k: 5, partitions: []).isEmpty)
        #expect(try scan.topK(query: query, k: 5, partitions: [empty, empty]).isEmpty)
        var batch = try RowBatch(dimension: 2)
        try batch.append(RowKey(high: 1, low: 2), [0, 0])
        let one = try Partition(batch)
        let found = try scan.topK(query: query, k: ExactScan.resultLimit, partitions: [empty, one])
        #expect(found == [ScoredRow(key: RowKey(high: 1, low: 2), score: 0, partition: 1)])
    }

    @Test func refusesBadQuestions() throws {
        let query = try QueryVector([1, 2])
        let partition = try Partition(dimension: 3)
        for k in [0, -1, 1_000_000_000] {
            #expect(throws: VectorSearchError.resultCountOutOfRange(given: k, limit: 1_000_000)) {
                try scan.topK(query: query, k: k, partitions: [])
            }
        }
        for score in [Double.nan, .infinity, -.infinity] {
            #expect(throws: VectorSearchError.minimumScoreNotFinite) {
                try scan.topK(query: query, k: 1, partitions: [], minimumScore: score)
            }
        }
        #expect(throws: VectorSearchError.queryDimension(given: 2, expected: 3)) {
            try scan.topK(query: query, k: 1, partitions: [partition])
        }
        #expect(throws: VectorSearchError.queryNotFinite) { try QueryVector([1, .nan]) }
        #expect(throws: VectorSearchError.queryNotFinite) { try QueryVector([1, -.infinity]) }
        #expect(throws: VectorSearchError.dimensionOutOfRange(given: 0, limit: 16_384)) { try QueryVector([]) }
    }

    @Test func saysWhatChoosesCandidates() {
        #expect(scan.source == .codes(.best) || CodeKernel.best == .scalar)
        let library = BLASLibrary.current.name
        #expect(CandidateSource.codes(.avx2).name(keepsVectors: true) == "the AVX2 kernel")
        #expect(CandidateSource.codes(.avx2).name(usesLibrary: true) == "the AVX2 kernel or \(library)")
        #expect(CandidateSource.library.name(keepsVectors: true) == library)
        #expect(CandidateSource.library.name(keepsVectors: false) == "the \(CodeKernel.best.rawValue) kernel")
        #expect(BLASLibrary.current.isOptimised == BLASLibrary.current.name.hasPrefix("OpenBLAS"))
    }
}
