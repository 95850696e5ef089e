/// An IPv4 or IPv6 address with the length of a prefix: a host (`10.1.2.3`) or a range (`10.0.0.0/8`).
///
/// Host and range are one type: a host is a range of one. The bits below the prefix count in `==`.
public struct IPAddress: Hashable, Sendable {
    public enum Family: Hashable, Sendable { case v4, v6 }

    public let family: Family
    /// The address; of IPv4, in the low 32 bits.
    public let bits: UInt128
    /// How many leading bits are common to the range: at most 32 or 128.
    public let prefixLength: Int

    /// The longest text of an address: eight groups of four digits, and a prefix of three.
    static let longestText = 43

    /// Takes dotted IPv4 without leading zeros and IPv6 without zones or embedded IPv4, both with an optional prefix.
    public init?(parsing text: String) {
        self.init(parsing: Array(text.utf8))
    }

    init?(parsing bytes: [UInt8]) {
        guard bytes.count <= Self.longestText else { return nil }
        let parts = bytes.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first else { return nil }
        if let bits = Self.parseV4(address) {
            family = .v4
            self.bits = bits
        } else if let bits = Self.parseV6(address) {
            family = .v6
            self.bits = bits
        } else {
            return nil
        }
        let width = family == .v4 ? 32 : 128
        if parts.count == 2 {
            guard let length = Self.parsePrefix(parts[1], atMost: width) else { return nil }
            prefixLength = length
        } else {
            prefixLength = width
        }
    }

    private static func parsePrefix(_ text: ArraySlice<UInt8>, atMost limit: Int) -> Int? {
        decimal(text, digits: limit == 32 ? 2 : 3).flatMap { $0 <= limit ? $0 : nil }
    }

    private static func decimal(_ text: ArraySlice<UInt8>, digits: Int) -> Int? {
        guard let first = text.first, text.count <= digits, first != 0x30 || text.count == 1 else { return nil }
        var value = 0
        for byte in text {
            guard case 0x30...0x39 = byte else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value
    }

    private static func parseV4(_ text: ArraySlice<UInt8>) -> UInt128? {
        let groups = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard groups.count == 4 else { return nil }
        var bits: UInt128 = 0
        for group in groups {
            guard let value = decimal(group, digits: 3), value <= 255 else { return nil }
            bits = bits << 8 | UInt128(value)
        }
        return bits
    }

    private static func parseV6(_ text: ArraySlice<UInt8>) -> UInt128? {
        let colon = UInt8(ascii: ":")
        var gap: Int?
        for index in text.indices.dropLast() where text[index] == colon && text[index + 1] == colon {
            gap = index
            break
        }
        guard let gap else {
            guard let groups = groupsV6(text), groups.count == 8 else { return nil }
            return join(groups)
        }
        guard let head = groupsV6(text[..<gap]), let tail = groupsV6(text[(gap + 2)...]), head.count + tail.count < 8
        else { return nil }
        return join(head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail)
    }

    private static func groupsV6(_ text: ArraySlice<UInt8>) -> [UInt16]? {
        if text.isEmpty { return [] }
        var groups: [UInt16] = []
        for group in text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false) {
            guard (1...4).contains(group.count) else { return nil }
            var value: UInt16 = 0
            for byte in group {
                guard let digit = StringEscapes.hexDigit(byte) else { return nil }
                value = value << 4 | UInt16(digit)
            }
            groups.append(value)
        }
        return groups
    }

    private static func join(_ groups: [UInt16]) -> UInt128 {
        groups.reduce(0) { $0 << 16 | UInt128($1) }
    }
}

extension IPAddress {
    /// The bits below the prefix.
    private var hostMask: UInt128 {
        let width = family == .v4 ? 32 : 128
        let hostBits = width - prefixLength
        return hostBits == 128 ? UInt128.max : (UInt128(1) << UInt128(hostBits)) - 1
    }

    /// Whether every address of this range is in the other. Never across families.
    public func isInRange(_ other: IPAddress) -> Bool {
        guard family == other.family else { return false }
        return other.bits & ~other.hostMask <= bits & ~hostMask && bits | hostMask <= other.bits | other.hostMask
    }

    /// Whether the whole range is in 127.0.0.0/8 or is ::1.
    public var isLoopback: Bool {
        switch family {
        case .v4: bits >> 24 == 127 && prefixLength >= 8
        case .v6: bits == 1 && prefixLength == 128
        }
    }

    /// Whether the whole range is in 224.0.0.0/4 or ff00::/8.
    public var isMulticast: Bool {
        switch family {
        case .v4: bits >> 28 == 0xE && prefixLength >= 4
        case .v6: bits >> 120 == 0xFF && prefixLength >= 8
        }
    }
}

extension IPAddress: CustomStringConvertible {
    /// Always with the prefix; IPv6 in full, eight groups without leading zeros.
    public var description: String {
        let groups: [String]
        switch family {
        case .v4: groups = [24, 16, 8, 0].map { String(UInt8(truncatingIfNeeded: bits >> UInt128($0))) }
        case .v6:
            groups = (0..<8).map { String(UInt16(truncatingIfNeeded: bits >> UInt128((7 - $0) * 16)), radix: 16) }
        }
        return groups.joined(separator: family == .v4 ? "." : ":") + "/\(prefixLength)"
    }
}
