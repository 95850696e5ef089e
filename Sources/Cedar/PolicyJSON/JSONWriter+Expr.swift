extension JSONWriter {
    private enum Piece {
        case raw(String)
        case string(CedarString)
        case entity(EntityUID)
        case operand(Expr)
    }

    /// An expression in the JSON policy format: an object whose one key names the operator.
    ///
    /// The operands that are still to be written wait on a list, so the height of the expression costs no stack.
    mutating func expression(_ expression: Expr) {
        var pending = [Piece.operand(expression)]
        while let piece = pending.popLast() {
            switch piece {
            case .raw(let text): raw(text)
            case .string(let text): string(text)
            case .entity(let uid): entity(uid)
            case .operand(let operand): pending.append(contentsOf: Self.pieces(of: operand.kind).reversed())
            }
        }
    }

    private static func pieces(of kind: Expr.Kind) -> [Piece] {
        switch kind {
        case .literal(let literal): value(literal)
        case .variable(let variable): [.raw("{\"Var\":\"\(variable.rawValue)\"}")]
        case .ifThenElse(let condition, let then, let otherwise):
            [
                .raw("{\"if-then-else\":{\"if\":"), .operand(condition), .raw(",\"then\":"), .operand(then),
                .raw(",\"else\":"), .operand(otherwise), .raw("}}"),
            ]
        case .and(let operands): chain("&&", operands, whenEmpty: true)
        case .or(let operands): chain("||", operands, whenEmpty: false)
        case .not(let operand): unary("!", operand)
        case .negate(let operand): unary("neg", operand)
        case .isEmpty(let operand): unary("isEmpty", operand)
        case .binary(let operation, let left, let right):
            [
                .raw("{\"\(operation.rawValue)\":{\"left\":"), .operand(left), .raw(",\"right\":"), .operand(right),
                .raw("}}"),
            ]
        case .attribute(let target, let name):
            [.raw("{\".\":{\"left\":"), .operand(target), .raw(",\"attr\":"), .string(name), .raw("}}")]
        case .has(let target, let path):
            [.raw("{\"has\":{\"left\":"), .operand(target), .raw(",\"attr\":")] + attributes(path) + [.raw("}}")]
        case .like(let target, let pattern):
            [.raw("{\"like\":{\"left\":"), .operand(target), .raw(",\"pattern\":")] + elements(pattern)
                + [.raw("}}")]
        case .isType(let target, let type, let group):
            [.raw("{\"is\":{\"left\":"), .operand(target), .raw(",\"entity_type\":"), .string(type.name)]
                + (group.map { [.raw(",\"in\":"), .operand($0)] } ?? []) + [.raw("}}")]
        case .set(let members): [.raw("{\"Set\":")] + array(members.map { [.operand($0)] }) + [.raw("}")]
        case .record(let fields):
            [.raw("{\"Record\":{")]
                + separated(fields.map { [.string($0.name), .raw(":"), .operand($0.value)] }) + [.raw("}}")]
        case .call(let function, let arguments):
            [.raw("{\"\(function.rawValue)\":")] + array(arguments.map { [.operand($0)] }) + [.raw("}")]
        }
    }

    private static func value(_ literal: Expr.Literal) -> [Piece] {
        switch literal {
        case .bool(let value): [.raw("{\"Value\":\(value)}")]
        case .long(let value): [.raw("{\"Value\":\(value)}")]
        case .string(let value): [.raw("{\"Value\":"), .string(value), .raw("}")]
        case .entity(let uid): [.raw("{\"Value\":{\"__entity\":"), .entity(uid), .raw("}}")]
        }
    }

    private static func unary(_ name: String, _ operand: Expr) -> [Piece] {
        [.raw("{\"\(name)\":{\"arg\":"), .operand(operand), .raw("}}")]
    }

    /// `a && b && c` as the format has it, `(a && b) && c`.
    private static func chain(_ name: String, _ operands: [Expr], whenEmpty: Bool) -> [Piece] {
        guard let first = operands.first else { return value(.bool(whenEmpty)) }
        var pieces = operands.dropFirst().map { _ in Piece.raw("{\"\(name)\":{\"left\":") }
        pieces.append(.operand(first))
        for operand in operands.dropFirst() { pieces += [.raw(",\"right\":"), .operand(operand), .raw("}}")] }
        return pieces
    }

    /// One name alone, several as a list.
    private static func attributes(_ path: [CedarString]) -> [Piece] {
        path.count == 1 ? [.string(path[0])] : array(path.map { [.string($0)] })
    }

    /// Scalars between two wildcards stand in one literal.
    private static func elements(_ pattern: Pattern) -> [Piece] {
        var parts: [[Piece]] = []
        var literal: [UInt8] = []
        func literals() -> [[Piece]] {
            literal.isEmpty ? [] : [[.raw("{\"Literal\":"), .string(CedarString(utf8: literal)), .raw("}")]]
        }
        for element in pattern.elements {
            switch element {
            case .scalar(let scalar): UTF8Decoding.append(scalar, to: &literal)
            case .wildcard:
                parts += literals()
                literal = []
                parts.append([.raw("\"Wildcard\"")])
            }
        }
        return array(parts + literals())
    }

    private static func array(_ elements: [[Piece]]) -> [Piece] {
        [.raw("[")] + separated(elements) + [.raw("]")]
    }

    private static func separated(_ elements: [[Piece]]) -> [Piece] {
        elements.enumerated().flatMap { position, element in position == 0 ? element : [.raw(",")] + element }
    }
}
