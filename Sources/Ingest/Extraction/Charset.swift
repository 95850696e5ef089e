/// The character sets that a text may be in.
enum Charset: Hashable, Sendable {
    case utf8
    case ascii
    /// ISO 8859-1 too: the two differ in 80…9F, where ISO 8859-1 has control characters that no text holds.
    case windows1252
    case latin9
    case utf16(isBigEndian: Bool)

    /// - Parameter name: As IANA registers it, in any case.
    static func named(_ name: String) throws(ExtractionError) -> Charset {
        switch name.lowercased() {
        case "utf-8", "utf8": return .utf8
        case "us-ascii", "ascii": return .ascii
        case "iso-8859-1", "iso8859-1", "latin1", "windows-1252", "cp1252": return .windows1252
        case "iso-8859-15", "iso8859-15", "latin-9", "latin9": return .latin9
        // Without a byte order mark the high byte comes first (RFC 2781 section 4.3).
        case "utf-16", "utf-16be": return .utf16(isBigEndian: true)
        case "utf-16le": return .utf16(isBigEndian: false)
        default: throw .unknownCharset(name: displayed(name))
        }
    }

    /// The character set that the first bytes of a file tell, and how many they are.
    static func byteOrderMark(_ file: [UInt8]) -> (charset: Charset, length: Int)? {
        if file.starts(with: [0xEF, 0xBB, 0xBF]) { return (.utf8, 3) }
        if file.starts(with: [0xFF, 0xFE]) { return (.utf16(isBigEndian: false), 2) }
        if file.starts(with: [0xFE, 0xFF]) { return (.utf16(isBigEndian: true), 2) }
        return nil
    }

    /// UTF-8 if the bytes are; otherwise Windows-1252 if they can be. Bytes among which a character of UTF-8 occurs are
    /// damaged UTF-8, and bytes with control characters may be no text at all: both are refused rather than misread.
    static func guessed(_ bytes: [UInt8]) throws(ExtractionError) -> Charset {
        guard let bad = SourceText.firstInvalidByte(bytes) else { return .utf8 }
        if let offset = bytes.firstIndex(of: 0) { throw .containsNUL(offset: offset) }
        let isOtherwiseUTF8 = hasLongSequence(bytes)
        guard !isOtherwiseUTF8, !bytes.contains(where: { undefinedInWindows1252.contains($0) }) else {
            throw .invalidUTF8(offset: bad)
        }
        if let offset = bytes.firstIndex(where: { $0 < 0x20 && !plainControls.contains($0) || $0 == 0x7F }) {
            throw .controlCharacter(offset: offset)
        }
        return .windows1252
    }

    /// The text behind the first `start` bytes, as UTF-8. Offsets of errors are those of the file.
    func decode(_ file: [UInt8], from start: Int) throws(ExtractionError) -> [UInt8] {
        let text: [UInt8]
        switch self {
        case .utf8:
            text = start == 0 ? file : Array(file[start...])
            if let offset = SourceText.firstInvalidByte(text) { throw .invalidUTF8(offset: offset + start) }
        case .ascii:
            if let offset = file[start...].firstIndex(where: { $0 >= 0x80 }) {
                throw .notInCharset(name: name, offset: offset)
            }
            text = Array(file[start...])
        case .windows1252:
            if let offset = file[start...].firstIndex(where: { Self.undefinedInWindows1252.contains($0) }) {
                throw .notInCharset(name: name, offset: offset)
            }
            text = Self.singleBytes(file[start...], Self.windows1252Differences)
        case .latin9:
            if let offset = file[start...].firstIndex(where: { (0x80..<0xA0).contains($0) }) {
                throw .notInCharset(name: name, offset: offset)
            }
            text = Self.singleBytes(file[start...], Self.latin9Differences)
        case .utf16(let isBigEndian):
            text = try Self.utf16(file, from: start, isBigEndian: isBigEndian)
        }
        if let offset = text.firstIndex(of: 0) { throw .containsNUL(offset: offset + start) }
        return text
    }

    private var name: String {
        switch self {
        case .utf8: "utf-8"
        case .ascii: "us-ascii"
        case .windows1252: "windows-1252"
        case .latin9: "iso-8859-15"
        case .utf16: "utf-16"
        }
    }

    /// A name for people: what a name of a character set may be made of, and not much of it.
    private static func displayed(_ name: String) -> String {
        let signs = Array("-_.:+".utf8)
        let shown = name.utf8.filter {
            (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || signs.contains($0)
        }
        return String(decoding: shown.prefix(40), as: UTF8.self)
    }

    // MARK: Windows-1252 and ISO 8859-15

    private static let undefinedInWindows1252: Set<UInt8> = [0x81, 0x8D, 0x8F, 0x90, 0x9D]
    /// Tab, line feed, form feed, carriage return.
    private static let plainControls: Set<UInt8> = [0x09, 0x0A, 0x0C, 0x0D]

    /// 80…9F of Windows-1252; 0 where it has nothing.
    private static let windows1252Differences: [UInt8: UInt16] = Dictionary(
        uniqueKeysWithValues: zip(
            0x80...0x9F,
            [
                0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,
                0x017D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
                0x0153, 0, 0x017E, 0x0178,
            ]))

    private static let latin9Differences: [UInt8: UInt16] = [
        0xA4: 0x20AC, 0xA6: 0x0160, 0xA8: 0x0161, 0xB4: 0x017D, 0xB8: 0x017E, 0xBC: 0x0152, 0xBD: 0x0153, 0xBE: 0x0178,
    ]

    /// One character a byte: that of the differences, or the one of the same number.
    private static func singleBytes(_ bytes: ArraySlice<UInt8>, _ differences: [UInt8: UInt16]) -> [UInt8] {
        let characters = (UInt8.min...UInt8.max).map { byte in
            Array(String(Unicode.Scalar(differences[byte] ?? UInt16(byte)) ?? "\u{FFFD}").utf8)
        }
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count + bytes.count / 4)
        for byte in bytes {
            if byte < 0x80 { text.append(byte) } else { text += characters[Int(byte)] }
        }
        return text
    }

    /// Whether a well-formed sequence of two or more bytes occurs.
    private static func hasLongSequence(_ bytes: [UInt8]) -> Bool {
        bytes.indices.contains { bytes[$0] >= 0xC2 && SourceText.sequenceLength(bytes, at: $0) > 1 }
    }

    // MARK: UTF-16

    private static func utf16(
        _ file: [UInt8], from start: Int, isBigEndian: Bool
    ) throws(ExtractionError) -> [UInt8] {
        guard (file.count - start).isMultiple(of: 2) else { throw .invalidUTF16(offset: file.count - 1) }
        let (high, low) = isBigEndian ? (0, 1) : (1, 0)
        func unit(_ offset: Int) -> UInt32 { UInt32(file[offset + high]) << 8 | UInt32(file[offset + low]) }
        var text: [UInt8] = []
        text.reserveCapacity(file.count - start)
        var offset = start
        while offset < file.count {
            var value = unit(offset)
            let first = offset
            offset += 2
            if (0xD800..<0xDC00).contains(value), offset < file.count, (0xDC00..<0xE000).contains(unit(offset)) {
                value = 0x10000 + (value - 0xD800) << 10 + (unit(offset) - 0xDC00)
                offset += 2
            }
            guard let scalar = Unicode.Scalar(value) else { throw .invalidUTF16(offset: first) }
            guard value != 0 else { throw .containsNUL(offset: first) }
            text += UTF8.encode(scalar)!
        }
        return text
    }
}
