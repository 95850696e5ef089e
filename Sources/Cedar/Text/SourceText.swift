/// A range of bytes in a source text.
public struct SourceSpan: Sendable {
    public let start: Int32
    public let end: Int32

    init(_ start: Int, _ end: Int) {
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
public struct SourceText: Sendable {
    /// The name that messages give to the text.
    public let file: String
    public let bytes: [UInt8]
    private let lineStarts: [Int32]

    public init(file: String, bytes: [UInt8]) {
        self.file = file
        self.bytes = bytes
        var starts: [Int32] = [0]
        for (index, byte) in bytes.enumerated() where byte == 0x0A {
            starts.append(Int32(clamping: index + 1))
        }
        lineStarts = starts
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

    public func location(of span: SourceSpan) -> SourceLocation {
        let offset = min(Int(span.start), bytes.count)
        let line = lineIndex(of: offset)
        let start = Int(lineStarts[line])
        return SourceLocation(file: file, line: line + 1, column: Self.scalarCount(bytes[start..<offset]) + 1)
    }

    /// The line of a span with a line of carets below it, each prefixed by the line number's gutter.
    ///
    /// Lines longer than `SourceText.snippetLength` are cut around the span.
    public func snippet(_ span: SourceSpan) -> String {
        guard !bytes.isEmpty else { return "" }
        let offset = min(Int(span.start), bytes.count)
        let line = lineIndex(of: offset)
        let start = Int(lineStarts[line])
        var end = line + 1 < lineStarts.count ? Int(lineStarts[line + 1]) - 1 : bytes.count
        if end > start, bytes[end - 1] == 0x0D { end -= 1 }
        let from = max(start, offset - Self.snippetLength)
        let to = min(end, max(offset, min(Int(span.end), end)) + Self.snippetLength)
        let shown = String(decoding: bytes[min(from, to)..<to], as: UTF8.self)
            .unicodeScalars.map { $0.properties.generalCategory == .control ? " " : String($0) }.joined()
        let number = String(line + 1)
        let gutter = String(repeating: " ", count: number.utf8.count)
        let before = Self.scalarCount(bytes[min(from, offset)..<offset])
        let marked = max(1, Self.scalarCount(bytes[offset..<max(offset, min(Int(span.end), to))]))
        let carets = String(repeating: " ", count: before) + String(repeating: "^", count: marked)
        return "\(gutter) |\n\(number) | \(shown)\n\(gutter) | \(carets)"
    }

    /// How many bytes a snippet shows on either side of what it marks.
    static let snippetLength = 100

    private static func scalarCount(_ bytes: ArraySlice<UInt8>) -> Int {
        var count = 0
        for byte in bytes where byte & 0xC0 != 0x80 { count += 1 }
        return count
    }
}
