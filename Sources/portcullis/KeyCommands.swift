import ArgumentParser
import Enclaves
import Foundation
import IndexStore
import QueryService
import Sealing

struct Keys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make, show and rotate the keys of an enclave.",
        usage: "portcullis keys <subcommand> <enclave> [<options>]",
        discussion: manual.text,
        subcommands: [KeysInit.self, KeysStatus.self, KeysRotate.self, KeysRecovery.self])

    static let manual = Manual(
        description: """
            A root key wraps a few epoch keys, and an epoch key wraps one key for each document. Wrapped keys lie in the \
            key store beside the index; the root key lies where `keys.root` in portcullis.yaml says. Destroying the key \
            of a document erases it.
            """,
        success: "It was done.",
        files: [Manual.File.settings, Manual.File.keyStore, Manual.File.rootKey],
        examples: [
            (purpose: "The keys of the sample clinic:", command: "portcullis keys status corpus/clinic"),
            (purpose: "A new epoch:", command: "portcullis keys rotate corpus/clinic"),
        ])
}

struct KeysInit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make the root key and the key store of a new enclave.",
        usage: "portcullis keys init <enclave>", discussion: manual.text)

    static let manual = Manual(
        description: """
            Makes a root key where `keys.root` in portcullis.yaml says, unless there is one: 32 random bytes in a file of \
            mode 600, or a key in a PKCS#11 token that never leaves it. Then it makes the key store beside the index. \
            In development, ingest does this by itself.
            """,
        success: "There are a root key and a key store.",
        files: [Manual.File.settings, Manual.File.keyStore, Manual.File.rootKey],
        examples: [(purpose: "Before the first ingest in production:", command: "portcullis keys init corpus/clinic")])

    @OptionGroup var arguments: EnclaveArguments

    func run() async throws {
        try Console.failing {
            try ProcessHardening.forbidDumps()
            let settings = try Enclave(folder: arguments.folder).settings
            let made = try KeyStore.initialize(indexPath: settings.index.path, root: settings.keys.root)
            print("root key: \(settings.keys.root.name), \(made.root)")
            print("key store: \(made.path)")
        }
    }
}

struct KeysStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show root key, epochs and how many data keys each has.",
        usage: "portcullis keys status <enclave> [--json]", discussion: manual.text)

    static let manual = Manual(
        description: "Prints names and numbers, no key.\n\n\(Manual.servedElsewhere)",
        success: "It was printed.", files: [Manual.File.settings, Manual.File.keyStore],
        examples: [(purpose: "The keys of the sample clinic:", command: "portcullis keys status corpus/clinic")])

    @OptionGroup var arguments: EnclaveArguments
    @Flag(help: "Print JSON.") var json = false

    func run() async throws { try await arguments.run(.keyStatus(json: json)) }
}

struct KeysRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Wrap all data keys under a new epoch key, or a new root key too.",
        usage: "portcullis keys rotate <enclave> [--root]", discussion: manual.text)

    static let manual = Manual(
        description: """
            Begins a new epoch, wraps every data key under it and retires the old ones; with --root a new root key wraps \
            the epochs first. Documents and vectors stay as they are, and requests go on. What a kill interrupts, the \
            next `rotate` or `serve` goes on with.

            A root key in a file is replaced in its place. One in a token stays there beside the new one. A credential \
            comes from the service manager: pass the new one under its name with `.new` behind it, rotate, then pass it \
            under its name.

            \(Manual.servedElsewhere)
            """,
        success: "All data keys are of the newest epoch.",
        files: [Manual.File.settings, Manual.File.keyStore, Manual.File.rootKey],
        examples: [
            (
                purpose: "After somebody left who could read the key:",
                command: "portcullis keys rotate corpus/clinic --root"
            )
        ])

    @OptionGroup var arguments: EnclaveArguments
    @Flag(help: "Make a new root key too.") var root = false

    func run() async throws { try await arguments.run(.rotateKeys(root: root)) }
}

struct KeysRecovery: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recovery", abstract: "Make a recovery key for backups.",
        usage: "portcullis keys recovery <file>", discussion: manual.text)

    static let manual = Manual(
        description: """
            Makes a pair: the private key in FILE, for a safe, and the public one in FILE.pub, which `backup: \
            {recovery_key: …}` in portcullis.yaml names. Backups made with it can be restored when the root key is lost.
            """,
        success: "Both files were made.", files: [(name: "FILE, FILE.pub", what: "PEM, P-256.")],
        examples: [(purpose: "On a machine that is not the server:", command: "portcullis keys recovery recovery.pem")])

    @Argument(help: "Where the private key is to be.", completion: .file()) var file: String

    func run() async throws {
        try Console.failing {
            try RecoveryKey.make(at: file)
            print("private key: \(file)\npublic key: \(file).pub")
        }
    }
}
