import ArgumentParser
import CedarCases
import Foundation
import QueryService

/// Commands about the policy language alone, without an enclave.
struct CedarCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cedar",
        abstract: "Put cases to the policy language, without an enclave.",
        usage: "portcullis cedar <command> [<options>]",
        discussion: manual.text,
        subcommands: [CedarRun.self])

    static let manual = Manual(
        description: """
            What the engine of the policy language says of policies, entities and requests that stand in a file. \
            Nothing is ingested and no enclave is touched.
            """,
        success: "It was done.",
        incomplete: "It was done, but for lines that cannot be read.",
        examples: [
            (purpose: "The verdicts on a file of cases:", command: "portcullis cedar run cases.jsonl.gz")
        ])
}

struct CedarRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Decide the requests of a file of cases, one line of JSON each.",
        usage: "portcullis cedar run <cases>",
        discussion: manual.text)

    static let manual = Manual(
        description: """
            A case is a line of JSON with `name`, `policies` (text; ids go by position: policy0, policy1), `schema` \
            (human syntax; may be missing), `entities`, and `requests`, each with `principal`, `action` and \
            `resource` as {"type", "id"} and with `context`. This is the form of the official conformance cases. \
            Templates are linked by `links`, a list of {"template", "id", "values"} where `values` gives an entity to \
            each slot. `entities` and `context` may also be strings that hold their JSON.

            Each request is answered by one line: `name`, `request` (its position), `validates` (strictly, the policy \
            text without links; null without a schema), `decision`, `reason` (the determining policies) and `errors` \
            (how many policies failed). A case without requests has one line with `validates` alone. A case that \
            cannot be used has one line with `parseError`: file (schema, policies, links or entities), line, column, \
            message. A request that cannot has `refused` with the same members in place of the decision.

            Policies that fail are skipped, as the language says, and the decision is the language's. An enclave is \
            stricter: there a failing policy denies.
            """,
        success: "Every line is a case, and every case has its verdict, whichever it is.",
        incomplete: "Some lines are no cases; standard error names them. The others have their verdicts.",
        files: [(name: "CASES", what: "Read; unpacked by `gzip` if the name ends in .gz. `-` is standard input.")],
        environment: [(name: "PATH", what: "Where `gzip` is looked for.")],
        examples: [
            (
                purpose: "One request, on standard input:",
                command: """
                printf '%s' '{"policies": "permit(principal, action, resource);",' \\
                  '"entities": [], "request": {"context": {},' \\
                  '"principal": {"type": "User", "id": "ann"},' \\
                  '"action": {"type": "Action", "id": "read"},' \\
                  '"resource": {"type": "File", "id": "plan"}}}' |
                  portcullis cedar run -
                """
            ),
            (
                purpose: "The cases of a file whose policies are not valid:",
                command: """
                portcullis cedar run cases.jsonl.gz |
                  jq -r 'select(.validates == false) | .name' | sort -u
                """
            ),
        ])

    @Argument(
        help: ArgumentHelp("A file of cases, or `-` for standard input.", valueName: "cases"), completion: .file())
    var cases: String

    func run() async throws {
        let lines = try await Console.failing { try await CaseFile(path: cases).lines() }
        var status = ExitStatus.success
        for (index, line) in lines.enumerated() {
            do {
                let verdicts = try PolicyCase(line: line, number: index + 1).verdictLines()
                FileHandle.standardOutput.write(Data((verdicts.joined(separator: "\n") + "\n").utf8))
            } catch {
                Console.complain("\(cases): case \(index + 1): \(error)")
                status = .incomplete
            }
        }
        if status != .success { throw ExitCode(status.rawValue) }
    }
}
