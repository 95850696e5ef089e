import Foundation
import Glibc
package import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import NIOFoundationCompat

/// Takes commands over the enclave's Unix socket and streams what they say, one JSON object a line.
package struct ControlServer: Sendable {
    private let engine: Engine
    private let socket: ControlSocket
    private let logger: Logger

    package init(engine: Engine, socket: ControlSocket, logger: Logger) {
        self.engine = engine
        self.socket = socket
        self.logger = logger
    }

    package func application() -> some ApplicationProtocol {
        socket.clear()
        let router = Router()
        router.post("control") { [engine] request, _ in
            let body = try await request.body.collect(upTo: ServiceLimits.bodyBytes)
            let command = try JSONDecoder().decode(ControlCommand.self, from: Data(buffer: body))
            return Response(
                status: .ok,
                body: ResponseBody { writer in
                    for await event in CommandRunner(engine: engine).events(of: command) {
                        var line = try JSONEncoder().encode(event)
                        line.append(UInt8(ascii: "\n"))
                        try await writer.write(ByteBuffer(bytes: line))
                    }
                    try await writer.finish(nil)
                })
        }
        return Application(
            router: router, configuration: ApplicationConfiguration(address: .unixDomainSocket(path: socket.path)),
            onServerRunning: { [socket] _ in chmod(socket.path, 0o600) }, logger: logger)
    }
}
