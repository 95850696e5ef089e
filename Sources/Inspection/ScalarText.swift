/// Bytes read as UTF-8, one character after the other. What is not well-formed reads as U+FFFD, byte by byte.
struct ScalarText {
    let bytes: [UInt8]

    /// The character that begins at `position`, and where the next one begins.
    func scalar(at position: Int) -> (scalar: Unicode.Scalar, end: Int) {
        let lead = bytes[position]
        if lead < 0x80 { return (Unicode.Scalar(lead), position + 1) }
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        guard (0xC2...0xF4).contains(lead), position + length <= bytes.count else { return ("\u{FFFD}", position + 1) }
        var value = UInt32(lead & (0x7F >> UInt8(length)))
        for next in bytes[position + 1..<position + length] {
            guard next & 0xC0 == 0x80 else { return ("\u{FFFD}", position + 1) }
            value = value << 6 | UInt32(next & 0x3F)
        }
        return (Unicode.Scalar(value) ?? "\u{FFFD}", position + length)
    }

    /// The character that ends at `position`; nil at the start of the text.
    func scalar(before position: Int) -> Unicode.Scalar? {
        guard position > 0 else { return nil }
        var start = position - 1
        while start > 0, position - start < 4, bytes[start] & 0xC0 == 0x80 { start -= 1 }
        let (scalar, end) = scalar(at: start)
        return end == position ? scalar : "\u{FFFD}"
    }

    func scalar(from position: Int) -> Unicode.Scalar? {
        position < bytes.count ? scalar(at: position).scalar : nil
    }
}
