import TestSupport
import Testing

@testable import VectorSearch

/// Which of the waiting queries one thread takes.
@Suite struct SharedScanTests {
    /// A query among the rows of a plan, which are as many stretches.
    private func query(dimension: Int = 2, in plan: ScanPlan? = nil) throws -> ScanQuery {
        try ScanQuery(
            QueryVector([Float](repeating: 1, count: dimension)), count: 1, in: plan ?? ScanPlan([Partition]()))
    }

    private func taken(
        _ waiting: [ScanQuery], besides scanned: Int = 0, isShared: Bool = true, threads: Int = 1
    ) -> [Int] {
        SharedScan.choice(among: waiting, besides: scanned, isShared: isShared, threads: threads)
    }

    @Test("Where queries are not shared, each is scanned by itself")
    func oneAtATime() throws {
        let waiting = try (0..<5).map { _ in try query() }
        #expect(taken(waiting, isShared: false) == [0])
        #expect(taken(waiting) == [0, 1, 2, 3, 4])
        #expect(taken([]).isEmpty && taken([], isShared: false).isEmpty)
    }

    @Test("One thread leaves the others their part, in whole passes and no less than one")
    func partOfEachThread() throws {
        let waiting = try (0..<100).map { _ in try query() }
        #expect(taken(waiting, threads: 1) == Array(0..<ExactScan.queryLimit))
        #expect(taken(waiting, threads: 2) == Array(0..<48))
        #expect(taken(waiting, threads: 40) == Array(0..<8))
        #expect(taken(Array(waiting.prefix(9)), threads: 2) == Array(0..<8))
        // What the others are at is their part already.
        #expect(taken(Array(waiting.prefix(32)), besides: 32, threads: 2) == Array(0..<32))
        #expect(taken(Array(waiting.prefix(40)), besides: 24, threads: 2) == Array(0..<32))
        #expect(taken(Array(waiting.prefix(3)), besides: 64, threads: 2) == Array(0..<3))
    }

    @Test("Queries of another dimension wait for a thread of their own")
    func oneDimension() throws {
        let waiting = try [3, 4, 3, 4, 4, 3].map { try query(dimension: $0) }
        #expect(taken(waiting) == [0, 2, 5])
        #expect(taken(Array(waiting.dropFirst())) == [0, 2, 3])
    }

    @Test("Plans of too many stretches are not cut to each other's measure")
    func stretches() throws {
        var random = SeededRandom(54)
        let arena = try RowArena(dimension: 2)
        let partitions = try (0..<26_000).map { _ in
            try Partition(in: arena).inserting(random.batch(1, dimension: 2))
        }
        let large = try ScanPlan(stride(from: 0, to: partitions.count, by: 2).map { partitions[$0] })
        let other = try ScanPlan(stride(from: 1, to: partitions.count, by: 2).map { partitions[$0] })
        #expect(large.stretches.count + other.stretches.count > SharedScan.stretchLimit)
        let small = try ScanPlan([partitions[0]])
        let waiting = try [large, other, large, small, other].map { try query(in: $0) }
        #expect(taken(waiting) == [0, 2, 3])
    }
}
