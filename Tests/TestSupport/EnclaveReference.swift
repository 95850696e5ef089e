package import Foundation

/// `docs/enclave.md` taken apart: the example enclave that its blocks make up, the changes to it, and its tables.
///
/// A block whose fence says a language and the name of a file is that file. A `diff` block changes one file; the `text`
/// block right behind it says what comes of that.
package struct EnclaveReference: Sendable {
    package struct Block: Sendable {
        /// What stands behind the accents of the fence: `yaml labels.yaml`.
        package let info: String
        /// Without the fences; its last line ends like all others.
        package let text: String
        /// The last line above it that is not empty.
        package let caption: String
        package let line: Int
    }

    /// One file changed in one place.
    package struct Change: Sendable {
        package let path: String
        /// What the fence of the block behind it says, such as `text error`; nil where the change goes well.
        package let outcome: String?
        /// The text of that block, without a line end.
        package let message: String
        fileprivate let old: String
        fileprivate let new: String
    }

    package struct Table: Sendable {
        /// The heading above, without its signs.
        package let section: String
        package let header: [String]
        package let rows: [[String]]
    }

    /// The whole page, each run of white space as one blank.
    package let text: String
    package let blocks: [Block]
    package let tables: [Table]

    private static let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/enclave.md")

    package init() throws {
        let page = String(decoding: try Data(contentsOf: Self.page), as: UTF8.self)
        let lines = page.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var reader = Reader()
        for (index, line) in lines.enumerated() { reader.read(line, number: index + 1) }
        reader.endTable()
        guard reader.fence == nil else { throw Malformed(what: "a block is not closed") }
        text = page.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        blocks = reader.blocks
        tables = reader.tables
    }

    /// The files of the example enclave, by path.
    package var files: [String: String] {
        var files: [String: String] = [:]
        for block in blocks {
            let words = block.info.split(separator: " ")
            if words.count == 2, words[0] != "diff", words[1].contains(".") { files[String(words[1])] = block.text }
        }
        return files
    }

    package func changes() throws -> [Change] {
        try blocks.indices.filter { blocks[$0].info.hasPrefix("diff ") }.map { index in
            let block = blocks[index]
            let lines = block.text.split(separator: "\n")
            func side(_ sign: Character) -> String {
                lines.filter { $0.first == sign || $0.first == " " }.map { $0.dropFirst() + "\n" }.joined()
            }
            guard lines.allSatisfy({ "+- ".contains($0.first ?? "x") }), !side("-").isEmpty else {
                throw Malformed(what: "line \(block.line): each line of a change begins with + or - or a blank")
            }
            let next = index + 1 < blocks.count ? blocks[index + 1] : nil
            let outcome = next.flatMap { Self.outcomes.contains($0.info) ? $0 : nil }
            return Change(
                path: String(block.info.dropFirst("diff ".count)), outcome: outcome?.info,
                message: String(outcome?.text.dropLast() ?? ""), old: side("-"), new: side("+"))
        }
    }

    private static let outcomes = ["text error", "text set aside", "text relabel --dry-run"]

    /// The one block with this fence.
    package func block(_ info: String) throws -> String {
        let found = blocks.filter { $0.info == info }
        guard found.count == 1 else { throw Malformed(what: "\(found.count) blocks of `\(info)`") }
        return String(found[0].text.dropLast())
    }

    /// The one table with these words in its header.
    package func table(_ header: String...) throws -> Table {
        let found = tables.filter { Array($0.header.prefix(header.count)) == header }
        guard found.count == 1 else { throw Malformed(what: "\(found.count) tables of \(header)") }
        return found[0]
    }

    /// Writes the enclave, with a change if there is one, into the folder; gives its own folder.
    @discardableResult
    package func write(to folder: TemporaryFolder, _ change: Change? = nil) throws -> URL {
        for (path, text) in files where path != change?.path { try folder.write(text, to: "enclave/\(path)") }
        if let change { try apply(change, to: folder) }
        return folder.url.appending(path: "enclave")
    }

    package func apply(_ change: Change, to folder: TemporaryFolder) throws {
        let text = "\n" + (files[change.path] ?? "")
        let parts = text.components(separatedBy: "\n" + change.old)
        guard parts.count == 2 else {
            throw Malformed(what: "the lines of a change stand \(parts.count - 1) times in \(change.path)")
        }
        try folder.write(
            String(parts.joined(separator: "\n" + change.new).dropFirst()), to: "enclave/\(change.path)")
    }

    /// The page is not as this reader needs it.
    struct Malformed: Error, CustomStringConvertible {
        let what: String
        var description: String { "docs/enclave.md: \(what)" }
    }
}

extension EnclaveReference.Change: CustomStringConvertible {
    package var description: String { "\(path): \(new.trimmingCharacters(in: .whitespacesAndNewlines))" }
}

extension String {
    /// What stands between accents in a cell of a table.
    package var quotedWords: [String] {
        split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
            .map { String($0.element) }
    }
}

/// Goes through the page line by line.
private struct Reader {
    var blocks: [EnclaveReference.Block] = []
    var tables: [EnclaveReference.Table] = []
    /// Of the block that is open, and the line where it begins.
    private(set) var fence: (info: String, line: Int)?
    private var text = ""
    private var caption = ""
    private var section = ""
    private var rows: [[String]] = []

    mutating func read(_ line: String, number: Int) {
        if let open = fence {
            if line == "```" {
                blocks.append(EnclaveReference.Block(info: open.info, text: text, caption: caption, line: open.line))
                (fence, text, caption) = (nil, "", "")
            } else {
                text += line + "\n"
            }
            return
        }
        if line.hasPrefix("|") {
            rows.append(line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false).map(cell))
            return
        }
        endTable()
        if line.hasPrefix("```") {
            fence = (String(line.dropFirst(3)), number)
        } else if !line.isEmpty {
            caption = line
        }
        if line.hasPrefix("#") { section = String(line.drop { $0 == "#" || $0 == " " }) }
    }

    mutating func endTable() {
        if rows.count > 2 {
            tables.append(EnclaveReference.Table(section: section, header: rows[0], rows: Array(rows.dropFirst(2))))
        }
        rows = []
    }

    private func cell(_ text: Substring) -> String { text.trimmingCharacters(in: .whitespaces) }
}
