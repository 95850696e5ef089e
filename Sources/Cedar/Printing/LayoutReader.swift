/// Gives the tokens of policies their layout.
///
/// It reads text that the parser took, so it looks only at what tells one construct from another and takes every other
/// token as it comes. It descends as the parser does, which refused what is nested too deeply.
struct LayoutReader {
    private let commented: CommentedTokens
    private let source: SourceText
    /// The token at hand.
    private(set) var position = 0

    init(_ commented: CommentedTokens, in source: SourceText) {
        self.commented = commented
        self.source = source
    }

    private var current: Token { commented.tokens[position] }

    var kind: Token.Kind { current.kind }

    func at(_ kind: Token.Kind) -> Bool { current.kind == kind }

    func at(word: StaticString) -> Bool {
        at(.identifier) && source.bytes[current.start..<current.end].elementsEqual(word.description.utf8)
    }

    /// The token at hand, whatever it is. The end of the text is never passed.
    mutating func take() -> Layout {
        guard !at(.endOfText) else { return .sequence([]) }
        position += 1
        return .token(position - 1)
    }

    /// What a rule reads, as a group.
    mutating func group(_ read: (inout LayoutReader) -> [Layout]) -> Layout {
        let start = position
        let parts = read(&self)
        return .group(start..<position, .sequence(parts))
    }

    func indented(_ parts: [Layout]) -> Layout { .indented(PolicyFormatter.indentation, .sequence(parts)) }

    /// What stands between brackets, with the comments before the closing one, which is the token at hand.
    func enclosed(_ parts: [Layout]) -> Layout { indented(parts + [.comments(before: position)]) }

    // MARK: Policies

    mutating func policy() -> Layout {
        var parts: [Layout] = []
        while at(.at) {
            parts += [take(), take()]
            if at(.leftParenthesis) { parts += [take(), take(), take()] }
            parts.append(.hardLine)
        }
        parts += [take(), .space, scope()]
        while !at(.semicolon), !at(.endOfText) { parts += [.hardLine, clause()] }
        parts.append(take())
        return .sequence(parts)
    }

    private mutating func scope() -> Layout {
        group { reader in
            let open = reader.take()
            var parts: [Layout] = [.softLine]
            while !reader.at(.rightParenthesis), !reader.at(.endOfText) {
                parts.append(reader.constraint())
                if reader.at(.comma) {
                    parts.append(reader.take())
                    if !reader.at(.rightParenthesis) { parts.append(.line) }
                }
            }
            return [open, reader.enclosed(parts), .softLine, reader.take()]
        }
    }

    /// One part of the scope: `principal`, and what it is compared with.
    private mutating func constraint() -> Layout {
        group { reader in
            var parts = [reader.take()]
            while !reader.at(.comma), !reader.at(.rightParenthesis), !reader.at(.endOfText) {
                let isOperator = reader.at(.equalEqual) || reader.at(word: "in") || reader.at(word: "is")
                parts += [.space, isOperator ? reader.take() : reader.primary()]
            }
            return parts
        }
    }

    private mutating func clause() -> Layout {
        group { reader in
            let open = [reader.take(), .line, reader.take()]
            let body = reader.expression()
            return open + [reader.enclosed([.line, body]), .line, reader.take()]
        }
    }
}
