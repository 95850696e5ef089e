/// Reads JSON (RFC 8259) from bytes. Duplicate keys, fractions, exponents and numbers beyond 64 bits are errors.
package struct JSONReader {
    private let source: SourceText
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0
    private let depthLimit: Int

    private init(_ source: SourceText, depth: Int) throws(ParseError) {
        self.source = source
        depthLimit = depth
        bytes = source.bytes
        if let offset = UTF8Decoding.firstIllFormed(in: bytes) {
            throw ParseError("the text is not UTF-8", at: SourceSpan(offset, offset + 1), in: source)
        }
    }

    /// The value that is the whole text, with arrays and objects nested at most `depth` deep.
    package static func read(_ source: SourceText, depth: Int = Limits.jsonDepth) throws(ParseError) -> JSONValue {
        var reader = try JSONReader(source, depth: depth)
        let value = try reader.value()
        reader.skipBlank()
        guard reader.position == reader.bytes.count else { throw reader.unexpected(["end of text"]) }
        return value
    }

    private func error(_ message: String, from start: Int, expected: [String] = []) -> ParseError {
        ParseError(message, at: SourceSpan(start, max(start + 1, position)), in: source, expected: expected)
    }

    private func unexpected(_ expected: [String]) -> ParseError {
        if bytes[position...].starts(with: [0xEF, 0xBB, 0xBF]) {
            return ParseError(
                "a byte-order mark", at: SourceSpan(position, position + 3), in: source, expected: expected,
                hint: "save the text as UTF-8 without a byte-order mark")
        }
        return error(
            position < bytes.count ? "unexpected character" : "unexpected end of text", from: position,
            expected: expected)
    }

    private mutating func skipBlank() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard position < bytes.count, UInt32(bytes[position]) == scalar.value else { return false }
        position += 1
        return true
    }

    private mutating func value() throws(ParseError) -> JSONValue {
        skipBlank()
        let start = position
        guard position < bytes.count else { throw unexpected(["value"]) }
        let kind: JSONValue.Kind
        switch bytes[position] {
        case UInt8(ascii: "{"): kind = try nested { (reader) throws(ParseError) in try reader.object() }
        case UInt8(ascii: "["): kind = try nested { (reader) throws(ParseError) in try reader.array() }
        case UInt8(ascii: "\""): kind = .string(try string())
        case UInt8(ascii: "-"), 0x30...0x39: kind = .integer(try number())
        case UInt8(ascii: "t"): kind = try word("true", .bool(true))
        case UInt8(ascii: "f"): kind = try word("false", .bool(false))
        case UInt8(ascii: "n"): kind = try word("null", .null)
        default: throw unexpected(["value"])
        }
        return JSONValue(kind: kind, span: SourceSpan(start, position))
    }

    private mutating func nested(
        _ read: (inout JSONReader) throws(ParseError) -> JSONValue.Kind
    ) throws(ParseError) -> JSONValue.Kind {
        guard depth < depthLimit else {
            throw error("arrays and objects are nested too deeply; the limit is \(depthLimit)", from: position)
        }
        depth += 1
        defer { depth -= 1 }
        position += 1
        return try read(&self)
    }

    private mutating func word(_ word: StaticString, _ kind: JSONValue.Kind) throws(ParseError) -> JSONValue.Kind {
        let wanted = Array(word.description.utf8)
        guard position + wanted.count <= bytes.count,
            bytes[position..<(position + wanted.count)].elementsEqual(wanted)
        else { throw unexpected(["value"]) }
        position += wanted.count
        return kind
    }

    private mutating func array() throws(ParseError) -> JSONValue.Kind {
        var elements: [JSONValue] = []
        skipBlank()
        if take("]") { return .array(elements) }
        while true {
            elements.append(try value())
            skipBlank()
            if take("]") { return .array(elements) }
            guard take(",") else { throw unexpected(["`,`", "`]`"]) }
        }
    }

    /// Up to this many keys it is quicker to compare with each than to hash.
    private static let fewKeys = 12

    private mutating func object() throws(ParseError) -> JSONValue.Kind {
        var members: [JSONValue.Member] = []
        var keys: Set<CedarString> = []
        skipBlank()
        if take("}") { return .object(members) }
        while true {
            skipBlank()
            let start = position
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw unexpected(["key"]) }
            let key = try string()
            let keySpan = SourceSpan(start, position)
            let isNew: Bool
            if members.count < Self.fewKeys {
                isNew = !members.contains { $0.key == key }
            } else {
                if keys.isEmpty { keys.formUnion(members.map(\.key)) }
                isNew = keys.insert(key).inserted
            }
            guard isNew else { throw error("the key \(key.quoted) stands here twice", from: start) }
            skipBlank()
            guard take(":") else { throw unexpected(["`:`"]) }
            members.append(JSONValue.Member(key: key, keySpan: keySpan, value: try value()))
            skipBlank()
            if take("}") { return .object(members) }
            guard take(",") else { throw unexpected(["`,`", "`}`"]) }
        }
    }

    private mutating func number() throws(ParseError) -> Int64 {
        let start = position
        let isNegative = take("-")
        let digits = position
        var value: Int64 = 0
        var fits = true
        while position < bytes.count, case 0x30...0x39 = bytes[position] {
            let digit = Int64(bytes[position] - 0x30)
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            fits = fits && !overflow && !carry
            value = sum
            position += 1
        }
        guard position > digits else { throw unexpected(["digit"]) }
        if bytes[digits] == 0x30, position > digits + 1 {
            throw error("a number with a leading zero", from: start)
        }
        if position < bytes.count, [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(bytes[position]) {
            throw error("numbers are whole, without fraction or exponent", from: start)
        }
        guard fits else { throw error("a number beyond 64 bits", from: start) }
        guard !isNegative || value != 0 else { throw error("a negative zero, which is no whole number", from: start) }
        return value
    }

    private mutating func string() throws(ParseError) -> CedarString {
        let start = position
        position += 1
        var result: [UInt8] = []
        while true {
            let plain = position
            while position < bytes.count, bytes[position] >= 0x20, bytes[position] != UInt8(ascii: "\""),
                bytes[position] != UInt8(ascii: "\\")
            {
                position += 1
            }
            result.append(contentsOf: bytes[plain..<position])
            guard position < bytes.count else {
                throw error("a string without its closing quotation mark", from: start)
            }
            if take("\"") { return CedarString(utf8: result) }
            guard take("\\") else { throw error("a control character in a string must be escaped", from: position) }
            try escape(into: &result)
        }
    }

    private mutating func escape(into result: inout [UInt8]) throws(ParseError) {
        let start = position - 1
        guard position < bytes.count else { throw unexpected(["escape"]) }
        let code = bytes[position]
        position += 1
        switch code {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(code)
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(0x0C)
        case UInt8(ascii: "n"): result.append(0x0A)
        case UInt8(ascii: "r"): result.append(0x0D)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "u"):
            var value = try fourDigits(from: start)
            if case 0xD800...0xDBFF = value {
                guard take("\\"), take("u") else { throw error("half of a surrogate pair", from: start) }
                let low = try fourDigits(from: start)
                guard case 0xDC00...0xDFFF = low else { throw error("half of a surrogate pair", from: start) }
                value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(value) else { throw error("half of a surrogate pair", from: start) }
            UTF8Decoding.append(scalar, to: &result)
        default: throw error("unknown escape in a string", from: start)
        }
    }

    private mutating func fourDigits(from start: Int) throws(ParseError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard position < bytes.count, let digit = StringEscapes.hexDigit(bytes[position]) else {
                throw error("`\\u` needs four hexadecimal digits", from: start)
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
