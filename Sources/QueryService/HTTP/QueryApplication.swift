import HTTPTypes
package import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore

/// Builds the query service.
package struct QueryApplication: Sendable {
    private let access: @Sendable () -> Engine.Access
    private let logger: Logger

    package init(engine: Engine, logger: Logger) {
        self.init(access: { engine.current }, logger: logger)
    }

    /// - Parameter access: Gives the rules that are in force.
    init(access: @escaping @Sendable () -> Engine.Access, logger: Logger) {
        self.access = access
        self.logger = logger
    }

    /// Routes and what stands before them. Public endpoints first; everything under `/v1` has a caller.
    func router() -> Router<ServiceContext> {
        let router = Router(context: ServiceContext.self)
        router.add(middleware: ProblemMiddleware())
        router.add(middleware: HostMiddleware())
        router.get("healthz") { _, _ in Response.json(["status": "ok"]) }
        router.get("readyz") { _, _ in Response.json(["status": "ready"]) }
        let calls = router.group("v1").add(middleware: CallerMiddleware(access: access)).group(
            context: CallerContext.self)
        RetrieveRoutes(access: access).add(to: calls)
        return router
    }

    /// - Parameter onRunning: Called with the port once requests are taken; port 0 in the settings takes any free one.
    package func application(
        host: String, port: Int, onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        application(at: .hostname(host, port: port)) { await onRunning($0.localAddress?.port ?? port) }
    }

    /// - Parameter onRunning: Called once requests are taken.
    func application(
        at address: BindAddress, onRunning: @escaping @Sendable (any Channel) async -> Void
    ) -> some ApplicationProtocol {
        let connection = HTTP1Channel.Configuration(
            idleTimeout: .seconds(ServiceLimits.idleSeconds),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: ServiceLimits.headerBytes, maxHeaderListSize: ServiceLimits.headerBytes,
                maxHeaderFieldCount: 100))
        return Application(
            router: router(),
            server: HTTPServerBuilder { responder in
                EventLoopConnection(http: HTTP1Channel(responder: responder, configuration: connection))
            },
            configuration: ApplicationConfiguration(address: address, serverName: nil), onServerRunning: onRunning,
            logger: logger)
    }
}

/// HTTP/1.1 demands a Host header; a request without one is malformed (RFC 9112, section 3.2).
private struct HostMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: ServiceContext, next: (Request, ServiceContext) async throws -> Response
    ) async throws -> Response {
        guard request.head.authority != nil else { throw Problem.badRequest("the request has no Host header") }
        return try await next(request, context)
    }
}
