/// A string of the policy language: a sequence of UTF-8 bytes.
///
/// Two strings are equal when their bytes are equal. Swift's `String` compares by canonical equivalence, under which
/// `"é"` and `"e\u{301}"` are the same; a rule that names one must not let in the other.
///
/// The hash is taken once, when the string is made: strings are looked up far more often than made. It is seeded for
/// each process, as all of Swift's hashes are.
public struct CedarString: Sendable {
    /// The bytes, valid UTF-8 whenever the string was made from policy text, JSON or a `String`.
    public let utf8: [UInt8]
    private let hash: Int

    public init(_ string: String) {
        self.init(bytes: Array(string.utf8))
    }

    public init(utf8: some Sequence<UInt8>) {
        self.init(bytes: Array(utf8))
    }

    private init(bytes: [UInt8]) {
        utf8 = bytes
        var hasher = Hasher()
        var word: UInt64 = 0
        var filled = 0
        for byte in bytes {
            word = word << 8 | UInt64(byte)
            filled += 1
            if filled == 8 {
                hasher.combine(word)
                word = 0
                filled = 0
            }
        }
        hasher.combine(word)
        hasher.combine(bytes.count)
        hash = hasher.finalize()
    }

    public var isEmpty: Bool { utf8.isEmpty }

    /// The Unicode scalars, in order. Ill-formed bytes come out as U+FFFD.
    public var unicodeScalars: [Unicode.Scalar] {
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(utf8.count)
        var index = 0
        while index < utf8.count {
            let (scalar, length) = UTF8Decoding.scalar(in: utf8, at: index)
            scalars.append(scalar ?? "\u{FFFD}")
            index += length
        }
        return scalars
    }
}

extension CedarString: Hashable {
    public static func == (left: CedarString, right: CedarString) -> Bool {
        left.hash == right.hash && left.utf8 == right.utf8
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(hash)
    }
}

extension CedarString: Comparable {
    /// Bytewise order, which for valid UTF-8 is the order of code points.
    public static func < (left: CedarString, right: CedarString) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}

extension CedarString: ExpressibleByStringLiteral, CustomStringConvertible {
    public init(stringLiteral value: String) {
        self.init(value)
    }

    /// The text itself, without quotes; ill-formed bytes come out as U+FFFD.
    public var description: String { String(decoding: utf8, as: UTF8.self) }

    /// The text between quotation marks, escaped so that it parses back as a string literal.
    public var quoted: String { "\"" + StringEscapes.escape(utf8) + "\"" }
}

/// Reading single scalars out of bytes.
enum UTF8Decoding {
    /// The scalar that begins at `index`, and how many bytes it takes. An ill-formed byte gives `nil` and one byte.
    static func scalar(in bytes: [UInt8], at index: Int) -> (scalar: Unicode.Scalar?, length: Int) {
        let first = bytes[index]
        if first < 0x80 { return (Unicode.Scalar(first), 1) }
        let length: Int
        var value: UInt32
        let least: UInt32
        switch first {
        case 0xC2...0xDF: (length, value, least) = (2, UInt32(first & 0x1F), 0x80)
        case 0xE0...0xEF: (length, value, least) = (3, UInt32(first & 0x0F), 0x800)
        case 0xF0...0xF4: (length, value, least) = (4, UInt32(first & 0x07), 0x10000)
        default: return (nil, 1)
        }
        guard index + length <= bytes.count else { return (nil, 1) }
        for offset in 1..<length {
            let next = bytes[index + offset]
            guard next & 0xC0 == 0x80 else { return (nil, 1) }
            value = value << 6 | UInt32(next & 0x3F)
        }
        guard value >= least, let scalar = Unicode.Scalar(value) else { return (nil, 1) }
        return (scalar, length)
    }

    /// The offset of the first byte that is not part of well-formed UTF-8.
    static func firstIllFormed(in bytes: [UInt8]) -> Int? {
        var index = 0
        while index < bytes.count {
            if bytes[index] < 0x80 {
                index += 1
                continue
            }
            let (scalar, length) = scalar(in: bytes, at: index)
            if scalar == nil { return index }
            index += length
        }
        return nil
    }

    /// Adds the UTF-8 form of a scalar to `bytes`.
    static func append(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
        let value = scalar.value
        switch value {
        case 0..<0x80:
            bytes.append(UInt8(value))
        case 0x80..<0x800:
            bytes.append(UInt8(0xC0 | value >> 6))
            bytes.append(UInt8(0x80 | value & 0x3F))
        case 0x800..<0x10000:
            bytes.append(UInt8(0xE0 | value >> 12))
            bytes.append(UInt8(0x80 | value >> 6 & 0x3F))
            bytes.append(UInt8(0x80 | value & 0x3F))
        default:
            bytes.append(UInt8(0xF0 | value >> 18))
            bytes.append(UInt8(0x80 | value >> 12 & 0x3F))
            bytes.append(UInt8(0x80 | value >> 6 & 0x3F))
            bytes.append(UInt8(0x80 | value & 0x3F))
        }
    }
}
