import Foundation
import GRDB
import Labels
import Passages
import Sealing
import Synchronization
import TestSupport
import Testing

@testable import IndexStore

@Suite("Backups, and what is restored of them")
struct BackupTests {
    @Test("It is made while requests read, says what it holds, and gives that with the keys of its time")
    func whole() async throws {
        let scene = try await BackupScene()
        let index = try scene.open()
        let contents = try await FullReading(index)
        let isFinished = Mutex(false)
        async let readings = Self.read(index) { isFinished.withLock { $0 } }
        let backup = try await scene.backUp(index)
        isFinished.withLock { $0 = true }
        #expect(Set(try await readings).count == 1)
        let snapshot = index.snapshot()
        #expect(backup.manifest.documents == 6 && backup.manifest.passages == 7 && backup.manifest.labels == 3)
        #expect(backup.manifest.generation == snapshot.generation && backup.manifest.model == Fixture.model)
        #expect(index.keyStore.register.backups.values.map(\.time) == [backup.keyBackup.time])
        for path in [backup.folder.path + "/index.sqlite", backup.folder.path + "/manifest.json", backup.keyStore.path]
        {
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600, "\(path)")
        }
        let place = try scene.emptyPlace()
        let outcome = try await scene.restore(backup, to: place, keys: backup.keyStore)
        #expect(outcome.documents == 6 && outcome.passages == 7 && outcome.left == 0)
        let restored = try Fixture.open(place, create: false)
        #expect(try await FullReading(restored) == contents)
        #expect(try await restored.integrityProblems().isEmpty)
        #expect(restored.keyStore.register.backups.count == 1)
        let names = try FileManager.default.contentsOfDirectory(atPath: place.url.path)
        #expect(!names.contains { $0.hasSuffix(".restore") || $0.hasSuffix(".new") })
        // It goes on from there.
        try await restored.commit(Fixture.document(restored, "new", [("x", "new")]))
    }

    /// The passages that each of several readings found.
    private static func read(_ index: SQLiteIndex, until isFinished: @Sendable () -> Bool) async throws -> [[String]] {
        var readings: [[String]] = []
        repeat { readings.append(try await Contents(index.snapshot()).passages) } while !isFinished()
        return readings
    }

    @Test("With the key store of today, what was replaced since is left behind, and what was erased does not come back")
    func today() async throws {
        let scene = try await BackupScene()
        var index: SQLiteIndex? = try scene.open()
        let backup = try await scene.backUp(#require(index))
        let contents = try await IndexFileContents(#require(index))
        try await #require(index).commit(Fixture.document(#require(index), "b", [("x", "three")]))
        try await ErasureTests.erase([try #require(index).keys.documentID(path: "c")], of: #require(index))
        try await #require(index).commit(Fixture.document(#require(index), "later", [("x", "later")]))
        // As after the end of a process: the erasure stands in the log of the key store alone.
        let place = try scene.emptyPlace()
        for suffix in ["", "-wal"] {
            let bytes = try Data(contentsOf: URL(filePath: Fixture.path(scene.folder) + ".keys" + suffix))
            try SealedFiles.write(Array(bytes), to: Fixture.path(place) + ".keys" + suffix)
        }
        index = nil
        // One that does not come about leaves it what it knows.
        let broken = MadeBackup(
            folder: scene.folder.url.appending(path: "none"), keyStore: backup.keyStore, manifest: backup.manifest,
            keyBackup: backup.keyBackup, expired: 0)
        await #expect(throws: BackupError.notABackup(path: broken.folder.path)) {
            try await scene.restore(broken, to: place, keys: nil)
        }
        let outcome = try await scene.restore(backup, to: place, keys: nil)
        #expect(outcome.left == 2 && outcome.documents == 4)
        let restored = try Fixture.open(place, create: false)
        #expect(
            try await IndexFileContents(restored).documents
                == contents.documents.filter { !["b", "c"].contains($0.key) })
        #expect(restored.keyStore.register.erasures.count == 1)
        let erased = Fixture.document(restored, "c", [("y", "four")])
        #expect(restored.refusal(of: erased) != nil)
        // Of what was left behind nothing says that it was dealt with.
        let replaced = restored.keys.documentID(path: "b")
        #expect(try await restored.sources()[replaced] == nil)
    }

    @Test("Where the root key is lost, the recovery key opens it under another one")
    func recovery() async throws {
        let scene = try await BackupScene()
        let recovery = scene.folder.url.appending(path: "recovery.pem")
        try RecoveryKey.make(at: recovery.path)
        var index: SQLiteIndex? = try scene.open()
        let contents = try await FullReading(#require(index))
        let backup = try await scene.backUp(#require(index), recoveryKey: URL(filePath: recovery.path + ".pub"))
        let plain = try await scene.backUp(#require(index), now: Date().addingTimeInterval(10))
        index = nil
        let place = try TemporaryFolder()
        await #expect(throws: IndexError.noRootKey(source: "file \(Fixture.root(place))")) {
            try await scene.restore(backup, to: place, keys: backup.keyStore)
        }
        await #expect(throws: BackupError.self) {
            try await scene.restore(plain, to: place, keys: plain.keyStore, recoveryKey: recovery)
        }
        #expect(try BackupScene.files(in: place) == [:])
        let outcome = try await scene.restore(backup, to: place, keys: backup.keyStore, recoveryKey: recovery)
        #expect(outcome.left == 0)
        let restored = try Fixture.open(place, create: false)
        #expect(try await FullReading(restored) == contents)
        #expect(
            try Data(contentsOf: URL(filePath: Fixture.root(place)))
                != Data(contentsOf: URL(filePath: Fixture.root(scene.folder))))
        #expect(try restored.keyStore.status().epochs.map(\.roots.count) == [1])
    }

    // MARK: - Refusals

    @Test("An occupied place, no key store and two of them are refused, and nothing is touched")
    func refusals() async throws {
        let scene = try await BackupScene()
        let backup = try await scene.backUp(scene.open())
        var before = try scene.files()
        await #expect(throws: BackupError.occupied(path: Fixture.path(scene.folder))) {
            try await scene.restore(backup, to: scene.folder, keys: nil)
        }
        #expect(try scene.files() == before)
        try FileManager.default.removeItem(atPath: Fixture.path(scene.folder))
        before["index.sqlite"] = nil
        await #expect(throws: BackupError.twoKeyStores(path: Fixture.path(scene.folder) + ".keys")) {
            try await scene.restore(backup, to: scene.folder, keys: backup.keyStore)
        }
        #expect(try scene.files() == before)
        let place = try scene.emptyPlace()
        let empty = try BackupScene.files(in: place)
        await #expect(throws: BackupError.noKeyStore(path: Fixture.path(place) + ".keys")) {
            try await scene.restore(backup, to: place, keys: nil)
        }
        #expect(try BackupScene.files(in: place) == empty)
        // The log of an index that is gone is not taken for the log of what is restored.
        try scene.folder.write("a log of something else", to: "index.sqlite-wal")
        #expect(try await scene.restore(backup, to: scene.folder, keys: nil).documents == 6)
        #expect(try await scene.open().integrityProblems().isEmpty)
    }

    @Test("A restore that was killed half-way is done again")
    func killed() async throws {
        let scene = try await BackupScene()
        let backup = try await scene.backUp(scene.open())
        let contents = try await FullReading(scene.open())
        let whole = try scene.emptyPlace()
        _ = try await scene.restore(backup, to: whole, keys: backup.keyStore)
        let done = try SealedFiles(whole)
        for isKeyStoreThere in [false, true] {
            let place = try scene.emptyPlace()
            for name in ["index.sqlite", "index.sqlite.keys", "index.sqlite.keys-wal", "index.sqlite-wal.new"] {
                try place.write("half of it", to: "index.sqlite.restore/\(name)")
            }
            if isKeyStoreThere { try SealedFiles.write(done.keyStore, to: Fixture.path(place) + ".keys") }
            _ = try await scene.restore(backup, to: place, keys: isKeyStoreThere ? nil : backup.keyStore)
            #expect(try await FullReading(Fixture.open(place, create: false)) == contents)
            #expect(!FileManager.default.fileExists(atPath: Fixture.path(place) + ".restore"))
        }
    }

    @Test("Copies of the key store that are past their time are destroyed with the next backup, and their records too")
    func expiry() async throws {
        let scene = try await BackupScene()
        let index = try scene.open()
        let start = Date(timeIntervalSince1970: 1_900_000_000)
        let first = try await scene.backUp(index, now: start)
        let second = try await scene.backUp(index, now: start.addingTimeInterval(20 * 86_400))
        #expect(first.expired == 0 && second.expired == 0 && index.keyStore.register.backups.count == 2)
        await #expect(throws: BackupError.self) { try await scene.backUp(index, now: start) }
        let third = try await scene.backUp(index, now: start.addingTimeInterval(31 * 86_400))
        #expect(third.expired == 1)
        #expect(Set(index.keyStore.register.backups.keys) == [second.keyBackup.id, third.keyBackup.id])
        let names = try FileManager.default.contentsOfDirectory(atPath: scene.keys.path).sorted()
        #expect(names == [second, third].map(\.keyStore.lastPathComponent).sorted())
    }

    @Test("What a killed backup left of a copy of the keys goes with it, and a copy in a folder of before too")
    func leftDrafts() async throws {
        let scene = try await BackupScene()
        let index = try scene.open()
        let start = Date(timeIntervalSince1970: 1_900_000_000)
        let first = try await scene.backUp(index, now: start)
        for suffix in [".new", ".new-wal", ".new-journal", ".recovery.new", ".recovery"] {
            try Data("keys".utf8).write(to: URL(filePath: first.keyStore.path + suffix))
        }
        let elsewhere = scene.folder.url.appending(path: "elsewhere")
        func later(_ days: Double) async throws -> MadeBackup {
            try await index.backUp(
                name: "enclave", to: scene.backups, keysTo: elsewhere, keyDays: 30, recoveryKey: nil,
                now: start.addingTimeInterval(days * 86_400))
        }
        // A folder that is not there may come back with what it has.
        let away = scene.folder.url.appending(path: "away")
        try FileManager.default.moveItem(at: scene.keys, to: away)
        #expect(try await later(31).expired == 0)
        #expect(index.keyStore.register.backups[first.keyBackup.id] != nil)
        try FileManager.default.moveItem(at: away, to: scene.keys)
        #expect(try await later(32).expired == 1)
        #expect(index.keyStore.register.backups[first.keyBackup.id] == nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scene.keys.path).isEmpty)
    }

    @Test("What a killed restore or drill left beside an index is removed when it opens, a drill under way is not")
    func leftFolders() async throws {
        let scene = try await BackupScene()
        let path = Fixture.path(scene.folder)
        func leave() throws {
            for folder in [".restore", ".drill"] {
                try scene.folder.write("keys", to: "index.sqlite\(folder)/index.sqlite.keys")
            }
        }
        func isThere(_ folder: String) -> Bool { FileManager.default.fileExists(atPath: path + folder) }
        try leave()
        try scene.open().close()
        #expect(!isThere(".restore") && !isThere(".drill"))
        try leave()
        var drill: EnclaveLock? = try EnclaveLock(indexPath: path + ".drill/drill")
        try scene.open().close()
        #expect(!isThere(".restore") && isThere(".drill"))
        withExtendedLifetime(drill) {}
        drill = nil
        try scene.open().close()
        #expect(!isThere(".drill"))
    }

    @Test("An index that is lost is not begun anew by opening it")
    func lost() async throws {
        let scene = try await BackupScene()
        let path = Fixture.path(scene.folder)
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        #expect(throws: IndexError.self) { try Fixture.open(scene.folder) }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("A folder that cannot be made, and a disk without room, are named, and no copy of a key stays")
    func unusable() async throws {
        let scene = try await BackupScene()
        let index = try scene.open()
        let file = try scene.folder.write("a file", to: "file")
        for (backups, keys) in [(file, scene.keys), (scene.backups, file)] {
            do {
                _ = try await index.backUp(name: "e", to: backups, keysTo: keys, keyDays: 1, recoveryKey: nil)
                Issue.record("a backup was made into a file")
            } catch {
                #expect((error as? IndexError).map { "\($0)".contains(file.path) } == true, "\(error)")
            }
        }
        // Where the copy of the key store fails, nothing of it is left.
        do {
            _ = try await index.backUp(
                name: "e", to: scene.backups, keysTo: scene.keys, keyDays: 1, recoveryKey: file)
            Issue.record("a file of text was taken for a public key")
        } catch {
            #expect("\(error)".contains(file.path))
        }
        #expect(((try? FileManager.default.contentsOfDirectory(atPath: scene.backups.path)) ?? []).isEmpty)
        let left = (try? FileManager.default.contentsOfDirectory(atPath: scene.keys.path)) ?? []
        #expect(left.isEmpty, "\(left)")
        #expect(try await index.documentList().count == 6)
    }
}
