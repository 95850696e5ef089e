import CFaultFileLayer
import Foundation
import Labels
import Passages
import TestSupport
import Testing

@testable import IndexStore

@Suite("An erasure that is interrupted")
struct InterruptedErasureTests {
    private struct Scene {
        let work: InterruptedWork
        let before: IndexFileContents
        let remains: ErasureRemains

        /// Without what is erased: the document a, and one of the members of the file f.
        var after: [String: [String]] { before.documents.filter { !["a", "f#1"].contains($0.key) } }
    }

    private func scene() async throws -> Scene {
        let folder = try TemporaryFolder()
        var index: SQLiteIndex? = try Fixture.open(folder, pageSize: 1_024)
        try await ErasureTests.fill(#require(index))
        let erased = Self.erased(try #require(index))
        let before = try await IndexFileContents(#require(index))
        let remains = try ErasureRemains(of: erased, levels: ["own"], in: #require(index))
        index = nil
        let work = InterruptedWork(files: try SealedFiles(folder), origin: folder) { index, _ in
            try await ErasureTests.erase(Self.erased(index), of: index)
        }
        return Scene(work: work, before: before, remains: remains)
    }

    private static func erased(_ index: SQLiteIndex) -> [DocumentID] {
        [index.keys.documentID(path: "a"), ErasureTests.member(index, "1").id]
    }

    /// Opens what is left: all of the erasure or none of it, and all where it was acknowledged or is on record.
    ///
    /// - Returns: Whether it is erased.
    private func check(_ scene: Scene, _ outcome: InterruptedWork.Outcome, _ what: String) async throws -> Bool {
        let index = try Fixture.open(outcome.folder, create: false)
        let contents = try await IndexFileContents(index).documents
        let isErased = contents == scene.after
        #expect(isErased || contents == scene.before.documents, "\(what): \(contents.keys.sorted())")
        let erasures = index.keyStore.register.erasures.values
        #expect(erasures.isEmpty != isErased, "\(what)")
        #expect(isErased || !outcome.isAcknowledged, "\(what)")
        #expect(try await index.integrityProblems().isEmpty, "\(what)")
        #expect(try await index.takenPaths().count == (isErased ? 0 : 1), "\(what)")
        guard isErased else {
            try await ErasureTests.erase(Self.erased(index), of: index)
            #expect(try await IndexFileContents(index).documents == scene.after, "\(what)")
            #expect(try scene.remains.found(in: outcome.folder) == [:], "\(what)")
            return false
        }
        #expect(!erasures.contains { !$0.isComplete }, "\(what)")
        #expect(try scene.remains.found(in: outcome.folder) == [:], "\(what)")
        #expect(index.snapshot().partitions.values.allSatisfy { $0.bearers > 0 }, "\(what)")
        return true
    }

    @Test(
        "After a power cut nothing of it was done, or all of it is when the index opens",
        arguments: [
            ("only what was synced", FAULT_KEEP_SYNCED), ("some sectors", FAULT_KEEP_SOME), ("all", FAULT_KEEP_ALL),
        ])
    func powerCut(kept: String, keep: fault_keep) async throws {
        let seed = SeededGenerator.newSeed("powerCut, keeping \(kept)")
        let scene = try await scene()
        let step = keep == FAULT_KEEP_SYNCED ? 1 : 3
        var operation = 1 + Int(seed % UInt64(step))
        var (erased, acknowledged) = (0, 0)
        while let outcome = try await scene.work.cut(at: operation, keep: keep, seed: seed &+ UInt64(operation)) {
            let what = "keeping \(kept): operation \(operation), \(outcome.failure)"
            if try await check(scene, outcome, what) { erased += 1 }
            if outcome.isAcknowledged { acknowledged += 1 }
            operation += step
        }
        print(
            "erasure, keeping \(kept): to operation \(operation - step), \(erased) erased, \(acknowledged) acknowledged"
        )
        #expect(operation > 60 && erased > acknowledged && erased < operation / step)
    }

    @Test(
        "After an operation that failed the index goes on, and its next change finishes what was begun",
        arguments: [false, true])
    func failing(isLasting: Bool) async throws {
        let seed = SeededGenerator.newSeed("failing, lasting \(isLasting)")
        let scene = try await scene()
        let step = 2
        var operation = 1 + Int(seed % UInt64(step))
        var (erased, reported) = (0, 0)
        while true {
            var problem: String?
            let outcome = try await scene.work.fail(at: operation, isLasting: isLasting) { index, error in
                // From the first step on the error says that it is erased, and before that it is not.
                let isBegun = !index.keyStore.register.erasures.isEmpty
                if !(isBegun ? error is UnfinishedErasure : error is IndexError) { problem = "\(error)" }
                // Who asks what there is, as before the next erasure, need not wait for a change either.
                if (operation / step).isMultiple(of: 2) {
                    let listed = try await index.summaries().count
                    if ![scene.after.count, scene.before.documents.count].contains(listed) {
                        problem = "\(listed) listed"
                    }
                }
                // Where its keys were destroyed, nobody could read it or replace it until this.
                let new = Fixture.document(index, "new", [("x", "new")])
                try await index.commit(new)
                let contents = try await IndexFileContents(index).documents.filter { $0.key != "new" }
                if contents != scene.after && contents != scene.before.documents {
                    problem = "\(contents.keys.sorted())"
                }
                try await index.remove([new.id])
            }
            guard let outcome else { break }
            let what = "lasting \(isLasting): operation \(operation), \(outcome.failure)"
            #expect(problem == nil, "\(what)")
            if try await check(scene, outcome, what) { erased += 1 }
            if !outcome.isAcknowledged { reported += 1 }
            operation += step
        }
        print(
            "erasure, failing, lasting \(isLasting): to operation \(operation - step), "
                + "\(reported) reported, \(erased) erased"
        )
        #expect(reported > operation / step / 2 && erased > 0)
    }
}
