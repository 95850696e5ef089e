import Foundation
import Hummingbird
import HummingbirdCore
import Passages
import Retrieval

/// The native API: a question, a passage, a document. All three obey the same decision.
struct RetrieveRoutes: Sendable {
    /// The rules that are in force; a request keeps those that it began with.
    let access: @Sendable () -> Engine.Access

    func add(to routes: RouterGroup<CallerContext>) {
        routes.post("retrieve", use: retrieve)
        routes.get("passages/{id}", use: passage)
        routes.get("documents/{id}", use: document)
    }

    @Sendable private func retrieve(_ request: Request, context: CallerContext) async throws -> Response {
        let access = access()
        let body = try await RetrieveBody(request, context: context)
        let query = try body.query(enclave: access.enclave)
        let decision = try access.accessRequest(
            caller: context.caller, purpose: body.purpose, peer: context.peer, headers: request.headers)
        return .json(bytes: try await access.retriever.retrieve(query, for: decision).json)
    }

    @Sendable private func passage(_ request: Request, context: CallerContext) async throws -> Response {
        let access = access()
        let decision = try access.accessRequest(
            caller: context.caller, purpose: try Self.purpose(of: request), peer: context.peer, headers: request.headers
        )
        guard let id = context.parameters.get("id").flatMap({ PassageID($0) }),
            let passage = try await access.retriever.passage(id, for: decision)
        else { throw Problem.notFound }
        return .json(bytes: passage.json)
    }

    @Sendable private func document(_ request: Request, context: CallerContext) async throws -> Response {
        let access = access()
        let decision = try access.accessRequest(
            caller: context.caller, purpose: try Self.purpose(of: request), peer: context.peer, headers: request.headers
        )
        guard let id = context.parameters.get("id").flatMap({ DocumentID($0) }),
            let document = try await access.retriever.document(id, for: decision)
        else { throw Problem.notFound }
        return .json(bytes: document.json)
    }

    private static func purpose(of request: Request) throws(Problem) -> String? {
        let stated = request.uri.queryParameters.getAll("purpose")
        guard stated.count <= 1 else { throw .badRequest("purpose: is given more than once", field: "purpose") }
        return stated.first
    }
}
