/// How tokens may stand on lines: a tree in which a group is written on one line if it fits, else with a line break at
/// each of its own `line` places.
///
/// The scheme is Wadler's ("A prettier printer", 2003), with Oppen's groups. Tokens are named by their position.
indirect enum Layout {
    case token(Int)
    /// The comments before a token, at the indentation of this place rather than of the token.
    case comments(before: Int)
    case space
    /// A space, or a line break where the group does not fit.
    case line
    /// Nothing, or a line break where the group does not fit.
    case softLine
    /// Always a line break.
    case hardLine
    case sequence([Layout])
    /// With the lines after the first moved to the right by some columns.
    case indented(Int, Layout)
    /// What the tokens of the range stand in.
    case group(Range<Int>, Layout)
}

/// Writes a layout as bytes.
struct LayoutWriter {
    private enum Mode { case flat, broken }

    private struct Piece {
        let layout: Layout
        let indentation: Int
        let mode: Mode
    }

    private enum LineBreak {
        case none
        /// After a comment: what follows must begin a line, wherever it would stand.
        case forced
        case at(indentation: Int)
    }

    private let source: SourceText
    private let commented: CommentedTokens
    private let width: Int
    private(set) var output: [UInt8] = []
    /// How many scalars the last line of the output has.
    private var column = 0
    private var lineBreak = LineBreak.none
    private var needsSpace = false
    /// The first token whose comments before it are not yet written.
    private var nextToken = 0

    init(_ commented: CommentedTokens, in source: SourceText, width: Int) {
        self.source = source
        self.commented = commented
        self.width = width
    }

    mutating func write(_ layout: Layout) {
        var pending = [Piece(layout: layout, indentation: 0, mode: .broken)]
        while let piece = pending.popLast() {
            switch piece.layout {
            case .token(let position): token(position, piece.indentation)
            case .comments(let position): comments(before: position, piece.indentation)
            case .space: needsSpace = true
            case .line where piece.mode == .flat: needsSpace = true
            case .softLine where piece.mode == .flat: break
            case .line, .softLine, .hardLine: lineBreak = .at(indentation: piece.indentation)
            case .sequence(let parts):
                for part in parts.reversed() {
                    pending.append(Piece(layout: part, indentation: piece.indentation, mode: piece.mode))
                }
            case .indented(let columns, let inner):
                // Without an end to it, what is nested deeply would grow by its depth on each line.
                let indentation = min(piece.indentation + columns, width / 2)
                pending.append(Piece(layout: inner, indentation: indentation, mode: piece.mode))
            case .group(let range, let inner):
                if let first = range.first { comments(before: first, piece.indentation) }
                let flat = Piece(layout: inner, indentation: piece.indentation, mode: .flat)
                let isFlat = piece.mode == .flat || !commented.mustBreak(range) && fits(flat, before: pending)
                pending.append(Piece(layout: inner, indentation: piece.indentation, mode: isFlat ? .flat : .broken))
            }
        }
    }

    /// The comments before a token, and an empty line for each one that the text had.
    mutating func standaloneComments(before position: Int) {
        for comment in commented.before[position] {
            if comment.followsBlankLine { blankLine() }
            startLine(0)
            append(comment.bytes)
            lineBreak = .forced
        }
        if commented.followsBlankLine[position], !commented.before[position].isEmpty { blankLine() }
        nextToken = position + 1
    }

    /// An empty line before what follows, unless there is one or nothing stands before it.
    mutating func blankLine() {
        guard !output.isEmpty else { return }
        endLine()
        if !output.suffix(2).elementsEqual([0x0A, 0x0A]) { output.append(0x0A) }
    }

    /// The line break at the end of the text.
    mutating func endLine() {
        if !output.isEmpty, output.last != 0x0A { output.append(0x0A) }
        column = 0
        lineBreak = .none
        needsSpace = false
    }

    private mutating func token(_ position: Int, _ indentation: Int) {
        comments(before: position, indentation)
        separate(indentation)
        let token = commented.tokens[position]
        append(source.bytes[token.start..<token.end])
        guard let comment = commented.after[position] else { return }
        output.append(0x20)
        append(comment.bytes)
        lineBreak = .forced
    }

    private mutating func comments(before position: Int, _ indentation: Int) {
        guard position >= nextToken else { return }
        nextToken = position + 1
        for comment in commented.before[position] {
            lineBreak = .forced
            separate(indentation)
            append(comment.bytes)
            lineBreak = .forced
        }
    }

    /// Writes the line break or the space that is due.
    private mutating func separate(_ indentation: Int) {
        switch lineBreak {
        case .forced: startLine(indentation)
        case .at(let indentation): startLine(indentation)
        case .none:
            if needsSpace { append([0x20]) }
        }
        needsSpace = false
        lineBreak = .none
    }

    private mutating func startLine(_ indentation: Int) {
        endLine()
        append([UInt8](repeating: 0x20, count: indentation)[...])
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>) {
        for byte in bytes {
            if byte == 0x0A { column = 0 } else if byte & 0xC0 != 0x80 { column += 1 }
        }
        output.append(contentsOf: bytes)
    }

    /// Whether a piece, and what follows it up to the first place where a line may break, ends within the width.
    private func fits(_ piece: Piece, before rest: [Piece]) -> Bool {
        var column =
            switch lineBreak {
            case .none: self.column + (needsSpace ? 1 : 0)
            case .forced: piece.indentation
            case .at(let indentation): indentation
            }
        var pending = [piece]
        var remaining = rest.count
        var isFirst = true
        while true {
            guard column <= width else { return false }
            if pending.isEmpty {
                guard remaining > 0 else { return true }
                remaining -= 1
                pending.append(rest[remaining])
            }
            let piece = pending.removeLast()
            switch piece.layout {
            case .token(let position):
                if !isFirst, position >= nextToken, !commented.before[position].isEmpty { return true }
                isFirst = false
                let token = commented.tokens[position]
                for byte in source.bytes[token.start..<token.end] {
                    if byte == 0x0A { return column <= width }
                    if byte & 0xC0 != 0x80 { column += 1 }
                }
                if commented.after[position] != nil { return column <= width }
            case .comments(let position):
                if position >= nextToken, !commented.before[position].isEmpty { return true }
            case .space: column += 1
            case .line where piece.mode == .flat: column += 1
            case .softLine where piece.mode == .flat: break
            case .line, .softLine, .hardLine: return true
            case .sequence(let parts):
                for part in parts.reversed() {
                    pending.append(Piece(layout: part, indentation: piece.indentation, mode: piece.mode))
                }
            case .indented(_, let inner), .group(_, let inner):
                pending.append(Piece(layout: inner, indentation: piece.indentation, mode: piece.mode))
            }
        }
    }
}
