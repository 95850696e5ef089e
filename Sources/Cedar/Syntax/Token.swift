/// A token of policy or schema text.
struct Token {
    enum Kind: Equatable {
        case identifier, number, string, slot
        case at, dot, comma, semicolon, colon, doubleColon, question
        case leftParenthesis, rightParenthesis, leftBrace, rightBrace, leftBracket, rightBracket
        case equalEqual, notEqual, less, lessOrEqual, greater, greaterOrEqual, equal
        case or, and, plus, minus, star, slash, percent, not
        case endOfText
    }

    let kind: Kind
    let start: Int
    let end: Int

    var span: SourceSpan { SourceSpan(start, end) }
}

extension Token.Kind {
    /// The token as messages show it.
    var text: String {
        switch self {
        case .identifier: "identifier"
        case .number: "number"
        case .string: "string"
        case .slot: "template slot"
        case .at: "`@`"
        case .dot: "`.`"
        case .comma: "`,`"
        case .semicolon: "`;`"
        case .colon: "`:`"
        case .doubleColon: "`::`"
        case .question: "`?`"
        case .leftParenthesis: "`(`"
        case .rightParenthesis: "`)`"
        case .leftBrace: "`{`"
        case .rightBrace: "`}`"
        case .leftBracket: "`[`"
        case .rightBracket: "`]`"
        case .equalEqual: "`==`"
        case .notEqual: "`!=`"
        case .less: "`<`"
        case .lessOrEqual: "`<=`"
        case .greater: "`>`"
        case .greaterOrEqual: "`>=`"
        case .equal: "`=`"
        case .or: "`||`"
        case .and: "`&&`"
        case .plus: "`+`"
        case .minus: "`-`"
        case .star: "`*`"
        case .slash: "`/`"
        case .percent: "`%`"
        case .not: "`!`"
        case .endOfText: "end of text"
        }
    }
}
