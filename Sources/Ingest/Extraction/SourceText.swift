/// The text of a file as UTF-8 without NUL, whatever character set the file is in.
///
/// A byte order mark is dropped. Line ends stay as they are: the extracted text of Markdown and plain text in UTF-8 is the
/// source, so that a citation's byte range can be checked against the file.
struct SourceText {
    let bytes: [UInt8]

    /// A byte order mark says what the file is in; then `charset`, if the file or the message around it declares one; then
    /// its own bytes (`Charset.guessed`).
    init(_ file: [UInt8], charset: Charset? = nil) throws(ExtractionError) {
        if let (marked, length) = Charset.byteOrderMark(file) {
            bytes = try marked.decode(file, from: length)
        } else if let charset {
            bytes = try charset.decode(file, from: 0)
        } else {
            let guessed = try Charset.guessed(file)
            bytes = try guessed.decode(file, from: 0)
        }
    }

    /// The start of the first sequence that is not well-formed UTF-8.
    static func firstInvalidByte(_ bytes: [UInt8]) -> Int? {
        var position = 0
        while position < bytes.count {
            let length = bytes[position] < 0x80 ? 1 : sequenceLength(bytes, at: position)
            if length == 0 { return position }
            position += length
        }
        return nil
    }

    /// The length of the well-formed sequence that begins there (Unicode 16, table 3-7); 0 where none does.
    static func sequenceLength(_ bytes: [UInt8], at position: Int) -> Int {
        let lead = bytes[position]
        let (length, second): (Int, ClosedRange<UInt8>)
        switch lead {
        case 0...0x7F: return 1
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return 0
        }
        guard position + length <= bytes.count, second.contains(bytes[position + 1]),
            bytes[(position + 2)..<(position + length)].allSatisfy({ $0 & 0xC0 == 0x80 })
        else { return 0 }
        return length
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
