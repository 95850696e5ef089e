/// Cuts policy or schema text into tokens, one at a time. White space is Unicode's; comments run from `//` to the end
/// of the line.
struct Lexer {
    let source: SourceText
    private let bytes: [UInt8]
    private(set) var position = 0
    /// Why `scan` gave no token.
    private var failure: Failure?

    /// Refuses text that is not UTF-8, so that all later stages can rely on it.
    init(_ source: SourceText) throws(ParseError) {
        self.source = source
        self.bytes = source.bytes
        if let offset = UTF8Decoding.firstIllFormed(in: bytes) {
            throw ParseError("the text is not UTF-8", at: SourceSpan(offset, offset + 1), in: source)
        }
    }

    /// What is wrong with the text where no token can be read. The words are made only for the one that is reported.
    struct Failure {
        enum Kind {
            case strayCharacter(Unicode.Scalar?)
            case openString
        }

        let kind: Kind
        let span: SourceSpan
    }

    mutating func next() throws(ParseError) -> Token {
        if let token = scan() { return token }
        guard let failure else { throw ParseError("no token", at: SourceSpan(position, position), in: source) }
        throw ParseError(failure.message, at: failure.span, in: source, hint: failure.hint)
    }

    /// The next token. Where none can be read, the position is past that, and `failure` tells of it: nothing is thrown,
    /// since whoever looks for the end of a faulty policy may come by millions of such places.
    mutating func scan() -> Token? {
        skipBlank()
        let start = position
        guard start < bytes.count else { return Token(kind: .endOfText, start: start, end: start) }
        let byte = bytes[start]
        if Identifier.isStart(byte) { return run(.identifier, Identifier.isPart) }
        if case 0x30...0x39 = byte { return run(.number) { 0x30...0x39 ~= $0 } }
        switch byte {
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "@"): return token(.at, 1)
        case UInt8(ascii: "."): return token(.dot, 1)
        case UInt8(ascii: ","): return token(.comma, 1)
        case UInt8(ascii: ";"): return token(.semicolon, 1)
        case UInt8(ascii: ":"): return follows(":") ? token(.doubleColon, 2) : token(.colon, 1)
        case UInt8(ascii: "("): return token(.leftParenthesis, 1)
        case UInt8(ascii: ")"): return token(.rightParenthesis, 1)
        case UInt8(ascii: "{"): return token(.leftBrace, 1)
        case UInt8(ascii: "}"): return token(.rightBrace, 1)
        case UInt8(ascii: "["): return token(.leftBracket, 1)
        case UInt8(ascii: "]"): return token(.rightBracket, 1)
        case UInt8(ascii: "+"): return token(.plus, 1)
        case UInt8(ascii: "-"): return token(.minus, 1)
        case UInt8(ascii: "*"): return token(.star, 1)
        case UInt8(ascii: "/"): return token(.slash, 1)
        case UInt8(ascii: "%"): return token(.percent, 1)
        case UInt8(ascii: "="): return follows("=") ? token(.equalEqual, 2) : token(.equal, 1)
        case UInt8(ascii: "!"): return follows("=") ? token(.notEqual, 2) : token(.not, 1)
        case UInt8(ascii: "<"): return follows("=") ? token(.lessOrEqual, 2) : token(.less, 1)
        case UInt8(ascii: ">"): return follows("=") ? token(.greaterOrEqual, 2) : token(.greater, 1)
        case UInt8(ascii: "|") where follows("|"): return token(.or, 2)
        case UInt8(ascii: "&") where follows("&"): return token(.and, 2)
        case UInt8(ascii: "?"):
            guard start + 1 < bytes.count, Identifier.isStart(bytes[start + 1]) else { return token(.question, 1) }
            position += 1
            let name = run(.slot, Identifier.isPart)
            return Token(kind: .slot, start: start, end: name.end)
        default:
            let (scalar, length) = UTF8Decoding.scalar(in: bytes, at: start)
            position = start + length
            failure = Failure(kind: .strayCharacter(scalar), span: SourceSpan(start, position))
            return nil
        }
    }

    private func follows(_ scalar: Unicode.Scalar) -> Bool {
        position + 1 < bytes.count && UInt32(bytes[position + 1]) == scalar.value
    }

    private mutating func token(_ kind: Token.Kind, _ length: Int) -> Token {
        let start = position
        position += length
        return Token(kind: kind, start: start, end: position)
    }

    private mutating func run(_ kind: Token.Kind, _ isPart: (UInt8) -> Bool) -> Token {
        let start = position
        while position < bytes.count, isPart(bytes[position]) { position += 1 }
        return Token(kind: kind, start: start, end: position)
    }

    private mutating func string() -> Token? {
        let start = position
        var index = start + 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            if bytes[index] == UInt8(ascii: "\\") {
                index += 1
                if index < bytes.count, bytes[index] == 0x0A { break }
            }
            index += 1
        }
        guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
            position = bytes.count
            failure = Failure(kind: .openString, span: SourceSpan(start, start + 1))
            return nil
        }
        position = index + 1
        return Token(kind: .string, start: start, end: position)
    }

    private mutating func skipBlank() {
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case 0x09...0x0D, 0x20: position += 1
            case UInt8(ascii: "/") where follows("/"):
                while position < bytes.count, bytes[position] != 0x0A, bytes[position] != 0x0D { position += 1 }
            case 0x80...:
                let (scalar, length) = UTF8Decoding.scalar(in: bytes, at: position)
                guard let scalar, scalar.properties.isWhitespace else { return }
                position += length
            default: return
            }
        }
    }
}

extension Lexer.Failure {
    var message: String {
        switch kind {
        case .openString: "a string without its closing quotation mark"
        case .strayCharacter("\u{FEFF}"): "a byte-order mark"
        case .strayCharacter(let scalar): "the character \(Self.shown(scalar)), which no token begins with"
        }
    }

    var hint: String? {
        switch kind {
        case .openString: "close it with `\"`; a quotation mark within a string is written `\\\"`"
        case .strayCharacter(let scalar):
            switch scalar {
            case "\u{FEFF}": "save the text as UTF-8 without a byte-order mark"
            case "\0": "a text file has no NUL bytes; it may have been saved in UTF-16"
            case "'", "\u{2018}", "\u{2019}", "\u{201C}", "\u{201D}", "\u{201E}": "a string stands in `\"`"
            case "&": "the conjunction is written `&&`"
            case "|": "the disjunction is written `||`"
            case "#": "comments run from `//` to the end of the line"
            default: nil
            }
        }
    }

    /// A scalar as messages show it: itself where it is printable ASCII, else `U+0000`.
    private static func shown(_ scalar: Unicode.Scalar?) -> String {
        guard let scalar else { return "U+FFFD" }
        if 0x21..<0x7F ~= scalar.value, scalar != "`" { return "`\(scalar)`" }
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    }
}
