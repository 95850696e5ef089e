import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// Has a command carried out by the process that owns the enclave.
package struct ControlClient: Sendable {
    private let socket: ControlSocket

    package init(socket: ControlSocket) {
        self.socket = socket
    }

    /// Longest line of an answer, bytes.
    private static let lineLimit = 64 << 20

    package func run(_ command: ControlCommand, _ receive: (ControlEvent) -> Void) async throws -> ExitStatus {
        guard let url = URL(httpURLWithSocketPath: socket.path, uri: "/control") else { throw ControlFailure.noAnswer }
        var request = HTTPClientRequest(url: url.absoluteString)
        request.method = .POST
        request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(command)))
        let response = try await HTTPClient.shared.execute(request, timeout: .hours(24))
        guard response.status == .ok else { throw ControlFailure.refused }
        var buffer = ByteBuffer()
        for try await part in response.body {
            buffer.writeImmutableBuffer(part)
            while let end = buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                let length = end - buffer.readerIndex
                guard let line = buffer.readData(length: length) else { break }
                buffer.moveReaderIndex(forwardBy: 1)
                let event = try JSONDecoder().decode(ControlEvent.self, from: line)
                if case .exit(let status) = event { return status }
                receive(event)
            }
            guard buffer.readableBytes < Self.lineLimit else { throw ControlFailure.refused }
            buffer.discardReadBytes()
        }
        throw ControlFailure.noAnswer
    }
}

/// The serving process did not carry a command out.
package enum ControlFailure: Error, CustomStringConvertible {
    case refused
    case noAnswer

    package var description: String {
        switch self {
        case .refused: "the serving process did not understand the command; are both of the same version?"
        case .noAnswer: "the serving process stopped before the command was done; look at its log and try again"
        }
    }
}
