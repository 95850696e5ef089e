import CedarCases
import CedarFuzzing
import Foundation
import Testing

/// Random cases, put to our engine and to the official one.
///
/// `CEDAR_DIFFERENTIAL_SEED` and `CEDAR_DIFFERENTIAL_REQUESTS` in the environment ask for other cases, or for more.
@Suite struct DifferentialTests {
    static let isInstalled = OfficialEngine.installed != nil
    static let absence: Comment =
        "skipped: the official engine is not installed; `.ci/setup cedarpy` does it, or name a Python in CEDAR_PEER_PYTHON"

    private static func number<Number: LosslessStringConvertible>(_ name: String, else fixed: Number) -> Number {
        ProcessInfo.processInfo.environment[name].flatMap { Number($0) } ?? fixed
    }

    @Test("Both engines say the same of random cases", .enabled(if: isInstalled, absence))
    func agreement() async throws {
        let seed = Self.number("CEDAR_DIFFERENTIAL_SEED", else: UInt64(20_260_101))
        let requests = Self.number("CEDAR_DIFFERENTIAL_REQUESTS", else: 3_600)
        print("CEDAR_DIFFERENTIAL_SEED=\(seed)")
        let start = ContinuousClock.now
        let run = FuzzRun(seed: seed, official: try #require(OfficialEngine.installed))
        let result = try await run.run(requests: requests) { tally in
            if requests > 50_000, tally.cases % 5_000 == 0 { print("\(tally)") }
        }
        print("\(result.tally), in \(ContinuousClock.now - start)")
        for disagreement in result.disagreements { Issue.record("seed \(seed): \(disagreement)") }
        // What the cases must reach, so that agreement means something.
        let tally = result.tally
        #expect(tally.requests >= requests || !result.disagreements.isEmpty)
        #expect(tally.decided > tally.requests / 2)
        #expect(tally.allowed > tally.requests / 20)
        #expect(tally.forbidden > tally.requests / 50)
        #expect(tally.byLink > tally.requests / 500)
        #expect(tally.withErrors > tally.requests / 200)
        #expect(tally.valid > tally.cases / 5)
        #expect(tally.invalid > tally.cases / 20)
        #expect(tally.unreadable > tally.cases / 20)
    }

    @Test("The same seed draws the same cases, another seed others")
    func repeatable() {
        let lines = (0..<20).map { CaseGenerator(seed: 7).draft($0).line }
        #expect(lines == (0..<20).map { CaseGenerator(seed: 7).draft($0).line })
        #expect(lines != (0..<20).map { CaseGenerator(seed: 8).draft($0).line })
        #expect(Set(lines).count == 20)
    }

    @Test("Every case that is drawn is a line of a file of cases")
    func readable() throws {
        for number in 0..<200 {
            let draft = CaseGenerator(seed: 9).draft(number)
            let test = try PolicyCase(line: Array(draft.line.utf8))
            #expect(test.requests.count == draft.requestCount)
        }
    }
}
