import ArgumentParser
import IndexStore
import QueryService

struct Relabel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the labels of the index to the state of the rules.",
        usage: "portcullis relabel <enclave> [--dry-run] [--json]",
        discussion: manual.text)

    static let manual = Manual(
        description: """
            Takes up what changed in labels.yaml, in the schema and in sidecars, and what is gone. New documents wait \
            for `ingest`, and so do edited ones whose label is not in question. Only documents whose labels come out \
            differently are written, and no text is embedded that was embedded before. When the command ends, the next \
            request obeys.

            \(Manual.servedElsewhere)
            """,
        success: "The labels have the state of the rules.",
        incomplete: "They have, but for files that were set aside.",
        files: [
            Manual.File.settings, (name: "ENCLAVE/labels.yaml", what: "The rules."),
            (name: "ENCLAVE/documents/", what: "Read."), Manual.File.index, Manual.File.keyStore, Manual.File.lock,
        ],
        examples: [
            (
                purpose: "See what a changed rule would do, then do it:",
                command: """
                portcullis relabel corpus/aerospace --dry-run
                portcullis relabel corpus/aerospace
                """
            )
        ])

    @OptionGroup var arguments: EnclaveArguments
    @Flag(help: "Only say what would change.") var dryRun = false
    @Flag(help: "Print the summary as JSON.") var json = false

    func run() async throws {
        try await arguments.run(.ingest(.init(labelsOnly: true, isDryRun: dryRun, json: json)))
    }
}

struct Reload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put changed policies, principals and settings in force.",
        usage: "portcullis reload <enclave>",
        discussion: manual.text)

    static let manual = Manual(
        description: """
            When this ends, every request that begins is decided by what the folder says now. Where the folder does not \
            load, what is in force stays in force. Without a running `serve` nothing needs it: every command reads the \
            folder when it starts. Changed label rules need `relabel` or `ingest`.

            \(Manual.servedElsewhere)
            """,
        success: "It is in force.",
        files: [
            Manual.File.settings, (name: "ENCLAVE/policies/", what: "Read."),
            (name: "ENCLAVE/principals.yaml", what: "Read."),
        ],
        examples: [
            (
                purpose: "After somebody has left a project:", command: "portcullis reload corpus/aerospace"
            )
        ])

    @OptionGroup var arguments: EnclaveArguments

    func run() async throws {
        try await arguments.run(.reload)
    }
}

struct Watch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keep the index in step with the folder.",
        usage: "portcullis watch <enclave>",
        discussion: manual.text)

    static let manual = Manual(
        description: """
            Ingests once, and then again whenever documents, sidecars, rules, policies or principals change, until it \
            is interrupted. A mistake in a rule is reported, and what is in force stays in force. Where another command \
            has the enclave, it waits for that one to end.

            \(Manual.servedElsewhere)
            """,
        success: "It does not end by itself.",
        files: [
            Manual.File.settings, (name: "ENCLAVE/documents/", what: "Watched, and read."), Manual.File.index,
            Manual.File.keyStore, Manual.File.lock,
        ],
        examples: [(purpose: "Beside a running server:", command: "portcullis watch corpus/aerospace")])

    @OptionGroup var arguments: EnclaveArguments

    func run() async throws {
        let console = Console()
        do {
            let watcher = try EnclaveWatcher(folder: arguments.folder)
            while true {
                try await ingest(console)
                try watcher.waitForChange()
            }
        } catch {
            console.receive(.diagnostic("portcullis: \(error)\n"))
            throw ExitCode(ExitStatus.failure.rawValue)
        }
    }

    /// Says what is wrong with the folder and goes on: the next change may mend it.
    private func ingest(_ console: Console) async throws {
        while true {
            do {
                _ = try await arguments.perform(.ingest(.init()), create: true, console)
                return
            } catch IndexError.owned {
                // Another command has the enclave for a moment.
                try await Task.sleep(for: .seconds(1))
            } catch {
                console.receive(.diagnostic("portcullis: \(error)\n"))
                return
            }
        }
    }
}
