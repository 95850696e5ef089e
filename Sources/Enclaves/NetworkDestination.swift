import Cedar

/// A host and a port that a connection may go to: `models.example:443`, `127.0.0.1:8080`, `[::1]:8080`.
///
/// Two are equal when their bytes are: the allow-list compares what is written and resolves nothing. Small letters
/// only, and no address in a form that the system would read and ``IPAddress`` would not (`127.1`, `0x7f000001`).
package struct NetworkDestination: Hashable, Sendable, CustomStringConvertible {
    /// An IPv6 address stands in brackets.
    package let host: String
    package let port: Int

    package var description: String { "\(host):\(port)" }

    /// Takes `host:port`.
    package init?(parsing text: String) {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        self.init(host: String(text[..<colon]), port: String(text[text.utf8.index(after: colon)...]))
    }

    init?(host: String, port: String) {
        guard let number: Int = YAMLFields.wholeNumber(port), (1...65_535).contains(number),
            Self.address(host) != nil || Self.isName(host)
        else { return nil }
        self.host = host
        self.port = number
    }

    /// Whether the host is an address of this machine, and not a name that could stand for any.
    package var isLoopback: Bool { Self.address(host)?.isLoopback == true }

    private static func address(_ host: String) -> IPAddress? {
        let isBracketed = host.utf8.first == UInt8(ascii: "[") && host.utf8.last == UInt8(ascii: "]")
        let text = isBracketed ? String(host.dropFirst().dropLast()) : host
        guard !text.utf8.contains(UInt8(ascii: "/")), let address = IPAddress(parsing: text),
            isBracketed == (address.family == .v6)
        else { return nil }
        return address
    }

    /// Letters, digits and hyphens in labels of at most 63 bytes (RFC 1123); the last one is no number.
    private static func isName(_ host: String) -> Bool {
        let labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard host.utf8.count <= 253, let last = labels.last, let first = last.first else { return false }
        guard !(0x30...0x39).contains(first) else { return false }
        return labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy { byte in
                    switch byte {
                    case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "-"): true
                    default: false
                    }
                }
        }
    }
}
