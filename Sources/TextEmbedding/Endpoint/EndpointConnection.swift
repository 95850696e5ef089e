import AsyncHTTPClient
import Foundation
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// The way to one endpoint, and the only place of the program that opens connections to other machines (rule 8, no
/// egress): one URL, no redirects, no proxies, HTTP/1.1, over TLS 1.2 or later wherever the URL says https.
final class EndpointConnection: Sendable {
    private let configuration: EndpointConfiguration
    private let key: BearerKey?
    private let client: HTTPClient

    /// Reads the key and the certificates; connects to nothing yet.
    init(_ configuration: EndpointConfiguration) throws(EndpointError) {
        self.configuration = configuration
        if let file = configuration.keyFile {
            key = try BearerKey(file: file)
        } else {
            key = nil
        }
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .fullVerification
        tls.minimumTLSVersion = .tlsv12
        if let file = configuration.certificateAuthority {
            tls.trustRoots = .certificates(try Self.certificates(file))
        }
        var settings = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(EndpointLimits.connectSeconds)),
            connectionPool: .init(idleTimeout: .seconds(EndpointLimits.idleSeconds)), proxy: nil,
            decompression: .disabled)
        settings.httpVersion = .http1Only
        // Repetitions are made in one place, here, where they are counted and bounded.
        settings.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    }

    deinit {
        // The closure keeps the client until its connections are closed.
        client.shutdown { [client] _ in _ = client }
    }

    private static func certificates(_ path: String) throws(EndpointError) -> [NIOSSLCertificate] {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw .certificateAuthority(path: path, reason: "cannot be read")
        }
        guard bytes.count <= EndpointLimits.certificateBytes else {
            throw .certificateAuthority(
                path: path, reason: "is \(bytes.count) bytes long; the limit is \(EndpointLimits.certificateBytes)")
        }
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(Array(bytes)), !certificates.isEmpty else {
            throw .certificateAuthority(path: path, reason: "holds no certificate")
        }
        return certificates
    }

    // MARK: Requests

    /// The body of the answer to `body`. A request that fails for a reason that may pass is made again.
    ///
    /// - Parameters:
    ///   - limit: Bytes of the answer.
    ///   - deadline: When a further attempt would come too late.
    func post(_ body: ByteBuffer, limit: Int, deadline: ContinuousClock.Instant) async throws -> ByteBuffer {
        var schedule = RetrySchedule()
        var generator = SystemRandomNumberGenerator()
        while true {
            switch try await attempt(body, limit: limit) {
            case .answered(let answer):
                return answer
            case .failed(let error, let retryAfter):
                guard let pause = schedule.pause(retryAfter: retryAfter, using: &generator),
                    ContinuousClock.now + pause < deadline
                else { throw error(schedule.attempts) }
                try await Task.sleep(for: pause)
            }
        }
    }

    private enum Attempt {
        case answered(ByteBuffer)
        /// For a reason that may pass: what to throw after so many attempts.
        case failed((_ attempts: Int) -> EndpointError, retryAfter: Int?)
    }

    private func attempt(_ body: ByteBuffer, limit: Int) async throws -> Attempt {
        let endpoint = configuration.destination
        do {
            // Whoever called gives up first, by cancelling: a second clock could only disagree with that one.
            let response = try await client.execute(request(body), timeout: .hours(1))
            let status = Int(response.status.code)
            switch status {
            case 200:
                let answer = try await response.body.collect(upTo: limit)
                // A body that was cut short by a cancellation looks like one that ended.
                try Task.checkCancellation()
                return .answered(answer)
            case 300...399:
                throw EndpointError.redirected(endpoint: endpoint, status: status)
            case 429, 502, 503, 504:
                return .failed(
                    { .overloaded(endpoint: endpoint, status: status, attempts: $0) },
                    retryAfter: RetrySchedule.seconds(ofRetryAfter: response.headers.first(name: "Retry-After")))
            default:
                throw EndpointError.refused(endpoint: endpoint, status: status)
            }
        } catch let error as EndpointError {
            throw error
        } catch is NIOTooManyBytesError {
            throw EndpointError.tooLarge(endpoint: endpoint, limit: limit)
        } catch {
            try Task.checkCancellation()
            if Self.isUntrusted(error) { throw EndpointError.untrusted(endpoint: endpoint) }
            let reason = Self.reason(of: error)
            return .failed({ .unreachable(endpoint: endpoint, reason: reason, attempts: $0) }, retryAfter: nil)
        }
    }

    private func request(_ body: ByteBuffer) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: configuration.url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "User-Agent", value: "portcullis")
        if let key { request.headers.add(name: "Authorization", value: key.headerValue) }
        request.body = .bytes(body)
        return request
    }

    private static func isUntrusted(_ error: any Error) -> Bool {
        switch error {
        case NIOSSLError.uncleanShutdown: false
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: true
        default: false
        }
    }

    /// What the system or the client says about a connection: never anything from a body.
    private static func reason(of error: any Error) -> String {
        switch error {
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { reason(of: $0.error) } ?? "its name cannot be resolved"
        case let error as HTTPClientError: error.shortDescription
        default: "\(type(of: error))"
        }
    }
}
