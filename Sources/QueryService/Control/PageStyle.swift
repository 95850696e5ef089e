/// How text for people is laid out.
package struct PageStyle: Codable, Sendable {
    package let colour: Bool
    /// Columns.
    package let width: Int

    package init(colour: Bool, width: Int) {
        self.colour = colour
        self.width = max(40, min(width, 120))
    }

    func bold(_ text: String) -> String { colour ? "\u{1b}[1m\(text)\u{1b}[0m" : text }
    func dim(_ text: String) -> String { colour ? "\u{1b}[2m\(text)\u{1b}[0m" : text }

    /// Breaks text at blanks into lines of at most `width` columns less the indent. Control characters other than line
    /// ends are dropped: a document must not steer its reader's terminal.
    func wrapped(_ text: String, indent: String) -> String {
        let columns = width - indent.count
        var lines: [String] = []
        for paragraph in Self.printable(text).split(separator: "\n", omittingEmptySubsequences: false) {
            var line = ""
            for word in paragraph.split(separator: " ") {
                if !line.isEmpty && line.count + 1 + word.count > columns {
                    lines.append(indent + line)
                    line = ""
                }
                line += (line.isEmpty ? "" : " ") + word
            }
            lines.append(line.isEmpty ? "" : indent + line)
        }
        return lines.joined(separator: "\n")
    }

    static func printable(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control where scalar == "\t": scalars.append(" ")
            case .control where scalar != "\n": continue
            case .format where scalar != "\u{200d}": continue
            default: scalars.append(scalar)
            }
        }
        return String(scalars)
    }
}

/// Columns of text, each as wide as its widest cell.
enum TextTable {
    static func lines(_ rows: [[String]], rightAligned: Set<Int> = []) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { index, cell in
                let padding = String(repeating: " ", count: widths[index] - cell.count)
                return rightAligned.contains(index) ? padding + cell : cell + padding
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }
}
