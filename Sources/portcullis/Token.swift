import ArgumentParser
import Enclaves
import Foundation
import QueryService

struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Issue a short-lived bearer token (development only).",
        discussion: """
            Example:
              curl -s http://127.0.0.1:8471/v1/retrieve \\
                -H "Authorization: Bearer $(portcullis token corpus/aerospace --as NAME)" \\
                -d '{"query": "What torque do the bolts take?", "purpose": "engineering"}'
            """)

    @OptionGroup var arguments: EnclaveArguments
    @Option(name: .customLong("as"), help: "A person or service of principals.yaml.") var person: String
    @Option(help: "A purpose that the token allows; may be repeated. All of the person's own when left out.")
    var purpose: [String] = []
    @Flag(help: "Say that only one factor was used to authenticate.") var withoutMFA = false
    @Option(help: "The assistant that asks on the person's behalf (client_id).") var assistant: String?

    func run() async throws {
        do {
            let issuer = try DevelopmentIssuer(enclave: Enclave(folder: arguments.folder))
            let token = try await issuer.token(
                for: person, purposes: purpose.isEmpty ? nil : purpose, mfa: !withoutMFA, assistant: assistant)
            print(token)
        } catch {
            FileHandle.standardError.write(Data("portcullis: \(error)\n".utf8))
            throw ExitCode(ExitStatus.failure.rawValue)
        }
    }
}
