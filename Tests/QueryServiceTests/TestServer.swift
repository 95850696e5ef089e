import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import ServiceLifecycle
import TestSupport
import Testing
import TextEmbedding

@testable import QueryService

/// A real server on a free port of loopback, and a real client for it.
struct TestServer: Sendable {
    let engine: Engine
    let port: Int

    struct Response: Sendable {
        let status: Int
        let headers: [String: String]
        let body: Data

        var text: String { String(decoding: body, as: UTF8.self) }

        /// The body as JSON.
        func json() throws -> [String: Any] {
            try #require(try JSONSerialization.jsonObject(with: body) as? [String: Any])
        }
    }

    static let quiet: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    /// Serves `enclave` for as long as `body` runs.
    static func with(
        _ enclave: SampleEnclave, embedder: any Embedder = HashingEmbedder(dimension: 256), logger: Logger = quiet,
        _ body: (TestServer) async throws -> Void
    ) async throws {
        let engine = try await Engine(folder: enclave.url, create: true, embedder: embedder, logger: logger)
        _ = try await engine.ingest { _ in }
        try await with(engine, logger: logger, body)
    }

    static func with(
        _ engine: Engine, logger: Logger = quiet, _ body: (TestServer) async throws -> Void
    ) async throws {
        let (ports, running) = AsyncStream<Int>.makeStream()
        let application = QueryApplication(engine: engine, logger: logger)
            .application(host: "127.0.0.1", port: 0) { running.yield($0) }
        let group = ServiceGroup(configuration: .init(services: [.init(service: application)], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            do {
                try await body(TestServer(engine: engine, port: port))
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    func token(
        _ person: String, purposes: [String]? = nil, mfa: Bool = true, now: Date = Date()
    ) async throws -> String {
        try await DevelopmentIssuer(enclave: engine.current.enclave)
            .token(for: person, purposes: purposes, mfa: mfa, now: now)
    }

    func post(_ path: String, _ body: String, token: String?) async throws -> Response {
        try await send(.POST, path, body: Data(body.utf8), token: token)
    }

    func get(_ path: String, token: String?) async throws -> Response {
        try await send(.GET, path, body: nil, token: token)
    }

    func send(
        _ method: HTTPMethod, _ path: String, body: Data?, token: String?, headers: [String: String] = [:]
    ) async throws -> Response {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = method
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let content = try await response.body.collect(upTo: 1 << 24)
        return Response(
            status: Int(response.status.code),
            headers: Dictionary(response.headers.map { ($0.name.lowercased(), $0.value) }) { $0 + ", " + $1 },
            body: Data(buffer: content))
    }

    /// Asks as `person` and gives the results.
    func ask(_ person: String, _ question: String, k: Int = 5, more: String = "") async throws -> [[String: Any]] {
        let body = #"{"query": "\#(question)", "k": \#(k), "purpose": "work"\#(more)}"#
        let response = try await post("/v1/retrieve", body, token: token(person))
        #expect(response.status == 200, "\(response.text)")
        return try #require(try response.json()["results"] as? [[String: Any]])
    }
}
