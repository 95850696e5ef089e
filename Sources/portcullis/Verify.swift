import ArgumentParser
import Foundation
import QueryService

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prove that answers owe nothing to what the caller may not read.",
        usage: """
            portcullis verify <enclave> [--principal <name> | --all]
                [--queries <file>] [--seed <number>] <identity> [--json]
            <identity>: --as <person> | --token-file <file>, [--purpose <purpose>]
            """,
        discussion: manual.text)

    static let manual = Manual(
        description: """
            For each principal and each purpose he may state, decides about every passage, title and heading by itself, \
            by full evaluation of all policies, and builds an index in memory that holds only what he may read. Then it \
            puts the same requests to the service over the whole index and to the same service over that one, and \
            compares whole responses, byte for byte: status, header fields but for `date`, body. Everybody asks from \
            this machine with a second factor.

            The requests are made of the index: words of passages that he may read and that he may not, filters, \
            results beyond what he may read, ids of both and of nothing, requests that are refused. The same seed makes \
            the same ones. A file of questions takes their place: one a line, as plain text or as the JSON body of \
            `/v1/retrieve`.

            Prints how many passages each may read and how many responses are identical; of the first that is not, \
            where it differs and digests of both bodies. Never a text. A policy must permit the action `verify` on \
            every label of the index. Who may verify reads nothing. It can be done while people ask and while the index \
            changes: what is overtaken by a change is done again.

            \(Manual.servedElsewhere)
            """,
        success: "All responses are identical.",
        incomplete: "Some differ: somebody is shown too much, too little, or a trace of what is hidden.",
        files: [Manual.File.settings, Manual.File.index, Manual.File.keyStore, Manual.File.lock],
        environment: [Manual.Variable.noColor],
        examples: [
            (
                purpose: "Everybody, by who may do it in the sample enclave:",
                command: """
                portcullis verify corpus/aerospace --all \\
                  --as noor.haddad --purpose security
                """
            ),
            (
                purpose: "One principal, with questions of your own:",
                command: """
                portcullis verify corpus/clinic --principal grace.okafor \\
                  --queries questions.txt --as grace.okafor
                """
            ),
        ])

    @OptionGroup var arguments: EnclaveArguments
    @Option(help: ArgumentHelp("A person or service of principals.yaml.", valueName: "name")) var principal: String?
    @Flag(help: "All of them; so it is without --principal too.") var all = false
    @Option(help: ArgumentHelp("Questions, one a line.", valueName: "file"), completion: .file())
    var queries: String?
    @Option(help: ArgumentHelp("Makes the requests.", valueName: "number")) var seed: UInt64 = 1
    @OptionGroup var who: IdentityArguments
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        if principal != nil && all { throw ValidationError("give either --principal or --all") }
    }

    func run() async throws {
        let identity = try Console.failing { try who.identity() }
        // The process that carries it out may have another current folder.
        let file = queries.map { URL(filePath: $0).absoluteURL.path(percentEncoded: false) }
        try await arguments.run(
            .verify(
                .init(
                    principal: principal, queries: file, seed: seed, identity: identity, purpose: who.purpose,
                    json: json, page: Console.page)))
    }
}
