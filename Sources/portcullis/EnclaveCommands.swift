import ArgumentParser
import QueryService
import Retrieval

struct Ingest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the index to the state of the documents folder.",
        usage: "portcullis ingest <enclave> [--take] [--anew] [--dry-run] [--json]",
        discussion: manual.text)

    static let manual = Manual(
        description: """
            Reads policies, principals and label rules anew, then the documents: Markdown, text, HTML, PDF, DOCX, CSV, \
            JSON Lines and mail. What did not change is passed over, and what is gone leaves the index. A file that \
            cannot be read, that no label rule matches, or that holds a payment card number is set aside with its \
            reason and is not searchable. Makes the index where there is none.

            With --take, a file and its sidecar leave the folder when the index holds them, sealed; rules that change are \
            applied to what it holds. A file of several documents stays.

            Each document is committed by itself; what was done before an interruption stays done. \
            \(Manual.servedElsewhere)
            """,
        success: "The index has the state of the folder.",
        incomplete: "It has, but for files that were set aside.",
        files: [
            Manual.File.settings, (name: "ENCLAVE/documents/", what: "Read."), Manual.File.index, Manual.File.keyStore,
            Manual.File.lock,
        ],
        examples: [
            (
                purpose: "The sample enclave, in which one file is meant to be set aside:",
                command: "portcullis ingest corpus/aerospace"
            ),
            (
                purpose: "What would change, and which markings would become which:",
                command: "portcullis ingest corpus/aerospace --dry-run"
            ),
            (
                purpose: "The paths that were set aside:",
                command: "portcullis ingest corpus/aerospace --json | jq -r '.set_aside[].path'"
            ),
        ])

    @OptionGroup var arguments: EnclaveArguments
    @Flag(help: "Remove files from the folder once the index holds them.") var take = false
    @Flag(help: "Begin again where the index is lost: destroys the keys of what it held.") var anew = false
    @Flag(help: "Only say what would change.") var dryRun = false
    @Flag(help: "Print the summary as JSON.") var json = false

    func run() async throws {
        try await arguments.run(
            .ingest(.init(isDryRun: dryRun, takes: take, json: json)), create: true, beginsAnew: anew)
    }
}

struct Retrieve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask a question as one of the enclave's people (development only).",
        usage: """
            portcullis retrieve <enclave> <question> --as <person>
                [--purpose <purpose>] [-k <count>] [--min-score <score>]
                [--filter <json>] [--mode <mode>] [--diversity <share>]
                [--collapse-duplicates] [--snippets] [--json]
            """,
        discussion: manual.text)

    static let manual = Manual(
        description: """
            Decides which labels the person may read, searches the passages of those labels alone, and prints the best \
            ones with markings and citations. The person asks from this machine, with a second factor. Works only \
            where portcullis.yaml says `mode: development`.

            \(Manual.servedElsewhere)
            """,
        success: "There is an answer, if only an empty one.",
        files: [Manual.File.settings, Manual.File.index, Manual.File.keyStore, Manual.File.lock],
        environment: [Manual.Variable.noColor],
        examples: [
            (
                purpose: "Two people, two answers:",
                command: """
                portcullis retrieve corpus/aerospace --as lena.hartwig \\
                  --purpose engineering "How hot do we cure a bonded rudder?"
                portcullis retrieve corpus/aerospace --as tobias.finch \\
                  --purpose engineering "How hot do we cure a bonded rudder?"
                """
            ),
            (
                purpose: "The best public passage, as the query service gives it:",
                command: """
                portcullis retrieve corpus/aerospace --as priya.raman \\
                  --purpose engineering -k 1 --json --filter \\
                  '{"type": "eq", "key": "classification", "value": "public"}' \\
                  "How large is the autoclave?"
                """
            ),
        ])

    @OptionGroup var arguments: EnclaveArguments
    @Argument(help: "The question.") var question: String
    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("Who asks: a person or service of principals.yaml.", valueName: "person"))
    var person: String
    @Option(help: "The purpose of use. May be left out by those who have only one.") var purpose: String?
    @Option(name: .customShort("k"), help: ArgumentHelp("The most passages to print.", valueName: "count"))
    var count = 5
    @Option(help: ArgumentHelp("Leave out passages with a lower score, from -1 to 1.", valueName: "score"))
    var minScore: Double?
    @Option(
        help: ArgumentHelp(
            "Narrow by visible attributes: a JSON object with type (eq ne gt gte lt lte in nin and or), key and value.",
            valueName: "json"))
    var filter: String?
    @Option(
        help: ArgumentHelp("How to search: \(SearchMode.names).", valueName: "mode"),
        transform: { name in
            guard let mode = SearchMode(name: name) else {
                throw ValidationError("\(name) is no mode; the modes are \(SearchMode.names)")
            }
            return mode
        })
    var mode = SearchMode.hybrid
    @Option(
        help: ArgumentHelp("Let results differ from each other, from 0 (by score alone) to 1.", valueName: "share"))
    var diversity = 0.0
    @Flag(help: "Leave out what says nearly the same as a better result.") var collapseDuplicates = false
    @Flag(help: "Print the stretch of each passage that matches best.") var snippets = false
    @Flag(help: "Print the answer as JSON, as the query service gives it.") var json = false

    func run() async throws {
        let options = SearchOptions(
            mode: mode, diversity: diversity, collapsesDuplicates: collapseDuplicates, hasSnippets: snippets)
        try await arguments.run(
            .retrieve(
                .init(
                    person: person, question: question, count: count, purpose: purpose, filter: filter,
                    minimumScore: minScore, options: options, json: json, page: Console.page)))
    }
}

struct Labels: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the distinct labels of an index with their passage counts.",
        usage: "portcullis labels <enclave> [--json]",
        discussion: manual.text)

    static let manual = Manual(
        description: """
            Prints every label that passages bear: how many there are of each, its marking, and all its attributes. \
            Nobody's clearance applies; this is for administrators. No text is printed.

            \(Manual.servedElsewhere)
            """,
        success: "The list was printed.",
        files: [Manual.File.settings, Manual.File.index, Manual.File.keyStore, Manual.File.lock],
        examples: [
            (purpose: "All labels of the sample enclave:", command: "portcullis labels corpus/aerospace"),
            (
                purpose: "How many passages are CUI:",
                command: """
                portcullis labels corpus/aerospace --json |
                  jq '[.labels[] | select(.marking | startswith("CUI")) | .passages]
                      | add'
                """
            ),
        ])

    @OptionGroup var arguments: EnclaveArguments
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await arguments.run(.labels(json: json))
    }
}

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say which rule gave which attribute of a document's label.",
        usage: "portcullis explain <enclave> <path> [--json]",
        discussion: manual.text)

    static let manual = Manual(
        description: """
            Labels the document as an ingest would, and prints for each attribute the lines of labels.yaml, the front \
            matter, the sidecar and the portion marks that shaped it. Changes nothing, and prints no text of the \
            document.

            \(Manual.servedElsewhere)
            """,
        success: "The label was explained.",
        files: [
            Manual.File.settings, (name: "ENCLAVE/labels.yaml", what: "The rules."),
            (name: "ENCLAVE/documents/PATH", what: "The document; PATH.label.yaml is its sidecar."),
        ],
        examples: [
            (
                purpose: "A document of the sample enclave with portion marks:",
                command: """
                portcullis explain corpus/aerospace \\
                  projects/heron/reports/NCR-25-0417-rudder-disbond.md
                """
            )
        ])

    @OptionGroup var arguments: EnclaveArguments
    @Argument(help: "The document's path below documents/.") var path: String
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await arguments.run(.explain(path: path, json: json))
    }
}

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the integrity of the index file.",
        usage: "portcullis check <enclave> [--json]",
        discussion: manual.text)

    static let manual = Manual(
        description: """
            Reads the whole file: every page, every index against its table, every reference between tables. Changes \
            nothing. `portcullis doctor` takes a quicker look.

            \(Manual.servedElsewhere)
            """,
        success: "The index is sound.",
        incomplete: "It is not; standard output says what is wrong.",
        files: [Manual.File.settings, Manual.File.index, Manual.File.keyStore, Manual.File.lock],
        examples: [(purpose: "After a disk was full or failed:", command: "portcullis check corpus/aerospace")])

    @OptionGroup var arguments: EnclaveArguments
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await arguments.run(.check(json: json))
    }
}
