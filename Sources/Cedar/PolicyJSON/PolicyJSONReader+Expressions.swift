extension PolicyJSONReader {
    /// A node, unless the tree has become too high.
    private func node(_ kind: Expr.Kind, _ json: JSONValue) throws(ParseError) -> Expr {
        let expression = Expr(kind, span: json.span)
        guard expression.height <= Limits.expressionHeight else {
            throw values.error(
                "the expression is nested too deeply; the limit is \(Limits.expressionHeight) levels", at: json,
                hint: "split the condition, or use a set instead of a chain of operators")
        }
        return expression
    }

    /// An object whose one key names the operator. The recursion is as deep as the JSON, which is limited.
    func expression(_ json: JSONValue) throws(ParseError) -> Expr {
        guard let members = json.members else {
            throw values.error(
                "\(json.shown) where an expression belongs", at: json, expected: ["object"],
                hint: "a value is written `{\"Value\": …}`")
        }
        guard members.count == 1 else {
            throw values.error("an expression has one key, its operator, not \(members.count)", at: json)
        }
        let name = members[0].key
        let body = members[0].value
        switch name {
        case "Value": return try value(body)
        case "Var": return try node(.variable(try variable(body)), json)
        case "Slot":
            throw values.error(
                "a template slot cannot stand in a condition", at: body,
                hint: "slots belong in the scope, after `==` or `in`")
        case "!": return try node(.not(try argument(body, name)), json)
        case "neg": return try node(.negate(try argument(body, name)), json)
        case "isEmpty": return try node(.isEmpty(try argument(body, name)), json)
        case "&&": return try node(.and(try chain(json, name)), json)
        case "||": return try node(.or(try chain(json, name)), json)
        case "if-then-else":
            let parts = try shapes.object(body, "`if-then-else`", required: ["if", "then", "else"])
            let condition = try expression(parts[0])
            let then = try expression(parts[1])
            return try node(.ifThenElse(condition, then: then, else: try expression(parts[2])), json)
        case ".":
            let parts = try shapes.object(body, "`.`", required: ["left", "attr"])
            let target = try expression(parts[0])
            return try node(.attribute(target, try shapes.string(parts[1], "an attribute")), json)
        case "has":
            let parts = try shapes.object(body, "`has`", required: ["left", "attr"])
            let target = try expression(parts[0])
            return try node(.has(target, path: try path(parts[1])), json)
        case "like":
            let parts = try shapes.object(body, "`like`", required: ["left", "pattern"])
            let target = try expression(parts[0])
            return try node(.like(target, try pattern(parts[1])), json)
        case "is": return try node(try isType(body), json)
        case "Set":
            var members: [Expr] = []
            for element in try shapes.elements(body, "a list of expressions") {
                members.append(try expression(element))
            }
            return try node(.set(members), json)
        case "Record":
            var fields: [Expr.Field] = []
            for member in try shapes.members(body, "an object of fields") {
                fields.append(Expr.Field(name: member.key, value: try expression(member.value)))
            }
            return try node(.record(fields), json)
        default: return try node(try operation(name, body), json)
        }
    }

    private func argument(_ body: JSONValue, _ name: CedarString) throws(ParseError) -> Expr {
        let parts = try shapes.object(body, "`\(name)`", required: ["arg"])
        return try expression(parts[0])
    }

    /// The operands of `((a && b) && c)` as one list, as text has them.
    private func chain(_ json: JSONValue, _ name: CedarString) throws(ParseError) -> [Expr] {
        var operands: [Expr] = []
        var left = json
        while left.members?.count == 1, let body = left[name] {
            let parts = try shapes.object(body, "`\(name)`", required: ["left", "right"])
            operands.append(try expression(parts[1]))
            left = parts[0]
        }
        operands.append(try expression(left))
        return operands.reversed()
    }

    /// A binary operator or an extension function.
    private func operation(_ name: CedarString, _ body: JSONValue) throws(ParseError) -> Expr.Kind {
        if let operation = Expr.BinaryOperator(name: name) {
            let parts = try shapes.object(body, "`\(name)`", required: ["left", "right"])
            let left = try expression(parts[0])
            return .binary(operation, left, try expression(parts[1]))
        }
        guard let function = ExtensionFunction(name: name) else {
            throw values.error("there is no operator or function \(name.quoted)", at: body)
        }
        var arguments: [Expr] = []
        for element in try shapes.elements(body, "a list of arguments") { arguments.append(try expression(element)) }
        return try call(function, arguments, body)
    }

    private func call(
        _ function: ExtensionFunction, _ arguments: [Expr], _ json: JSONValue
    ) throws(ParseError) -> Expr.Kind {
        guard function.isConstructor || !arguments.isEmpty else {
            throw values.error(
                "`\(function.rawValue)` is a method and needs a value to be called on", at: json,
                hint: "that value is the first of the arguments")
        }
        return .call(function, arguments)
    }

    private func variable(_ json: JSONValue) throws(ParseError) -> Expr.Variable {
        let name = try shapes.string(json, "a variable")
        guard let variable = Expr.Variable(name: name) else {
            throw values.error(
                "\(name.quoted) is no variable", at: json,
                expected: Expr.Variable.allCases.map { "\"\($0.rawValue)\"" })
        }
        return variable
    }

    /// A name, or a list of names: `has a.b.c`.
    private func path(_ json: JSONValue) throws(ParseError) -> [CedarString] {
        if let name = json.string { return [name] }
        var path: [CedarString] = []
        for element in try shapes.elements(json, "an attribute or a list of them") {
            path.append(try shapes.string(element, "an attribute"))
        }
        guard !path.isEmpty else { throw values.error("an empty list of attributes", at: json) }
        guard path.count == 1 || path.allSatisfy({ Identifier.isWellFormed($0) && !Identifier.isReserved($0) })
        else {
            throw values.error(
                "only identifiers can form a path of attributes", at: json,
                hint: "write one `has` for each attribute, joined by `&&`")
        }
        return path
    }

    /// A list of `"Wildcard"` and `{"Literal": "…"}`.
    private func pattern(_ json: JSONValue) throws(ParseError) -> Pattern {
        var parts: [Pattern.Element] = []
        for element in try shapes.elements(json, "a pattern") {
            if element.string == "Wildcard" {
                parts.append(.wildcard)
            } else if element.members?.count == 1, let literal = element["Literal"]?.string {
                parts += literal.unicodeScalars.map { .scalar($0) }
            } else {
                throw values.error(
                    "\(element.shown) where an element of a pattern belongs", at: element,
                    expected: ["\"Wildcard\"", "`{\"Literal\": \"…\"}`"])
            }
        }
        return Pattern(parts)
    }

    private func isType(_ body: JSONValue) throws(ParseError) -> Expr.Kind {
        let parts = try shapes.object(body, "`is`", required: ["left", "entity_type"], optional: ["in"])
        let target = try expression(parts[0])
        let type = try typeName(parts[1])
        guard let group = body["in"], !group.isNull else { return .isType(target, type, in: nil) }
        return .isType(target, type, in: try expression(group))
    }

    /// A value as entities have them, with `__entity` and `__extn`: the expression that makes it.
    private func value(_ json: JSONValue) throws(ParseError) -> Expr {
        switch json.kind {
        case .null: throw values.error("null is no value", at: json)
        case .bool(let value): return try node(.literal(.bool(value)), json)
        case .integer(let value): return try node(.literal(.long(value)), json)
        case .string(let value): return try node(.literal(.string(value)), json)
        case .array(let elements):
            var members: [Expr] = []
            for element in elements { members.append(try value(element)) }
            return try node(.set(members), json)
        case .object(let members):
            if json["__expr"] != nil { throw values.error("`__expr` is not supported", at: json) }
            if json["__entity"] != nil { return try node(.literal(.entity(try values.uid(json))), json) }
            if json["__extn"] != nil { return try node(try extensionCall(json), json) }
            var fields: [Expr.Field] = []
            for member in members { fields.append(Expr.Field(name: member.key, value: try value(member.value))) }
            return try node(.record(fields), json)
        }
    }

    /// `{"__extn": {"fn": …, "arg": …}}`, or with a list as `args`.
    private func extensionCall(_ json: JSONValue) throws(ParseError) -> Expr.Kind {
        let escape = try shapes.object(json, "an extension value", required: ["__extn"])
        let isList = escape[0]["args"] != nil
        let parts = try shapes.object(escape[0], "an extension value", required: ["fn", isList ? "args" : "arg"])
        let name = try shapes.string(parts[0], "the name of a function")
        guard let function = ExtensionFunction(name: name) else {
            throw values.error("there is no function \(name.quoted)", at: parts[0])
        }
        var arguments: [Expr] = []
        for element in isList ? try shapes.elements(parts[1], "a list of arguments") : [parts[1]] {
            arguments.append(try value(element))
        }
        return try call(function, arguments, json)
    }
}
