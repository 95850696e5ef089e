import Enclaves
import Foundation
import IndexStore
import Sealing

extension CommandRunner {
    /// Keys and backups.
    func keys(
        _ command: ControlCommand, _ emit: @escaping @Sendable (ControlEvent) -> Void
    ) async throws -> ExitStatus {
        let settings = engine.current.enclave.settings
        let keyStore = engine.index.keyStore
        switch command {
        case .keyStatus(let json):
            let status = try keyStore.status()
            emit(.output(json ? try Self.json(status) : KeyPage.text(status, source: settings.keys.root)))
            return .success
        case .rotateKeys(let root):
            try await engine.rotateKeys { rotation in
                try await rotation.run(root: root) { done, total in
                    emit(.progress(done: done, total: total, path: "data keys"))
                }
            }
            let status = try keyStore.status()
            emit(.output(KeyPage.text(status, source: settings.keys.root)))
            return .success
        case .backUp(let json):
            guard let backup = settings.backup else { throw NoBackupPlace() }
            let made = try await engine.index.backUp(
                name: settings.name, to: backup.folder, keysTo: backup.keyFolder, keyDays: backup.keyDays,
                recoveryKey: backup.recoveryKey)
            emit(.output(json ? try Self.json(BackupReport(made)) : BackupReport(made).text))
            return .success
        default: preconditionFailure("no command about keys")
        }
    }
}

/// Settings without a place for backups.
package struct NoBackupPlace: Error, CustomStringConvertible {
    package init() {}

    package var description: String {
        "portcullis.yaml names no place for backups; add `backup: {folder: PATH, key_folder: PATH}`, the second one on "
            + "another disk"
    }
}
