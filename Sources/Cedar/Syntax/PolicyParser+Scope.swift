extension PolicyParser {
    mutating func separateScope(next: String) throws(ParseError) {
        guard try cursor.take(.comma) else {
            throw cursor.unexpected(
                expected: ["`,`"], hint: "a scope reads `(principal, action, resource)`; `\(next)` is missing")
        }
    }

    private mutating func scopeVariable(_ name: StaticString) throws(ParseError) {
        guard try cursor.take(word: name) else {
            throw cursor.unexpected(
                expected: ["`\(name)`"], hint: "a scope reads `(principal, action, resource)`, in this order")
        }
        if cursor.at(.colon) {
            throw cursor.error(
                "types in a scope are written with `is`", at: cursor.current.span, hint: "`\(name) is Type`")
        }
    }

    /// `principal`, `principal == …`, `in …`, `is …`, `is … in …`; the same for `resource`.
    mutating func scope(_ slot: Slot, span: inout SourceSpan) throws(ParseError) -> ScopeConstraint {
        let start = cursor.current.start
        try scopeVariable(slot == .principal ? "principal" : "resource")
        defer { span = cursor.span(from: start) }
        if try cursor.take(.equalEqual) {
            return .equal(try reference(slot))
        }
        if try cursor.take(word: "in") {
            let reference = try reference(slot)
            if cursor.at(word: "is") {
                throw cursor.error(
                    "`is` stands before `in`", at: cursor.current.span, hint: "write `is Type in group`")
            }
            return .in(reference)
        }
        if try cursor.take(word: "is") {
            let type = try typeName()
            if try cursor.take(word: "in") { return .isIn(type, try reference(slot)) }
            if cursor.at(.equalEqual) {
                throw cursor.error(
                    "`is` and `==` do not go together in a scope", at: cursor.current.span,
                    hint: "the entity after `==` has its type already")
            }
            return .is(type)
        }
        try refuseOtherOperators()
        return .any
    }

    /// `action`, `action == …`, `action in …`, `action in […]`.
    mutating func actionScope(span: inout SourceSpan) throws(ParseError) -> ActionConstraint {
        let start = cursor.current.start
        try scopeVariable("action")
        defer { span = cursor.span(from: start) }
        if try cursor.take(.equalEqual) {
            return .equal(try action())
        }
        if try cursor.take(word: "in") {
            return try actionGroup()
        }
        if cursor.at(word: "is") {
            throw cursor.error(
                "`is` does not apply to actions", at: cursor.current.span,
                hint: "actions are compared with `==` or `in`")
        }
        try refuseOtherOperators()
        return .any
    }

    /// One action or a list of them; either may stand in parentheses.
    private mutating func actionGroup() throws(ParseError) -> ActionConstraint {
        if try cursor.take(.leftParenthesis) {
            try enter()
            defer { nesting -= 1 }
            let inner = try actionGroup()
            try cursor.expect(.rightParenthesis)
            return inner
        }
        guard try cursor.take(.leftBracket) else { return .in(try action()) }
        var actions: [EntityUID] = []
        while !cursor.at(.rightBracket) {
            actions.append(try action())
            guard try cursor.take(.comma) else { break }
        }
        try cursor.expect(.rightBracket)
        return .inAny(actions)
    }

    private func refuseOtherOperators() throws(ParseError) {
        switch cursor.current.kind {
        case .equal:
            throw cursor.unexpected(expected: ["`==`"], hint: "comparison is written `==`")
        case .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
            throw cursor.unexpected(
                expected: ["`==`", "`in`", "`is`"], hint: "other comparisons go into a `when` clause")
        default: break
        }
    }

    private mutating func action() throws(ParseError) -> EntityUID {
        let start = cursor.current.start
        guard case .entity(let uid) = try reference(nil) else {
            throw cursor.error("an action cannot be a slot", at: cursor.span(from: start))
        }
        guard uid.type.isAction else {
            throw cursor.error(
                "\(uid) is no action", at: cursor.span(from: start),
                hint: "the type of an action is `Action`, with or without a namespace")
        }
        return uid
    }

    /// An entity, or where a slot is given that slot; either may stand in parentheses.
    private mutating func reference(_ slot: Slot?) throws(ParseError) -> EntityReference {
        if cursor.at(.leftParenthesis) {
            try enter()
            defer { nesting -= 1 }
            try cursor.advance()
            let inner = try reference(slot)
            try cursor.expect(.rightParenthesis)
            return inner
        }
        if cursor.at(.slot) {
            let token = cursor.current
            guard let slot, cursor.text(token) == CedarString(slot.rawValue) else {
                throw cursor.error(
                    "\(cursor.shown(token)) cannot stand here", at: token.span,
                    expected: slot.map { ["`\($0.rawValue)`"] } ?? ["entity"])
            }
            try cursor.advance()
            return .slot(slot)
        }
        let start = cursor.current.start
        guard cursor.at(.identifier) else {
            throw cursor.unexpected(
                expected: ["entity, as `Type::\"id\"`"] + (slot.map { ["`\($0.rawValue)`"] } ?? []))
        }
        guard case .entity(let uid) = try nameOrEntity() else {
            throw cursor.error(
                "a scope compares with an entity, `Type::\"id\"`", at: cursor.span(from: start),
                hint: "other comparisons go into a `when` clause")
        }
        return .entity(uid)
    }

    /// A name with its namespace, `Ns::Type`.
    mutating func typeName() throws(ParseError) -> EntityTypeName {
        let start = cursor.current.start
        guard cursor.at(.identifier) else { throw cursor.unexpected(expected: ["entity type"]) }
        switch try nameOrEntity() {
        case .name(let components): return EntityTypeName(components: components)
        case .entity:
            throw cursor.error(
                "`is` wants a type, not an entity", at: cursor.span(from: start), hint: "leave out the `::\"…\"`")
        }
    }
}
