import ArgumentParser
import Enclaves
import Foundation
import Logging
import QueryService

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer questions over HTTP.",
        discussion: """
            POST /v1/retrieve, GET /v1/passages/{id}, GET /v1/documents/{id} with a bearer token; GET /healthz, /readyz. \
            SIGTERM and SIGINT let requests in flight finish.
            """)

    @OptionGroup var arguments: EnclaveArguments
    @Option(help: "The port, in place of the one in portcullis.yaml.") var port: Int?

    func run() async throws {
        let logger = Logger(label: "portcullis") { StreamLogHandler.standardError(label: $0) }
        do {
            let engine = try await Engine(folder: arguments.folder, create: false, logger: logger)
            try await Server(engine: engine, port: port, logger: logger).run { banner in
                FileHandle.standardError.write(Data(banner.utf8))
            }
        } catch {
            FileHandle.standardError.write(Data("portcullis: \(error)\n".utf8))
            throw ExitCode(ExitStatus.failure.rawValue)
        }
    }
}
