import Passages

/// Structure of a text without markup. The extracted text is the source itself.
struct PlainTextExtractor {
    func extract(_ text: [UInt8]) -> ExtractedText {
        let range = 0..<text.count
        return ExtractedText(
            text: text, metadataTitle: nil,
            blocks: LineStructure(text: text, page: nil, beginsDocument: true).blocks(in: range))
    }
}

/// Headings, lists and paragraphs told from lines alone: plain text, and the pages of a PDF.
///
/// Text between blank lines is a chunk. A heading is a line underlined with `=` or `-`, or a chunk of one short line that
/// is numbered, or in capitals, or the first of the document. A portion mark before it is no part of the judgement. Where
/// the form is doubtful the chunk is a paragraph: that loses a section name, never text.
///
/// What a chunk is depends on where it stands and on its own text, never on what its neighbours say: they may have other
/// labels (rule 2, non-interference).
struct LineStructure {
    let text: [UInt8]
    let page: Int?
    /// Whether the first chunk may be the title.
    let beginsDocument: Bool

    /// Longest line, in bytes without its portion mark, that can be a heading by its form.
    private static let headingLine = 90
    private static let shortestUnderline = 3
    private static let fewestCapitals = 4

    func blocks(in range: Range<Int>) -> [Block] {
        let chunks = chunks(in: range)
        var blocks: [Block] = []
        for (index, chunk) in chunks.enumerated() {
            if let underlined = underlinedHeading(chunk) {
                blocks.append(heading(chunk[0].lowerBound..<chunk[1].upperBound, chunk[0], level: underlined))
                blocks += body(Array(chunk.dropFirst(2)))
            } else if chunk.count == 1, let level = headingLevel(index, of: chunks) {
                blocks.append(heading(chunk[0], chunk[0], level: level))
            } else if let level = leadingHeadingLevel(chunk) {
                blocks.append(heading(chunk[0], chunk[0], level: level))
                blocks += body(Array(chunk.dropFirst()))
            } else {
                blocks += body(chunk)
            }
        }
        return blocks
    }

    /// Lines between blank lines.
    private func chunks(in range: Range<Int>) -> [[Range<Int>]] {
        var chunks: [[Range<Int>]] = []
        var open = false
        for line in TextLines(text[range]).ranges {
            let line = (line.lowerBound + range.lowerBound)..<(line.upperBound + range.lowerBound)
            if TextCuts.isBlank(text, line.lowerBound, line.upperBound) {
                open = false
            } else if open {
                chunks[chunks.count - 1].append(line)
            } else {
                chunks.append([line])
                open = true
            }
        }
        return chunks
    }

    // MARK: Headings

    private func heading(_ range: Range<Int>, _ line: Range<Int>, level: Int) -> Block {
        let words = TextCuts.words(text, ByteRange(line.lowerBound, line.upperBound)).map { text[$0.start..<$0.end] }
        return Block(
            kind: .heading(level: level), range: trimmed(range)!, page: page,
            headingText: String(decoding: Array(words.joined(separator: [0x20])), as: UTF8.self))
    }

    private func underlinedHeading(_ chunk: [Range<Int>]) -> Int? {
        guard chunk.count >= 2, chunk[0].count <= ExtractionLimits.headingBytes, let line = trimmed(chunk[1]),
            line.count >= Self.shortestUnderline, hasLetter(chunk[0])
        else { return nil }
        let bytes = text[line.start..<line.end]
        guard let first = bytes.first, bytes.allSatisfy({ $0 == first }) else { return nil }
        return first == UInt8(ascii: "=") ? 1 : first == UInt8(ascii: "-") ? 2 : nil
    }

    /// The level of a chunk of one line if its form makes it a heading. Level 1 is left to the title.
    private func headingLevel(_ index: Int, of chunks: [[Range<Int>]]) -> Int? {
        let line = withoutMark(chunks[index][0])
        guard line.count <= Self.headingLine, index + 1 < chunks.count, !line.isEmpty, hasLetter(line),
            let last = text[line].last, !Array(".;:,?!".utf8).contains(last), bullet(line) != .symbol,
            !contains("//", in: line)
        else { return nil }
        if let depth = numbering(line) {
            // A lone number is as often a step's, so its line must be written as titles are.
            return depth >= 2 || isInTitleCase(line) ? min(depth + 1, 6) : nil
        }
        if bullet(line) != nil { return nil }
        let isTitle = beginsDocument && index == 0
        if isInCapitals(line) { return isTitle ? 1 : 2 }
        return isTitle && words(line) >= 2 ? 1 : nil
    }

    /// The level of a chunk's first line if it is numbered like `3.2` and a sentence begins below it: `pdftotext` leaves no
    /// blank line between a heading and its text. A number alone is more often a step's.
    private func leadingHeadingLevel(_ chunk: [Range<Int>]) -> Int? {
        guard chunk.count >= 2 else { return nil }
        let (line, next) = (withoutMark(chunk[0]), withoutMark(chunk[1]))
        guard line.count <= Self.headingLine, let depth = numbering(line), depth >= 2, numbering(next) == nil,
            bullet(next) == nil, let last = text[line].last, !Array(".;:,?!".utf8).contains(last),
            let first = text[next].first, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) || first >= 0x80
        else { return nil }
        return min(depth + 1, 6)
    }

    /// The depth of `3`, `3.2`, `3.2.1` before a capital letter.
    private func numbering(_ line: Range<Int>) -> Int? {
        var depth = 0
        var position = line.lowerBound
        while true {
            let start = position
            while position < line.upperBound, isDigit(text[position]) { position += 1 }
            guard position > start, position - start <= 3 else { break }
            depth += 1
            guard position < line.upperBound, text[position] == UInt8(ascii: ".") else { break }
            position += 1
        }
        guard depth > 0, position < line.upperBound, text[position] == 0x20 || text[position] == 0x09 else {
            return nil
        }
        while position < line.upperBound, TextCuts.isBlank(text[position]) { position += 1 }
        guard position < line.upperBound else { return nil }
        let first = text[position]
        return (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) || first >= 0x80 ? depth : nil
    }

    /// Whether every word of more than three letters begins with a capital.
    private func isInTitleCase(_ line: Range<Int>) -> Bool {
        TextCuts.words(text, ByteRange(line.lowerBound, line.upperBound)).allSatisfy {
            $0.count <= 3 || !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains(text[$0.start])
        }
    }

    private func isInCapitals(_ line: Range<Int>) -> Bool {
        let letters = text[line].filter { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) }
        return letters.count >= Self.fewestCapitals && letters.allSatisfy { $0 & 0x20 == 0 }
    }

    /// The line without white space around it and without a portion mark `(U)` or `(CUI//SP-X)` before it.
    private func withoutMark(_ line: Range<Int>) -> Range<Int> {
        guard let range = trimmed(line) else { return line.lowerBound..<line.lowerBound }
        var start = range.start
        while start < range.end, TextCuts.isBlank(text[start]) { start += 1 }
        if text[start] == UInt8(ascii: "("), let close = text[start..<range.end].firstIndex(of: UInt8(ascii: ")")) {
            let inner = text[(start + 1)..<close]
            let isMark = inner.allSatisfy { !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) && !isDigit($0) }
            if isMark, let rest = text[(close + 1)..<range.end].firstIndex(where: { !TextCuts.isBlank($0) }) {
                start = rest
            }
        }
        return start..<range.end
    }

    // MARK: Lists and paragraphs

    private enum Bullet {
        case symbol, number
    }

    /// A chunk, or the part of it behind a heading: a list, a paragraph, or a paragraph that leads to a list.
    private func body(_ lines: [Range<Int>]) -> [Block] {
        guard !lines.isEmpty else { return [] }
        guard let first = lines.indices.first(where: { startsList(lines, at: $0) }) else {
            return [paragraph(lines)].compactMap { $0 }
        }
        var blocks = first > 0 ? [paragraph(Array(lines[..<first]))].compactMap { $0 } : []
        let items = Array(lines[first...])
        let indentation = indentation(items[0])
        let starts = items.indices.filter {
            $0 == 0 || (bullet(items[$0]) != nil && self.indentation(items[$0]) <= indentation)
        }
        let parts = zip(starts, starts.dropFirst() + [items.count]).compactMap {
            trimmed(items[$0].lowerBound..<items[$1 - 1].upperBound)
        }
        if let range = trimmed(items[0].lowerBound..<items[items.count - 1].upperBound) {
            blocks.append(Block(kind: .list, range: range, parts: parts, page: page))
        }
        return blocks
    }

    /// A wrapped line may begin with `-` or `1.` by chance, so inside a paragraph more than one bullet or a colon before it
    /// is asked for.
    private func startsList(_ lines: [Range<Int>], at index: Int) -> Bool {
        guard let kind = bullet(lines[index]) else { return false }
        if index == 0 { return true }
        if text[lines[index - 1]].last(where: { !TextCuts.isBlank($0) }) == UInt8(ascii: ":") { return true }
        return kind == .symbol && lines[index...].filter { bullet($0) == .symbol }.count >= 2
    }

    private func paragraph(_ lines: [Range<Int>]) -> Block? {
        trimmed(lines[0].lowerBound..<lines[lines.count - 1].upperBound).map {
            Block(kind: .paragraph, range: $0, page: page)
        }
    }

    /// `-`, `*`, `+`, `•`, `–` or `1.`, `1)`, `a.`, `a)`, `(1)`, `(a)` before white space and text.
    private func bullet(_ line: Range<Int>) -> Bullet? {
        guard let range = trimmed(line) else { return nil }
        let bytes = text[range.start..<range.end].drop { TextCuts.isBlank($0) }
        guard let space = bytes.firstIndex(where: { TextCuts.isBlank($0) }) else { return nil }
        let mark = Array(bytes[..<space])
        switch String(decoding: mark.prefix(6), as: UTF8.self) {
        case "-", "*", "+", "•", "–", "▪", "◦", "·": return .symbol
        default: break
        }
        var inner = mark[...]
        guard let end = inner.popLast(), end == UInt8(ascii: ")") || end == UInt8(ascii: ".") else { return nil }
        if end == UInt8(ascii: ")"), inner.first == UInt8(ascii: "(") { inner.removeFirst() }
        let isNumber = (1...3).contains(inner.count) && inner.allSatisfy(isDigit)
        let isLetter = inner.count == 1 && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(inner[inner.startIndex])
        return isNumber || isLetter ? .number : nil
    }

    private func indentation(_ line: Range<Int>) -> Int {
        text[line].prefix { TextCuts.isBlank($0) }.count
    }

    // MARK: Bytes

    private func trimmed(_ range: Range<Int>) -> ByteRange? {
        TextCuts.trimmed(text, range.lowerBound, range.upperBound)
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private func hasLetter(_ range: Range<Int>) -> Bool {
        text[range].contains { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) || $0 >= 0x80 }
    }

    private func words(_ range: Range<Int>) -> Int {
        TextCuts.words(text, ByteRange(range.lowerBound, range.upperBound)).count
    }

    private func contains(_ needle: String, in range: Range<Int>) -> Bool {
        String(decoding: text[range], as: UTF8.self).contains(needle)
    }
}
