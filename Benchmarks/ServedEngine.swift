import Foundation
import Logging
import QueryService
import ServiceLifecycle

/// An engine behind its real HTTP service on loopback.
struct ServedEngine: Sendable {
    /// Serves `engine` for as long as `body` runs.
    static func with(_ engine: Engine, _ body: (_ port: Int) async throws -> Void) async throws {
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
                try await body(port)
                outcome = .success(())
            } catch {
                outcome = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try outcome.get()
        }
    }

    /// The number of results in an answer.
    static func resultCount(_ answer: some Sequence<UInt8>) throws -> Int {
        try JSONDecoder().decode(ResultsBody.self, from: Data(answer)).results.count
    }
}

private struct ResultsBody: Decodable {
    struct Hit: Decodable { let score: Double }
    let results: [Hit]
}

/// A measurement of something wrong is worth nothing: the run stops.
struct UnexpectedAnswer: Error, CustomStringConvertible {
    let what: String

    var description: String { "what is being measured does not answer as it should: \(what)" }
}
