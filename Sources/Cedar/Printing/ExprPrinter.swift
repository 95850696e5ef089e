/// Writes an expression as text, with parentheses only where the grammar needs them.
///
/// The operands that are still to be written wait on a list, so the height of the expression costs no stack.
struct ExprPrinter {
    /// The rules of the grammar (specification, section "Grammar"), from the loosest binding to the tightest.
    private enum Level: Int {
        case expression, disjunction, conjunction, relation, sum, product, unary, member
    }

    private enum Piece {
        case text(String)
        /// An expression that stands where the grammar asks for this level or a tighter one.
        case operand(Expr, Level)
    }

    private var output = ""
    /// What is still to be written; the next piece is the last.
    private var pending: [Piece] = []

    static func text(of expression: Expr) -> String {
        var printer = ExprPrinter()
        printer.pending = [.operand(expression, .expression)]
        while let piece = printer.pending.popLast() {
            switch piece {
            case .text(let text): printer.output += text
            case .operand(let operand, let level):
                let needsParentheses = Self.level(of: operand.kind).rawValue < level.rawValue
                let pieces = Self.pieces(of: operand.kind)
                printer.push(needsParentheses ? [.text("(")] + pieces + [.text(")")] : pieces)
            }
        }
        return printer.output
    }

    /// The form after `.` or in brackets that an attribute's name needs.
    private static func isBare(_ name: CedarString) -> Bool {
        Identifier.isWellFormed(name) && !Identifier.isReserved(name)
    }

    private mutating func push(_ pieces: [Piece]) {
        pending.append(contentsOf: pieces.reversed())
    }

    private static func level(of kind: Expr.Kind) -> Level {
        switch kind {
        case .ifThenElse: .expression
        case .or(let operands): operands.count > 1 ? .disjunction : .expression
        case .and(let operands): operands.count > 1 ? .conjunction : .expression
        case .has, .like, .isType: .relation
        case .binary(let operation, _, _):
            switch operation {
            case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .in: .relation
            case .add, .subtract: .sum
            case .multiply: .product
            case .contains, .containsAll, .containsAny, .hasTag, .getTag: .member
            }
        case .not, .negate: .unary
        case .literal(.long(let value)): value < 0 ? .unary : .member
        case .literal, .variable, .isEmpty, .attribute, .set, .record, .call: .member
        }
    }

    private static func pieces(of kind: Expr.Kind) -> [Piece] {
        switch kind {
        case .literal(let literal): [.text(literal.value.description)]
        case .variable(let variable): [.text(variable.rawValue)]
        case .ifThenElse(let condition, let then, let otherwise):
            [
                .text("if "), .operand(condition, .expression), .text(" then "), .operand(then, .expression),
                .text(" else "), .operand(otherwise, .expression),
            ]
        // The parser makes lists of two operands or more; what code made of fewer has the value of its operand, or
        // the value that the operator has without any.
        case .and(let operands): operands.isEmpty ? [.text("true")] : list(operands, .relation, separator: " && ")
        case .or(let operands): operands.isEmpty ? [.text("false")] : list(operands, .conjunction, separator: " || ")
        case .not(let operand): negations(of: operand)
        case .negate(let operand): signs(of: operand)
        case .isEmpty(let target): [.operand(target, .member), .text(".isEmpty()")]
        case .binary(let operation, let left, let right): binary(operation, left, right)
        case .attribute(let target, let name):
            [.operand(target, .member), .text(isBare(name) ? ".\(name)" : "[\(name.quoted)]")]
        case .has(let target, let path):
            [
                .operand(target, .sum), .text(" has "),
                .text(path.map { isBare($0) ? $0.description : $0.quoted }.joined(separator: ".")),
            ]
        case .like(let target, let pattern): [.operand(target, .sum), .text(" like \"\(pattern)\"")]
        case .isType(let target, let type, let group):
            [.operand(target, .sum), .text(" is \(type)")]
                + (group.map { [.text(" in "), .operand($0, .sum)] } ?? [])
        case .set(let elements): [.text("[")] + list(elements, .expression, separator: ", ") + [.text("]")]
        case .record(let fields):
            [.text("{")]
                + fields.enumerated().flatMap { position, field -> [Piece] in
                    [
                        .text("\(position == 0 ? "" : ", ")\(field.name.quoted): "),
                        .operand(field.value, .expression),
                    ]
                } + [.text("}")]
        case .call(let function, let arguments): call(function, arguments)
        }
    }

    private static func list(_ operands: [Expr], _ level: Level, separator: String) -> [Piece] {
        operands.enumerated().flatMap { position, operand -> [Piece] in
            position == 0 ? [.operand(operand, level)] : [.text(separator), .operand(operand, level)]
        }
    }

    private static func binary(_ operation: Expr.BinaryOperator, _ left: Expr, _ right: Expr) -> [Piece] {
        let sides: (left: Level, right: Level)
        switch operation {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .in: sides = (.sum, .sum)
        case .add, .subtract: sides = (.sum, .product)
        case .multiply: sides = (.product, .unary)
        case .contains, .containsAll, .containsAny, .hasTag, .getTag:
            return [
                .operand(left, .member), .text(".\(operation.rawValue)("), .operand(right, .expression), .text(")"),
            ]
        }
        return [.operand(left, sides.left), .text(" \(operation.rawValue) "), .operand(right, sides.right)]
    }

    /// `!` before an operand: as many in a row as the language lets stand, then a parenthesis.
    private static func negations(of operand: Expr) -> [Piece] {
        var count = 1
        var operand = operand
        while count < PolicyParser.unaryLimit, case .not(let inner) = operand.kind {
            operand = inner
            count += 1
        }
        return [.text(String(repeating: "!", count: count)), .operand(operand, .member)]
    }

    /// `-` before an operand. The sign of a number literal counts as one of the row; a number without a sign needs
    /// parentheses, since `-5` is one literal and `-(5)` an operation.
    private static func signs(of operand: Expr) -> [Piece] {
        var count = 1
        var operand = operand
        while count < PolicyParser.unaryLimit, case .negate(let inner) = operand.kind {
            operand = inner
            count += 1
        }
        let signs = Piece.text(String(repeating: "-", count: count))
        guard case .literal(.long(let value)) = operand.kind else { return [signs, .operand(operand, .member)] }
        let isPartOfRow = value < 0 && count < PolicyParser.unaryLimit
        return [signs, .text(isPartOfRow ? "\(value)" : "(\(value))")]
    }

    /// Constructors are functions, all else are methods of the first argument.
    private static func call(_ function: ExtensionFunction, _ arguments: [Expr]) -> [Piece] {
        guard !function.isConstructor, let receiver = arguments.first else {
            return [.text("\(function.rawValue)(")] + list(arguments, .expression, separator: ", ") + [.text(")")]
        }
        return [.operand(receiver, .member), .text(".\(function.rawValue)(")]
            + list(Array(arguments.dropFirst()), .expression, separator: ", ") + [.text(")")]
    }
}

extension Expr: CustomStringConvertible {
    /// The expression as text whose parse is equal to it. Takes time in the number of nodes and the bytes of the text.
    ///
    /// This holds for what the parsers make. Code can build expressions for which the language has no text: `and` and
    /// `or` of fewer than two operands come out as what they mean; a path of `has` with several elements of which one
    /// is no identifier, and a method without a receiver, come out as text that the parser refuses.
    public var description: String { ExprPrinter.text(of: self) }
}
