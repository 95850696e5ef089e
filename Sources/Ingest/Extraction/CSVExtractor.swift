import Enclaves
import Labels
import Passages

/// A CSV file: its rows as records, or the whole as one table.
struct CSVExtractor {
    let limits: ExtractionLimits

    /// Rows as records: cells are text, an empty cell is no value, and in an attribute's cell `;` stands between several
    /// values.
    func records(_ text: SourceText, layout: RecordLayout) throws(ExtractionError) -> ExtractedFile {
        var table = try CSVTable(text.bytes)
        var records = RecordFile(layout: layout)
        if let unknown = table.columns.firstIndex(where: { !records.knows($0) }) {
            throw .unknownColumn(number: unknown + 1)
        }
        guard table.columns.contains(ByteText(layout.id)) else { throw .missingColumn(name: layout.id) }
        if let first = layout.text.first, !layout.text.contains(where: { table.columns.contains(ByteText($0)) }) {
            throw .missingColumn(name: first)
        }
        while let row = try table.next() {
            if row.cells.allSatisfy(\.isEmpty) { continue }
            var fields: [ByteText: RecordValue] = [:]
            for (column, cell) in zip(table.columns, row.cells) where !cell.isEmpty { fields[column] = .cell(cell) }
            try records.add(line: row.line, fields)
        }
        return try records.finish()
    }

    /// One table, each row a line of `column: value; column: value`.
    ///
    /// A passage may begin at any row, so each says what its values are, and the header needs no row of its own. Empty
    /// cells are left out. A portion mark that begins a cell stands behind the column's name: it tightens the row and
    /// loosens nothing.
    func table(_ text: SourceText) throws(ExtractionError) -> ExtractedText {
        var table = try CSVTable(text.bytes)
        let names = table.columns.map { Self.onOneLine($0.bytes) }
        var rendered: [UInt8] = []
        var parts: [ByteRange] = []
        while let row = try table.next() {
            var line: [UInt8] = []
            for (name, cell) in zip(names, row.cells) {
                let value = Self.onOneLine(cell)
                guard !value.isEmpty else { continue }
                if !line.isEmpty { line += Array("; ".utf8) }
                line += name + Array(": ".utf8) + value
            }
            guard !line.isEmpty else { continue }
            if !rendered.isEmpty { rendered.append(0x0A) }
            parts.append(ByteRange(rendered.count, rendered.count + line.count))
            rendered += line
            guard rendered.count <= limits.expandedBytes else { throw .tooMuchText(limit: limits.expandedBytes) }
        }
        var builder = ExtractedTextBuilder()
        builder.append(.table, rendered, parts: parts)
        return builder.finish(title: nil)
    }

    private static func onOneLine(_ cell: [UInt8]) -> [UInt8] {
        Array(cell.split(whereSeparator: { TextCuts.isBlank($0) }).joined(separator: [0x20]))
    }
}
