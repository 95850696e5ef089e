import ArgumentParser
import QueryService

struct Ingest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the index to the state of the documents folder.",
        discussion: """
            Reads Markdown, text, HTML and PDF. Files that did not change are passed over; files that are gone leave the \
            index. A file that cannot be read or labelled is set aside with its reason, and the exit status is 3.
            """)

    @OptionGroup var arguments: EnclaveArguments
    @Flag(help: "Print the summary as JSON.") var json = false

    func run() async throws {
        try await arguments.run(.ingest(json: json), create: true)
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
