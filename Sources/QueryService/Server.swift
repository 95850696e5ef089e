import Enclaves
import IndexStore
package import Logging
import ServiceLifecycle
import TextEmbedding
import UnixSignals

/// The serving process: the query service and the control socket, until a signal ends both.
package struct Server: Sendable {
    private let engine: Engine
    private let port: Int
    private let logger: Logger

    /// - Parameter port: In place of the settings' own when given; 0 takes any free one.
    package init(engine: Engine, port: Int?, logger: Logger) {
        self.engine = engine
        self.port = port ?? engine.current.enclave.settings.service.port
        self.logger = logger
    }

    /// - Parameter announce: Takes the banner once requests are taken.
    package func run(announce: @escaping @Sendable (String) -> Void) async throws {
        let enclave = engine.current.enclave
        let host = enclave.settings.service.host
        if enclave.settings.mode == .development && !Self.isLoopback(host) {
            throw UnsafeBinding(host: host)
        }
        let query = QueryApplication(engine: engine, logger: logger).application(host: host, port: port) {
            [engine] port in announce(Self.banner(engine: engine, host: host, port: port))
        }
        let control = ControlServer(
            engine: engine, socket: try ControlSocket(enclave: enclave), logger: logger
        ).application()
        var configuration = ServiceGroupConfiguration(
            services: [
                .init(service: query), .init(service: control),
                .init(service: Housekeeping(engine: engine, logger: logger)),
                .init(service: Compaction(index: engine.index, logger: logger)),
                .init(
                    service: VectorLoading(index: engine.index, logger: logger),
                    successTerminationBehavior: .ignore),
                .init(
                    service: WordLoading(index: engine.index, logger: logger), successTerminationBehavior: .ignore),
            ], gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        // What hangs is cut, so that a restart is never blocked.
        configuration.maximumGracefulShutdownDuration = .seconds(20)
        try await ServiceGroup(configuration: configuration).run()
    }

    static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || (host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." })
    }

    private static func banner(engine: Engine, host: String, port: Int) -> String {
        let enclave = engine.current.enclave
        let snapshot = engine.index.snapshot()
        var lines = [
            "portcullis: enclave \(enclave.settings.name): \(snapshot.passageCount) passages, "
                + "\(snapshot.passageCounts.count) labels, policy version \(enclave.policyVersion)",
            "portcullis: model \(engine.embedder.model.name), scans by \(engine.index.scanSource)",
            "portcullis: outgoing connections: \(Self.outgoing(enclave.settings.embedding))",
            "portcullis: listening on http://\(host):\(port)",
        ]
        if enclave.settings.mode == .development {
            lines.insert(
                """
                ┌────────────────────────────────────────────────────────────────────────────┐
                │  DEVELOPMENT MODE. Anyone on this machine can obtain a token for anybody   │
                │  (portcullis token). Never put real documents behind this server.          │
                └────────────────────────────────────────────────────────────────────────────┘
                """, at: 0)
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Server {
    /// Where the process connects to, for the banner.
    private static func outgoing(_ embedding: EnclaveSettings.Embedding) -> String {
        switch embedding {
        case .model: "none"
        case .endpoint(let endpoint): "\(endpoint.url.destination) (embeddings)"
        }
    }
}

/// A development server that others could reach.
package struct UnsafeBinding: Error, CustomStringConvertible {
    let host: String

    package var description: String {
        "a development server binds to loopback only, and portcullis.yaml says `host: \(host)`; set it to 127.0.0.1, or "
            + "set `mode: production` and name a key set"
    }
}
