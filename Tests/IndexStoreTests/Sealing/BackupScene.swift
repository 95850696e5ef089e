import Foundation
import Sealing
import TestSupport

@testable import IndexStore

/// An index, and the folders of its backups.
struct BackupScene {
    let folder: TemporaryFolder

    init() async throws {
        folder = try TemporaryFolder()
        try await ErasureTests.fill(Fixture.open(folder))
    }

    var backups: URL { folder.url.appending(path: "backups") }
    var keys: URL { folder.url.appending(path: "keys") }

    func open() throws -> SQLiteIndex { try Fixture.open(folder, create: false) }

    func backUp(_ index: SQLiteIndex, recoveryKey: URL? = nil, now: Date = Date()) async throws -> MadeBackup {
        try await index.backUp(
            name: "enclave", to: backups, keysTo: keys, keyDays: 30, recoveryKey: recoveryKey, now: now)
    }

    /// Restores to a place with a root key of its own.
    func restore(
        _ backup: MadeBackup, to place: TemporaryFolder, keys: URL?, recoveryKey: URL? = nil
    ) async throws -> IndexRestore.Outcome {
        try await IndexRestore(path: Fixture.path(place), root: .file(path: Fixture.root(place))).restore(
            backup.folder, keyStore: keys, recoveryKey: recoveryKey)
    }

    func drill() async throws -> IndexRestore.Outcome {
        try await IndexRestore.drill(
            name: "enclave", folder: backups, keyFolder: keys, root: .file(path: Fixture.root(folder)),
            scratch: folder.url.appending(path: "drill")
        ).outcome
    }

    /// A folder with nothing but a copy of the root key.
    func emptyPlace() throws -> TemporaryFolder {
        let place = try TemporaryFolder()
        let key = try Data(contentsOf: URL(filePath: Fixture.root(folder)))
        try SealedFiles.write(Array(key), to: Fixture.root(place))
        return place
    }

    /// Name and content of every file of the enclave but the lock.
    func files() throws -> [String: Data] { try Self.files(in: folder) }

    static func files(in folder: TemporaryFolder) throws -> [String: Data] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.url.path)
        return Dictionary(
            uniqueKeysWithValues: names.filter { !$0.hasSuffix(".lock") }.compactMap { name in
                FileManager.default.contents(atPath: folder.url.appending(path: name).path).map { (name, $0) }
            })
    }
}
