import ArgumentParser
import Enclaves
import Foundation
import IndexStore
import QueryService
import Sealing

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy the index and its key store, sealed as they lie.",
        usage: "portcullis backup <enclave> [--json]", discussion: manual.text)

    static let manual = Manual(
        description: """
            Copies the index into `backup.folder` and the key store into `backup.key_folder` of portcullis.yaml, both as \
            of one moment, while requests go on; changes wait. Copies of the key store that are older than \
            `backup.key_days` are destroyed: until then they could bring back what is erased today.

            \(Manual.servedElsewhere)
            """,
        success: "The copies are on the disk.",
        files: [
            Manual.File.settings, Manual.File.index, Manual.File.keyStore,
            (name: "FOLDER/ENCLAVE-TIME/", what: "The index and its manifest."),
            (name: "KEY_FOLDER/ENCLAVE-TIME.keys", what: "The key store."),
        ],
        examples: [(purpose: "Every night:", command: "portcullis backup corpus/clinic")])

    @OptionGroup var arguments: EnclaveArguments
    @Flag(help: "Print JSON.") var json = false

    func run() async throws { try await arguments.run(.backUp(json: json)) }
}

struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put an index out of a backup in its place.",
        usage: """
            portcullis restore <enclave> --from <folder> [--keys-from <file>]
                [--recovery-key <file>]
            """,
        discussion: manual.text)

    static let manual = Manual(
        description: """
            The place must be empty: no index at `index` of portcullis.yaml. Where its key store is still there, that is \
            taken, and with it every erasure of today; otherwise name a copy with --keys-from. Documents whose keys are \
            gone stay behind: they were erased, or replaced since the backup, and then the next ingest reads them again.
            """,
        success: "The index is in its place and opens.",
        files: [Manual.File.settings, Manual.File.index, Manual.File.keyStore, Manual.File.rootKey],
        examples: [
            (
                purpose: "After the disk of the index was lost:",
                command: """
                portcullis restore corpus/clinic \\
                  --from backups/clinic-20261122T030000000Z
                """
            )
        ])

    @OptionGroup var arguments: EnclaveArguments
    @Option(help: "A folder that `portcullis backup` made.", completion: .directory) var from: String
    @Option(help: "A copy of the key store.", completion: .file()) var keysFrom: String?
    @Option(help: "The private recovery key, where the root key is lost.", completion: .file()) var recoveryKey: String?

    func run() async throws {
        try await Console.failing {
            try ProcessHardening.forbidDumps()
            let settings = try Enclave(folder: arguments.folder).settings
            let outcome = try await IndexRestore(path: settings.index.path, root: settings.keys.root).restore(
                URL(filePath: from), keyStore: keysFrom.map { URL(filePath: $0) },
                recoveryKey: recoveryKey.map { URL(filePath: $0) })
            print("restored \(outcome.documents) documents, \(outcome.passages) passages, of \(outcome.manifest.made)")
            if outcome.left > 0 {
                print(
                    "\(outcome.left) documents stay behind: their keys are destroyed; run `portcullis ingest` to read "
                        + "again what is still in the folder")
            }
        }
    }
}

struct Drill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Restore the newest backup to a temporary place and see whether it is whole.",
        usage: "portcullis drill <enclave> [--recovery-key <file>]", discussion: manual.text)

    static let manual = Manual(
        description: """
            Restores the newest backup with the key store of its time, opens every record, and compares numbers of \
            documents, passages and labels, the digest of all records, and the answers to sample queries with what the \
            backup says. The index in use is not touched, and nothing is left behind.
            """,
        success: "The backup gives what was backed up.",
        files: [Manual.File.settings, (name: "INDEX.drill/", what: "The temporary place.")],
        examples: [(purpose: "Every month:", command: "portcullis drill corpus/clinic")])

    @OptionGroup var arguments: EnclaveArguments
    @Option(help: "The private recovery key, to see whether it works.", completion: .file()) var recoveryKey: String?

    func run() async throws {
        try await Console.failing {
            try ProcessHardening.forbidDumps()
            let settings = try Enclave(folder: arguments.folder).settings
            guard let backup = settings.backup else { throw NoBackupPlace() }
            let clock = ContinuousClock()
            let start = clock.now
            let (folder, outcome) = try await IndexRestore.drill(
                name: settings.name, folder: backup.folder, keyFolder: backup.keyFolder, root: settings.keys.root,
                recoveryKey: recoveryKey.map { URL(filePath: $0) },
                scratch: URL(filePath: settings.index.path + IndexRestore.drillSuffix, directoryHint: .isDirectory))
            let seconds = Double((clock.now - start).components.seconds)
            print(
                """
                the backup \(folder.path(percentEncoded: false)) is whole: \(outcome.documents) documents, \
                \(outcome.passages) passages, records and sample answers as backed up; \(Int(seconds)) s
                """)
        }
    }
}
