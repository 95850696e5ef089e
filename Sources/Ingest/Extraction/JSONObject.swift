import Labels

/// One JSON object (RFC 8259) read strictly, so that no two readers could differ about it: no field twice, no lone
/// surrogate, no byte behind it. Depth and length are bounded by the caller's limits.
struct JSONObject {
    /// In the order of the object. Names are compared by their bytes.
    let fields: [(name: ByteText, value: Value)]

    enum Value: Hashable {
        case string([UInt8])
        /// As it is written.
        case number(String)
        case truth(Bool)
        case null
        case array([Value])
        /// Its fields are checked and not kept.
        case object
    }

    init(_ line: ArraySlice<UInt8>) throws(ExtractionError) {
        var reader = JSONReader(line)
        fields = try reader.document()
    }
}

/// Recursion is bounded by `ExtractionLimits.recordDepth`.
private struct JSONReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    mutating func document() throws(ExtractionError) -> [(name: ByteText, value: JSONObject.Value)] {
        skipBlanks()
        let fields = try object(depth: 1)
        skipBlanks()
        guard position == bytes.endIndex else { throw fault }
        return fields
    }

    private var fault: ExtractionError { .recordNotObject(offset: position - bytes.startIndex) }
    private var next: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private mutating func skip(_ byte: Character) -> Bool {
        guard next == byte.asciiValue else { return false }
        position += 1
        return true
    }

    private mutating func object(depth: Int) throws(ExtractionError) -> [(name: ByteText, value: JSONObject.Value)] {
        guard depth <= ExtractionLimits.recordDepth else {
            throw .recordTooDeep(limit: ExtractionLimits.recordDepth)
        }
        guard skip("{") else { throw fault }
        var fields: [(name: ByteText, value: JSONObject.Value)] = []
        var names: Set<ByteText> = []
        skipBlanks()
        if skip("}") { return fields }
        repeat {
            skipBlanks()
            let name = ByteText(bytes: try string())
            guard fields.count < ExtractionLimits.recordFields else {
                throw .tooManyFields(limit: ExtractionLimits.recordFields)
            }
            guard names.insert(name).inserted else { throw .repeatedField(number: fields.count + 1) }
            skipBlanks()
            guard skip(":") else { throw fault }
            fields.append((name, try value(depth: depth)))
            skipBlanks()
        } while skip(",")
        guard skip("}") else { throw fault }
        return fields
    }

    private mutating func value(depth: Int) throws(ExtractionError) -> JSONObject.Value {
        skipBlanks()
        switch next {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"):
            _ = try object(depth: depth + 1)
            return .object
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "t"):
            try word("true")
            return .truth(true)
        case UInt8(ascii: "f"):
            try word("false")
            return .truth(false)
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        default: return .number(try number())
        }
    }

    private mutating func array(depth: Int) throws(ExtractionError) -> [JSONObject.Value] {
        guard depth <= ExtractionLimits.recordDepth else {
            throw .recordTooDeep(limit: ExtractionLimits.recordDepth)
        }
        guard skip("[") else { throw fault }
        var values: [JSONObject.Value] = []
        skipBlanks()
        if skip("]") { return values }
        repeat {
            values.append(try value(depth: depth))
            skipBlanks()
        } while skip(",")
        guard skip("]") else { throw fault }
        return values
    }

    private mutating func word(_ word: String) throws(ExtractionError) {
        guard bytes[position...].starts(with: word.utf8) else { throw fault }
        position += word.utf8.count
    }

    private mutating func number() throws(ExtractionError) -> String {
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

    private mutating func string() throws(ExtractionError) -> [UInt8] {
        guard skip("\"") else { throw fault }
        var text: [UInt8] = []
        while let byte = next, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw fault }
            if byte == UInt8(ascii: "\\") {
                position += 1
                text += try escaped()
            } else {
                text.append(byte)
                position += 1
            }
        }
        guard skip("\"") else { throw fault }
        return text
    }

    private mutating func escaped() throws(ExtractionError) -> [UInt8] {
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
    private mutating func unit() throws(ExtractionError) -> UInt32 {
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
