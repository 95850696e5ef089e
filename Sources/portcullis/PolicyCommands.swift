import ArgumentParser
import Enclaves
import Foundation
import QueryService

/// Policies as code: what can be checked before they are in force.
struct Policy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check, test, explain, compare and lay out policies.",
        usage: "portcullis policy <subcommand> <enclave> [<options>]",
        discussion: manual.text,
        subcommands: [PolicyCheck.self, PolicyTests.self, PolicyExplain.self, PolicyDiff.self, PolicyFormat.self])

    static let manual = Manual(
        description: """
            Policies are code: they have a checker, tests, explanations and a way to see what a change would do before \
            it is in force. Statuses fit continuous integration.
            """,
        success: "Nothing is wrong, nothing differs.",
        incomplete: "A test failed, somebody may not read something, or somebody gains or loses something.",
        files: [
            Manual.File.settings, (name: "ENCLAVE/policies/", what: "Cedar schema, policies, and their tests."),
            (name: "ENCLAVE/principals.yaml", what: "People, groups and services."),
        ],
        examples: [
            (
                purpose: "What a change of policies must pass:",
                command: """
                portcullis policy check corpus/aerospace
                portcullis policy test corpus/aerospace
                """
            )
        ])
}

struct PolicyCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Parse and strictly validate the policies of an enclave.",
        usage: "portcullis policy check <enclave> [--level <level>]",
        discussion: manual.text)

    static let manual = Manual(
        description: """
            Opens the folder as `serve` would, and says everything that is wrong with settings, schema, policies, \
            label rules and principals: file, line, column, and what to do. Warns of policies that can never apply and \
            of text that may be taken for other text. No index is needed.
            """,
        success: "The enclave can be served. There may be warnings.",
        incomplete: "It can be served, and a policy reads entities beyond the level.",
        files: [Manual.File.settings, (name: "ENCLAVE/policies/", what: "Read, with everything else of the enclave.")],
        examples: [
            (purpose: "The sample enclave:", command: "portcullis policy check corpus/aerospace"),
            (
                purpose: "That policies read no more than the entities of a request:",
                command: "portcullis policy check corpus/aerospace --level 1"
            ),
        ])

    @OptionGroup var arguments: EnclaveArguments
    @Option(help: "How many steps from the request policies may read entities.") var level: Int?

    func validate() throws {
        if let level, level < 0 { throw ValidationError("--level is \(level); it takes a number from 0 on") }
    }

    func run() throws {
        let enclave = try Console.failing { try Enclave(folder: arguments.folder) }
        for warning in enclave.warnings { Console.note("warning: \(warning)") }
        print("\(enclave.policyCount) policies are strictly valid; policy version \(enclave.policyVersion)")
        guard let level else { return }
        let problems = enclave.problems(atLevel: level)
        for problem in problems { Console.note("\(problem)") }
        if !problems.isEmpty { throw ExitCode(ExitStatus.incomplete.rawValue) }
    }
}

struct PolicyTests: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Run the policy tests of an enclave.",
        usage: "portcullis policy test <enclave> [--junit <file>]",
        discussion: manual.text)

    static let manual = Manual(
        description: """
            Decides each request of the files in policies/tests, which have the form that `cedar run-tests` reads, and \
            compares decision, determining policies and number of errors. Prints what differs, `-` for what was \
            expected and `+` for what came, and names the policies that no test has decide anything.
            """,
        success: "All tests passed.",
        incomplete: "Some failed, or there are none.",
        files: [(name: "ENCLAVE/policies/tests/*.json", what: "The tests.")],
        examples: [
            (purpose: "The sample enclave:", command: "portcullis policy test corpus/aerospace"),
            (
                purpose: "With a report for a build server:",
                command: "portcullis policy test corpus/aerospace --junit policy-tests.xml"
            ),
        ])

    @OptionGroup var arguments: EnclaveArguments
    @Option(help: ArgumentHelp("Also write the outcome as JUnit XML.", valueName: "file"), completion: .file())
    var junit: String?

    func run() throws {
        let run = try Console.failing {
            let run = try PolicyTestRun(Enclave(folder: arguments.folder))
            if let junit { try Data(PolicyTestReport(run).junit.utf8).write(to: URL(filePath: junit)) }
            return run
        }
        print(PolicyTestReport(run).text, terminator: "")
        if !run.failures.isEmpty || run.outcomes.isEmpty { throw ExitCode(ExitStatus.incomplete.rawValue) }
    }
}

struct PolicyExplain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say which policies let a person read a document, or what is missing.",
        usage: """
            portcullis policy explain <enclave> --as <person> --document <path>
                [--purpose <purpose>] [--json]
            """,
        discussion: manual.text)

    static let manual = Manual(
        description: """
            Labels the document as an ingest would and decides each of its labels for the person, who asks from this \
            machine with a second factor. Prints the policies that decided; where nothing permits, the first \
            condition that fails in each permit. Works only where portcullis.yaml says `mode: development`. Prints no \
            text of the document.

            \(Manual.servedElsewhere)
            """,
        success: "The person may read all of it.",
        incomplete: "There is something that the person may not read.",
        files: [
            Manual.File.settings,
            (name: "ENCLAVE/documents/PATH", what: "The document; PATH.label.yaml is its sidecar."),
            Manual.File.index, Manual.File.keyStore, Manual.File.lock,
        ],
        examples: [
            (
                purpose: "Why somebody does not see a report:",
                command: """
                portcullis policy explain corpus/aerospace \\
                  --as tobias.finch --purpose communications \\
                  --document projects/heron/reports/NCR-25-0417-rudder-disbond.md
                """
            )
        ])

    @OptionGroup var arguments: EnclaveArguments
    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("Who would ask: a person or service of principals.yaml.", valueName: "person"))
    var person: String
    @Option(help: ArgumentHelp("The document's path below documents/.", valueName: "path")) var document: String
    @Option(help: "The purpose of use. May be left out for those who have only one.") var purpose: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await arguments.run(.explainDecision(person: person, path: document, purpose: purpose, json: json))
    }
}

struct PolicyDiff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Say what other policies would change, for whom.",
        usage: "portcullis policy diff <enclave> <other> [--json]",
        discussion: manual.text)

    static let manual = Manual(
        description: """
            Takes the labels of the first enclave's index and decides them twice for each person and each purpose the \
            person may state: by the policies and principals of the first folder, and by those of the other one, a \
            copy with the change. Prints what would be gained and lost, with the number of passages. Everybody asks \
            from this machine with a second factor. Nothing is changed.

            \(Manual.servedElsewhere)
            """,
        success: "Nobody gains or loses anything.",
        incomplete: "Somebody does.",
        files: [
            Manual.File.settings,
            (name: "OTHER/", what: "An enclave's folder; its index and documents are not looked at."),
            Manual.File.index, Manual.File.keyStore, Manual.File.lock,
        ],
        examples: [
            (
                purpose: "What an edited copy of the sample enclave would change:",
                command: """
                cp -r corpus/aerospace edited
                portcullis policy diff corpus/aerospace edited
                """
            )
        ])

    @OptionGroup var arguments: EnclaveArguments
    @Argument(help: "The folder with the other policies and principals.", completion: .directory) var other: String
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        // The process that carries it out may have another current folder.
        let folder = URL(filePath: other, directoryHint: .isDirectory).absoluteURL.path
        try await arguments.run(.comparePolicies(folder: folder, json: json))
    }
}

struct PolicyFormat: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fmt",
        abstract: "Lay out the policy files of an enclave.",
        usage: "portcullis policy fmt <enclave> [--check]",
        discussion: manual.text)

    static let manual = Manual(
        description: """
            Rewrites policies/*.cedar with the same words and comments in one layout: a constraint of the scope a line \
            where they do not fit on one, conditions broken at their outermost operators. Laying out twice is the same \
            as once. A file that does not parse stays as it is, and so do all others then.
            """,
        success: "All files are laid out.",
        incomplete: "With --check: some are not.",
        files: [(name: "ENCLAVE/policies/*.cedar", what: "Rewritten where they differ.")],
        examples: [
            (
                purpose: "What a build server runs:", command: "portcullis policy fmt corpus/aerospace --check"
            )
        ])

    @OptionGroup var arguments: EnclaveArguments
    @Flag(help: "Change nothing; list the files that would change.") var check = false

    func run() throws {
        let layout = try Console.failing {
            let layout = try PolicyLayout(folder: arguments.folder)
            if !check { try layout.write(to: arguments.folder) }
            return layout
        }
        for change in layout.changed { print(change.file) }
        let verb = check ? "would change" : "changed"
        Console.note("\(layout.changed.count) of \(layout.fileCount) files \(verb)")
        if check && !layout.changed.isEmpty { throw ExitCode(ExitStatus.incomplete.rawValue) }
    }
}
