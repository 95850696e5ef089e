@testable import Cedar

/// Expressions of every kind, as the parsers could have made them.
struct RandomExpressions {
    var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    static let names: [CedarString] = [
        "a", "b1", "_c", "principal", "when", "isEmpty", "ip", "if", "in", "__cedar", "has", "", "b c", "é", "e\u{301}",
        "a\"b", "x\\y", "\u{0}", "1a",
    ]
    static let strings: [CedarString] = [
        "", "a", "*", "\\*", "\"", "'", "\n", "\r\n", "\t\u{0}\u{7F}", "é", "e\u{301}", "\u{1F512}", "\u{FEFF}", "// c",
        "\u{2028}", "\u{10FFFF}", "\\u{41}",
    ]
    static let types: [EntityTypeName] = ["A", "Action", "Ns::B", "Ns::Inner::C", "principal", "ip"]

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &generator)]
    }

    mutating func uid() -> EntityUID { EntityUID(type: pick(Self.types), id: pick(Self.strings)) }

    mutating func literal() -> Expr.Literal {
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: .bool(Bool.random(using: &generator))
        case 1: .string(pick(Self.strings))
        case 2: .entity(uid())
        default: .long(pick([0, 1, -1, 5, -5, .max, .min, .min + 1]))
        }
    }

    mutating func pattern() -> Pattern {
        let count = Int.random(in: 0...5, using: &generator)
        return Pattern(
            (0..<count).map { _ in pick([.wildcard, .scalar("*"), .scalar("a"), .scalar("\""), .scalar("\u{301}")]) })
    }

    mutating func expressions(_ range: ClosedRange<Int>, _ depth: Int) -> [Expr] {
        (0..<Int.random(in: range, using: &generator)).map { _ in expression(depth) }
    }

    mutating func expression(_ depth: Int) -> Expr {
        guard depth > 0 else {
            return Expr(
                Bool.random(using: &generator) ? .literal(literal()) : .variable(pick(Expr.Variable.allCases)))
        }
        let next = depth - 1
        switch Int.random(in: 0..<18, using: &generator) {
        case 0: return Expr(.ifThenElse(expression(next), then: expression(next), else: expression(next)))
        case 1: return Expr(.and(expressions(2...4, next)))
        case 2: return Expr(.or(expressions(2...4, next)))
        case 3: return Expr(.not(expression(next)))
        case 4, 5: return Expr(.negate(expression(next)))
        case 6: return Expr(.isEmpty(expression(next)))
        case 7, 8, 9:
            let operation = pick([
                Expr.BinaryOperator.equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .in, .add,
                .subtract, .multiply, .contains, .containsAll, .containsAny, .hasTag, .getTag,
            ])
            return Expr(.binary(operation, expression(next), expression(next)))
        case 10: return Expr(.attribute(expression(next), pick(Self.names)))
        case 11:
            let path = Bool.random(using: &generator) ? [pick(Self.names)] : ["a", "b1", "when"]
            return Expr(.has(expression(next), path: path))
        case 12: return Expr(.like(expression(next), pattern()))
        case 13:
            let group = Bool.random(using: &generator) ? expression(next) : nil
            return Expr(.isType(expression(next), pick(Self.types), in: group))
        case 14: return Expr(.set(expressions(0...3, next)))
        case 15:
            let names = Set(expressions(0...3, 0).map { _ in pick(Self.names) })
            return Expr(.record(names.sorted().map { Expr.Field(name: $0, value: expression(next)) }))
        case 16:
            let function = pick(ExtensionFunction.allCases)
            return Expr(.call(function, expressions(function.arity...function.arity, next)))
        default: return expression(0)
        }
    }
}
