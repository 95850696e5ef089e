import CFaultFileLayer
import Foundation
import GRDB
import Labels
import Passages
import Sealing
import TestSupport
import Testing

@testable import IndexStore

@Suite("Rotation of keys")
struct RotationTests {
    /// The steps of a rotation of root key and epoch, as the service makes them, with few keys at a time.
    private struct Rotation {
        let keyStore: KeyStore
        let source: RootKeySource

        init(_ index: SQLiteIndex, _ folder: TemporaryFolder) {
            keyStore = index.keyStore
            source = .file(path: Fixture.root(folder))
        }

        static let steps: [@Sendable (Rotation) throws -> Void] = [
            { _ = try $0.source.makeNext() },
            { try $0.keyStore.addRoot($0.last()) },
            { try $0.source.adoptNext() },
            { try $0.keyStore.removeRoots(except: $0.last()) },
            { try $0.keyStore.beginEpoch(root: $0.last()) },
            { _ = try $0.keyStore.rewrap(limit: 2) },
            { _ = try $0.keyStore.rewrap(limit: 2) },
            { while try $0.keyStore.rewrap(limit: 2) > 0 {} },
            { try $0.keyStore.retireEpochs() },
        ]

        func last() throws -> RootKey { try #require(try source.candidates().last) }

        func all() throws { for step in Self.steps { try step(self) } }

        /// Ends what was interrupted: the new root key is taken where it wrapped every epoch.
        func finish() throws {
            let (roots, status) = (try source.candidates(), try keyStore.status())
            let id = try last().id().description
            if status.epochs.allSatisfy({ $0.roots.contains(id) }) {
                if roots.count > 1 { try source.adoptNext() }
                try keyStore.removeRoots(except: last())
            }
            while try keyStore.rewrap(limit: 2) > 0 {}
            try keyStore.retireEpochs()
        }
    }

    private func filled() async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let index = try Fixture.open(folder, pageSize: 1_024)
        try await ErasureTests.fill(index)
        try await index.record(LegalHold(time: 1, scope: .subject("s"), principal: "p", reason: "r"))
        return folder
    }

    /// The bytes of every wrapped key of the key store.
    private func wraps(_ index: SQLiteIndex) throws -> [Data] {
        try index.keyStore.file.pool.read { db in
            try Data.fetchAll(db, sql: "SELECT wrapped FROM data_keys UNION SELECT wrapped FROM epoch_wraps")
        }
    }

    /// The files in which each of them stands.
    private func found(_ wraps: [Data], in folder: TemporaryFolder) throws -> [String] {
        let files = try FileManager.default.contentsOfDirectory(at: folder.url, includingPropertiesForKeys: nil)
        let contents = files.map { ($0.lastPathComponent, FileManager.default.contents(atPath: $0.path) ?? Data()) }
        return wraps.flatMap { wrap in
            contents.compactMap { name, content in
                content.range(of: wrap).map { "\(name), byte \($0.lowerBound) of \(content.count)" }
            }
        }
    }

    /// One epoch under one root key, and every document.
    private func checkIsWhole(_ folder: TemporaryFolder, _ contents: IndexFileContents, _ what: String) async throws {
        let index = try Fixture.open(folder, create: false)
        #expect(try await IndexFileContents(index) == contents, "\(what)")
        #expect(index.keyStore.register.holds.count == 1, "\(what)")
        try Rotation(index, folder).finish()
        let old = try wraps(index)
        // Whatever state it was in, the next rotation comes to its end.
        try Rotation(index, folder).all()
        let status = try index.keyStore.status()
        #expect(status.epochs.count == 1 && status.epochs.first?.roots.count == 1 && status.waiting == 0, "\(what)")
        #expect(!FileManager.default.fileExists(atPath: Fixture.root(folder) + ".new"), "\(what)")
        let left = try found(old, in: folder)
        #expect(left == [], "\(what)")
        #expect(try await index.integrityProblems().isEmpty, "\(what)")
    }

    @Test("While the index is read and written, and after it every document opens and nothing of the old keys is left")
    func whileServing() async throws {
        let folder = try await filled()
        var index: SQLiteIndex? = try Fixture.open(folder, create: false)
        let old = try wraps(#require(index))
        #expect(try found(old, in: folder).count == old.count)
        let firstRoot = try Data(contentsOf: URL(filePath: Fixture.root(folder)))
        try await withThrowingTaskGroup(of: Void.self) { [index] group in
            let index = try #require(index)
            group.addTask {
                for number in 0..<40 {
                    try await index.commit(Fixture.document(index, "new \(number % 5)", [("x", "number \(number)")]))
                }
            }
            group.addTask {
                for _ in 0..<40 {
                    do { _ = try await IndexFileContents(index) } catch IndexError.outdated { continue }
                }
            }
            group.addTask {
                for _ in 0..<6 {
                    try Rotation(index, folder).all()
                    await Task.yield()
                }
            }
            try await group.waitForAll()
        }
        try Rotation(#require(index), folder).finish()
        let contents = try await IndexFileContents(#require(index))
        #expect(contents.documents.count == 11)
        let status = try #require(index).keyStore.status()
        #expect(status.epochs.map(\.epoch) == [7] && status.waiting == 0 && status.epochs[0].roots.count == 1)
        #expect(try found(old, in: folder) == [])
        #expect(try Data(contentsOf: URL(filePath: Fixture.root(folder))) != firstRoot)
        index = nil
        #expect(try await IndexFileContents(Fixture.open(folder, create: false)) == contents)
        #expect(try found(old, in: folder) == [])
        // The old root key opens nothing any more.
        try firstRoot.write(to: URL(filePath: Fixture.root(folder)))
        #expect(throws: IndexError.self) { try Fixture.open(folder, create: false) }
    }

    @Test("It can stop after each step, and a document that comes then is kept")
    func stopping() async throws {
        let origin = try await filled()
        let files = try SealedFiles(origin)
        for count in 0...Rotation.steps.count {
            let folder = try files.copied(withRootOf: origin)
            var index: SQLiteIndex? = try Fixture.open(folder, create: false)
            for step in Rotation.steps.prefix(count) { try step(Rotation(#require(index), folder)) }
            try await #require(index).commit(Fixture.document(#require(index), "b", [("new", "in the middle")]))
            let contents = try await IndexFileContents(#require(index))
            index = nil
            try await checkIsWhole(folder, contents, "after \(count) steps")
        }
    }

    // MARK: - Interruptions

    private func work() async throws -> (InterruptedWork, IndexFileContents) {
        let origin = try await filled()
        let contents = try await IndexFileContents(Fixture.open(origin, create: false))
        let work = InterruptedWork(files: try SealedFiles(origin), origin: origin) { index, folder in
            try Rotation(index, folder).all()
        }
        return (work, contents)
    }

    @Test(
        "After a power cut at any operation every document opens, and the next rotation comes to its end",
        arguments: [("only what was synced", FAULT_KEEP_SYNCED), ("some sectors", FAULT_KEEP_SOME)])
    func powerCut(kept: String, keep: fault_keep) async throws {
        let seed = SeededGenerator.newSeed("powerCut, keeping \(kept)")
        let (work, contents) = try await work()
        let step = keep == FAULT_KEEP_SYNCED ? 1 : 3
        var operation = 1 + Int(seed % UInt64(step))
        while let outcome = try await work.cut(at: operation, keep: keep, seed: seed &+ UInt64(operation)) {
            let what = "keeping \(kept): operation \(operation), \(outcome.failure)"
            try await checkIsWhole(outcome.folder, contents, what)
            operation += step
        }
        print("rotation, keeping \(kept): to operation \(operation - step)")
        #expect(operation > 60)
    }

    @Test("After an operation that failed it can be done again, in the same process", arguments: [false, true])
    func failing(isLasting: Bool) async throws {
        let seed = SeededGenerator.newSeed("failing, lasting \(isLasting)")
        let (work, contents) = try await work()
        let step = 3
        var operation = 1 + Int(seed % UInt64(step))
        var reported = 0
        while true {
            let outcome = try await work.fail(at: operation, isLasting: isLasting) { index, error in
                reported += 1
                #expect(error is IndexError, "operation \(operation): \(error)")
                let found = try await IndexFileContents(index)
                #expect(found == contents, "operation \(operation)")
            }
            guard let outcome else { break }
            let what = "lasting \(isLasting): operation \(operation), \(outcome.failure)"
            try await checkIsWhole(outcome.folder, contents, what)
            operation += step
        }
        print("rotation, failing, lasting \(isLasting): to operation \(operation - step), \(reported) reported")
        #expect(reported > operation / step / 2)
    }
}
