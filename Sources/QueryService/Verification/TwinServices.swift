import AsyncHTTPClient
import Foundation
import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import ServiceLifecycle
import Synchronization

/// Two query services in this process, one over the whole index and one over the oracle, each behind a real connection:
/// what is compared is what a caller would get.
///
/// Their sockets lie in a folder that only this user can open, for as long as they run, and take the tokens of one
/// verification alone.
struct TwinServices: Sendable {
    /// Builds a service that goes by the given rules. Tests put in one that leaks.
    typealias Builder =
        @Sendable (
            _ access: @escaping @Sendable () -> Engine.Access, _ address: BindAddress,
            _ onRunning: @escaping @Sendable () async -> Void
        ) -> any ApplicationProtocol

    /// The service as it is.
    static func builder(logger: Logger) -> Builder {
        { access, address, onRunning in
            QueryApplication(access: access, logger: logger).application(at: address) { _ in await onRunning() }
        }
    }

    /// The rules that a service goes by now.
    private final class Rules: Sendable {
        let current: Mutex<Engine.Access>

        init(_ access: Engine.Access) { current = Mutex(access) }
    }

    private struct Twin: Sendable {
        let socket: String
        let rules: Rules
    }

    private let live: Twin
    private let oracle: Twin

    /// Both services for as long as `body` runs.
    ///
    /// - Parameters:
    ///   - access: What both go by before they are set.
    ///   - live: Builds the service over the whole index.
    static func with<Result: Sendable>(
        _ access: Engine.Access, live: Builder?, logger: Logger,
        _ body: @Sendable (TwinServices) async throws -> Result
    ) async throws -> Result {
        // No requests of callers are logged here, nor that two more services begin.
        var quiet = logger
        quiet.logLevel = .critical
        let folder = try newFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let twins = ["live", "oracle"].map {
            Twin(socket: folder.appending(path: $0).path(percentEncoded: false), rules: Rules(access))
        }
        guard twins.allSatisfy({ $0.socket.utf8.count <= ControlSocket.pathLimit }) else {
            throw VerificationError.noService
        }
        let honest = builder(logger: quiet)
        let (ready, announcements) = AsyncStream<Void>.makeStream()
        let services = zip(twins, [live ?? honest, honest]).map { twin, build in
            build({ twin.rules.current.withLock { $0 } }, .unixDomainSocket(path: twin.socket)) {
                announcements.yield(())
            }
        }
        let group = ServiceGroup(
            configuration: .init(services: services.map { .init(service: $0) }, logger: quiet))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { announcements.finish() }
                try await group.run()
            }
            var started = ready.makeAsyncIterator()
            for _ in services where await started.next() == nil {
                // It did not come up: its error is what there is to say.
                try await tasks.waitForAll()
                throw VerificationError.noService
            }
            let outcome: Swift.Result<Result, any Error>
            do {
                outcome = .success(try await body(TwinServices(live: twins[0], oracle: twins[1])))
            } catch {
                outcome = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return try outcome.get()
        }
    }

    /// A folder of mode 700 from its first moment on, under a name that nobody can take first.
    private static func newFolder() throws(VerificationError) -> URL {
        let parent = FileManager.default.temporaryDirectory
        // In place of the six last letters glibc writes a name that nobody has, into the bytes that it is given.
        let name = "portcullis-verify-" + String(repeating: "X", count: 6)
        let template = parent.appending(path: name).path(percentEncoded: false)
        guard let bytes = strdup(template) else { throw .noService }
        defer { free(bytes) }
        guard mkdtemp(bytes) != nil else { throw .noService }
        return URL(filePath: String(cString: bytes), directoryHint: .isDirectory)
    }

    /// From the next request on.
    func set(live: Engine.Access, oracle: Engine.Access) {
        self.live.rules.current.withLock { $0 = live }
        self.oracle.rules.current.withLock { $0 = oracle }
    }

    /// The answers of both to one request.
    ///
    /// - Throws: `VerificationError.busy` where one of them has no answer now.
    func responses(
        to request: ReplayedRequest, token: String
    ) async throws -> (live: ReplayedResponse, oracle: ReplayedResponse) {
        (try await response(of: live, to: request, token), try await response(of: oracle, to: request, token))
    }

    /// What is answered with "ask again" is asked again so often.
    private static let attempts = 20

    private func response(
        of twin: Twin, to request: ReplayedRequest, _ token: String
    ) async throws -> ReplayedResponse {
        for attempt in 1...Self.attempts {
            let response = try await send(request, to: twin.socket, token)
            if response.status != HTTPResponseStatus.serviceUnavailable.code { return response }
            try await Task.sleep(for: .milliseconds(25 * attempt))
        }
        throw VerificationError.busy
    }

    private func send(
        _ request: ReplayedRequest, to socket: String, _ token: String
    ) async throws -> ReplayedResponse {
        guard let url = URL(httpURLWithSocketPath: socket, uri: request.path) else { throw VerificationError.noService }
        var message = HTTPClientRequest(url: url.absoluteString)
        message.method = request.method
        message.headers.add(name: "Host", value: "localhost")
        message.headers.add(name: "Authorization", value: "Bearer \(token)")
        if let body = request.body { message.body = .bytes(ByteBuffer(string: body)) }
        let response = try await HTTPClient.shared.execute(message, timeout: .seconds(60))
        let body = try await response.body.collect(upTo: 256 << 20)
        return ReplayedResponse(
            status: Int(response.status.code), headers: response.headers.map { ($0.name, $0.value) },
            body: Data(buffer: body))
    }
}
