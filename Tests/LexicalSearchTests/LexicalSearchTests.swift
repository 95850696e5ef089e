import TestSupport
import Testing

@testable import LexicalSearch

@Suite("Lexical search")
struct LexicalSearchTests {
    @Test("Hits and scores are those of brute force, bit for bit, after any changes", arguments: 0..<16)
    func equalsBruteForce(world number: Int) {
        var world = World(UInt64(100 + number), partitions: [1, 3, 8, 40][number % 4])
        for _ in 0..<25 {
            for _ in 0..<world.random.below(6) { world.change() }
            let (query, permitted) = (world.query(), world.permitted())
            let expected = world.oracle.hits(query, permitting: permitted)
            let plan = LexicalPlan(world.index, permitting: permitted)
            let resolved = ResolvedQuery(query, in: plan)
            #expect(plan.count == world.oracle.passages.count { permitted.contains($0.partition) })
            #expect(resolved.best(1000) == expected)
            let limit = world.random.below(5)
            #expect(resolved.best(limit) == Array(expected.prefix(limit)))
            let all = world.oracle.passages
            let scores = resolved.scores(of: all.map { ($0.key, $0.partition) })
            for (passage, score) in zip(all, scores) {
                let hit = expected.first { $0.key == passage.key && $0.partition == passage.partition }
                #expect(score == hit?.score ?? 0)
            }
            #expect(expected.allSatisfy { $0.score <= resolved.upperBound * (1 + 1e-12) })
        }
    }

    @Test("An index of everything answers as one of the permitted passages alone", arguments: 0..<8)
    func isBlindToHiddenPassages(world number: Int) {
        var world = World(UInt64(200 + number), partitions: 8)
        for _ in 0..<20 {
            for _ in 0..<world.random.below(10) { world.change() }
            let permitted = world.permitted()
            let all = LexicalPlan(world.index, permitting: permitted)
            let alone = LexicalPlan(world.indexOfPermitted(permitted), permitting: permitted)
            for _ in 0..<5 {
                let query = world.query()
                let (first, second) = (ResolvedQuery(query, in: all), ResolvedQuery(query, in: alone))
                #expect(first.best(7) == second.best(7))
                #expect(first.documentFrequencies == second.documentFrequencies)
                #expect(first.upperBound.bitPattern == second.upperBound.bitPattern)
            }
        }
    }

    @Test(
        "The check against brute force sees each mistake that lets hidden passages in", arguments: Oracle.Fault.allCases
    )
    func seesPlantedFaults(fault: Oracle.Fault) {
        var world = World(300, partitions: 6)
        var caught = 0
        for _ in 0..<60 {
            world.change()
            let (query, permitted) = (world.query(), world.permitted())
            let hits = ResolvedQuery(query, in: LexicalPlan(world.index, permitting: permitted)).best(5)
            if hits != world.oracle.hits(query, permitting: permitted, limit: 5, fault: fault) { caught += 1 }
        }
        #expect(caught > 0)
    }

    @Test(
        "The check of everything against the permitted alone sees each of them too",
        arguments: [Oracle.Fault.frequenciesOfAll, .averageLengthOfAll, .limitBeforeFilter])
    func seesPlantedInterference(fault: Oracle.Fault) {
        var world = World(301, partitions: 6)
        var (caught, caughtWithout) = (0, 0)
        for _ in 0..<60 {
            world.change()
            let (query, permitted) = (world.query(), world.permitted())
            let alone = Oracle(world.permittedAlone(permitted))
            let (all, limit) = (world.oracle, 5)
            if all.hits(query, permitting: permitted, limit: limit, fault: fault)
                != alone.hits(query, permitting: permitted, limit: limit, fault: fault)
            {
                caught += 1
            }
            if all.hits(query, permitting: permitted, limit: limit)
                != alone.hits(query, permitting: permitted, limit: limit)
            {
                caughtWithout += 1
            }
        }
        #expect(caught > 0 && caughtWithout == 0)
    }

    /// Rows in several windows and blocks, with permitted stretches of every length.
    @Test("Many rows under many labels answer as brute force does, before and after a compaction")
    func equalsBruteForceOnManyRows() {
        var random = SeededRandom(600)
        var documents: [LexicalDocument] = []
        for number in 0..<9000 {
            let text = (0..<1 + random.below(4)).map { _ in World.words[random.skewed(World.words.count)] }
            let partition = random.below(4) == 0 ? Int32(0) : Int32(random.below(300))
            let key = LexicalKey(high: UInt64(number % 17), low: UInt64(number))
            documents.append(
                LexicalDocument(
                    key: key, passages: [.init(key: key, partition: partition, text: text.joined(separator: " "))]))
        }
        var index = LexicalIndex()
        for start in stride(from: 0, to: documents.count, by: 3000) {
            index.insert(Array(documents[start..<start + 3000]))
        }
        let oracle = Oracle(documents)
        var compacted = index
        compacted.install(index.fullCompaction()!.run())
        #expect(index.segmentCount == 3 && compacted.segmentCount == 1)
        for share in [1, 10, 150, 300] {
            let permitted = Array((0..<Int32(300)).shuffled(using: &random).prefix(share))
            let query = LexicalQuery("the records of auditing ac-2(3) \(share == 10 ? "\"the access\"" : "")")
            let expected = oracle.hits(query, permitting: permitted, limit: 20)
            for generation in [index, compacted] {
                #expect(ResolvedQuery(query, in: LexicalPlan(generation, permitting: permitted)).best(20) == expected)
            }
        }
    }
}
