import ArgumentParser
import Enclaves
import Foundation
import QueryService

struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Issue a short-lived bearer token (development only).",
        usage: """
            portcullis token <enclave> --as <person> [--purpose <purpose> ...]
                [--without-mfa] [--assistant <client>]
            """,
        discussion: manual.text)

    static let manual = Manual(
        description: """
            Prints a signed token that `portcullis serve` takes for the person, for as long as `token_seconds` in \
            portcullis.yaml says. Whoever can run this command can be anybody, so it works only where portcullis.yaml \
            says `mode: development`; in production the identity provider issues tokens.
            """,
        success: "The token is on standard output.",
        files: [Manual.File.settings, Manual.File.issuer],
        examples: [
            (
                purpose: "Ask the server as a person:",
                command: """
                curl -s http://127.0.0.1:8471/v1/retrieve \\
                  -H "Authorization: Bearer $(portcullis token corpus/aerospace \\
                    --as lena.hartwig)" \\
                  -d '{"query": "How hot do we cure a bonded rudder?",
                       "purpose": "engineering"}'
                """
            ),
            (
                purpose: "As an assistant that asks for her, for one purpose, with one factor:",
                command: """
                portcullis token corpus/aerospace --as lena.hartwig \\
                  --purpose engineering --assistant shop-helper --without-mfa
                """
            ),
        ])

    @OptionGroup var arguments: EnclaveArguments
    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("Whose token: a person or service of principals.yaml.", valueName: "person"))
    var person: String
    @Option(help: "A purpose that the token allows; may be repeated. All of the person's own when left out.")
    var purpose: [String] = []
    @Flag(help: "Say that only one factor was used to authenticate.") var withoutMFA = false
    @Option(help: ArgumentHelp("The assistant that asks for the person (client_id).", valueName: "client"))
    var assistant: String?

    func run() async throws {
        let token = try await Console.failing {
            let issuer = try DevelopmentIssuer(enclave: Enclave(folder: arguments.folder))
            return try await issuer.token(
                for: person, purposes: purpose.isEmpty ? nil : purpose, mfa: !withoutMFA, assistant: assistant)
        }
        print(token)
    }
}
