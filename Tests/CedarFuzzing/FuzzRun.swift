/// Draws cases, puts them to both engines, and shrinks what they differ on.
package struct FuzzRun: Sendable {
    private let generator: CaseGenerator
    private let comparison: Comparison
    /// How many cases are put to the engines at a time.
    private static let batch = 200
    /// How many disagreements are shrunk before a run ends early.
    private static let limit = 4

    package init(seed: UInt64, official: OfficialEngine) {
        generator = CaseGenerator(seed: seed)
        comparison = Comparison(official: official)
    }

    package struct Result: Sendable {
        package var tally = Comparison.Tally()
        package var disagreements: [Disagreement] = []
    }

    /// Goes on until there were so many requests, or too many disagreements.
    package func run(requests: Int, progress: (Comparison.Tally) -> Void = { _ in }) async throws -> Result {
        var result = Result()
        var next = 0
        while result.tally.requests < requests, result.disagreements.count < Self.limit {
            let drafts = (next..<(next + Self.batch)).map(generator.draft)
            next += drafts.count
            let found = try await comparison.compare(drafts, &result.tally)
            for disagreement in found.prefix(Self.limit - result.disagreements.count) {
                result.disagreements.append(try await Shrinker(comparison).shrink(disagreement))
            }
            progress(result.tally)
        }
        return result
    }
}
