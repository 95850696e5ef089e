import Foundation
import GRDB
import Labels
import Passages
import Sealing
import TestSupport
import Testing

@testable import IndexStore

@Suite("Drills of a restore")
struct DrillTests {
    @Test("Labels that nothing bears any more do not make a sound backup look damaged")
    func unusedLabels() async throws {
        let scene = try await BackupScene()
        let index = try scene.open()
        let document = Fixture.document(index, "b", [("rare", "two")])
        try await index.commit(document)
        try await index.commit(Fixture.document(index, "b", [("own", "two")]))
        #expect(index.snapshot().partitions.values.contains { $0.bearers == 0 })
        _ = try await scene.backUp(index)
        #expect(try await scene.drill().documents == 6)
    }

    @Test("A drill with the recovery key puts no root key anywhere, and takes no other enclave's backup")
    func recovery() async throws {
        let scene = try await BackupScene()
        let recovery = scene.folder.url.appending(path: "recovery.pem")
        try RecoveryKey.make(at: recovery.path)
        let index = try scene.open()
        _ = try await scene.backUp(index, recoveryKey: URL(filePath: recovery.path + ".pub"))
        _ = try await index.backUp(
            name: "enclave-east", to: scene.backups, keysTo: scene.keys, keyDays: 30, recoveryKey: nil,
            now: Date().addingTimeInterval(1_000))
        try index.close()
        let root = Fixture.root(scene.folder)
        try FileManager.default.removeItem(atPath: root)
        let found = try await IndexRestore.drill(
            name: "enclave", folder: scene.backups, keyFolder: scene.keys, root: .file(path: root),
            recoveryKey: recovery, scratch: scene.folder.url.appending(path: "drill"))
        #expect(found.outcome.documents == 6 && !found.backup.lastPathComponent.contains("east"))
        #expect(!FileManager.default.fileExists(atPath: root))
    }

    @Test("A drill gives what was backed up, and says what differs where it does not")
    func drill() async throws {
        let scene = try await BackupScene()
        await #expect(throws: BackupError.none(path: scene.backups.path)) { try await scene.drill() }
        let backup = try await scene.backUp(scene.open())
        #expect(try await scene.drill().documents == 6)
        #expect(!FileManager.default.fileExists(atPath: scene.folder.url.appending(path: "drill").path))
        let (copy, manifest) = (
            backup.folder.appending(path: "index.sqlite"), backup.folder.appending(path: "manifest.json")
        )
        let (whole, said) = (try Data(contentsOf: copy), try String(contentsOf: manifest, encoding: .utf8))
        func failure() async -> String {
            do {
                _ = try await scene.drill()
                return "none"
            } catch {
                return "\(error)"
            }
        }
        // One byte within each kind of sealed body.
        for (table, place) in [
            ("passages", "passage"), ("headings", "heading"), ("documents", "document"),
            ("vectors", "the vectors of document"),
            ("labels", "label"), ("taken", "file"),
        ] {
            let body = try await DatabaseQueue(path: copy.path).read { db in
                try #require(try Data.fetchOne(db, sql: "SELECT body FROM \(table)"))
            }
            var changed = whole
            let start = try #require(changed.range(of: body)).lowerBound
            changed[start + 20] ^= 4
            try changed.write(to: copy)
            let message = await failure()
            #expect(message.contains(place) && message.contains("damaged"), "\(table): \(message)")
            try whole.write(to: copy)
        }
        for (field, what) in [
            ("documents", "documents"), ("passages", "passages"), ("labels", "labels"), ("enclave", "enclave"),
            ("records", "digest of all records"), ("samples", "answers to sample queries"),
        ] {
            let changed = said.replacing(try Regex("\"\(field)\" : (\"?)[0-9a-f]")) { match in
                "\"\(field)\" : " + (match.output[1].substring ?? "") + (match.0.last == "9" ? "8" : "9")
            }
            #expect(changed != said)
            try Data(changed.utf8).write(to: manifest)
            let message = await failure()
            #expect(message.contains("does not give what was backed up: \(what)"), "\(field): \(message)")
        }
        try Data(said.utf8).write(to: manifest)
        #expect(await failure() == "none")
        try FileManager.default.removeItem(at: backup.keyStore)
        #expect(await failure().contains(backup.keyStore.lastPathComponent))
    }
}
