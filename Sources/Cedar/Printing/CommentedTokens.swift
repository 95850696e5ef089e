/// The tokens of a policy text with the comments that stand between them.
struct CommentedTokens {
    struct Comment {
        /// From `//` to the last byte that is not blank.
        let bytes: ArraySlice<UInt8>
        /// Whether an empty line stands before it.
        let followsBlankLine: Bool
    }

    /// In order; the last is the end of the text, so that every comment has a token that it stands before.
    private(set) var tokens: [Token] = []
    /// For each token the comments before it that have lines of their own.
    private(set) var before: [[Comment]] = []
    /// For each token the comment after it on the same line.
    private(set) var after: [Comment?] = []
    /// For each token whether an empty line stands between it and the comment or token before it.
    private(set) var followsBlankLine: [Bool] = []
    /// For each token, and past the last, how many tokens and comments before it force a line break inside of whatever
    /// spans them: comments before a token, comments after one, tokens of several lines.
    private var commentsBefore: [Int] = [0]
    private var commentsAfter: [Int] = [0]
    private var tallTokens: [Int] = [0]

    init(_ source: SourceText) throws(ParseError) {
        var lexer = try Lexer(source)
        var end = 0
        repeat {
            let token = try lexer.next()
            var gap = Gap(bytes: source.bytes[end..<token.start], followsToken: !tokens.isEmpty)
            gap.scan()
            if !tokens.isEmpty {
                after[tokens.count - 1] = gap.sameLine
                commentsAfter[tokens.count] += gap.sameLine == nil ? 0 : 1
            }
            let isTall = token.kind == .string && source.bytes[token.start..<token.end].contains(0x0A)
            tokens.append(token)
            before.append(gap.ownLines)
            after.append(nil)
            followsBlankLine.append(gap.newlines > 1)
            commentsBefore.append((commentsBefore.last ?? 0) + gap.ownLines.count)
            commentsAfter.append(commentsAfter.last ?? 0)
            tallTokens.append((tallTokens.last ?? 0) + (isTall ? 1 : 0))
            end = token.end
        } while tokens.last?.kind != .endOfText
    }

    /// Whether something between the first byte and the last byte of the tokens forces a line break.
    func mustBreak(_ range: Range<Int>) -> Bool {
        guard let first = range.first, let last = range.last else { return false }
        return commentsBefore[last + 1] > commentsBefore[first + 1] || commentsAfter[last] > commentsAfter[first]
            || tallTokens[last + 1] > tallTokens[first]
    }

    /// What stands between two tokens: blanks and comments, nothing else.
    private struct Gap {
        let bytes: ArraySlice<UInt8>
        let followsToken: Bool
        var sameLine: Comment?
        var ownLines: [Comment] = []
        /// Line ends since the last comment, or since the beginning.
        var newlines = 0

        mutating func scan() {
            var index = bytes.startIndex
            while index < bytes.endIndex {
                switch bytes[index] {
                case 0x0A:
                    newlines += 1
                    index += 1
                case 0x0D:
                    newlines += index + 1 < bytes.endIndex && bytes[index + 1] == 0x0A ? 0 : 1
                    index += 1
                case UInt8(ascii: "/"): index = comment(from: index)
                default: index += 1
                }
            }
        }

        /// Takes the comment that begins at an offset, and gives the offset of the line end after it.
        private mutating func comment(from start: Int) -> Int {
            var end = start
            while end < bytes.endIndex, bytes[end] != 0x0A, bytes[end] != 0x0D { end += 1 }
            var last = end
            while last > start, bytes[last - 1] <= 0x20 { last -= 1 }
            let comment = Comment(bytes: bytes[start..<last], followsBlankLine: newlines > 1)
            if followsToken, newlines == 0, ownLines.isEmpty {
                sameLine = comment
            } else {
                ownLines.append(comment)
            }
            newlines = 0
            return end
        }
    }
}
