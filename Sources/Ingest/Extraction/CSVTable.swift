import Labels

/// Reads the rows of a CSV text (RFC 4180) one after the other: cells in quotes may hold separators, line ends and doubled
/// quotes; `\r\n`, `\n` and `\r` end a row.
struct CSVReader {
    private let text: [UInt8]
    private let separator: UInt8
    private var position = 0
    private var line = 1

    private static let quote = UInt8(ascii: "\"")

    init(_ text: [UInt8], separator: UInt8) {
        self.text = text
        self.separator = separator
    }

    /// The line on which the row begins, from 1, and its cells; nil behind the last row. Empty lines are no rows.
    mutating func next() throws(ExtractionError) -> (line: Int, cells: [[UInt8]])? {
        while position < text.count, isLineEnd(text[position]) { skipLineEnd() }
        guard position < text.count else { return nil }
        let first = line
        var cells: [[UInt8]] = []
        while true {
            guard cells.count < ExtractionLimits.columns else {
                throw .tooManyColumns(limit: ExtractionLimits.columns)
            }
            cells.append(try cell(of: first))
            guard position < text.count, text[position] == separator else { break }
            position += 1
        }
        if position < text.count { skipLineEnd() }
        return (first, cells)
    }

    private mutating func cell(of row: Int) throws(ExtractionError) -> [UInt8] {
        let limit = ExtractionLimits.cellBytes
        var cell: [UInt8] = []
        guard position < text.count, text[position] == Self.quote else {
            // A quote that does not begin the cell is a sign like any other, such as that of inches.
            while position < text.count, text[position] != separator, !isLineEnd(text[position]) {
                guard cell.count < limit else { throw .cellTooLong(line: row, limit: limit) }
                cell.append(text[position])
                position += 1
            }
            return cell
        }
        position += 1
        while true {
            guard position < text.count else { throw .quoteNotClosed(line: row) }
            let byte = text[position]
            if byte == Self.quote {
                position += 1
                guard position < text.count, text[position] == Self.quote else { break }
            } else if isLineEnd(byte) {
                let isPair = byte == 0x0D && position + 1 < text.count && text[position + 1] == 0x0A
                if !isPair { line += 1 }
            }
            guard cell.count < limit else { throw .cellTooLong(line: row, limit: limit) }
            cell.append(byte)
            position += 1
        }
        guard position == text.count || text[position] == separator || isLineEnd(text[position]) else {
            throw .textBehindQuote(line: row)
        }
        return cell
    }

    private func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    private mutating func skipLineEnd() {
        let isPair = text[position] == 0x0D && position + 1 < text.count && text[position + 1] == 0x0A
        position += isPair ? 2 : 1
        line += 1
    }
}

/// The header of a CSV text, and its rows one after the other, each with as many cells.
struct CSVTable {
    let columns: [ByteText]
    private var reader: CSVReader
    private var rows = 0

    init(_ text: [UInt8]) throws(ExtractionError) {
        reader = CSVReader(text, separator: try Self.separator(of: text))
        guard let header = try reader.next() else { throw .noText }
        let limit = ExtractionLimits.columnNameBytes
        var names: Set<ByteText> = []
        for (index, cell) in header.cells.enumerated() {
            guard (1...limit).contains(cell.count), cell.contains(where: { $0 > 0x20 }) else {
                throw .columnName(number: index + 1, limit: limit)
            }
            guard names.insert(ByteText(bytes: cell)).inserted else { throw .repeatedColumn(number: index + 1) }
        }
        columns = header.cells.map { ByteText(bytes: $0) }
    }

    mutating func next() throws(ExtractionError) -> (line: Int, cells: [[UInt8]])? {
        guard let row = try reader.next() else { return nil }
        rows += 1
        guard rows <= ExtractionLimits.rows else { throw .tooManyRows(limit: ExtractionLimits.rows) }
        guard row.cells.count == columns.count else {
            throw .rowLength(line: row.line, cells: row.cells.count, columns: columns.count)
        }
        return row
    }

    /// The comma, unless the header has semicolons or tabs and no other of the three outside quotes.
    private static func separator(of text: [UInt8]) throws(ExtractionError) -> UInt8 {
        let candidates = Array(",;\t".utf8)
        var found: Set<UInt8> = []
        var isQuoted = false
        var hasText = false
        for byte in text {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            if isQuoted { continue }
            if byte == 0x0A || byte == 0x0D {
                if hasText { break }
            } else {
                hasText = true
            }
            if candidates.contains(byte) { found.insert(byte) }
        }
        guard found.count <= 1 else { throw .separatorUnclear }
        return found.first ?? candidates[0]
    }
}
