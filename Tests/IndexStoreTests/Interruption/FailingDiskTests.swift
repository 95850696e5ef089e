import CFaultFileLayer
import Foundation
import Labels
import TestSupport
import Testing

@testable import IndexStore

@Suite("A failure of each operation on the disk")
struct FailingDiskTests {
    private struct Outcome {
        var failure = ""
        var problems: [String] = []
        var isReported = false
    }

    /// Runs the workload with a disk that fails, mends it after the first error, goes on with the same index where it is
    /// open, and cuts the power at the end.
    ///
    /// - Returns: nil where the workload has fewer operations.
    private func run(
        _ states: [IndexFileContents], failingAt operation: Int, _ kind: fault_kind, _ code: fault_code
    ) async throws -> Outcome? {
        let folder = try TemporaryFolder()
        let layer = try FaultLayer(folder)
        layer.arm(kind, code, at: operation)
        var outcome = Outcome()
        var index: SQLiteIndex?

        func mend(_ error: any Error, state: IndexFileContents) async throws {
            outcome.isReported = true
            outcome.failure = layer.failure
            layer.disarm()
            if !Self.isClear(error, folder) { outcome.problems.append("not clear: \(error)") }
            if index == nil { index = try IndexWorkload.open(folder) }
            let problem = try await IndexWorkload.problem(index, allowed: [state])
            if let problem { outcome.problems.append("after the failure: \(problem)") }
        }

        do { index = try IndexWorkload.open(folder) } catch { try await mend(error, state: states[0]) }
        for (number, change) in IndexWorkload.changes.enumerated() {
            let before = index.map { MemoryImage($0.snapshot()) }
            do {
                try await IndexWorkload.perform(change, on: &index, in: folder)
            } catch {
                let after = index.map { MemoryImage($0.snapshot()) }
                if after != nil && after != before { outcome.problems.append("what is served changed") }
                try await mend(error, state: states[number])
                if case .reopen = change { continue }
                try await IndexWorkload.perform(change, on: &index, in: folder)
            }
        }
        guard layer.hasFailed || outcome.isReported else { return nil }
        if !outcome.isReported { outcome.failure = layer.failure }
        let end = try await IndexWorkload.problem(index, allowed: states.suffix(1))
        if let end { outcome.problems.append("at the end: \(end)") }

        // Pages that a failed sync left behind may be gone by now; nothing must rest on them.
        layer.arm(FAULT_POWER_CUT, at: 1)
        index = nil
        try layer.crash(FAULT_KEEP_SYNCED)
        index = try IndexWorkload.open(folder)
        let problem = try await IndexWorkload.problem(index, allowed: states.suffix(1))
        if let problem { outcome.problems.append("after a power cut: \(problem)") }
        return outcome
    }

    private static func isClear(_ error: any Error, _ folder: TemporaryFolder) -> Bool {
        guard let error = error as? IndexError, "\(error)".contains(Fixture.path(folder)) else { return false }
        return switch error {
        case .full, .disk, .file: true
        default: false
        }
    }

    @Test(
        "A change that fails leaves what was; the index goes on, and nothing is lost",
        arguments: [
            ("once", FAULT_ONCE, FAULT_CODE_IO), ("with a full disk", FAULT_FROM_THEN_ON, FAULT_CODE_FULL),
        ])
    func everyOperation(how: String, kind: fault_kind, code: fault_code) async throws {
        let states = try await IndexWorkload.states()
        let (step, seed) = (IndexWorkload.step, SeededGenerator.newSeed("everyOperation, failing \(how)"))
        var operation = 1 + Int(seed % UInt64(step))
        var reported = 0
        while let outcome = try await run(states, failingAt: operation, kind, code) {
            #expect(outcome.problems.isEmpty, "failing \(how): operation \(operation), \(outcome.failure)")
            if outcome.isReported { reported += 1 }
            operation += step
        }
        print("failing \(how): to operation \(operation - step), \(reported) reported")
        #expect(reported > operation / step / 2)
    }

    @Test("A full disk and a failing one are named, each with what to do")
    func messages() async throws {
        for (code, phrase) in [(FAULT_CODE_FULL, "make room"), (FAULT_CODE_IO, "disk's fault")] {
            let folder = try TemporaryFolder()
            let layer = try FaultLayer(folder)
            let index = try Fixture.open(folder)
            layer.arm(FAULT_FROM_THEN_ON, code, at: 1)
            let document = Fixture.document(index, "secret plan.md", [("open", "a text that no message may repeat")])
            do {
                try await index.commit(document)
                Issue.record("committed to a disk that fails")
            } catch {
                let message = "\(error)"
                #expect(message.contains(phrase) && message.contains(Fixture.path(folder)))
                #expect(!message.contains("no message may repeat") && !message.contains("plan"))
            }
            #expect(index.snapshot().passageCount == 0)
            layer.disarm()
            try await index.commit(document)
            #expect(index.snapshot().passageCount == 1)
        }
    }
}
