import ArgumentParser
import Enclaves
import Foundation
import Logging
import QueryService
import Sealing

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer questions over HTTP.",
        usage: "portcullis serve <enclave> [--port <port>]",
        discussion: manual.text)

    static let manual = Manual(
        description: """
            Owns the enclave until it is stopped, and answers POST /v1/retrieve, GET /v1/passages/{id} and GET \
            /v1/documents/{id} to callers with a bearer token; GET /healthz and /readyz need none. In development it \
            listens on loopback only. There is no TLS: put a proxy before it, and name it in `trusted_proxies`.

            SIGTERM and SIGINT let requests in flight finish, for at most 20 seconds. The log goes to standard error \
            and holds no text of a document or question.
            """,
        success: "It was stopped by a signal.",
        files: [
            Manual.File.settings, Manual.File.index, Manual.File.keyStore, Manual.File.lock, Manual.File.socket,
            Manual.File.issuer,
        ],
        examples: [
            (
                purpose: "Serve, and ask in another terminal:",
                command: """
                portcullis serve corpus/aerospace
                curl -s http://127.0.0.1:8471/v1/retrieve \\
                  -H "Authorization: Bearer $(portcullis token corpus/aerospace \\
                    --as lena.hartwig)" \\
                  -d '{"query": "How hot do we cure a bonded rudder?", "k": 1,
                       "purpose": "engineering"}'
                """
            ),
            (purpose: "On any free port:", command: "portcullis serve corpus/aerospace --port 0"),
        ])

    @OptionGroup var arguments: EnclaveArguments
    @Option(help: "The port, in place of the one in portcullis.yaml; 0 takes any free one.") var port: Int?

    func run() async throws {
        let logger = Logger(label: "portcullis") { StreamLogHandler.standardError(label: $0) }
        try await Console.failing {
            try ProcessHardening.forbidDumps()
            let engine = try await Engine(folder: arguments.folder, create: false, logger: logger)
            defer { engine.close() }
            try await Server(engine: engine, port: port, logger: logger).run { banner in
                FileHandle.standardError.write(Data(banner.utf8))
            }
        }
    }
}
