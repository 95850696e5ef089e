/// The bytes of a text file, known to be UTF-8 without NUL.
///
/// A byte order mark is dropped. Line ends stay as they are: the extracted text of Markdown and plain text is the source,
/// so that a citation's byte range can be checked against the file.
struct SourceText {
    let bytes: [UInt8]

    init(_ file: [UInt8]) throws(ExtractionError) {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        bytes = file.starts(with: mark) ? Array(file.dropFirst(mark.count)) : file
        let skipped = file.count - bytes.count
        if let offset = Self.firstInvalidByte(bytes) { throw .invalidUTF8(offset: offset + skipped) }
        if let offset = bytes.firstIndex(of: 0) { throw .containsNUL(offset: offset + skipped) }
    }

    /// The start of the first sequence that is not well-formed UTF-8 (Unicode 16, table 3-7).
    static func firstInvalidByte(_ bytes: [UInt8]) -> Int? {
        var position = 0
        while position < bytes.count {
            let lead = bytes[position]
            if lead < 0x80 {
                position += 1
                continue
            }
            let (length, second): (Int, ClosedRange<UInt8>)
            switch lead {
            case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
            case 0xE0: (length, second) = (3, 0xA0...0xBF)
            case 0xED: (length, second) = (3, 0x80...0x9F)
            case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
            case 0xF0: (length, second) = (4, 0x90...0xBF)
            case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
            case 0xF4: (length, second) = (4, 0x80...0x8F)
            default: return position
            }
            guard position + length <= bytes.count, second.contains(bytes[position + 1]),
                bytes[(position + 2)..<(position + length)].allSatisfy({ $0 & 0xC0 == 0x80 })
            else { return position }
            position += length
        }
        return nil
    }
}

/// The lines of a text: ranges without their ends. `\n`, `\r\n` and `\r` end a line, as CommonMark has it.
struct TextLines {
    let ranges: [Range<Int>]

    init(_ text: some RandomAccessCollection<UInt8>) {
        let bytes = Array(text)
        var ranges: [Range<Int>] = []
        var start = 0
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                ranges.append(start..<position)
                if byte == UInt8(ascii: "\r"), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "\n") {
                    position += 1
                }
                start = position + 1
            }
            position += 1
        }
        if start < bytes.count { ranges.append(start..<bytes.count) }
        self.ranges = ranges
    }
}
