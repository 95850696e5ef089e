/// Reads JSON strictly. Recursion is bounded by the limits; time and memory are in proportion to the text.
package struct JSONReader {
    private let bytes: ArraySlice<UInt8>
    private let limits: JSONLimits
    private var position: Int

    private init(_ bytes: ArraySlice<UInt8>, _ limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
        position = bytes.startIndex
    }

    /// The value that is the whole text, in UTF-8 and without a byte order mark.
    package static func read(_ bytes: ArraySlice<UInt8>, limits: JSONLimits) throws(JSONError) -> JSONValue {
        var reader = JSONReader(bytes, limits)
        let value = try reader.value(depth: 0)
        reader.skipBlanks()
        guard reader.position == bytes.endIndex else { throw reader.fault }
        return value
    }

    private var fault: JSONError { .malformed(offset: position - bytes.startIndex) }
    private var next: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard let next, UInt32(next) == scalar.value else { return false }
        position += 1
        return true
    }

    /// Up to this many names it is quicker to compare with each than to hash.
    private static let fewFields = 12

    private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        guard depth <= limits.depth else { throw .tooDeep(limit: limits.depth) }
        guard skip("{") else { throw fault }
        var fields: [JSONObject.Field] = []
        var names: Set<[UInt8]> = []
        skipBlanks()
        if skip("}") { return JSONObject(fields: fields) }
        repeat {
            skipBlanks()
            let name = try string()
            guard fields.count < limits.fields else { throw .tooManyFields(limit: limits.fields) }
            let isNew: Bool
            if fields.count < Self.fewFields {
                isNew = !fields.contains { $0.name == name }
            } else {
                if names.isEmpty { names.formUnion(fields.map(\.name)) }
                isNew = names.insert(name).inserted
            }
            guard isNew else { throw .repeatedField(number: fields.count + 1) }
            skipBlanks()
            guard skip(":") else { throw fault }
            fields.append(JSONObject.Field(name: name, value: try value(depth: depth)))
            skipBlanks()
        } while skip(",")
        guard skip("}") else { throw fault }
        return JSONObject(fields: fields)
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        skipBlanks()
        switch next {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "t"):
            try word("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try word("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        default: return .number(try number())
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
        guard depth <= limits.depth else { throw .tooDeep(limit: limits.depth) }
        guard skip("[") else { throw fault }
        var values: [JSONValue] = []
        skipBlanks()
        if skip("]") { return values }
        repeat {
            values.append(try value(depth: depth))
            skipBlanks()
        } while skip(",")
        guard skip("]") else { throw fault }
        return values
    }

    private mutating func word(_ word: String) throws(JSONError) {
        guard bytes[position...].starts(with: word.utf8) else { throw fault }
        position += word.utf8.count
    }

    private mutating func number() throws(JSONError) -> String {
        let start = position
        func isDigit(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x39).contains($0) } ?? false }
        _ = skip("-")
        guard isDigit(next) else { throw fault }
        if !skip("0") {
            while isDigit(next) { position += 1 }
        }
        if skip(".") {
            guard isDigit(next) else { throw fault }
            while isDigit(next) { position += 1 }
        }
        if skip("e") || skip("E") {
            if !skip("+") { _ = skip("-") }
            guard isDigit(next) else { throw fault }
            while isDigit(next) { position += 1 }
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func string() throws(JSONError) -> [UInt8] {
        guard skip("\"") else { throw fault }
        let start = position
        var text: [UInt8] = []
        var isASCII = true
        while true {
            let plain = position
            while let byte = next, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                isASCII = isASCII && byte < 0x80
                position += 1
            }
            text += bytes[plain..<position]
            if skip("\"") { break }
            guard skip("\\") else { throw fault }
            text += try escaped()
        }
        guard isASCII || String(validating: bytes[start..<position], as: UTF8.self) != nil else {
            throw .malformed(offset: start - bytes.startIndex)
        }
        return text
    }

    private mutating func escaped() throws(JSONError) -> [UInt8] {
        guard let byte = next else { throw fault }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var value = try unit()
            if (0xD800..<0xDC00).contains(value) {
                guard skip("\\"), skip("u") else { throw fault }
                let low = try unit()
                guard (0xDC00..<0xE000).contains(low) else { throw fault }
                value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
            }
            // NUL would end a text elsewhere.
            guard value != 0, let scalar = Unicode.Scalar(value) else { throw fault }
            return Array(UTF8.encode(scalar)!)
        default:
            position -= 1
            throw fault
        }
    }

    /// Four hexadecimal digits.
    private mutating func unit() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next else { throw fault }
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x41 + 10
            case 0x61...0x66: digit = byte - 0x61 + 10
            default: throw fault
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
