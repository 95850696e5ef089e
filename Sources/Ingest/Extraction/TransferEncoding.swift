import Passages

/// How the bytes of a mail part are written (RFC 2045 section 6).
enum TransferEncoding {
    /// `7bit`, `8bit` and `binary`.
    case identity
    case quotedPrintable
    case base64

    /// - Parameter name: The value of `Content-Transfer-Encoding`; nil where there is none.
    static func named(_ name: String?) throws(ExtractionError) -> TransferEncoding {
        switch name?.lowercased() {
        case nil, "", "7bit", "8bit", "binary": return .identity
        case "quoted-printable": return .quotedPrintable
        case "base64": return .base64
        default: throw .badTransferEncoding
        }
    }

    func decode(_ bytes: ArraySlice<UInt8>) throws(ExtractionError) -> [UInt8] {
        let decoded: [UInt8]? =
            switch self {
            case .identity: Array(bytes)
            case .quotedPrintable: Self.quotedPrintable(bytes)
            case .base64: Self.base64(bytes)
            }
        guard let decoded else { throw .badTransferEncoding }
        return decoded
    }

    /// RFC 2045 section 6.7. White space at the end of a line was added on the way. A `=` that begins no code stays as it
    /// is, as the RFC proposes.
    static func quotedPrintable(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        var position = bytes.startIndex
        while position < bytes.endIndex {
            let end = bytes[position...].firstIndex(of: 0x0A) ?? bytes.endIndex
            let hasReturn = end > position && end < bytes.endIndex && bytes[end - 1] == 0x0D
            var line = bytes[position..<(hasReturn ? end - 1 : end)]
            while let last = line.last, last == 0x20 || last == 0x09 { line.removeLast() }
            let isSoft = line.last == UInt8(ascii: "=")
            if isSoft { line.removeLast() }
            text += unescaped(line)
            if !isSoft, end < bytes.endIndex { text += hasReturn ? [0x0D, 0x0A] : [0x0A] }
            position = end + 1
        }
        return text
    }

    /// The codes `=C3` replaced.
    static func unescaped(_ line: ArraySlice<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        var position = line.startIndex
        while position < line.endIndex {
            if line[position] == UInt8(ascii: "="), position + 2 < line.endIndex,
                let high = hexadecimalDigit(line[position + 1]), let low = hexadecimalDigit(line[position + 2])
            {
                text.append(high << 4 | low)
                position += 3
            } else {
                text.append(line[position])
                position += 1
            }
        }
        return text
    }

    /// RFC 2045 section 6.8: white space is passed over, padding ends the text. Nil where anything else occurs.
    static func base64(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count / 4 * 3)
        var bits: UInt32 = 0
        var digits = 0
        var padding = 0
        for byte in bytes where !TextCuts.isBlank(byte) {
            if byte == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            guard padding == 0, let digit = base64Digit(byte) else { return nil }
            bits = bits << 6 | UInt32(digit)
            digits += 1
            if digits.isMultiple(of: 4) {
                text += [UInt8(bits >> 16 & 0xFF), UInt8(bits >> 8 & 0xFF), UInt8(bits & 0xFF)]
                bits = 0
            }
        }
        switch digits % 4 {
        case 0: guard padding == 0 else { return nil }
        case 2:
            guard padding == 2 || padding == 0 else { return nil }
            text.append(UInt8(bits >> 4 & 0xFF))
        case 3:
            guard padding <= 1 else { return nil }
            text += [UInt8(bits >> 10 & 0xFF), UInt8(bits >> 2 & 0xFF)]
        default: return nil
        }
        return text
    }

    static func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    private static func base64Digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x41...0x5A: byte - 0x41
        case 0x61...0x7A: byte - 0x61 + 26
        case 0x30...0x39: byte - 0x30 + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
