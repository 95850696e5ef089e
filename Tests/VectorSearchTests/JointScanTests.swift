import Dispatch
import TestSupport
import Testing

@testable import VectorSearch

/// Queries that are scanned together: each finds what it finds alone, in rows that it may read and no others.
@Suite struct JointScanTests {
    private static let sources: [CandidateSource] =
        CodeKernel.allCases.filter(\.isSupported).map { .codes($0) } + [.library]

    /// Labels in one arena, and readers of some of them each.
    private struct Scene {
        let partitions: [Partition]
        let queries: [ScanQuery]
        /// The labels of each query.
        let permitted: [[Int]]

        /// Many readers of rows about one direction, of which coarse halves rule out next to none; and now and then rows whose
        /// scores are no numbers in float32.
        init(crowdOf dimension: Int, using random: inout SeededRandom) throws {
            let arena = try RowArena(dimension: dimension)
            let middle = random.vector(dimension)
            let overflows = random.below(3) == 0
            let all = try (0..<1 + random.below(3)).map { _ in
                var batch = try RowBatch(dimension: dimension)
                for _ in 0..<1_200 + random.below(900) {
                    let row = zip(middle, random.vector(dimension)).map { $0 + 0.1 * $1 }
                    let scale: Float = overflows && random.below(200) == 0 ? 1e38 : 1
                    try batch.append(random.key(), row.map { $0 * scale })
                }
                return try Partition(in: arena).inserting(batch)
            }
            let plans = try (0..<2).map { number in
                try ScanPlan(number == 0 ? all : [all[all.count - 1]])
            }
            let asked = try (0..<CandidateSource.crowdQueries + random.below(40)).map { number in
                let scale: Float = overflows ? 100 : 1
                return try ScanQuery(
                    QueryVector(random.vector(dimension).map { $0 * scale }), count: 1 + random.below(20),
                    in: plans[number % 8 == 7 ? 1 : 0])
            }
            let readable = asked.map { $0.plan === plans[0] ? Array(all.indices) : [all.count - 1] }
            (partitions, queries, permitted) = (all, asked, readable)
        }

        /// The answer of a query by brute force.
        func oracle(_ number: Int) -> [ScoredRow] {
            let query = queries[number]
            let rows = permitted[number].enumerated().flatMap { position, label in
                partitions[label].keys.map { key in
                    ScoredRow(
                        key: key,
                        score: FixedOrderKernel.dot(
                            query.vector.components, partitions[label].vector(of: key) ?? []),
                        partition: position)
                }
            }
            return Array(
                rows.filter { $0.score >= query.minimumScore ?? -.infinity }
                    .sorted { ($1.score, $0.key) < ($0.score, $1.key) }.prefix(query.count))
        }

        init(dimension: Int, using random: inout SeededRandom) throws {
            let arena = try RowArena(dimension: dimension)
            var all: [Partition] = []
            // Every third time so many rows that most of them are ruled out by their coarse halves.
            let most = random.below(3) == 0 ? 200 : 30
            for _ in 0..<1 + random.below(40) {
                all.append(
                    try Partition(in: arena).inserting(random.batch(random.below(most), dimension: dimension)))
            }
            var clearances: [(labels: [Int], plan: ScanPlan)] = []
            for _ in 0..<1 + random.below(6) {
                var labels: [Int] = []
                for label in all.indices where random.below(2) == 0 { labels.append(label) }
                clearances.append((labels, try ScanPlan(labels.map { all[$0] })))
            }
            var asked: [ScanQuery] = []
            var readable: [[Int]] = []
            for _ in 0..<1 + random.below(ExactScan.queryLimit) {
                let clearance = clearances[random.below(clearances.count)]
                let vector = try QueryVector(random.vector(dimension))
                asked.append(
                    try ScanQuery(
                        vector, count: 1 + random.below(20), in: clearance.plan,
                        minimumScore: random.below(4) == 0 ? 0 : nil))
                readable.append(clearance.labels)
            }
            (partitions, queries, permitted) = (all, asked, readable)
        }
    }

    @Test(arguments: sources)
    func eachFindsWhatItFindsAlone(source: CandidateSource) throws {
        var random = SeededRandom(50)
        let scan = ExactScan(source)
        for _ in 0..<30 {
            let scene = try Scene(dimension: [3, 64, 70][random.below(3)], using: &random)
            let together = scan.topK(scene.queries)
            for (query, result) in zip(scene.queries, together) {
                #expect(try result.get() == ExactScan(.codes(.scalar)).topK(query))
            }
            for (number, result) in together.enumerated() {
                #expect(try result.get() == scene.oracle(number))
            }
        }
    }

    /// Where rows crowd together, the library takes over from the codes.
    @Test(arguments: sources)
    func inACrowdEachFindsWhatItFindsAlone(source: CandidateSource) throws {
        var random = SeededRandom(54)
        let scan = ExactScan(source)
        var taken = 0
        for _ in 0..<4 {
            let scene = try Scene(crowdOf: [40, 64, 70][random.below(3)], using: &random)
            let together = scan.candidates(scene.queries)
            taken += together.count(where: \.usesLibrary)
            for (number, candidates) in together.enumerated() {
                let found = try candidates.answer().rows
                #expect(found == scene.oracle(number))
                if number < 8 { #expect(try found == ExactScan(.codes(.scalar)).topK(scene.queries[number])) }
            }
        }
        #expect((taken > 0) == (BLASLibrary.current.isOptimised || source == .library))
    }

    /// Every row of a plan is in one piece for each of its queries, at its place, and in no piece for any other query.
    @Test func piecesAreForThoseWhoMayRead() throws {
        var random = SeededRandom(51)
        for _ in 0..<60 {
            let scene = try Scene(dimension: 3, using: &random)
            var seen = scene.queries.map { _ in [RowKey: Int]() }
            JointPlan(scene.queries.map(\.plan)).forEachPiece { piece in
                #expect(piece.count > 0 && !piece.members.isEmpty)
                for member in piece.members {
                    let stretch = scene.queries[member.query].plan.stretches[member.stretch]
                    #expect(member.offset + piece.count <= stretch.count)
                    for row in 0..<piece.count {
                        let key = piece.rows.keys[row]
                        #expect(stretch.rows.keys[member.offset + row] == key)
                        seen[member.query][key, default: 0] += 1
                    }
                }
            }
            for (labels, seen) in zip(scene.permitted, seen) {
                #expect(Set(seen.keys) == Set(labels.flatMap { Array(scene.partitions[$0].keys) }))
                #expect(seen.values.allSatisfy { $0 == 1 })
            }
        }
        JointPlan([]).forEachPiece { _ in Issue.record("nobody may read a piece") }
    }

    @Test(.timeLimit(.minutes(10)), arguments: [true, false])
    func manyCallersAtOnce(isShared: Bool) async throws {
        var random = SeededRandom(52)
        let scene = try Scene(dimension: 64, using: &random)
        // Room for all of them: 20 rounds of at most 64.
        let pool = WorkPool(width: 2, waitingLimit: 2_000)
        let shared = SharedScan(ExactScan(), on: pool, isShared: isShared)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for round in 0..<20 {
                for query in scene.queries {
                    group.addTask {
                        let found = try await shared.topK(query)
                        #expect(try found == ExactScan(.codes(.scalar)).topK(query), "round \(round)")
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Who was scanned along has the answer at once, whatever else the threads are wanted for meanwhile.
    @Test(.timeLimit(.minutes(10))) func whoIsScannedAlongWaitsForNothingElse() async throws {
        var random = SeededRandom(55)
        let scene = try Scene(dimension: 8, using: &random)
        let pool = WorkPool(width: 1)
        let shared = SharedScan(ExactScan(), on: pool, isShared: true)
        let expected = try ExactScan().topK(scene.queries[0])
        let (running, gate, last) = (Gate(), Gate(), Gate())
        let blocker = Task {
            try await pool.run {
                running.open()
                gate.wait()
            }
        }
        await Task.detached { running.wait() }.value
        func ask() -> Task<[ScoredRow], any Error> { Task { try await shared.topK(scene.queries[0]) } }
        let first = ask()
        while shared.waitingCount < 1 { try await Task.sleep(for: .milliseconds(1)) }
        let behind = Task { try await pool.run { last.wait() } }
        while pool.waitingCount < 2 { try await Task.sleep(for: .milliseconds(1)) }
        let others = (0..<3).map { _ in ask() }
        while shared.waitingCount < 4 { try await Task.sleep(for: .milliseconds(1)) }
        gate.open()
        for task in [first] + others { #expect(try await task.value == expected) }
        last.open()
        try await behind.value
        try await blocker.value
    }

    /// Who cannot wait any more leaves nothing behind, and the others are served.
    @Test func aFullLineAndCancelledCallers() async throws {
        var random = SeededRandom(53)
        let scene = try Scene(dimension: 8, using: &random)
        let query = scene.queries[0]
        let pool = WorkPool(width: 1, waitingLimit: 2)
        let shared = SharedScan(ExactScan(), on: pool, isShared: true)
        let expected = try ExactScan().topK(query)
        let (running, gate) = (Gate(), Gate())
        let blocker = Task {
            try await pool.run {
                running.open()
                gate.wait()
            }
        }
        await Task.detached { running.wait() }.value
        let first = Task { try await shared.topK(query) }
        while shared.waitingCount < 1 { try await Task.sleep(for: .milliseconds(1)) }
        let second = Task { try await shared.topK(query) }
        while shared.waitingCount < 2 { try await Task.sleep(for: .milliseconds(1)) }
        await #expect(throws: VectorSearchError.tooManyWaiting(limit: 2)) { try await shared.topK(query) }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(shared.waitingCount == 1)
        gate.open()
        #expect(try await first.value == expected)
        try await blocker.value
        #expect(try await shared.topK(query) == expected)
    }
}

/// Holds a thread until it is opened.
private final class Gate: @unchecked Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func open() { semaphore.signal() }
    func wait() { semaphore.wait() }
}
