/// Reads policy text: a recursive descent over tokens, with one error for each policy that does not parse.
struct PolicyParser {
    var cursor: TokenCursor
    /// How many expressions enclose the one at hand.
    var nesting = 0

    private init(_ source: SourceText) throws(ParseError) {
        cursor = try TokenCursor(source)
    }

    /// All policies and templates of a text, in order, with positional ids; or every error found.
    static func parse(_ source: SourceText) throws(ParseErrors) -> [Policy] {
        var parser: PolicyParser
        do {
            parser = try PolicyParser(source)
        } catch {
            throw ParseErrors([error])
        }
        var policies: [Policy] = []
        var errors: [ParseError] = []
        while !parser.cursor.at(.endOfText), errors.count < Limits.reportedErrors {
            do {
                parser.nesting = 0
                policies.append(try parser.policy(id: PolicyID(position: policies.count)))
            } catch {
                errors.append(error)
                parser.cursor.skipPastSemicolon()
            }
        }
        guard errors.isEmpty else { throw ParseErrors(errors) }
        return policies
    }

    /// One expression that is the whole text.
    static func parseExpression(_ source: SourceText) throws(ParseError) -> Expr {
        var parser = try PolicyParser(source)
        let expression = try parser.expression()
        guard parser.cursor.at(.endOfText) else { throw parser.cursor.unexpected(expected: ["end of text"]) }
        return expression
    }

    private mutating func policy(id: PolicyID) throws(ParseError) -> Policy {
        let start = cursor.current.start
        let annotations = try annotations()
        let word = try cursor.expect(.identifier, hint: "a policy begins with `permit` or `forbid`")
        guard let effect = Effect(rawValue: cursor.text(word).description) else {
            throw cursor.error(
                "unexpected \(cursor.shown(word))", at: word.span, expected: ["`permit`", "`forbid`"],
                hint: "a policy begins with its effect")
        }
        try cursor.expect(.leftParenthesis)
        var spans = Policy.ScopeSpans()
        let principal = try scope(.principal, span: &spans.principal)
        try separateScope(next: "action")
        let action = try actionScope(span: &spans.action)
        try separateScope(next: "resource")
        let resource = try scope(.resource, span: &spans.resource)
        _ = try cursor.take(.comma)
        guard cursor.at(.rightParenthesis) else {
            throw cursor.unexpected(
                expected: ["`)`"], hint: "a scope has principal, action and resource; the rest goes into `when`")
        }
        try cursor.advance()
        var conditions: [Condition] = []
        while cursor.at(.identifier) { conditions.append(try condition()) }
        try cursor.expect(.semicolon, hint: "a policy ends with `;`, after its `when` and `unless` clauses")
        return Policy(
            id: id, effect: effect, principal: principal, action: action, resource: resource, conditions: conditions,
            annotations: annotations, source: cursor.source, span: cursor.span(from: start), scopeSpans: spans)
    }

    private mutating func annotations() throws(ParseError) -> [Annotation] {
        var annotations: [Annotation] = []
        var names: Set<CedarString> = []
        while cursor.at(.at) {
            let start = cursor.current.start
            try cursor.advance()
            let name = cursor.text(try cursor.anyIdentifier())
            var value: CedarString = ""
            if try cursor.take(.leftParenthesis) {
                value = try cursor.stringLiteral()
                try cursor.expect(.rightParenthesis)
            }
            guard names.insert(name).inserted else {
                throw cursor.error("the annotation `@\(name)` stands here twice", at: cursor.span(from: start))
            }
            annotations.append(Annotation(name: name, value: value))
        }
        return annotations
    }

    private mutating func condition() throws(ParseError) -> Condition {
        let word = try cursor.anyIdentifier()
        guard let kind = Condition.Kind(rawValue: cursor.text(word).description) else {
            throw cursor.error(
                "unexpected \(cursor.shown(word))", at: word.span, expected: ["`when`", "`unless`", "`;`"])
        }
        try cursor.expect(.leftBrace)
        guard !cursor.at(.rightBrace) else {
            throw cursor.error(
                "an empty `\(kind.rawValue)` clause", at: cursor.current.span, expected: ["expression"],
                hint: "leave the clause out, or write `true` in it")
        }
        let body = try expression()
        try cursor.expect(.rightBrace)
        return Condition(kind, body)
    }
}
