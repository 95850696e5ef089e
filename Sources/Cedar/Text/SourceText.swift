/// A range of bytes in a source text.
public struct SourceSpan: Sendable {
    public let start: Int32
    public let end: Int32

    package init(_ start: Int, _ end: Int) {
        self.start = Int32(clamping: start)
        self.end = Int32(clamping: end)
    }

    /// The span of something that was built by code.
    static let none = SourceSpan(0, 0)

    func union(_ other: SourceSpan) -> SourceSpan {
        SourceSpan(Int(min(start, other.start)), Int(max(end, other.end)))
    }
}

/// A place that a person can go to. Lines and columns begin at 1; a column counts Unicode scalars.
public struct SourceLocation: Hashable, Sendable, CustomStringConvertible {
    public let file: String
    public let line: Int
    public let column: Int

    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// `file:line:column`.
    public var description: String { "\(file):\(line):\(column)" }
}

/// The bytes of one file, kept to say where a construct stands and to show the line that it stands on.
///
/// A location takes time in the logarithm of the number of lines and in `blockSize`, however long the lines are, so that
/// many errors in one text stay cheap.
public struct SourceText: Sendable {
    /// The name that messages give to the text.
    public let file: String
    public let bytes: [UInt8]
    private let lineStarts: [Int32]
    /// How many scalars begin before each multiple of `blockSize`.
    private let scalarsBefore: [Int32]

    /// A power of two.
    private static let blockSize = 4096
    /// How many bytes a snippet shows before what it marks, and half of what it shows from there on.
    private static let snippetLength = 100

    public init(file: String, bytes: [UInt8]) {
        self.file = file
        self.bytes = bytes
        var starts: [Int32] = [0]
        var before: [Int32] = []
        var scalars: Int32 = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if index & (Self.blockSize - 1) == 0 { before.append(scalars) }
            if byte & 0xC0 != 0x80 { scalars += 1 }
            index += 1
            if byte == 0x0A { starts.append(Int32(clamping: index)) }
        }
        lineStarts = starts
        scalarsBefore = before
    }

    /// A text for a parser of policies or schemas, which take no more than `Limits.sourceBytes`.
    static func bounded(file: String, bytes: [UInt8]) throws(ParseErrors) -> SourceText {
        guard bytes.count <= Limits.sourceBytes else {
            throw ParseErrors([
                ParseError(
                    "the text has \(bytes.count) bytes; the limit is \(Limits.sourceBytes)", at: .none,
                    in: SourceText(file: file, bytes: []))
            ])
        }
        return SourceText(file: file, bytes: bytes)
    }

    /// The text that stands in for none, for policies that were built by code.
    static let none = SourceText(file: "code", bytes: [])

    /// Zero-based number of the line that holds the byte at `offset`.
    private func lineIndex(of offset: Int) -> Int {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if Int(lineStarts[middle]) <= offset { low = middle } else { high = middle }
        }
        return low
    }

    /// How many scalars begin before `offset`.
    private func scalars(before offset: Int) -> Int {
        guard let last = scalarsBefore.indices.last else { return 0 }
        let block = min(offset / Self.blockSize, last)
        let start = block * Self.blockSize
        return Int(scalarsBefore[block]) + Self.scalarCount(bytes[start..<min(offset, start + Self.blockSize)])
    }

    private func offset(of span: SourceSpan) -> Int {
        min(Int(span.start), bytes.count)
    }

    public func location(of span: SourceSpan) -> SourceLocation {
        let offset = offset(of: span)
        let line = lineIndex(of: offset)
        let column = scalars(before: offset) - scalars(before: Int(lineStarts[line])) + 1
        return SourceLocation(file: file, line: line + 1, column: column)
    }

    /// The line of a span with carets below the span, each prefixed by the line number's gutter. Long lines are cut.
    public func snippet(_ span: SourceSpan) -> String {
        guard !bytes.isEmpty else { return "" }
        let offset = offset(of: span)
        let line = lineIndex(of: offset)
        var end = line + 1 < lineStarts.count ? Int(lineStarts[line + 1]) - 1 : bytes.count
        if end > offset, bytes[end - 1] == 0x0D { end -= 1 }
        end = scalarStart(at: min(end, offset + 2 * Self.snippetLength))
        let from = scalarStart(at: max(Int(lineStarts[line]), offset - Self.snippetLength))
        let shown = String(decoding: bytes[from..<max(from, end)], as: UTF8.self)
            .unicodeScalars.map { $0.properties.generalCategory == .control ? " " : String($0) }.joined()
        let number = String(line + 1)
        let gutter = String(repeating: " ", count: number.utf8.count)
        let before = Self.scalarCount(bytes[from..<max(from, offset)])
        let marked = max(1, Self.scalarCount(bytes[offset..<max(offset, min(Int(span.end), end))]))
        let carets = String(repeating: " ", count: before) + String(repeating: "^", count: marked)
        return "\(gutter) |\n\(number) | \(shown)\n\(gutter) | \(carets)"
    }

    /// The nearest offset at or before the given one at which a scalar begins.
    private func scalarStart(at offset: Int) -> Int {
        var start = offset
        while start > 0, start < bytes.count, bytes[start] & 0xC0 == 0x80 { start -= 1 }
        return start
    }

    private static func scalarCount(_ bytes: ArraySlice<UInt8>) -> Int {
        var count = 0
        for byte in bytes where byte & 0xC0 != 0x80 { count += 1 }
        return count
    }
}
