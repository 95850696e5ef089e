import TestSupport
import Testing

@testable import VectorSearch

/// How much approximate mode finds, and whether it knows.
@Suite struct RecallTests {
    /// Rows of 384 components around a few hundred centres, as texts lie around their subjects, and queries near some.
    private func scene(rows: Int, queries: Int) throws -> (plan: ScanPlan, queries: [QueryVector]) {
        var random = SeededRandom(80)
        let centres = (0..<200).map { _ in unit(random.vector(384)) }
        func near() -> [Float] {
            let (centre, aside) = (centres[random.below(centres.count)], unit(random.vector(384)))
            return unit(zip(centre, aside).map { $0 + $1 })
        }
        var batch = try RowBatch(dimension: 384)
        for _ in 0..<rows { try batch.append(random.key(), near()) }
        let plan = try ScanPlan([Partition(batch)])
        return (plan, try (0..<queries).map { _ in try QueryVector(near()) })
    }

    private func unit(_ vector: [Float]) -> [Float] {
        let norm = Float(FixedOrderKernel.dot(vector, vector).squareRoot())
        return vector.map { $0 / norm }
    }

    /// The mean share of the true ten best that was found, and the mean of what was expected.
    private func recall(
        of breadth: ApproximateScan.Breadth, _ scene: (plan: ScanPlan, queries: [QueryVector])
    ) throws -> (measured: Double, expected: Double) {
        let scan = ApproximateScan(ExactScan(), kernel: .best, breadth: breadth)
        var (measured, expected) = (0.0, 0.0)
        for vector in scene.queries {
            let query = try ScanQuery(vector, count: 10, in: scene.plan)
            let answer = try scan.answers([query])[0].get()
            let best = Set(try ExactScan().topK(query).map(\.key))
            measured += Double(answer.rows.count { best.contains($0.key) }) / 10 / Double(scene.queries.count)
            expected += (answer.expectedRecall ?? 0) / Double(scene.queries.count)
        }
        return (measured, expected)
    }

    @Test("A thousand candidates hold nearly all of the true best, and what is expected is near what is found")
    func recallAndItsEstimate() throws {
        let scene = try scene(rows: 8_000, queries: 60)
        var breadth = ApproximateScan.Breadth.standard
        breadth.rowsPerCandidate = 1
        let standard = try recall(of: breadth, scene)
        #expect(standard.measured > 0.98 && standard.expected > 0.98, "\(standard)")
        var last = 1.1
        for floor in [40, 20] {
            breadth = ApproximateScan.Breadth(perResult: 1, floor: floor, rowsPerCandidate: 1)
            let narrow = try recall(of: breadth, scene)
            #expect(abs(narrow.measured - narrow.expected) < 0.12, "\(floor): \(narrow)")
            #expect(narrow.measured < last)
            last = narrow.measured
        }
    }

    @Test("The normal distribution is right to six digits")
    func normal() {
        let table = [0: 0.5, 0.5: 0.6914625, 1: 0.8413447, 1.96: 0.9750021, 3: 0.9986501, 6: 1.0]
        for (deviations, share) in table {
            #expect(abs(RecallEstimate.normal(deviations) - share) < 1e-6)
            #expect(abs(RecallEstimate.normal(-deviations) - (1 - share)) < 1e-6)
        }
        #expect(RecallEstimate.normal(.infinity) == 1 && RecallEstimate.normal(-.infinity) < 1e-9)
    }

    @Test("The n-th largest of numbers, also where many are equal")
    func selection() {
        var random = SeededRandom(81)
        for _ in 0..<300 {
            var numbers = (0..<1 + random.below(50)).map { _ in Double(random.below(1 + random.below(40))) }
            let (sorted, n) = (numbers.sorted(by: >), 1 + random.below(numbers.count))
            let found = numbers.withUnsafeMutableBufferPointer { BestEstimates.largest(n, of: $0) }
            #expect(found == sorted[n - 1])
        }
    }
}
