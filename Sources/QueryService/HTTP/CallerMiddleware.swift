import HTTPTypes
import Hummingbird
import HummingbirdCore

/// Finds out who asks, from the bearer token (RFC 6750).
struct CallerMiddleware: RouterMiddleware {
    /// The rules that are in force.
    let access: @Sendable () -> Engine.Access

    func handle(
        _ request: Request, context: ServiceContext, next: (Request, ServiceContext) async throws -> Response
    ) async throws -> Response {
        guard let header = request.headers[.authorization] else { throw InvalidToken(reason: .missing) }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw InvalidToken(reason: .missing) }
        var context = context
        context.caller = try await access().tokens.caller(token: String(parts[1]))
        return try await next(request, context)
    }
}
