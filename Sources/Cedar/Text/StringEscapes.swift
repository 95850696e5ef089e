/// The escapes of string literals: `\" \' \\ \n \r \t \0 \xHH` (at most 7F) and `\u{1 to 6 hex digits}`.
enum StringEscapes {
    /// What is wrong with an escape, and where in the literal's bytes.
    struct Failure: Error {
        let offset: Int
        let message: String
    }

    /// The elements of the body of a literal. In a pattern, `\*` is an escape too and gives a star that is no wildcard.
    static func scan(
        _ body: ArraySlice<UInt8>, inPattern: Bool = false,
        _ element: (_ byte: ArraySlice<UInt8>, _ scalar: Unicode.Scalar?, _ isEscapedStar: Bool) -> Void
    ) throws(Failure) {
        var index = body.startIndex
        while index < body.endIndex {
            let byte = body[index]
            if byte == 0x0D {
                throw Failure(offset: index, message: "a bare carriage return in a string must be written `\\r`")
            }
            if byte != 0x5C {
                let start = index
                index += 1
                while index < body.endIndex, body[index] != 0x5C, body[index] != 0x0D { index += 1 }
                element(body[start..<index], nil, false)
                continue
            }
            let start = index
            index += 1
            guard index < body.endIndex else { throw Failure(offset: start, message: "a lone backslash in a string") }
            let code = body[index]
            index += 1
            switch code {
            case UInt8(ascii: "\""): element([], "\"", false)
            case UInt8(ascii: "'"): element([], "'", false)
            case UInt8(ascii: "\\"): element([], "\\", false)
            case UInt8(ascii: "n"): element([], "\n", false)
            case UInt8(ascii: "r"): element([], "\r", false)
            case UInt8(ascii: "t"): element([], "\t", false)
            case UInt8(ascii: "0"): element([], "\0", false)
            case UInt8(ascii: "*") where inPattern: element([], "*", true)
            case UInt8(ascii: "x"):
                guard index + 1 < body.endIndex, let high = hexDigit(body[index]), let low = hexDigit(body[index + 1])
                else { throw Failure(offset: start, message: "`\\x` needs two hexadecimal digits") }
                guard high < 8 else { throw Failure(offset: start, message: "`\\x` reaches only to 7F; use `\\u{…}`") }
                index += 2
                element([], Unicode.Scalar(UInt8(high << 4 | low)), false)
            case UInt8(ascii: "u"):
                element([], try unicodeEscape(body, &index, start: start), false)
            default:
                throw Failure(offset: start, message: "unknown escape in a string")
            }
        }
    }

    private static func unicodeEscape(
        _ body: ArraySlice<UInt8>, _ index: inout Int, start: Int
    ) throws(Failure) -> Unicode.Scalar {
        guard index < body.endIndex, body[index] == UInt8(ascii: "{") else {
            throw Failure(offset: start, message: "`\\u` needs braces: `\\u{1F512}`")
        }
        index += 1
        var value: UInt32 = 0
        var digits = 0
        while index < body.endIndex, body[index] != UInt8(ascii: "}") {
            if body[index] == UInt8(ascii: "_"), digits > 0 {
                index += 1
                continue
            }
            guard let digit = hexDigit(body[index]) else {
                throw Failure(offset: start, message: "`\\u{…}` holds hexadecimal digits only")
            }
            digits += 1
            guard digits <= 6 else { throw Failure(offset: start, message: "`\\u{…}` holds at most six digits") }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        guard index < body.endIndex, digits > 0 else {
            throw Failure(offset: start, message: "`\\u{…}` needs one to six digits and a closing brace")
        }
        index += 1
        guard let scalar = Unicode.Scalar(value) else {
            throw Failure(offset: start, message: "`\\u{…}` names no Unicode scalar (a surrogate, or above 10FFFF)")
        }
        return scalar
    }

    /// The value of a string literal's body.
    static func unescape(_ body: ArraySlice<UInt8>) throws(Failure) -> CedarString {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(body.count)
        try scan(body) { plain, scalar, _ in
            bytes.append(contentsOf: plain)
            if let scalar { UTF8Decoding.append(scalar, to: &bytes) }
        }
        return CedarString(utf8: bytes)
    }

    /// The pattern that the body of the literal after `like` stands for.
    static func pattern(_ body: ArraySlice<UInt8>) throws(Failure) -> Pattern {
        var elements: [Pattern.Element] = []
        try scan(body, inPattern: true) { plain, scalar, isEscapedStar in
            if let scalar {
                elements.append(scalar == "*" && !isEscapedStar ? .wildcard : .scalar(scalar))
            }
            for scalar in CedarString(utf8: plain).unicodeScalars {
                elements.append(scalar == "*" ? .wildcard : .scalar(scalar))
            }
        }
        return Pattern(elements)
    }

    /// The bytes as the body of a literal: quotes, backslashes, controls and invisible characters are escaped.
    static func escape(_ bytes: [UInt8]) -> String {
        var result = ""
        for scalar in CedarString(utf8: bytes).unicodeScalars {
            append(scalar, to: &result)
        }
        return result
    }

    static func append(_ scalar: Unicode.Scalar, to result: inout String) {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case "\0": result += "\\0"
        default:
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
                .nonspacingMark, .enclosingMark, .spacingMark:
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            case .spaceSeparator where scalar != " ":
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            default:
                result.unicodeScalars.append(scalar)
            }
        }
    }

    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
