import ArgumentParser
import IndexStore
import Ingest
import QueryService

struct Ingest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the index to the state of the documents folder.",
        discussion: """
            Reads Markdown, text, HTML and PDF. Files that did not change are passed over; files that are gone leave the \
            index. A file that cannot be read or labelled is set aside with its reason, and the exit status is 3.
            """)

    @OptionGroup var arguments: EnclaveArguments
    @Flag(help: "Only say what would change.") var dryRun = false
    @Flag(help: "Print the summary as JSON.") var json = false

    func run() async throws {
        try await arguments.run(.ingest(.init(isDryRun: dryRun, json: json)), create: true)
    }
}

struct Relabel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the labels of the index to the state of the rules.",
        discussion: """
            Takes up what changed in labels.yaml, in the schema and in sidecars. New and changed documents wait for \
            `ingest`, which does all of this too. Nothing is embedded again that was embedded under the same text.

            Example:
              portcullis relabel corpus/aerospace --dry-run
            """)

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
        discussion: """
            When this returns, every request that begins is decided by what the folder says now. Where the folder does \
            not load, what is in force stays in force. Without a running `serve` there is nothing to do: every command \
            reads the folder when it starts.

            Example:
              portcullis reload corpus/aerospace
            """)

    @OptionGroup var arguments: EnclaveArguments

    func run() async throws {
        try await arguments.run(.reload)
    }
}

struct Watch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keep the index in step with the folder.",
        discussion: """
            Ingests once, and then again whenever documents, sidecars, rules, policies or principals change, until it is \
            interrupted. A mistake in a rule is reported, and what is in force stays in force.

            Example:
              portcullis watch corpus/aerospace
            """)

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

struct Retrieve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask a question as one of the enclave's people (development only).",
        discussion: """
            Example:
              portcullis retrieve corpus/aerospace --as NAME --purpose engineering "What torque do the bolts take?"
            """)

    @OptionGroup var arguments: EnclaveArguments
    @Argument(help: "The question.") var question: String
    @Option(name: .customLong("as"), help: "Whose clearance applies: a person or service of principals.yaml.")
    var person: String
    @Option(help: "The purpose of use; may be left out by those who have only one.") var purpose: String?
    @Option(name: .customShort("k"), help: "How many passages.") var count = 5
    @Option(help: "Leave out passages with a lower score.") var minScore: Double?
    @Option(help: #"Narrow by visible attributes, as JSON: {"type":"eq","key":"classification","value":"public"}"#)
    var filter: String?
    @Flag(help: "Print the answer as JSON, as the query service gives it.") var json = false

    func run() async throws {
        try await arguments.run(
            .retrieve(
                .init(
                    person: person, question: question, count: count, purpose: purpose, filter: filter,
                    minimumScore: minScore, json: json, page: Console.page)))
    }
}

struct Labels: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the distinct labels of an index with their passage counts.")

    @OptionGroup var arguments: EnclaveArguments
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await arguments.run(.labels(json: json))
    }
}

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say which rule gave which attribute of a document's label.",
        discussion: """
            Example:
              portcullis explain corpus/aerospace projects/falcon/torque.md
            """)

    @OptionGroup var arguments: EnclaveArguments
    @Argument(help: "The document's path below the documents folder.") var path: String
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await arguments.run(.explain(path: path, json: json))
    }
}

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the integrity of the index file.",
        discussion: "Reads the whole file. The exit status is 3 where something is wrong.")

    @OptionGroup var arguments: EnclaveArguments
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await arguments.run(.check(json: json))
    }
}
