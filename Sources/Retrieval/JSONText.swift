import Passages

/// JSON (RFC 8259) written straight into bytes.
///
/// An answer holds ten thousand bytes and leaves with every request; `JSONEncoder` takes longer for it than everything
/// else that HTTP adds. The bytes are those that `JSONEncoder` gives with sorted keys and unescaped slashes: whoever
/// writes an object gives its fields in the order of their names.
struct JSONText {
    private(set) var bytes: [UInt8] = []
    /// Whether a value has been written since the last object or list was begun.
    private var needsComma = false

    init(reserving capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    mutating func object(_ body: (inout JSONText) -> Void) {
        open(UInt8(ascii: "{"))
        body(&self)
        close(UInt8(ascii: "}"))
    }

    mutating func list<Element>(_ elements: some Sequence<Element>, _ body: (inout JSONText, Element) -> Void) {
        open(UInt8(ascii: "["))
        for element in elements { body(&self, element) }
        close(UInt8(ascii: "]"))
    }

    /// The name of a field; its value follows.
    mutating func name(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func field(_ name: String, _ value: String?) {
        self.name(name)
        if let value { string(value) } else { null() }
    }

    mutating func field(_ name: String, _ value: Int?) {
        self.name(name)
        if let value { literal(value.description) } else { null() }
    }

    /// - Precondition: `value` is finite.
    mutating func field(_ name: String, _ value: Double) {
        precondition(value.isFinite, "JSON has no such number")
        self.name(name)
        let text = value.description
        literal(text.hasSuffix(".0") ? text.dropLast(2) : text[...])
    }

    mutating func string(_ value: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        var value = value
        value.withUTF8 { text in
            var copied = 0
            for (position, byte) in text.enumerated() where Self.needsEscape(byte) {
                bytes += text[copied..<position]
                bytes += Self.escape(byte).utf8
                copied = position + 1
            }
            bytes += text[copied...]
        }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static func escape(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "\""): #"\""#
        case UInt8(ascii: "\\"): #"\\"#
        case 0x08: #"\b"#
        case 0x09: #"\t"#
        case 0x0A: #"\n"#
        case 0x0C: #"\f"#
        case 0x0D: #"\r"#
        default: #"\u00"# + Hexadecimal.text([byte])
        }
    }

    /// A number, `true` or `false`.
    mutating func literal(_ text: some StringProtocol) {
        separate()
        bytes += text.utf8
        needsComma = true
    }

    mutating func null() { literal("null") }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = false
    }
}
