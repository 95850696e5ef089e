extension PolicyParser {
    /// A node, unless the tree has become too high.
    private func node(_ kind: Expr.Kind, from start: Int) throws(ParseError) -> Expr {
        let expression = Expr(kind, span: cursor.span(from: start))
        guard expression.height <= Limits.expressionHeight else { throw tooDeep(expression.span) }
        return expression
    }

    private func tooDeep(_ span: SourceSpan) -> ParseError {
        cursor.error(
            "the expression is nested too deeply; the limit is \(Limits.expressionHeight) levels", at: span,
            hint: "split the condition, or use a set instead of a chain of operators")
    }

    mutating func enter() throws(ParseError) {
        nesting += 1
        guard nesting <= Limits.expressionHeight else { throw tooDeep(cursor.current.span) }
    }

    /// `if … then … else …`, or a disjunction.
    mutating func expression() throws(ParseError) -> Expr {
        try enter()
        defer { nesting -= 1 }
        guard cursor.at(word: "if") else { return try disjunction() }
        let start = cursor.current.start
        try cursor.advance()
        let condition = try expression()
        guard try cursor.take(word: "then") else { throw cursor.unexpected(expected: ["`then`", "operator"]) }
        let then = try expression()
        guard try cursor.take(word: "else") else { throw cursor.unexpected(expected: ["`else`", "operator"]) }
        let otherwise = try expression()
        return try node(.ifThenElse(condition, then: then, else: otherwise), from: start)
    }

    private mutating func disjunction() throws(ParseError) -> Expr {
        let start = cursor.current.start
        let first = try conjunction()
        guard cursor.at(.or) else { return first }
        var operands = [first]
        while try cursor.take(.or) { operands.append(try conjunction()) }
        return try node(.or(operands), from: start)
    }

    private mutating func conjunction() throws(ParseError) -> Expr {
        let start = cursor.current.start
        let first = try relation()
        guard cursor.at(.and) else { return first }
        var operands = [first]
        while try cursor.take(.and) { operands.append(try relation()) }
        return try node(.and(operands), from: start)
    }

    /// The comparison that the current token stands for.
    private func comparison() -> Expr.BinaryOperator? {
        switch cursor.current.kind {
        case .equalEqual: .equal
        case .notEqual: .notEqual
        case .less: .less
        case .lessOrEqual: .lessOrEqual
        case .greater: .greater
        case .greaterOrEqual: .greaterOrEqual
        case .identifier where cursor.at(word: "in"): .in
        default: nil
        }
    }

    private mutating func relation() throws(ParseError) -> Expr {
        let start = cursor.current.start
        let left = try sum()
        return try relation(of: left, from: start)
    }

    /// Apart from `relation`, so that its large frame is not on the stack for each level of nesting on the left.
    private mutating func relation(of left: Expr, from start: Int) throws(ParseError) -> Expr {
        let result: Expr
        if let comparison = comparison() {
            try cursor.advance()
            let right = try sum()
            result = try node(.binary(comparison, left, right), from: start)
        } else if try cursor.take(word: "has") {
            result = try node(.has(left, path: try hasPath()), from: start)
        } else if try cursor.take(word: "like") {
            guard cursor.at(.string) else { throw cursor.unexpected(expected: ["pattern in quotation marks"]) }
            let pattern = try cursor.pattern(cursor.current)
            try cursor.advance()
            result = try node(.like(left, pattern), from: start)
        } else if try cursor.take(word: "is") {
            let type = try typeName()
            let group = try cursor.take(word: "in") ? try sum() : nil
            result = try node(.isType(left, type, in: group), from: start)
        } else {
            if cursor.at(.equal) { throw cursor.unexpected(expected: ["`==`"], hint: "comparison is written `==`") }
            return left
        }
        if comparison() != nil || cursor.at(word: "has") || cursor.at(word: "like") || cursor.at(word: "is") {
            throw cursor.error(
                "comparisons do not chain", at: cursor.current.span,
                hint: "use parentheses, or `&&` between two comparisons")
        }
        return result
    }

    private mutating func hasPath() throws(ParseError) -> [CedarString] {
        if cursor.at(.string) { return [try cursor.stringLiteral()] }
        guard cursor.at(.identifier) else { throw cursor.unexpected(expected: ["attribute name", "string"]) }
        var path = [try cursor.unreservedIdentifier()]
        while try cursor.take(.dot) { path.append(try cursor.unreservedIdentifier()) }
        return path
    }

    private mutating func sum() throws(ParseError) -> Expr {
        let start = cursor.current.start
        var left = try product()
        while cursor.at(.plus) || cursor.at(.minus) {
            let operation: Expr.BinaryOperator = cursor.at(.plus) ? .add : .subtract
            try cursor.advance()
            left = try node(.binary(operation, left, try product()), from: start)
        }
        return left
    }

    private mutating func product() throws(ParseError) -> Expr {
        let start = cursor.current.start
        var left = try unary()
        while true {
            if cursor.at(.slash) || cursor.at(.percent) {
                throw cursor.error(
                    "the language has neither division nor remainder", at: cursor.current.span,
                    hint: "multiply the other side instead; comments run from `//` to the end of the line")
            }
            guard try cursor.take(.star) else { return left }
            left = try node(.binary(.multiply, left, try unary()), from: start)
        }
    }

    /// The most unary operators in a row.
    static let unaryLimit = 4

    private mutating func unary() throws(ParseError) -> Expr {
        let start = cursor.current.start
        let sign = cursor.current.kind
        guard sign == .not || sign == .minus else { return try member() }
        var count = 0
        while try cursor.take(sign) { count += 1 }
        guard count <= Self.unaryLimit else {
            throw cursor.error(
                "\(count) unary operators in a row; the limit is \(Self.unaryLimit)", at: cursor.span(from: start))
        }
        var operand: Expr
        if sign == .minus, cursor.at(.number) {
            let token = cursor.current
            try cursor.advance()
            if startsAccess() {
                operand = try accesses(to: try number(token, isNegative: false), from: token.start)
            } else {
                operand = try number(token, isNegative: true)
                count -= 1
            }
        } else {
            operand = try member()
        }
        for _ in 0..<count {
            operand = try node(sign == .not ? .not(operand) : .negate(operand), from: start)
        }
        return operand
    }

    /// A number literal, with its sign: the least Long has no positive counterpart.
    private func number(_ token: Token, isNegative: Bool) throws(ParseError) -> Expr {
        var reader = DigitReader(Array(cursor.bytes(token)))
        guard let value = reader.number(isNegative: isNegative) else {
            throw cursor.error(
                "a number beyond 64 bits", at: token.span,
                hint: "a Long lies between -9223372036854775808 and 9223372036854775807")
        }
        return try node(.literal(.long(value)), from: token.start)
    }

    private func startsAccess() -> Bool {
        cursor.at(.dot) || cursor.at(.leftBracket) || cursor.at(.leftParenthesis)
    }

    private mutating func member() throws(ParseError) -> Expr {
        let start = cursor.current.start
        return try accesses(to: try primary(), from: start)
    }

    private mutating func accesses(to target: Expr, from start: Int) throws(ParseError) -> Expr {
        var result = target
        while true {
            if try cursor.take(.dot) {
                let nameToken = try cursor.anyIdentifier()
                let name = try cursor.unreserved(nameToken)
                if cursor.at(.leftParenthesis) {
                    let arguments = try self.arguments()
                    result = try node(try method(name, nameToken, of: result, arguments), from: start)
                } else {
                    result = try node(.attribute(result, name), from: start)
                }
            } else if try cursor.take(.leftBracket) {
                guard cursor.at(.string) else {
                    throw cursor.unexpected(
                        expected: ["attribute name in quotation marks"],
                        hint: "sets have no index; use `.contains(…)`")
                }
                let name = try cursor.stringLiteral()
                try cursor.expect(.rightBracket)
                result = try node(.attribute(result, name), from: start)
            } else if cursor.at(.leftParenthesis) {
                throw cursor.error("only functions and methods can be called", at: cursor.current.span)
            } else {
                return result
            }
        }
    }

    private mutating func arguments() throws(ParseError) -> [Expr] {
        try cursor.expect(.leftParenthesis)
        let arguments = try list(until: .rightParenthesis)
        try cursor.expect(.rightParenthesis)
        return arguments
    }

    /// Expressions separated by commas; the last comma may be left.
    private mutating func list(until end: Token.Kind) throws(ParseError) -> [Expr] {
        var elements: [Expr] = []
        while !cursor.at(end) {
            elements.append(try expression())
            guard try cursor.take(.comma) else {
                guard cursor.at(end) else { throw cursor.unexpected(expected: ["`,`", end.text, "operator"]) }
                break
            }
        }
        return elements
    }

    private func method(
        _ name: CedarString, _ token: Token, of target: Expr, _ arguments: [Expr]
    ) throws(ParseError) -> Expr.Kind {
        if name == "isEmpty" {
            guard arguments.isEmpty else { throw wrongArity(name, token, 0, arguments.count) }
            return .isEmpty(target)
        }
        if let operation = Self.builtInMethods[name] {
            guard arguments.count == 1 else { throw wrongArity(name, token, 1, arguments.count) }
            return .binary(operation, target, arguments[0])
        }
        guard let function = ExtensionFunction(name: name) else {
            throw noMethod(name, at: token.span)
        }
        guard !function.isConstructor else {
            throw cursor.error(
                "`\(name)` is a function, not a method", at: token.span, hint: "write `\(name)(\"…\")`")
        }
        return .call(function, [target] + arguments)
    }

    private static let builtInMethods: [CedarString: Expr.BinaryOperator] = [
        "contains": .contains, "containsAll": .containsAll, "containsAny": .containsAny, "hasTag": .hasTag,
        "getTag": .getTag,
    ]

    private static let methodNames: [CedarString] =
        (builtInMethods.keys + ["isEmpty"]
        + ExtensionFunction.allCases.filter { !$0.isConstructor }.map { CedarString($0.rawValue) }).sorted()

    private static let functionNames: [CedarString] =
        ExtensionFunction.allCases.filter(\.isConstructor).map { CedarString($0.rawValue) }

    // Errors with long texts are made apart from the functions that recurse, whose frames they would enlarge.

    private func noFunction(_ name: CedarString, at span: SourceSpan) -> ParseError {
        if ExtensionFunction(name: name) != nil || name == "isEmpty" || Self.builtInMethods[name] != nil {
            return cursor.error(
                "`\(name)` is a method, not a function", at: span, hint: "write `value.\(name)(…)`")
        }
        let known = Self.functionNames.map { "`\($0)`" }.joined(separator: ", ")
        return cursor.error(
            "there is no function `\(name)`", at: span,
            hint: Misspelling.hint(for: name, among: Self.functionNames) ?? "the functions are \(known)")
    }

    private func noMethod(_ name: CedarString, at span: SourceSpan) -> ParseError {
        let known = Self.methodNames.map { "`\($0)`" }.joined(separator: ", ")
        return cursor.error(
            "there is no method `\(name)`", at: span,
            hint: Misspelling.hint(for: name, among: Self.methodNames) ?? "the methods are \(known)")
    }

    private func noVariable(_ name: CedarString, at span: SourceSpan) -> ParseError {
        cursor.error(
            "`\(name)` is no variable", at: span, expected: Expr.Variable.allCases.map { "`\($0.rawValue)`" },
            hint: "an entity is written `\(name)::\"id\"`, a string in quotation marks")
    }

    private func wrongArity(_ name: CedarString, _ token: Token, _ expected: Int, _ actual: Int) -> ParseError {
        cursor.error("`\(name)` takes \(expected) argument(s), not \(actual)", at: token.span)
    }

    private mutating func primary() throws(ParseError) -> Expr {
        let token = cursor.current
        switch token.kind {
        case .number:
            try cursor.advance()
            return try number(token, isNegative: false)
        case .string:
            let value = try cursor.stringLiteral()
            return try node(.literal(.string(value)), from: token.start)
        case .leftParenthesis:
            try cursor.advance()
            let inner = try expression()
            guard try cursor.take(.rightParenthesis) else {
                throw cursor.unexpected(expected: ["`)`", "operator"])
            }
            return inner
        case .leftBracket:
            try cursor.advance()
            let elements = try list(until: .rightBracket)
            try cursor.expect(.rightBracket)
            return try node(.set(elements), from: token.start)
        case .leftBrace: return try record()
        case .identifier: return try nameExpression()
        case .slot:
            throw cursor.error(
                "a template slot cannot stand in a condition", at: token.span,
                hint: "slots belong in the scope, after `==` or `in`")
        default: throw cursor.unexpected(expected: ["expression"])
        }
    }

    private mutating func record() throws(ParseError) -> Expr {
        let start = cursor.current.start
        try cursor.expect(.leftBrace)
        var fields: [Expr.Field] = []
        var names: Set<CedarString> = []
        while !cursor.at(.rightBrace) {
            let token = cursor.current
            let name: CedarString
            switch token.kind {
            case .string: name = try cursor.stringLiteral()
            case .identifier: name = try cursor.unreservedIdentifier()
            default: throw cursor.unexpected(expected: ["attribute name", "`}`"])
            }
            try cursor.expect(.colon)
            let value = try expression()
            guard names.insert(name).inserted else {
                throw cursor.error("the attribute `\(name)` stands here twice", at: token.span)
            }
            fields.append(Expr.Field(name: name, value: value))
            guard try cursor.take(.comma) else { break }
        }
        try cursor.expect(.rightBrace)
        return try node(.record(fields), from: start)
    }

    enum NameOrEntity {
        case name([CedarString])
        case entity(EntityUID)
    }

    /// `a`, `a::b`, or `a::b::"id"`.
    mutating func nameOrEntity() throws(ParseError) -> NameOrEntity {
        var components = [try cursor.unreservedIdentifier()]
        while try cursor.take(.doubleColon) {
            if cursor.at(.string) {
                let id = try cursor.stringLiteral()
                return .entity(EntityUID(type: EntityTypeName(components: components), id: id))
            }
            guard cursor.at(.identifier) else {
                throw cursor.unexpected(expected: ["name", "entity id in quotation marks"])
            }
            components.append(try cursor.unreservedIdentifier())
        }
        return .name(components)
    }

    private mutating func nameExpression() throws(ParseError) -> Expr {
        let token = cursor.current
        if cursor.at(word: "true") || cursor.at(word: "false") {
            let value = cursor.at(word: "true")
            try cursor.advance()
            return try node(.literal(.bool(value)), from: token.start)
        }
        if cursor.at(word: "if") {
            throw cursor.error(
                "`if` as an operand needs parentheses", at: token.span, hint: "write `(if … then … else …)`")
        }
        switch try nameOrEntity() {
        case .entity(let uid):
            return try node(.literal(.entity(uid)), from: token.start)
        case .name(let components):
            let span = cursor.span(from: token.start)
            let name = EntityTypeName(components: components).name
            if components.count == 1, let variable = Expr.Variable(rawValue: name.description) {
                return try node(.variable(variable), from: token.start)
            }
            guard cursor.at(.leftParenthesis) else {
                throw noVariable(name, at: span)
            }
            let arguments = try arguments()
            guard let function = ExtensionFunction(name: name), function.isConstructor else {
                throw noFunction(name, at: span)
            }
            return try node(.call(function, arguments), from: token.start)
        }
    }
}
