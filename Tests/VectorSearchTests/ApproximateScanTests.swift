import CVectorKernels
import Foundation
import TestSupport
import Testing

@testable import VectorSearch

/// Approximate mode against its own oracle: which rows are candidates, what comes of them, and what it says of itself.
@Suite struct ApproximateScanTests {
    private static let kernels = BitKernel.allCases.filter(\.isSupported)
    /// So few candidates that small worlds have rows that are none.
    private static let narrow = ApproximateScan.Breadth(perResult: 1, floor: 4, rowsPerCandidate: 1)

    private func answer(
        _ world: World, by scan: ApproximateScan, over partitions: [Partition]
    ) throws -> ScanAnswer {
        let query = try ScanQuery(
            world.query, count: world.k, in: ScanPlan(partitions), minimumScore: world.minimumScore,
            mode: .approximate)
        return try scan.answers([query])[0].get()
    }

    /// The estimate of every row, a full sort, the first m; their exact scores, a full sort, the first k.
    private func oracle(_ world: World) -> [ScoredRow] {
        let rotation = Rotation(dimension: world.dimension)
        let query = QueryBits(world.query, rotation: rotation)
        let breadth = max(Self.narrow.perResult * world.k, Self.narrow.floor)
        var rows: [(estimate: Double, row: ScoredRow)] = []
        for (position, partition) in world.rows.enumerated() {
            for (key, vector) in partition {
                var bits = [UInt64](repeating: 0, count: query.words * Int(BIT_GROUP))
                var (factor, sum): (Float, Int32) = (0, 0)
                rotation.rotate(vector) {
                    bit_encode($0.baseAddress!, $1, world.dimension, &bits, &factor)
                }
                bit_sums(BIT_KERNEL_SCALAR, bits, 0, 1, 0, query.words, query.planes, &sum)
                let score = FixedOrderKernel.dot(world.query.components, vector)
                rows.append(
                    (
                        Double(factor) * (Double(sum) * query.step - query.base),
                        ScoredRow(key: key, score: score, partition: position)
                    ))
            }
        }
        let candidates = rows.sorted { ($1.estimate, $0.row.key) < ($0.estimate, $1.row.key) }.prefix(breadth)
            .map(\.row).filter { $0.score >= world.minimumScore ?? -.infinity }
        return Array(candidates.sorted { ($1.score, $0.key) < ($0.score, $1.key) }.prefix(world.k))
    }

    @Test(
        "Candidates are the best estimates, whatever the kernel and wherever rows lie", arguments: World.Shape.allCases)
    func equalsItsOracle(shape: World.Shape) throws {
        var random = SeededRandom(70)
        for _ in 0..<30 {
            let world = try World(shape: shape, using: &random)
            let (whole, scattered) = (try world.partitions(), try world.scatteredPartitions(using: &random))
            var answers: Set<ScanAnswer> = []
            for kernel in Self.kernels {
                for source in [CandidateSource.best, .library] {
                    let scan = ApproximateScan(ExactScan(source), kernel: kernel, breadth: Self.narrow)
                    answers.insert(try answer(world, by: scan, over: whole))
                    answers.insert(try answer(world, by: scan, over: scattered))
                }
            }
            #expect(answers.count == 1 && answers.first?.rows == oracle(world))
        }
    }

    /// What is found among equal rows, many more than there are candidates, laid out in the order of their labels or in
    /// the opposite one.
    private func amongEqualRows(_ exact: ExactScan, isReversed: Bool) throws -> (found: [RowKey], keys: [RowKey]) {
        var random = SeededRandom(71)
        let vector = random.vector(16)
        let keys = (0..<20).map { _ in (0..<15).map { _ in random.key() } }
        let arena = try RowArena(dimension: 16)
        var partitions = keys.map { _ in Partition(in: arena) }
        for label in isReversed ? keys.indices.reversed() : Array(keys.indices) {
            var batch = try RowBatch(dimension: 16)
            for key in keys[label] { try batch.append(key, vector) }
            partitions[label] = try partitions[label].inserting(batch)
        }
        let scan = ApproximateScan(exact, kernel: .best, breadth: Self.narrow)
        let query = try ScanQuery(QueryVector(vector), count: 7, in: ScanPlan(partitions))
        return (try scan.answers([query])[0].get().rows.map(\.key), keys.flatMap { $0 })
    }

    @Test("Equal estimates are told apart by key; by place in memory the layout would show")
    func tiesAreInTheOrderOfKeys() throws {
        for isReversed in [false, true] {
            let (found, keys) = try amongEqualRows(ExactScan(), isReversed: isReversed)
            #expect(found == Array(keys.sorted().prefix(7)))
        }
        let fault = ExactScan(.best, fault: .tiesByPlace)
        #expect(
            try amongEqualRows(fault, isReversed: false).found != amongEqualRows(fault, isReversed: true).found)
    }

    @Test("What may not be read changes nothing: rows, scores and expected recall are those of an index without it")
    func nonInterference() throws {
        var random = SeededRandom(72)
        let scan = ApproximateScan(ExactScan(), kernel: .best, breadth: Self.narrow)
        for _ in 0..<40 {
            let dimension = [3, 64, 100][random.below(3)]
            let (shared, own) = (try RowArena(dimension: dimension), try RowArena(dimension: dimension))
            let query = try QueryVector(random.vector(dimension))
            var (permitted, alone): ([Partition], [Partition]) = ([], [])
            for _ in 0..<1 + random.below(30) {
                let batch = try random.batch(random.below(25), dimension: dimension)
                let isPermitted = random.below(2) == 0
                // Hidden rows are larger and nearer: they would win every place.
                var hidden = try RowBatch(dimension: dimension)
                for key in batch.keys { try hidden.append(key, query.components.map { $0 * 9 }) }
                let partition = try Partition(in: shared).inserting(isPermitted ? batch : hidden)
                if isPermitted {
                    permitted.append(partition)
                    alone.append(try Partition(in: own).inserting(batch))
                }
            }
            let answers = try [permitted, alone].map { partitions in
                try scan.answers([ScanQuery(query, count: 5, in: ScanPlan(partitions))])[0].get()
            }
            #expect(answers[0] == answers[1])
        }
    }

    @Test("Queries that are scanned together find what each finds alone")
    func together() throws {
        var random = SeededRandom(73)
        let scan = ApproximateScan(ExactScan(), kernel: .best, breadth: Self.narrow)
        for _ in 0..<20 {
            let arena = try RowArena(dimension: 70)
            let partitions = try (0..<12).map { _ in
                try Partition(in: arena).inserting(random.batch(random.below(30), dimension: 70))
            }
            let plans = try (0..<3).map { _ in try ScanPlan(partitions.filter { _ in random.below(2) == 0 }) }
            let queries = try (0..<1 + random.below(20)).map { _ in
                try ScanQuery(
                    QueryVector(random.vector(70)), count: 1 + random.below(20), in: plans[random.below(3)])
            }
            let together = try scan.answers(queries).map { try $0.get() }
            #expect(try together == queries.map { try scan.answers([$0])[0].get() })
        }
    }

    @Test("A lowest score leaves rows out, and changes nothing about the recall to be expected")
    func lowestScore() throws {
        var random = SeededRandom(76)
        let scan = ApproximateScan(ExactScan(), kernel: .best, breadth: Self.narrow)
        var uncertain = 0
        for _ in 0..<20 {
            let plan = try ScanPlan([Partition(in: RowArena(dimension: 64)).inserting(random.batch(200, dimension: 64))]
            )
            let query = try QueryVector(random.vector(64))
            let all = try scan.answers([ScanQuery(query, count: 8, in: plan, mode: .approximate)])[0].get()
            if try #require(all.expectedRecall) < 1 { uncertain += 1 }
            for least in [all.rows[3].score, all.rows[0].score.nextUp] {
                let some = try scan.answers(
                    [ScanQuery(query, count: 8, in: plan, minimumScore: least, mode: .approximate)])[0].get()
                #expect(some.rows == all.rows.filter { $0.score >= least })
                #expect(some.expectedRecall == all.expectedRecall)
            }
        }
        #expect(uncertain > 0)
    }

    @Test("Where an exact scan takes no longer, the answer is exact and says so")
    func fewRows() throws {
        var random = SeededRandom(74)
        let world = try World(shape: .isotropic, using: &random, dimension: 64, rowCounts: [300, 500])
        let answer = try answer(world, by: ApproximateScan(ExactScan()), over: world.partitions())
        #expect(answer == ScanAnswer(rows: world.oracle(), expectedRecall: 1))
        let nothing = try ScanQuery(world.query, count: 3, in: ScanPlan([Partition]()))
        #expect(try ApproximateScan(ExactScan()).answers([nothing])[0].get() == ScanAnswer(rows: [], expectedRecall: 1))
    }

    @Test("A shared scan answers each query as its mode has it")
    func modes() async throws {
        var random = SeededRandom(75)
        let arena = try RowArena(dimension: 64)
        let plan = try ScanPlan([Partition(in: arena).inserting(random.batch(3_000, dimension: 64))])
        let exact = ExactScan()
        let approximate = ApproximateScan(
            exact, kernel: .best, breadth: .init(perResult: 10, floor: 50, rowsPerCandidate: 10))
        let shared = SharedScan(exact, approximate, on: WorkPool(width: 2), isShared: true)
        let queries = try (0..<20).map { number in
            try ScanQuery(
                QueryVector(random.vector(64)), count: 5, in: plan, mode: number % 2 == 0 ? .exact : .approximate)
        }
        #expect(SharedScan.choice(among: queries, isShared: true, threads: 1) == Array(stride(from: 0, to: 20, by: 2)))
        let answers = try await withThrowingTaskGroup(of: (Int, ScanAnswer).self) { group in
            for (number, query) in queries.enumerated() {
                group.addTask { (number, try await shared.answer(to: query)) }
            }
            return try await group.reduce(into: [Int: ScanAnswer]()) { $0[$1.0] = $1.1 }
        }
        var uncertain = 0
        for (number, query) in queries.enumerated() {
            let expected =
                number % 2 == 0
                ? ScanAnswer(rows: try exact.topK(query), expectedRecall: nil)
                : try approximate.answers([query])[0].get()
            #expect(answers[number] == expected)
            if let recall = expected.expectedRecall, recall < 1 { uncertain += 1 }
        }
        #expect(uncertain > 0)
    }
}
