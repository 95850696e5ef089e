/// Writes JSON as bytes, without blanks. What is written first stands first; the same calls give the same bytes.
struct JSONWriter {
    private(set) var output: [UInt8] = []

    /// Punctuation, literals and numbers as they are.
    mutating func raw(_ text: String) {
        output.append(contentsOf: text.utf8)
    }

    /// A string with its quotation marks. Only what JSON does not allow in a string is escaped; bytes that are not UTF-8
    /// become U+FFFD.
    mutating func string(_ string: CedarString) {
        output.append(UInt8(ascii: "\""))
        let isWellFormed = UTF8Decoding.firstIllFormed(in: string.utf8) == nil
        for byte in isWellFormed ? string.utf8 : Array(string.description.utf8) {
            switch byte {
            case UInt8(ascii: "\""): raw("\\\"")
            case UInt8(ascii: "\\"): raw("\\\\")
            case 0x0A: raw("\\n")
            case 0x0D: raw("\\r")
            case 0x09: raw("\\t")
            case 0..<0x20:
                raw("\\u00")
                for digit in [byte >> 4, byte & 0x0F] { raw(String(digit, radix: 16)) }
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    /// A key with its colon, after a comma if it is not the first of its object.
    mutating func key(_ key: CedarString, isFirst: Bool = false) {
        if !isFirst { raw(",") }
        string(key)
        raw(":")
    }

    mutating func entity(_ uid: EntityUID) {
        raw("{")
        key("type", isFirst: true)
        string(uid.type.name)
        key("id")
        string(uid.id)
        raw("}")
    }

    /// Elements in brackets, separated by commas.
    mutating func list<Element>(_ elements: [Element], _ write: (inout JSONWriter, Element) -> Void) {
        raw("[")
        for (position, element) in elements.enumerated() {
            if position > 0 { raw(",") }
            write(&self, element)
        }
        raw("]")
    }
}
