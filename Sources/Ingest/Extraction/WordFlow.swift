import Passages

/// Blocks of a Word document one after the other: its body, a text box, or a note.
struct WordFlow {
    struct PlacedBlock {
        let kind: Block.Kind
        let text: [UInt8]
        var parts: [ByteRange] = []
    }

    private(set) var blocks: [PlacedBlock] = []
    var paragraph: WordParagraph?
    /// Of the run being read: whether it says itself that it is hidden, and its style.
    var runIsHidden: Bool?
    var runStyle: String?

    private var list: OpenList?
    private var table = OpenTable()
    private var tableDepth = 0
    /// Of text boxes anchored in the block being read.
    private var waiting: [PlacedBlock] = []

    private struct OpenList {
        let id: String
        let level: Int
        var text: [UInt8] = []
        var parts: [ByteRange] = []
    }

    private struct OpenTable {
        var text: [UInt8] = []
        var parts: [ByteRange] = []
        var cells: [[UInt8]] = []
    }

    /// Deeper items stand no further in.
    private static let deepestIndentation = 8

    var isInTable: Bool { tableDepth > 0 }

    mutating func add(_ kind: Block.Kind, _ text: [UInt8]) {
        if isInTable {
            guard !table.cells.isEmpty, !text.isEmpty else { return }
            let words = text.map { $0 == 0x0A ? 0x20 : $0 }
            let last = table.cells.count - 1
            if !table.cells[last].isEmpty { table.cells[last].append(0x20) }
            table.cells[last] += words
            return
        }
        if !text.isEmpty {
            closeList()
            blocks.append(PlacedBlock(kind: kind, text: text))
        }
        placeWaiting()
    }

    mutating func add(item text: [UInt8], mark: String, list id: String, level: Int) {
        if let list, level <= list.level, id != list.id || level < list.level { closeList() }
        var open = list ?? OpenList(id: id, level: level)
        let depth = min(level - open.level, Self.deepestIndentation)
        let indentation = [UInt8](repeating: 0x20, count: 2 * depth)
        if !open.text.isEmpty { open.text.append(0x0A) }
        let start = open.text.count
        open.text += indentation + Array(mark.utf8)
        for byte in text {
            open.text.append(byte)
            if byte == 0x0A { open.text += indentation + [0x20, 0x20] }
        }
        if depth == 0 || open.parts.isEmpty {
            open.parts.append(ByteRange(start, open.text.count))
        } else {
            open.parts[open.parts.count - 1] = ByteRange(open.parts[open.parts.count - 1].start, open.text.count)
        }
        list = open
        placeWaiting()
    }

    mutating func place(_ inner: [PlacedBlock]) {
        waiting += inner
    }

    mutating func finish() -> [PlacedBlock] {
        closeList()
        placeWaiting()
        return blocks
    }

    // MARK: Tables, those within a cell as text of the cell

    mutating func beginTable() {
        if !isInTable { closeList() }
        tableDepth += 1
    }

    mutating func beginRow() {
        if tableDepth == 1 { table.cells = [] }
    }

    mutating func beginCell() {
        if tableDepth == 1 { table.cells.append([]) }
    }

    mutating func endRow() {
        guard tableDepth == 1, table.cells.contains(where: { !$0.isEmpty }) else { return }
        if !table.text.isEmpty { table.text.append(0x0A) }
        let start = table.text.count
        table.text += table.cells.joined(separator: Array(" | ".utf8))
        while table.text.last == 0x20 { table.text.removeLast() }
        table.parts.append(ByteRange(start, table.text.count))
    }

    mutating func endTable() {
        tableDepth -= 1
        guard !isInTable else { return }
        if !table.text.isEmpty { blocks.append(PlacedBlock(kind: .table, text: table.text, parts: table.parts)) }
        table = OpenTable()
        placeWaiting()
    }

    private mutating func closeList() {
        guard let open = list else { return }
        blocks.append(PlacedBlock(kind: .list, text: open.text, parts: open.parts))
        list = nil
    }

    private mutating func placeWaiting() {
        guard !waiting.isEmpty else { return }
        closeList()
        blocks += waiting
        waiting = []
    }
}
