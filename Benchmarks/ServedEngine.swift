import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import QueryService
import ServiceLifecycle

/// An engine behind its real HTTP service on loopback, with a client that keeps its connection open.
struct ServedEngine: Sendable {
    private let url: String
    private let client: HTTPClient

    /// A request that can be sent again and again.
    struct Question: Sendable {
        let token: String
        let body: ByteBuffer

        init(_ question: String, token: String, count: Int) {
            self.token = token
            body = ByteBuffer(string: #"{"query": "\#(question)", "k": \#(count), "purpose": "work"}"#)
        }
    }

    /// Serves `engine` for as long as `body` runs.
    static func with(_ engine: Engine, _ body: @escaping @Sendable (ServedEngine) async throws -> Void) async throws {
        var logger = Logger(label: "benchmarks")
        logger.logLevel = .error
        let (ports, running) = AsyncStream<Int>.makeStream()
        let application = QueryApplication(engine: engine, logger: logger)
            .application(host: "127.0.0.1", port: 0) { running.yield($0) }
        let group = ServiceGroup(configuration: .init(services: [.init(service: application)], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var iterator = ports.makeAsyncIterator()
            guard let port = await iterator.next() else { throw CancellationError() }
            let outcome: Result<Void, any Error>
            do {
                try await body(ServedEngine(url: "http://127.0.0.1:\(port)/v1/retrieve", client: .shared))
                outcome = .success(())
            } catch {
                outcome = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try outcome.get()
        }
    }

    /// The whole answer.
    func ask(_ question: Question) async throws -> ByteBuffer {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Authorization", value: "Bearer \(question.token)")
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(question.body)
        let response = try await client.execute(request, timeout: .seconds(30))
        let answer = try await response.body.collect(upTo: 1 << 22)
        guard response.status == .ok else { throw UnexpectedAnswer(what: "HTTP status \(response.status.code)") }
        return answer
    }

    /// The number of results in an answer.
    static func resultCount(_ answer: ByteBuffer) throws -> Int {
        struct Body: Decodable {
            struct Hit: Decodable { let score: Double }
            let results: [Hit]
        }
        return try JSONDecoder().decode(Body.self, from: Data(buffer: answer)).results.count
    }
}

/// A measurement of something wrong is worth nothing: the run stops.
struct UnexpectedAnswer: Error, CustomStringConvertible {
    let what: String

    var description: String { "what is being measured does not answer as it should: \(what)" }
}
