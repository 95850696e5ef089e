import Glibc

/// One HTTP/1.1 connection to this machine, kept open, over plain blocking sockets: what a client library would add is
/// not the service's.
final class LoopbackConnection {
    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 1 << 20)

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw UnexpectedAnswer(what: "nothing listens on port \(port)") }
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit {
        close(descriptor)
    }

    /// The bytes of a request that asks `path` with a body of JSON.
    static func request(path: String, body: String, token: String) -> [UInt8] {
        Array(
            """
            POST \(path) HTTP/1.1\r
            Host: 127.0.0.1\r
            Authorization: Bearer \(token)\r
            Content-Type: application/json\r
            Content-Length: \(body.utf8.count)\r
            \r
            \(body)
            """.utf8)
    }

    /// Sends a request and waits for the last byte of the answer, whose body this is.
    func exchange(_ request: [UInt8]) throws -> ArraySlice<UInt8> {
        guard send(descriptor, request, request.count, 0) == request.count else {
            throw UnexpectedAnswer(what: "a request cannot be sent")
        }
        var received = 0
        var expected: (start: Int, end: Int)?
        while expected.map({ received < $0.end }) ?? true {
            let count = buffer.withUnsafeMutableBytes {
                recv(descriptor, $0.baseAddress! + received, $0.count - received, 0)
            }
            guard count > 0 else { throw UnexpectedAnswer(what: "the connection closed") }
            received += count
            if expected == nil { expected = try Self.extent(of: buffer[..<received]) }
        }
        guard let expected else { throw UnexpectedAnswer(what: "an answer without a head") }
        return buffer[expected.start..<expected.end]
    }

    /// Where the body of an answer lies, once its head is there.
    private static func extent(of received: ArraySlice<UInt8>) throws -> (start: Int, end: Int)? {
        let blank = Array("\r\n\r\n".utf8)
        let last = received.endIndex - blank.count
        guard last >= 0, let end = (0...last).first(where: { received[$0..<$0 + 4].elementsEqual(blank) }) else {
            return nil
        }
        let lines = String(decoding: received[..<end], as: UTF8.self).split(separator: "\r\n")
        guard lines.first?.hasPrefix("HTTP/1.1 200") == true else {
            throw UnexpectedAnswer(what: "the status is \(lines.first ?? "missing")")
        }
        let length = lines.first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.split(separator: ":")[1].drop { $0 == " " }) }
        guard let length else { throw UnexpectedAnswer(what: "an answer without a length") }
        return (end + blank.count, end + blank.count + length)
    }
}
