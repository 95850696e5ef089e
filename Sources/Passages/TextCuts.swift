/// Where a text may be cut, in bytes. Every cut stands at a scalar boundary, given a range that does.
package enum TextCuts {
    /// ASCII white space.
    package static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }

    package static func isBlank(_ text: [UInt8], _ start: Int, _ end: Int) -> Bool {
        start >= end || text[start..<end].allSatisfy { isBlank($0) }
    }

    /// `start..<end` without blank lines and without white space behind the text; the first line keeps its indentation.
    /// Nil where all is blank.
    package static func trimmed(_ text: [UInt8], _ start: Int, _ end: Int) -> ByteRange? {
        var (low, high) = (start, end)
        while high > low && isBlank(text[high - 1]) { high -= 1 }
        var position = low
        while position < high && isBlank(text[position]) {
            if text[position] != 0x20 && text[position] != 0x09 { low = position + 1 }
            position += 1
        }
        return low < high ? ByteRange(low, high) : nil
    }

    /// The ranges between the starts that lie inside `range`, trimmed.
    static func split(_ text: [UInt8], _ range: ByteRange, at starts: [Int]) -> [ByteRange] {
        var ranges: [ByteRange] = []
        var start = range.start
        for cut in starts where cut > start && cut < range.end {
            if let piece = trimmed(text, start, cut) { ranges.append(piece) }
            start = cut
        }
        if let piece = trimmed(text, start, range.end) { ranges.append(piece) }
        return ranges
    }

    static func lineStarts(_ text: [UInt8], _ range: ByteRange) -> [Int] {
        var starts: [Int] = []
        for position in range.start..<range.end where isLineEnd(text, position) { starts.append(position + 1) }
        return starts
    }

    /// Starts of lines that follow a blank line.
    static func paragraphStarts(_ text: [UInt8], _ range: ByteRange) -> [Int] {
        var starts: [Int] = []
        var lineStart = range.start
        var afterBlank = false
        for end in lineStarts(text, range) + [range.end] {
            let blank = isBlank(text, lineStart, end)
            if !blank && afterBlank { starts.append(lineStart) }
            afterBlank = blank
            lineStart = end
        }
        return starts
    }

    package static func words(_ text: [UInt8], _ range: ByteRange) -> [ByteRange] {
        var words: [ByteRange] = []
        var start: Int?
        for position in range.start..<range.end {
            if !isBlank(text[position]) {
                start = start ?? position
            } else if let begun = start {
                words.append(ByteRange(begun, position))
                start = nil
            }
        }
        if let begun = start { words.append(ByteRange(begun, range.end)) }
        return words
    }

    /// The scalars that begin in `range`, the last one whole only if it ends there; never empty for a range that holds one.
    static func scalars(_ text: [UInt8], _ range: ByteRange) -> [ByteRange] {
        var starts = (range.start..<range.end).filter { text[$0] & 0xC0 != 0x80 }
        let isWhole = range.end == text.count || text[range.end] & 0xC0 != 0x80
        starts.append(range.end)
        if !isWhole && starts.count > 2 { starts.removeLast() }
        return zip(starts, starts.dropFirst()).map { ByteRange($0, $1) }
    }

    /// The last scalar boundary that is not behind `limit`.
    static func scalarBoundary(in text: [UInt8], atMost limit: Int) -> Int {
        guard limit < text.count else { return text.count }
        var end = limit
        while end > 0 && text[end] & 0xC0 == 0x80 { end -= 1 }
        return end
    }

    /// Starts of sentences, and of lines behind a blank line.
    ///
    /// A sentence ends at `.`, `!` or `?`, with closing quotes and brackets, before white space and anything but a
    /// lower-case letter; not behind a single letter (`J. Smith`, `e.g. A`). Ideographic full stops need no white space.
    package static func sentenceStarts(_ text: [UInt8], _ range: ByteRange) -> [Int] {
        var starts = paragraphStarts(text, range)
        var position = range.start
        while position < range.end {
            defer { position += 1 }
            if var next = ideographicStop(text, position, range.end) {
                while next < range.end, isBlank(text[next]) { next += 1 }
                starts.append(next)
                continue
            }
            guard isTerminator(text[position]), !isInitial(text, position, range.start) else { continue }
            var next = position + 1
            while next < range.end, isTerminator(text[next]) || isCloser(text[next]) { next += 1 }
            guard next < range.end, isBlank(text[next]) else { continue }
            while next < range.end, isBlank(text[next]) { next += 1 }
            guard next < range.end, !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains(text[next]) else { continue }
            starts.append(next)
        }
        return Set(starts).sorted()
    }

    private static func isLineEnd(_ text: [UInt8], _ position: Int) -> Bool {
        if text[position] == UInt8(ascii: "\n") { return true }
        return text[position] == UInt8(ascii: "\r")
            && !(position + 1 < text.count && text[position + 1] == UInt8(ascii: "\n"))
    }

    private static func isTerminator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "!") || byte == UInt8(ascii: "?")
    }

    private static func isCloser(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ")") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "\"")
            || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "*") || byte == UInt8(ascii: "_")
    }

    /// Whether the full stop at `position` follows a letter that stands alone.
    private static func isInitial(_ text: [UInt8], _ position: Int, _ low: Int) -> Bool {
        guard text[position] == UInt8(ascii: "."), position > low, isLetter(text[position - 1]) else { return false }
        return position - 1 == low
            || !isLetter(text[position - 2]) && text[position - 2] < 0x80
                && !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[position - 2])
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    /// The end of `。`, `！` or `？` at `position`.
    private static func ideographicStop(_ text: [UInt8], _ position: Int, _ end: Int) -> Int? {
        guard position + 2 < end, text[position] >= 0xE3 else { return nil }
        let stop = (text[position], text[position + 1], text[position + 2])
        let isStop = stop == (0xE3, 0x80, 0x82) || stop == (0xEF, 0xBC, 0x81) || stop == (0xEF, 0xBC, 0x9F)
        return isStop ? position + 3 : nil
    }
}
