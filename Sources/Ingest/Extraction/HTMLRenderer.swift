import CLibXML2
import Passages

/// Renders an HTML tree into one text: white space collapsed, a blank line between blocks, one line for each item of a
/// list and each row of a table, cells divided by ` | `.
struct HTMLRenderer {
    var metadataTitle: String?

    /// Elements whose text is not the document's.
    static let skipped: Set<String> = [
        "head", "script", "style", "template", "noscript", "nav", "iframe", "object", "svg", "canvas", "audio", "video",
        "select", "textarea",
    ]
    /// Elements that stand on lines of their own. Rows and cells are among them for tables that only lay out a page.
    private static let blockElements: Set<String> = [
        "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir",
        "div",
        "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
        "hgroup", "hr", "legend", "li", "main", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot",
        "th", "thead", "tr", "ul",
    ]

    /// What the block being rendered is; text flows into a paragraph unless an element says otherwise.
    private enum Form: Equatable {
        case paragraph
        case heading(level: Int)
        case list
        case table
        case code
    }

    private struct OpenList {
        let isOrdered: Bool
        var items = 0
    }

    private var text: [UInt8] = []
    private var blocks: [Block] = []

    private var form = Form.paragraph
    /// The element that set the form and with which it ends.
    private var owner: xmlNodePtr?
    private var buffer: [UInt8] = []
    private var parts: [ByteRange] = []
    private var partStart: Int?
    /// How much of the buffer a part holds before any text of its own.
    private var partMark = 0
    private var lists: [OpenList] = []
    private var preformatted = 0
    private var cells = 0
    private var wantsSpace = false
    private var atItemStart = false

    static func name(of node: xmlNodePtr) -> String {
        guard node.pointee.type == XML_ELEMENT_NODE, let name = node.pointee.name else { return "" }
        return String(cString: name)
    }

    mutating func finish() -> ExtractedText {
        flush()
        return ExtractedText(text: text, metadataTitle: metadataTitle, blocks: blocks)
    }

    // MARK: Elements

    mutating func enter(_ node: xmlNodePtr, _ name: String) {
        if name == "pre" { preformatted += 1 }
        switch form {
        case .paragraph: enterFlow(node, name)
        case .list: enterList(name)
        case .table: enterTable(name)
        case .heading, .code:
            if name == "br" { breakLine() } else if Self.blockElements.contains(name) { wantsSpace = true }
        }
    }

    mutating func leave(_ node: xmlNodePtr) {
        let name = Self.name(of: node)
        if name == "pre" { preformatted -= 1 }
        if node == owner {
            closePart()
            flush()
            lists = []
            return
        }
        guard Self.blockElements.contains(name) else { return }
        switch form {
        case .paragraph: flush()
        case .list:
            if name == "ul" || name == "ol" { lists.removeLast() }
            if name != "td" && name != "th" { breakLine() }
        case .table, .heading, .code: wantsSpace = true
        }
    }

    private mutating func enterFlow(_ node: xmlNodePtr, _ name: String) {
        func begin(_ new: Form) {
            flush()
            form = new
            owner = node
        }
        switch name {
        case "h1", "h2", "h3", "h4", "h5", "h6": begin(.heading(level: Int(name.dropFirst())!))
        case "pre": begin(.code)
        case "ul", "ol":
            begin(.list)
            lists = [OpenList(isOrdered: name == "ol")]
        case "table" where !Self.isLayout(node): begin(.table)
        case "br": breakLine()
        default: if Self.blockElements.contains(name) { flush() }
        }
    }

    private mutating func enterList(_ name: String) {
        switch name {
        case "ul", "ol":
            lists.append(OpenList(isOrdered: name == "ol"))
        case "li":
            if lists.count == 1 { closePart() }
            breakLine()
            lists[lists.count - 1].items += 1
            let list = lists[lists.count - 1]
            let mark = list.isOrdered ? "\(list.items). " : "- "
            if lists.count == 1 { partStart = buffer.count }
            buffer += Array(repeating: 0x20, count: 2 * (lists.count - 1)) + Array(mark.utf8)
            if lists.count == 1 { partMark = buffer.count }
            atItemStart = true
        case "tr":
            cells = 0
            breakLine()
        case "td", "th":
            if cells > 0 { divideCells() }
            cells += 1
        default:
            if name == "br" || Self.blockElements.contains(name) { breakLine() }
        }
    }

    private mutating func enterTable(_ name: String) {
        switch name {
        case "tr":
            closePart()
            breakLine()
            partStart = buffer.count
            partMark = buffer.count
            cells = 0
        case "td", "th":
            if cells > 0 { divideCells() }
            cells += 1
        default:
            if name == "br" || Self.blockElements.contains(name) { wantsSpace = true }
        }
    }

    /// A table that holds tables, headings or preformatted text lays out a page and is read as what it holds.
    private static func isLayout(_ table: xmlNodePtr) -> Bool {
        var node = table
        while true {
            if let child = node.pointee.children, node.pointee.type == XML_ELEMENT_NODE {
                node = child
            } else {
                while node != table, node.pointee.next == nil, let parent = node.pointee.parent { node = parent }
                guard node != table, let next = node.pointee.next else { return false }
                node = next
            }
            if ["table", "h1", "h2", "h3", "h4", "h5", "h6", "pre"].contains(name(of: node)) { return true }
        }
    }

    // MARK: Text

    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        let keepsLines = preformatted > 0 && (form == .code || form == .list)
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            // A no-break space fills space in HTML.
            let isNoBreakSpace = byte == 0xC2 && position + 1 < bytes.count && bytes[position + 1] == 0xA0
            position += isNoBreakSpace ? 2 : 1
            if keepsLines {
                if byte != 0x0D { buffer.append(isNoBreakSpace ? 0x20 : byte) }
                if byte > 0x20 { atItemStart = false }
            } else if isNoBreakSpace || TextCuts.isBlank(byte) {
                wantsSpace = true
            } else {
                if wantsSpace, let last = buffer.last, last != 0x20, last != 0x0A { buffer.append(0x20) }
                wantsSpace = false
                if buffer.last == 0x0A, form == .list {
                    buffer += Array(repeating: 0x20, count: 2 * lists.count)
                }
                atItemStart = false
                buffer.append(byte)
            }
        }
    }

    private mutating func breakLine() {
        wantsSpace = false
        guard !atItemStart, !buffer.isEmpty else { return }
        while buffer.last == 0x20 { buffer.removeLast() }
        if buffer.last != 0x0A { buffer.append(0x0A) }
    }

    private mutating func divideCells() {
        wantsSpace = false
        while buffer.last == 0x20 { buffer.removeLast() }
        buffer += Array(" | ".utf8)
    }

    // MARK: Blocks

    private mutating func closePart() {
        guard let start = partStart else { return }
        partStart = nil
        atItemStart = false
        let isEmpty = buffer[min(partMark, buffer.count)...].allSatisfy {
            TextCuts.isBlank($0) || $0 == UInt8(ascii: "|")
        }
        if isEmpty {
            buffer.removeSubrange(start...)
        } else if let range = TextCuts.trimmed(buffer, start, buffer.count) {
            parts.append(range)
        }
    }

    private mutating func flush() {
        defer {
            (buffer, parts, partStart, form, owner) = ([], [], nil, .paragraph, nil)
            (wantsSpace, atItemStart) = (false, false)
        }
        guard let content = TextCuts.trimmed(buffer, 0, buffer.count) else { return }
        if !text.isEmpty { text += [0x0A, 0x0A] }
        let shift = text.count - content.start
        text += buffer[content.start..<content.end]
        let range = ByteRange(text.count - content.count, text.count)
        let shifted = parts.map { ByteRange($0.start + shift, $0.end + shift) }
        switch form {
        case .heading(let level) where content.count <= ExtractionLimits.headingBytes:
            let words = TextCuts.words(text, range).map { text[$0.start..<$0.end] }
            let heading = String(decoding: Array(words.joined(separator: [0x20])), as: UTF8.self)
            blocks.append(Block(kind: .heading(level: level), range: range, headingText: heading))
        case .heading, .paragraph: blocks.append(Block(kind: .paragraph, range: range))
        case .list: blocks.append(Block(kind: .list, range: range, parts: shifted))
        case .table: blocks.append(Block(kind: .table, range: range, parts: shifted))
        case .code: blocks.append(Block(kind: .code, range: range))
        }
    }
}
