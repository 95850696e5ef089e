import CFaultFileLayer
import Foundation
import TestSupport
import Testing

@testable import IndexStore

@Suite("A power cut at each operation on the disk")
struct PowerCutTests {
    /// What became of one run that was cut off.
    private struct Outcome {
        var acknowledged = 0
        /// The operation.
        var failure = ""
        var problems: [String] = []
    }

    /// Runs the workload until its `operation`-th operation, cuts the power there, opens what is left, and finishes.
    ///
    /// - Returns: nil where it has fewer operations.
    private func run(
        _ states: [IndexFileContents], cutAt operation: Int, keep: fault_keep, seed: UInt64, ignoringSyncs: Bool = false
    ) async throws -> Outcome? {
        let folder = try TemporaryFolder()
        let layer = try FaultLayer(folder)
        layer.ignoresSyncs = ignoringSyncs
        layer.arm(FAULT_POWER_CUT, at: operation)
        var acknowledged = 0
        var index: SQLiteIndex?
        do {
            index = try IndexWorkload.open(folder)
            for change in IndexWorkload.changes {
                try await IndexWorkload.perform(change, on: &index, in: folder)
                acknowledged += 1
            }
        } catch {}
        index = nil
        guard layer.hasFailed else { return nil }
        var outcome = Outcome(acknowledged: acknowledged, failure: layer.failure)
        try layer.crash(keep, seed: seed)
        layer.ignoresSyncs = false

        // What was acknowledged is there; the change that was under way is there wholly or not at all.
        let allowed = states[acknowledged...].prefix(2)
        do {
            index = try IndexWorkload.open(folder)
            if let problem = try await IndexWorkload.problem(index, allowed: allowed) {
                outcome.problems.append(problem)
            }
            let isUndone = try await IndexFileContents(try #require(index)) == states[acknowledged]
            for change in IndexWorkload.changes.dropFirst(isUndone ? acknowledged : acknowledged + 1) {
                try await IndexWorkload.perform(change, on: &index, in: folder)
            }
            if let problem = try await IndexWorkload.problem(index, allowed: states.suffix(1)) {
                outcome.problems.append("at the end: \(problem)")
            }
        } catch {
            outcome.problems.append("\(error)")
        }
        return outcome
    }

    @Test(
        "Nothing acknowledged is lost, no document is half there, and the work can be finished",
        arguments: [
            ("only what was synced", FAULT_KEEP_SYNCED), ("some sectors", FAULT_KEEP_SOME), ("all", FAULT_KEEP_ALL),
        ])
    func everyOperation(kept: String, keep: fault_keep) async throws {
        let seed = SeededGenerator.newSeed("everyOperation, keeping \(kept)")
        let states = try await IndexWorkload.states()
        var operation = 1 + Int(seed % UInt64(IndexWorkload.step))
        var movedAfter: Set<Int> = []
        while let outcome = try await run(states, cutAt: operation, keep: keep, seed: seed &+ UInt64(operation)) {
            #expect(
                outcome.problems.isEmpty,
                "keeping \(kept): operation \(operation), \(outcome.failure), after \(outcome.acknowledged) changes")
            if outcome.failure.hasSuffix("index.sqlite") { movedAfter.insert(outcome.acknowledged) }
            operation += IndexWorkload.step
        }
        print("keeping \(kept): to operation \(operation - IndexWorkload.step)")
        // A change writes several pages; the log was moved into the file when it was closed and in between.
        #expect(operation > 10 * IndexWorkload.changes.count)
        #expect(movedAfter.count >= 3, "\(movedAfter)")
    }

    @Test("A disk that lies about its syncs is noticed by the same check")
    func ignoredSyncs() async throws {
        let states = try await IndexWorkload.states()
        var noticed = 0
        var operation = 1
        while let outcome = try await run(
            states, cutAt: operation, keep: FAULT_KEEP_SYNCED, seed: 0, ignoringSyncs: true)
        {
            // Before a change is acknowledged there is nothing to lose.
            #expect(outcome.problems.isEmpty == (outcome.acknowledged == 0), "operation \(operation)")
            if !outcome.problems.isEmpty { noticed += 1 }
            operation += 41
        }
        #expect(noticed > 5)
    }
}
