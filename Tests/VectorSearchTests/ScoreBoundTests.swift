import TestSupport
import Testing

@testable import VectorSearch

/// The margin holds for every way of summing that we can think of, and is not so wide that it says nothing.
@Suite struct ScoreBoundTests {
    /// Float32 inner products in several orders, with and without fused multiply-add.
    private static let methods: [@Sendable ([Float], [Float]) -> Float] = [
        { zip($0, $1).reduce(0) { $0 + $1.0 * $1.1 } },
        { zip($0, $1).reversed().reduce(0) { $0 + $1.0 * $1.1 } },
        { zip($0, $1).reduce(0) { $0.addingProduct($1.0, $1.1) } },
        { zip($0, $1).map { $0 * $1 }.sorted().reduce(0, +) },
        { pairwise(zip($0, $1).map { $0 * $1 }) },
    ]

    private static func pairwise(_ terms: [Float]) -> Float {
        if terms.count <= 1 { return terms.first ?? 0 }
        return pairwise(Array(terms[..<(terms.count / 2)])) + pairwise(Array(terms[(terms.count / 2)...]))
    }

    @Test(arguments: World.Shape.allCases)
    func holdsForAnyOrderOfSummation(shape: World.Shape) throws {
        var random = SeededRandom(3)
        for _ in 0..<12 {
            let world = try World(shape: shape, using: &random)
            let bound = ScoreBound(dimension: world.dimension, queryNorm: world.query.norm)
            for row in world.rows.flatMap({ $0 }) {
                let norm = ScoreBound.normBound(squaredNorm: FixedOrderKernel.dot(row.vector, row.vector))
                let exact = FixedOrderKernel.dot(world.query.components, row.vector)
                for method in Self.methods {
                    let approximate = method(world.query.components, row.vector)
                    guard approximate.isFinite else { continue }
                    #expect(abs(Double(approximate) - exact) <= bound.margin(norm: norm))
                }
            }
        }
    }

    @Test func holdsForTheLibrary() throws {
        var random = SeededRandom(4)
        for shape in World.Shape.allCases {
            for count in 1...70 {
                let world = try World(shape: shape, using: &random, rowCounts: [count])
                let partition = try world.partitions()[0]
                let rows = try #require(partition.chunks.first).rows
                let vectors = try #require(rows.vectors)
                // Alone, and beside others as where many ask at once.
                let queries =
                    [world.query.components]
                    + (0..<random.below(9)).map { _ in
                        random.vector(world.dimension)
                    }
                var scores = [Float](repeating: 0, count: queries.count * count)
                scores.withUnsafeMutableBufferPointer { scores in
                    BLASLibrary.current.scores(
                        of: vectors, count: count, queries: queries.flatMap { $0 }, queries.count,
                        dimension: world.dimension, into: scores.baseAddress!)
                }
                for (number, query) in queries.enumerated() {
                    let query = try QueryVector(query)
                    let bound = ScoreBound(dimension: world.dimension, queryNorm: query.norm)
                    for row in 0..<count where scores[number * count + row].isFinite {
                        let norm = ScoreBound.normBound(
                            scale: rows.scales[row], radius: rows.radii[row], dimension: world.dimension)
                        let exact = FixedOrderKernel.dot(query, vectors + row * world.dimension)
                        #expect(abs(Double(scores[number * count + row]) - exact) <= bound.margin(norm: norm))
                    }
                }
                withExtendedLifetime(partition) {}
            }
        }
    }

    @Test func whatStaysBelowIsRoundedDown() {
        var random = SeededRandom(6)
        for _ in 0..<500 {
            let threshold = Double(random.vector(1)[0]) * [1, 1e-40, 1e30, 1e300].randomElement(using: &random)!
            let margin = abs(threshold) * [0, 1e-9, 1e-3].randomElement(using: &random)!
            let limit = ScoreBound.below(threshold, by: margin)
            #expect(Double(limit) <= threshold - margin && Double(limit.nextUp) >= threshold - margin)
        }
        #expect(ScoreBound.below(-.infinity, by: 1) == -.infinity)
        #expect(ScoreBound.below(1, by: .infinity) == -.infinity)
        #expect(ScoreBound.below(-.infinity, by: -.infinity).isNaN)
    }

    @Test func isTightEnoughToPrune() {
        // 384 components of unit length: γ is 2.3e-5, far below the distance between neighbours of most corpora.
        let margin = ScoreBound(dimension: 384, queryNorm: 1).margin(norm: 1)
        #expect(margin > 2.2e-5 && margin < 2.4e-5)
    }

    @Test func normBoundIsAbove() {
        var random = SeededRandom(5)
        for _ in 0..<200 {
            let vector = random.vector(384, scale: [1, 1e30, 0x1p-133].randomElement(using: &random)!)
            let square = FixedOrderKernel.dot(vector, vector)
            let bound = ScoreBound.normBound(squaredNorm: square)
            #expect(bound * bound >= square && bound <= square.squareRoot() * (1 + 0x1p-29))
        }
    }
}
