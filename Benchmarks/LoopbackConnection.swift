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

    /// Where the body of an answer lies, once its head is there. What the client does counts as the service's time, so it
    /// does little.
    private static func extent(of received: ArraySlice<UInt8>) throws -> (start: Int, end: Int)? {
        guard let blank = position(of: "\r\n\r\n", in: received) else { return nil }
        let head = received[..<blank]
        guard head.starts(with: "HTTP/1.1 200".utf8) else {
            throw UnexpectedAnswer(what: "the answer begins with \(String(decoding: head.prefix(40), as: UTF8.self))")
        }
        guard let name = position(of: "\r\nContent-Length: ", in: head) else {
            throw UnexpectedAnswer(what: "an answer without a length")
        }
        let digits = received[(name + 18)...].prefix { $0 != UInt8(ascii: "\r") }
        guard let length = Int(String(decoding: digits, as: UTF8.self)) else {
            throw UnexpectedAnswer(what: "a length that is no number")
        }
        return (blank + 4, blank + 4 + length)
    }

    private static func position(of wanted: StaticString, in bytes: ArraySlice<UInt8>) -> Int? {
        bytes.withUnsafeBufferPointer { bytes in
            wanted.withUTF8Buffer { wanted in
                (0..<max(0, bytes.count - wanted.count + 1)).first { start in
                    wanted.indices.allSatisfy { bytes[start + $0] == wanted[$0] }
                }
            }
        }
    }
}
