import Foundation
import Hummingbird
import HummingbirdCore
import IndexStore
import Logging
import Retrieval
import TextEmbedding
import VectorSearch

/// Turns every error into a problem, so that no route can leak one in another form.
struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            return Self.problem(for: error, logger: context.logger).response
        }
    }

    private static func problem(for error: any Error, logger: Logger) -> Problem {
        switch error {
        case let problem as Problem:
            return problem
        case let error as InvalidToken:
            return .unauthorized(error)
        case let error as QueryError:
            return .badRequest(error.description, field: error.field)
        case let error as PurposeError:
            return Problem(status: .forbidden, kind: "purpose", detail: error.description, field: "purpose")
        case IndexError.outdated:
            return .unavailable("the index is changing; ask again")
        case VectorSearchError.tooManyWaiting:
            return .unavailable("too many questions are waiting; ask again")
        case let error as EndpointError:
            // Holds neither the question nor anything that the endpoint said about it.
            logger.error("no vector for the question", metadata: ["reason": "\(error)"])
            return .unavailable("the embedding endpoint does not answer as it should; ask again")
        case is CancellationError:
            return .unavailable("the request took too long; ask again")
        case let error as any HTTPResponseError:
            return problem(forStatus: error.status)
        default:
            // The type alone: an error's text could hold what must not be logged.
            logger.error("request failed", metadata: ["error": "\(type(of: error))"])
            return Problem(
                status: .internalServerError, kind: "internal",
                detail: "the server could not answer; its log has the reason")
        }
    }

    private static func problem(forStatus status: HTTPResponse.Status) -> Problem {
        switch status {
        case .notFound, .methodNotAllowed:
            .notFound
        case .contentTooLarge:
            Problem(
                status: status, kind: "too-large",
                detail: "the body is larger than the \(ServiceLimits.bodyBytes) bytes allowed")
        default:
            Problem(status: status, kind: "bad-request", detail: "the request cannot be read")
        }
    }
}
