/// A mark like `(U)` or `(CUI//SP-EXPT//NOFORN)` in a piece of text.
package struct PortionMark: Hashable, Sendable {
    /// Whether it stands at the start of the text, with nothing but markup before it. Marks further inside only tighten.
    package let isLeading: Bool
    /// Indices into the text that was read, from `(` to after `)`.
    package let range: Range<Int>
    package let level: AttributeValue
    package let categories: Set<AttributeValue>
    package let dissemination: Set<AttributeValue>
}

extension MarkingScheme {
    /// Bytes between the parentheses. A longer text in parentheses is no mark, unless it begins as one: then it is an
    /// error.
    static let markLengthLimit = 512

    /// The marks in the text of one block or part, in order. Linear in the length of the text.
    ///
    /// Text in parentheses is a mark if it is the text of a level, alone or followed by `//`. Case counts. Blanks around
    /// parts do not, nor does Markdown's markup for emphasis and escapes, because a reader sees the mark without it.
    /// A mark that names what no closed list has is an error (rule 4, fail closed): a guess could release what its
    /// author withheld.
    package func portionMarks(in text: ArraySlice<UInt8>) throws(LabelingError) -> [PortionMark] {
        let headLength = 2 + levels.reduce(0) { max($0, $1.text.bytes.count) }
        var marks: [PortionMark] = []
        var position = text.startIndex
        while let open = text[position...].firstIndex(of: UInt8(ascii: "(")) {
            position = open + 1
            let inside = text[position...].prefix(Self.markLengthLimit)
            guard let level = level(beginning: MarkContent(inside, keeping: headLength)) else { continue }
            let offset = open - text.startIndex
            let content = MarkContent(inside)
            guard let close = content.close else {
                throw LabelingError(.malformedMark(offset: offset), source: .portionMark)
            }
            let (categories, dissemination) = try parts(of: content, after: level, offset: offset)
            marks.append(
                PortionMark(
                    isLeading: marks.isEmpty && BlockStart.reaches(open, in: text), range: open..<(close + 1),
                    level: .string(level.value), categories: categories, dissemination: dissemination))
            position = close + 1
        }
        return marks
    }

    package func portionMarks(in text: [UInt8]) throws(LabelingError) -> [PortionMark] {
        try portionMarks(in: text[...])
    }

    private func level(beginning content: MarkContent) -> Level? {
        levels.first { level in
            guard content.bytes.starts(with: level.text.bytes) else { return false }
            let rest = content.bytes.dropFirst(level.text.bytes.count)
            return (content.close != nil && rest.isEmpty) || rest.starts(with: Array("//".utf8))
        }
    }

    private func parts(
        of content: MarkContent, after level: Level, offset: Int
    ) throws(LabelingError) -> (categories: Set<AttributeValue>, dissemination: Set<AttributeValue>) {
        let parts = content.parts(afterBytes: level.text.bytes.count)
        guard parts.count <= 2, parts.allSatisfy({ $0.allSatisfy { !$0.bytes.isEmpty } }) else {
            throw LabelingError(.malformedMark(offset: offset), source: .portionMark)
        }
        var values: [ByteText: Set<AttributeValue>] = [:]
        for (index, part) in parts.enumerated() {
            let takers = takers(ofPart: index, of: parts.count)
            for token in part {
                guard let taker = takers.first(where: { $0.knows(token) }) else {
                    throw LabelingError(.unknownMarkToken(offset: offset), source: .portionMark)
                }
                values[taker.name, default: []].insert(taker.value(token))
            }
        }
        return (
            categories.flatMap { values[$0.name] } ?? [], dissemination.flatMap { values[$0.name] } ?? []
        )
    }

    /// The attributes that may take a token of a part, best first. A mark with one part after the level may have left
    /// out its categories, as in `(CUI//NOFORN)`: a token is a category if a closed list says so, else a control.
    private func takers(ofPart index: Int, of count: Int) -> [TokenAttribute] {
        if count == 2 { return [index == 0 ? categories : dissemination].compactMap(\.self) }
        let hasList = categories?.closedList != nil
        return [hasList ? categories : dissemination, hasList ? dissemination : categories].compactMap(\.self)
    }
}

/// What stands between the parentheses, without markup, with runs of blanks as one and none at the ends or at slashes.
private struct MarkContent {
    private(set) var bytes: [UInt8] = []
    /// Where the closing parenthesis is, if the text was read up to it.
    private(set) var close: Int?

    init(_ text: ArraySlice<UInt8>, keeping limit: Int = .max) {
        var blank = false
        var rest = text
        while bytes.count < limit, let byte = rest.first {
            if byte == UInt8(ascii: ")") {
                close = rest.startIndex
                return
            }
            let width = Blank.width(at: rest)
            if width > 0 {
                blank = true
                rest = rest.dropFirst(width)
                continue
            }
            rest = rest.dropFirst()
            if Self.markup.contains(byte) { continue }
            if blank, byte != Self.slash, let last = bytes.last, last != Self.slash { bytes.append(UInt8(ascii: " ")) }
            blank = false
            bytes.append(byte)
        }
    }

    private static let slash = UInt8(ascii: "/")
    /// Backslashes of escapes, emphasis, code. An underscore is left alone: identifiers have it.
    private static let markup = Array("\\*`".utf8)

    /// The parts after the level: apart by `//`, each a list of tokens apart by `/`.
    func parts(afterBytes count: Int) -> [[ByteText]] {
        guard bytes.count > count else { return [] }
        var parts: [[ByteText]] = []
        var rest = bytes[(count + 2)...]
        while true {
            let end = Self.doubleSlash(in: rest)
            let part = rest[..<(end ?? rest.endIndex)]
            parts.append(
                part.split(separator: Self.slash, omittingEmptySubsequences: false).map { ByteText(bytes: Array($0)) })
            guard let end else { return parts }
            rest = rest[(end + 2)...]
        }
    }

    private static func doubleSlash(in bytes: ArraySlice<UInt8>) -> Int? {
        bytes.indices.dropLast().first { bytes[$0] == slash && bytes[$0 + 1] == slash }
    }
}

/// White space in extracted text: ASCII's, and the no-break space that PDF and HTML are full of.
private enum Blank {
    /// Bytes of the white space at the start of `text`; 0 if there is none.
    static func width(at text: ArraySlice<UInt8>) -> Int {
        switch text.first {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): 1
        case 0xC2 where text.dropFirst().first == 0xA0: 2
        default: 0
        }
    }
}

/// What may stand before a mark that is at the start of a block: markup of headings, quotes, lists, cells and emphasis,
/// and the number of an item or section.
private enum BlockStart {
    static func reaches(_ index: Int, in text: ArraySlice<UInt8>) -> Bool {
        var rest = text[..<index]
        var hasNumber = false
        while !rest.isEmpty {
            let width = prefixWidth(rest)
            if width > 0 {
                rest = rest.dropFirst(width)
            } else if !hasNumber, let number = numberWidth(rest) {
                hasNumber = true
                rest = rest.dropFirst(number)
            } else {
                return false
            }
        }
        return true
    }

    private static let markup = Array("#>*_-+|`~\\".utf8)

    private static func prefixWidth(_ text: ArraySlice<UInt8>) -> Int {
        if let first = text.first, markup.contains(first) { return 1 }
        if text.starts(with: Array("•".utf8)) { return 3 }
        return Blank.width(at: text)
    }

    /// `1.`, `12)`, `3.2.1`: digits with at least one point or parenthesis among or after them.
    private static func numberWidth(_ text: ArraySlice<UInt8>) -> Int? {
        let number = text.prefix { byte in
            byte == UInt8(ascii: ".") || byte == UInt8(ascii: ")")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        let digits = number.count { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard digits > 0, digits < number.count, number.count <= 16 else { return nil }
        return number.count
    }
}
