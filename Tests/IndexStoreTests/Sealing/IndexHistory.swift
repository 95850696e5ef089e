import AccessControl
import Foundation
import GRDB
import Labels
import Passages
import Sealing
import TestSupport
import Testing

@testable import IndexStore

/// The files of two states of one index, and what the later one gives.
struct IndexHistory {
    let folder: TemporaryFolder
    let older: SealedFiles
    let today: SealedFiles
    let truth: FullReading

    /// After the older state a document is replaced, one gets labels of its own, one is removed, one added; a hold is
    /// released, and the keys are rotated.
    init() async throws {
        folder = try TemporaryFolder()
        var index: SQLiteIndex? = try Fixture.open(folder, pageSize: 512)
        let texts: [(String, [(level: ByteText, text: String)])] = [
            ("a", [("x", "one"), ("y", "two"), ("x", "more")]), ("b", [("y", "three"), ("x", "four")]),
            ("c", [("x", "five")]),
            ("d", [("z", "six")]),
        ]
        if let index {
            for (path, texts) in texts {
                let document = Fixture.document(index, path, texts, title: "Title \(path)")
                try await Fixture.store(document, in: index)
                try await index.take(TakenSource(id: document.source, path: path, bytes: [7], sidecar: [8]))
            }
            try await index.record(LegalHold(time: 1, scope: .subject("s"), principal: "p", reason: "r"))
        }
        index = nil
        older = try SealedFiles(folder)
        index = try Fixture.open(folder, create: false)
        if let index {
            let first = Fixture.document(index, "a", [("x", "one"), ("y", "two"), ("x", "other")], title: "New title")
            try await Fixture.store(first, in: index, contentDigest: [3])
            try await index.take(TakenSource(id: first.source, path: "a", bytes: [9], sidecar: nil))
            let second = index.keys.documentID(path: "b")
            try await index.distinguishing(
                ResourceNames([EntityReference(type: "Document", id: ByteText(second.description))]))
            try await index.remove([index.keys.documentID(path: "c")])
            try await index.commit(Fixture.document(index, "e", [("w", "seven")]))
            var hold = try #require(index.keyStore.register.holds.values.first)
            hold.release = .init(time: 2, principal: "q", confirmedBy: nil, reason: "s")
            try await index.record(hold)
            let root = try #require(try RootKeySource.file(path: Fixture.root(folder)).candidates().first)
            try index.keyStore.beginEpoch(root: root)
            _ = try index.keyStore.rewrap()
            try index.keyStore.retireEpochs()
        }
        index = nil
        today = try SealedFiles(folder)
        truth = try await FullReading(Fixture.open(folder, create: false))
        try today.put(into: folder)
    }
}
