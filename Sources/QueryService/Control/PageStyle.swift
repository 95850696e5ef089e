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
    func marked(_ text: String) -> String { colour ? "\u{1b}[4m\(text)\u{1b}[0m" : text }
    func dim(_ text: String) -> String { colour ? "\u{1b}[2m\(text)\u{1b}[0m" : text }

    /// Breaks text at blanks into lines of at most `width` columns less the indent. Control characters other than line
    /// ends are dropped: a document must not steer its reader's terminal.
    ///
    /// - Parameter highlights: Bytes of the text (UTF-8) that are marked, in their order and apart from each other.
    func wrapped(_ text: String, indent: String, highlights: [Range<Int>] = []) -> String {
        let columns = width - indent.count
        var lines: [String] = []
        for paragraph in words(of: text, highlights) {
            var line = ""
            var length = 0
            for word in paragraph {
                if length > 0 && length + 1 + word.length > columns {
                    lines.append(indent + line)
                    (line, length) = ("", 0)
                }
                line += (length == 0 ? "" : " ") + word.text
                length += (length == 0 ? 0 : 1) + word.length
            }
            lines.append(line.isEmpty ? "" : indent + line)
        }
        return lines.joined(separator: "\n")
    }

    /// A word as it is shown.
    private struct Word {
        let text: String
        /// Columns: marks have none.
        let length: Int
    }

    /// The words of each line of a text.
    private func words(of text: String, _ highlights: [Range<Int>]) -> [[Word]] {
        var (paragraphs, word): ([[Word]], [(scalar: Unicode.Scalar, isMarked: Bool)]) = ([[]], [])
        func endWord() {
            guard !word.isEmpty else { return }
            var shown = ""
            for run in word.runs(where: \.isMarked) {
                let part = String(String.UnicodeScalarView(run.map(\.scalar)))
                shown += run.first?.isMarked == true ? marked(part) : part
            }
            paragraphs[paragraphs.count - 1].append(
                Word(text: shown, length: String(String.UnicodeScalarView(word.map(\.scalar))).count))
            word = []
        }
        var (offset, next) = (0, 0)
        for scalar in text.unicodeScalars {
            while next < highlights.count, highlights[next].upperBound <= offset { next += 1 }
            let isMarked = next < highlights.count && highlights[next].contains(offset)
            offset += UTF8.width(scalar)
            switch Self.printable(scalar) {
            case "\n"?:
                endWord()
                paragraphs.append([])
            case " "?: endWord()
            case let shown?: word.append((shown, isMarked))
            case nil: continue
            }
        }
        endWord()
        return paragraphs
    }

    static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.compactMap(printable)))
    }

    /// Nil for what is not shown.
    private static func printable(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar.properties.generalCategory {
        case .control where scalar == "\t": " "
        case .control where scalar != "\n": nil
        case .format where scalar != "\u{200d}": nil
        default: scalar
        }
    }
}

extension Array {
    /// The elements in runs that have a property alike.
    fileprivate func runs(where property: (Element) -> Bool) -> [ArraySlice<Element>] {
        var runs: [ArraySlice<Element>] = []
        var start = startIndex
        for index in indices.dropFirst() where property(self[index]) != property(self[start]) {
            runs.append(self[start..<index])
            start = index
        }
        return isEmpty ? [] : runs + [self[start...]]
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
