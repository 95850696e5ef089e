package import Foundation
import Glibc
import Passages
package import Sealing

/// Puts an index out of a backup in its place, with the key store of its time or the one that there is.
///
/// All of it happens in a folder beside the place; what is there in the end is whole. A document whose key the key store
/// does not have is left behind: it was erased, or replaced since, and then the next ingest reads it again.
package struct IndexRestore: Sendable {
    /// Where the index is to be.
    package let path: String
    package let root: RootKeySource

    package init(path: String, root: RootKeySource) {
        self.path = path
        self.root = root
    }

    package struct Outcome: Sendable {
        package let manifest: BackupManifest
        package let documents: Int
        package let passages: Int
        /// Documents that were left behind.
        package let left: Int
    }

    private var keyStorePath: String { KeyStore.path(ofIndex: path) }

    /// - Parameters:
    ///   - backup: A folder that `SQLiteIndex.backUp` made.
    ///   - keyStore: A copy of the key store; the one that is in its place where nil.
    ///   - recoveryKey: File of the private recovery key, where the root key is lost; the root key of the settings, made
    ///     where there is none, takes its place.
    package func restore(_ backup: URL, keyStore: URL?, recoveryKey: URL?) async throws -> Outcome {
        let lock = try EnclaveLock(indexPath: path)
        defer { withExtendedLifetime(lock) {} }
        guard !FileManager.default.fileExists(atPath: path) else { throw BackupError.occupied(path: path) }
        let hasKeyStore = FileManager.default.fileExists(atPath: keyStorePath)
        switch (keyStore, hasKeyStore) {
        case (nil, false): throw BackupError.noKeyStore(path: keyStorePath)
        case (_?, true): throw BackupError.twoKeyStores(path: keyStorePath)
        default: break
        }
        // What is in its log alone would be lost where this ends between putting the log away and the move.
        if hasKeyStore {
            let file = try DatabaseFile(.keyStore, path: keyStorePath, create: false)
            try file.close()
        }
        let folder = path + Self.restoreSuffix
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let trial = IndexRestore(path: folder + "/index.sqlite", root: root)
        let outcome = try await trial.assemble(backup, keyStore: keyStore ?? URL(filePath: keyStorePath), recoveryKey)
        // The log of a key store that is replaced is in it: its last owner closed it.
        for suffix in ["-wal", "-shm"] {
            unlink(keyStorePath + suffix)
            // Of the index that is gone.
            unlink(path + suffix)
        }
        try move(trial.keyStorePath, to: keyStorePath)
        try move(trial.path, to: path)
        return outcome
    }

    private func move(_ draft: String, to path: String) throws(IndexError) {
        do {
            try DurableFile.move(draft, to: path)
        } catch {
            throw .file(path: error.path, reason: error.reason)
        }
    }

    /// Restores the newest backup to a folder that is removed afterwards, and compares what it gives with its manifest.
    ///
    /// - Returns: The folder of the backup, and what was compared.
    package static func drill(
        name: String, folder: URL, keyFolder: URL, root: RootKeySource, recoveryKey: URL? = nil, scratch: URL
    ) async throws -> (backup: URL, outcome: Outcome) {
        let (backup, keyStore) = try newest(name: name, folder: folder, keyFolder: keyFolder)
        if FileManager.default.fileExists(atPath: scratch.path) {
            let lock = try drillLock(scratch)
            try FileManager.default.removeItem(at: scratch)
            withExtendedLifetime(lock) {}
        }
        try FileManager.default.createDirectory(
            at: scratch, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let lock = try drillLock(scratch)
        defer {
            try? FileManager.default.removeItem(at: scratch)
            withExtendedLifetime(lock) {}
        }
        // Where the root key is lost, a drill must not put another one in its place.
        let root = recoveryKey == nil ? root : .file(path: scratch.appending(path: "root.key").path)
        let trial = IndexRestore(path: scratch.appending(path: "index.sqlite").path, root: root)
        let outcome = try await trial.assemble(backup, keyStore: keyStore, recoveryKey)
        let expected = outcome.manifest
        let index = try trial.open(expected)
        defer { try? index.close() }
        let found = try await index.newManifest(made: Date())
        for (what, expected, found) in [
            ("enclave", expected.enclave, found.enclave), ("documents", "\(expected.documents)", "\(found.documents)"),
            ("passages", "\(expected.passages)", "\(found.passages)"),
            ("labels", "\(expected.labels)", "\(found.labels)"),
            ("digest of all records", expected.records, found.records),
            ("answers to sample queries", expected.samples, found.samples),
        ] where expected != found {
            throw BackupError.differs(path: backup.path, what: what, expected: expected, found: found)
        }
        if let problem = try await index.integrityProblems().first {
            throw BackupError.damaged(path: backup.path, what: problem)
        }
        return (backup, outcome)
    }

    private static func newest(name: String, folder: URL, keyFolder: URL) throws -> (URL, URL) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        // Another enclave's name may begin with this one's.
        let stamps = names.filter { $0.hasPrefix(name + "-") }.map { String($0.dropFirst(name.count + 1)) }
            .filter(SQLiteIndex.isStamp)
        guard let stamp = stamps.max() else { throw BackupError.none(path: folder.path) }
        return (folder.appending(path: "\(name)-\(stamp)"), keyFolder.appending(path: "\(name)-\(stamp).keys"))
    }

    // MARK: - Steps

    /// Copies both files to `path` and opens them there once, so that they fit each other.
    private func assemble(_ backup: URL, keyStore: URL, _ recoveryKey: URL?) async throws -> Outcome {
        let manifest = try BackupManifest.read(in: backup)
        try copy(backup.appending(path: "index.sqlite"), to: path)
        // The copy of a live key store's log has what is not in its file yet.
        for suffix in ["", "-wal"]
        where suffix.isEmpty || FileManager.default.fileExists(atPath: keyStore.path + suffix) {
            try copy(URL(filePath: keyStore.path + suffix), to: keyStorePath + suffix)
        }
        if let recoveryKey {
            let sealed = URL(filePath: keyStore.path + ".recovery")
            guard let data = FileManager.default.contents(atPath: sealed.path) else {
                throw BackupError.damaged(
                    path: sealed.path, what: "it is missing; the backup was made without a recovery key")
            }
            try KeyStore.recover(indexPath: path, data, privateKeyFile: recoveryKey.path, root: root)
        }
        let index = try open(manifest, isRestored: true)
        let snapshot = index.snapshot()
        let documents = try await index.documentList().count
        try index.close()
        return Outcome(
            manifest: manifest, documents: documents, passages: snapshot.passageCount,
            left: max(0, manifest.documents - documents))
    }

    private func open(_ manifest: BackupManifest, isRestored: Bool = false) throws -> SQLiteIndex {
        try SQLiteIndex(
            path: path, model: manifest.model, dimension: manifest.dimension, create: false,
            keys: .init(root, makesKeys: false), isRestored: isRestored, keepsVectors: false)
    }

    private func copy(_ source: URL, to path: String) throws {
        do {
            try DurableFile.copy(source.path, to: path)
        } catch {
            guard error.path != source.path else {
                throw BackupError.damaged(path: source.path, what: "it is missing or cannot be read")
            }
            throw IndexError.file(path: error.path, reason: error.reason)
        }
    }
}

// MARK: - What an interruption leaves

extension IndexRestore {
    private static let restoreSuffix = ".restore"
    package static let drillSuffix = ".drill"

    /// Held for as long as a drill works in its folder.
    private static func drillLock(_ scratch: URL) throws(IndexError) -> EnclaveLock {
        try EnclaveLock(indexPath: scratch.appending(path: "drill").path)
    }

    /// Removes what a restore or drill that was killed has left beside an index: it has keys, which an erasure that comes
    /// later would not reach. For who has the lock of the index, so that no restore is under way; a drill may be.
    static func removeLeftovers(beside path: String) throws(IndexError) {
        let drill = URL(filePath: path + drillSuffix, directoryHint: .isDirectory)
        var left = [path + restoreSuffix]
        let lock = FileManager.default.fileExists(atPath: drill.path) ? try? drillLock(drill) : nil
        if lock != nil { left.append(drill.path) }
        for folder in left where FileManager.default.fileExists(atPath: folder) {
            do {
                try FileManager.default.removeItem(atPath: folder)
            } catch {
                throw .file(path: folder, reason: "it is left of a restore or drill, and cannot be removed")
            }
        }
        withExtendedLifetime(lock) {}
    }
}
