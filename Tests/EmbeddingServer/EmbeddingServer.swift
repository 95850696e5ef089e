import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// An embedding endpoint for tests, in a process of its own: OpenAI-shaped `/v1/embeddings` on a free port of loopback.
///
///     EmbeddingServer LOG [CERTIFICATE KEY]
///
/// Says `listening on PORT` once it takes connections, writes a line of JSON to LOG for each request, and ends when it
/// is killed. How it behaves follows from the model that a request names: see ``Behaviour``.
@main
struct EmbeddingServer {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count == 1 || arguments.count == 3 else { fatalError("EmbeddingServer LOG [CERTIFICATE KEY]") }
        let state = ServerState(log: try RequestLog(path: arguments[0]))
        let tls = arguments.count == 3 ? try context(certificate: arguments[1], key: arguments[2]) : nil
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandler(EmbeddingHandler(state: state))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        // Not by print, which keeps what goes into a file.
        FileHandle.standardOutput.write(Data("listening on \(channel.localAddress?.port ?? 0)\n".utf8))
        try await channel.closeFuture.get()
    }

    private static func context(certificate: String, key: String) throws -> NIOSSLContext {
        try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
                privateKey: .privateKey(NIOSSLPrivateKey(file: key, format: .pem))))
    }
}
