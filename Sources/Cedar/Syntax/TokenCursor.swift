/// The token at hand, and the steps that the policy parser and the schema parser share.
struct TokenCursor {
    private var lexer: Lexer
    private(set) var current: Token
    /// The end of the token before the current one.
    private(set) var previousEnd = 0

    init(_ source: SourceText) throws(ParseError) {
        lexer = try Lexer(source)
        current = Token(kind: .endOfText, start: 0, end: 0)
        current = try lexer.next()
    }

    var source: SourceText { lexer.source }

    /// The bytes of a token.
    func bytes(_ token: Token) -> ArraySlice<UInt8> { source.bytes[token.start..<token.end] }

    func text(_ token: Token) -> CedarString { CedarString(utf8: bytes(token)) }

    /// What a message calls a token.
    func shown(_ token: Token) -> String {
        switch token.kind {
        case .identifier, .number, .slot: "`\(String(decoding: bytes(token).prefix(40), as: UTF8.self))`"
        default: token.kind.text
        }
    }

    mutating func advance() throws(ParseError) {
        previousEnd = current.end
        current = try lexer.next()
    }

    func at(_ kind: Token.Kind) -> Bool { current.kind == kind }

    /// Whether the current token is the given word.
    func at(word: StaticString) -> Bool {
        current.kind == .identifier && current.end - current.start == word.utf8CodeUnitCount
            && bytes(current).elementsEqual(word.description.utf8)
    }

    /// Takes the token if it is the next one.
    mutating func take(_ kind: Token.Kind) throws(ParseError) -> Bool {
        guard at(kind) else { return false }
        try advance()
        return true
    }

    mutating func take(word: StaticString) throws(ParseError) -> Bool {
        guard at(word: word) else { return false }
        try advance()
        return true
    }

    @discardableResult
    mutating func expect(_ kind: Token.Kind, hint: String? = nil) throws(ParseError) -> Token {
        guard at(kind) else { throw unexpected(expected: [kind.text], hint: hint) }
        let token = current
        try advance()
        return token
    }

    /// An identifier, whatever word it is.
    mutating func anyIdentifier() throws(ParseError) -> Token { try expect(.identifier) }

    /// An identifier that is not one of the language's own words.
    mutating func unreservedIdentifier() throws(ParseError) -> CedarString {
        let token = try anyIdentifier()
        return try unreserved(token)
    }

    func unreserved(_ token: Token) throws(ParseError) -> CedarString {
        let name = text(token)
        guard !Identifier.isReserved(name) else {
            throw error(
                "`\(name)` is a word of the language and cannot be a name", at: token.span,
                hint: "as an attribute it can be written in quotation marks: `[\"\(name)\"]`")
        }
        return name
    }

    mutating func stringLiteral() throws(ParseError) -> CedarString {
        let token = try expect(.string)
        return try string(token)
    }

    func string(_ token: Token) throws(ParseError) -> CedarString {
        do {
            return try StringEscapes.unescape(body(token))
        } catch {
            throw escapeError(error)
        }
    }

    func pattern(_ token: Token) throws(ParseError) -> Pattern {
        do {
            return try StringEscapes.pattern(body(token))
        } catch {
            throw escapeError(error)
        }
    }

    private func body(_ token: Token) -> ArraySlice<UInt8> {
        source.bytes[(token.start + 1)..<(token.end - 1)]
    }

    private func escapeError(_ failure: StringEscapes.Failure) -> ParseError {
        error(failure.message, at: SourceSpan(failure.offset, failure.offset + 2))
    }

    func error(_ message: String, at span: SourceSpan, expected: [String] = [], hint: String? = nil) -> ParseError {
        ParseError(message, at: span, in: source, expected: expected, hint: hint)
    }

    func unexpected(expected: [String], hint: String? = nil) -> ParseError {
        error(
            "unexpected \(shown(current))", at: current.span, expected: expected,
            hint: at(.slash) ? "comments run from `//` to the end of the line" : hint)
    }

    /// The span from an offset to the end of the last token taken.
    func span(from start: Int) -> SourceSpan { SourceSpan(start, max(start, previousEnd)) }

    /// Skips past the next `;` (or to the end of the text), over whatever does not lex: the error that led here is
    /// enough for one policy.
    mutating func skipPastSemicolon() {
        while !at(.endOfText) {
            let isEnd = at(.semicolon)
            previousEnd = current.end
            if let token = lexer.scan() {
                current = token
                if isEnd { return }
            } else {
                current = Token(kind: .comma, start: lexer.position, end: lexer.position)
            }
        }
    }
}
