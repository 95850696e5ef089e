import CMarkGFM
import Passages

/// Structure of a CommonMark text with GitHub's tables, through libcmark-gfm. The extracted text is the source itself.
///
/// Blocks are whole lines. Block quotes are taken apart into their paragraphs and lists. A line that the parser keeps for
/// itself (a link's definition) becomes a paragraph, so that no text goes missing and none is governed by the mark of a
/// neighbour.
struct MarkdownExtractor {
    let limits: ExtractionLimits

    /// Only block structure is wanted, so the extension that finds bare addresses is left out.
    private static let extensions: [String] = {
        cmark_gfm_core_extensions_ensure_registered()
        return ["table", "tasklist", "strikethrough"]
    }()

    func extract(_ text: [UInt8]) throws(ExtractionError) -> ExtractedText {
        let lines = TextLines(text).ranges
        try checkDepth(text, lines)
        guard let document = Self.parse(text) else { throw .unparsable(format: .markdown) }
        defer { cmark_node_free(document) }
        let spans = LineSpan.spans(of: document, lineCount: lines.count)
        let blocks = LineSpan.covering(spans, text: text, lines: lines).compactMap { $0.block(text, lines) }
        return ExtractedText(text: text, metadataTitle: nil, blocks: blocks)
    }

    /// The tree of a text, for the caller to free.
    fileprivate static func parse(_ text: some Sequence<UInt8>) -> OpaquePointer? {
        guard let parser = cmark_parser_new(CMARK_OPT_DEFAULT) else { return nil }
        defer { cmark_parser_free(parser) }
        for name in extensions {
            guard let found = cmark_find_syntax_extension(name) else { continue }
            cmark_parser_attach_syntax_extension(parser, found)
        }
        Array(text).withUnsafeBytes { buffer in
            cmark_parser_feed(parser, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count)
        }
        return cmark_parser_finish(parser)
    }

    /// The parser reads every open quote and list anew on each line, so their number on one line is bounded first.
    private func checkDepth(_ text: [UInt8], _ lines: [Range<Int>]) throws(ExtractionError) {
        let markers = Array(">-*+ \t".utf8)
        for line in lines {
            var depth = 0
            for byte in text[line] {
                guard markers.contains(byte) else { break }
                if byte != 0x20 && byte != 0x09 { depth += 1 }
                guard depth <= limits.maximumDepth || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "*") else {
                    throw .tooDeep(limit: limits.maximumDepth)
                }
            }
        }
    }
}

/// Lines of one structural piece, counted from 0, `end` not among them.
private struct LineSpan {
    enum Content {
        case heading(level: Int)
        case paragraph
        case list
        case table
        case code
        /// A thematic break: no text.
        case rule
    }

    let content: Content
    var start: Int
    var end: Int
    /// First lines of items or rows.
    var parts: [Int] = []

    /// The leaves and lists of a document, in order, disjoint.
    static func spans(of document: OpaquePointer, lineCount: Int) -> [LineSpan] {
        var spans: [LineSpan] = []
        var next = cmark_node_first_child(document)
        while let node = next {
            if cmark_node_get_type(node) == CMARK_NODE_BLOCK_QUOTE, let child = cmark_node_first_child(node) {
                next = child
                continue
            }
            spans.append(LineSpan(node))
            next = following(node, in: document)
        }
        // Positions that the parser left out or let overlap are put right from the neighbours'.
        var known = 0
        for index in spans.indices {
            spans[index].start = max(spans[index].start, known)
            let limit = spans[(index + 1)...].first { $0.start > spans[index].start }?.start ?? lineCount
            spans[index].end = min(max(spans[index].end, spans[index].start), limit)
            known = spans[index].end
        }
        return spans.filter { $0.start < $0.end }
    }

    private static func following(_ node: OpaquePointer, in document: OpaquePointer) -> OpaquePointer? {
        var current = node
        while true {
            if let sibling = cmark_node_next(current) { return sibling }
            guard let parent = cmark_node_parent(current), parent != document else { return nil }
            current = parent
        }
    }

    private init(_ node: OpaquePointer) {
        start = max(0, Int(cmark_node_get_start_line(node)) - 1)
        end = Int(cmark_node_get_end_line(node))
        let type = cmark_node_get_type(node)
        if type == CMARK_NODE_HEADING {
            content = .heading(level: Int(cmark_node_get_heading_level(node)))
        } else if type == CMARK_NODE_LIST {
            content = .list
        } else if type == CMARK_NODE_CODE_BLOCK {
            content = .code
        } else if type == CMARK_NODE_THEMATIC_BREAK {
            content = .rule
        } else if String(cString: cmark_node_get_type_string(node)) == "table" {
            content = .table
        } else {
            content = .paragraph
        }
        switch content {
        case .list, .table:
            var child = cmark_node_first_child(node)
            while let part = child {
                parts.append(Int(cmark_node_get_start_line(part)) - 1)
                child = cmark_node_next(part)
            }
        default: break
        }
        // A table right behind a paragraph claims the paragraph's lines for its header, and the paragraph has no place.
        // The header is the line before the delimiters, which are before the second row or end the table.
        if case .table = content, !parts.isEmpty {
            start = max(start, (parts.count > 1 ? parts[1] : end) - 2)
            parts[0] = start
        }
    }

    /// The text of a heading, without markup.
    ///
    /// It is parsed by itself: in the whole text a link's definition, which may have another label, would change what the
    /// heading says (rule 2, non-interference).
    private static func plainText(ofHeading source: ArraySlice<UInt8>) -> String {
        var text = ""
        guard let document = MarkdownExtractor.parse(source) else { return text }
        defer { cmark_node_free(document) }
        guard let iterator = cmark_iter_new(document) else { return text }
        defer { cmark_iter_free(iterator) }
        while true {
            let event = cmark_iter_next(iterator)
            if event == CMARK_EVENT_DONE { break }
            guard event == CMARK_EVENT_ENTER, let node = cmark_iter_get_node(iterator) else { continue }
            let type = cmark_node_get_type(node)
            if type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE {
                if let literal = cmark_node_get_literal(node) { text += String(cString: literal) }
            } else if type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK {
                text += " "
            }
        }
        return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// The spans with paragraphs for the lines that none has. A line of quote marks alone goes with the span above it.
    static func covering(_ spans: [LineSpan], text: [UInt8], lines: [Range<Int>]) -> [LineSpan] {
        var all: [LineSpan] = []
        var line = 0
        func fill(to end: Int) {
            while line < end {
                defer { line += 1 }
                let bytes = text[lines[line]]
                if bytes.allSatisfy({ TextCuts.isBlank($0) }) { continue }
                let follows = all.last?.end == line
                if follows, bytes.allSatisfy({ TextCuts.isBlank($0) || $0 == UInt8(ascii: ">") }) {
                    all[all.count - 1].end = line + 1
                } else if follows, case .filler? = all.last?.origin {
                    all[all.count - 1].end = line + 1
                } else {
                    all.append(LineSpan(fillerFrom: line))
                }
            }
        }
        for span in spans {
            fill(to: span.start)
            all.append(span)
            line = max(line, span.end)
        }
        fill(to: lines.count)
        return all
    }

    private enum Origin {
        case parser, filler
    }

    private var origin = Origin.parser

    private init(fillerFrom line: Int) {
        content = .paragraph
        (start, end, origin) = (line, line + 1, .filler)
    }

    /// Nil where there is no text.
    func block(_ text: [UInt8], _ lines: [Range<Int>]) -> Block? {
        func bytes(_ first: Int, _ last: Int) -> ByteRange? {
            first < last ? TextCuts.trimmed(text, lines[first].lowerBound, lines[last - 1].upperBound) : nil
        }
        guard let range = bytes(start, end) else { return nil }
        switch content {
        case .rule: return nil
        case .paragraph: return Block(kind: .paragraph, range: range)
        case .code: return Block(kind: .code, range: range)
        case .heading(let level):
            guard range.count <= ExtractionLimits.headingBytes else { return Block(kind: .paragraph, range: range) }
            let heading = Self.plainText(ofHeading: text[range.start..<range.end])
            return Block(kind: .heading(level: level), range: range, headingText: heading)
        case .list, .table:
            let starts = parts.filter { (start..<end).contains($0) }
            let ranges = zip(starts, starts.dropFirst() + [end]).compactMap { bytes($0, $1) }
            if case .list = content { return Block(kind: .list, range: range, parts: ranges) }
            return Block(kind: .table, range: range, parts: ranges)
        }
    }
}
