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

    /// The name of a field; its value follows. Names of our own need no escape.
    mutating func name(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes += $0 }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    /// The name of a field that an enclave gave.
    mutating func name(escaping name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func field(_ name: StaticString, _ value: String?) {
        self.name(name)
        if let value { string(value) } else { null() }
    }

    mutating func field(_ name: StaticString, _ value: Int?) {
        self.name(name)
        if let value { literal(value.description) } else { null() }
    }

    /// - Precondition: `value` is finite.
    mutating func field(_ name: StaticString, _ value: Double) {
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
            while let position = Self.escaped(in: text, from: copied) {
                bytes += UnsafeBufferPointer(rebasing: text[copied..<position])
                bytes += Self.escape(text[position]).utf8
                copied = position + 1
            }
            bytes += UnsafeBufferPointer(rebasing: text[copied...])
        }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// Where the next byte stands that needs an escape. Eight bytes at a time while none is near.
    private static func escaped(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        var position = start
        let raw = UnsafeRawBufferPointer(text)
        while position + 8 <= text.count,
            !needsEscape(anyOf: raw.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        {
            position += 8
        }
        while position < text.count, !needsEscape(text[position]) { position += 1 }
        return position < text.count ? position : nil
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// Whether one of eight bytes needs an escape.
    ///
    /// A byte is below n, for n up to 128, where subtracting n sets its highest bit and it was not set before (H. S.
    /// Warren, Hacker's Delight, section 6-1); a byte that borrows from the next is below n itself.
    private static func needsEscape(anyOf bytes: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quote = bytes ^ (ones * UInt64(UInt8(ascii: "\"")))
        let backslash = bytes ^ (ones * UInt64(UInt8(ascii: "\\")))
        let below = (bytes &- ones * 0x20) & ~bytes | (quote &- ones) & ~quote | (backslash &- ones) & ~backslash
        return below & (ones << 7) != 0
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
