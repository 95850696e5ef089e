/// An expression of the policy language with the place it was written at.
///
/// Equality is of structure: spans do not count. `height` is at most `Limits.expressionHeight` for whatever the parser
/// made; the evaluator refuses a higher one.
public struct Expr: Sendable {
    public let kind: Kind
    public let span: SourceSpan
    /// 1 for a leaf, else one more than the highest operand.
    public let height: Int32

    public init(_ kind: Kind, span: SourceSpan) {
        self.kind = kind
        self.span = span
        self.height = 1 + kind.operands.reduce(0) { max($0, $1.height) }
    }

    /// An expression built by code.
    public init(_ kind: Kind) {
        self.init(kind, span: .none)
    }

    public indirect enum Kind: Hashable, Sendable {
        case literal(Literal)
        case variable(Variable)
        case ifThenElse(Expr, then: Expr, else: Expr)
        /// At least two operands, evaluated from the left as far as needed.
        case and([Expr])
        /// At least two operands, evaluated from the left as far as needed.
        case or([Expr])
        case not(Expr)
        case negate(Expr)
        case isEmpty(Expr)
        case binary(BinaryOperator, Expr, Expr)
        case attribute(Expr, CedarString)
        /// `target has a.b.c`: the path has at least one element.
        case has(Expr, path: [CedarString])
        case like(Expr, Pattern)
        /// `target is Type` or `target is Type in group`.
        case isType(Expr, EntityTypeName, in: Expr?)
        case set([Expr])
        /// The names differ from each other.
        case record([Field])
        case call(ExtensionFunction, [Expr])
    }

    public enum Literal: Hashable, Sendable {
        case bool(Bool)
        case long(Int64)
        case string(CedarString)
        case entity(EntityUID)
    }

    public enum Variable: String, Hashable, Sendable, CaseIterable {
        case principal, action, resource, context
    }

    public enum BinaryOperator: String, Hashable, Sendable, CaseIterable {
        case equal = "=="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case `in` = "in"
        case add = "+"
        case subtract = "-"
        case multiply = "*"
        case contains, containsAll, containsAny, hasTag, getTag
    }

    public struct Field: Hashable, Sendable {
        public let name: CedarString
        public let value: Expr

        public init(name: CedarString, value: Expr) {
            self.name = name
            self.value = value
        }
    }
}

extension Expr: Hashable {
    public static func == (left: Expr, right: Expr) -> Bool {
        left.height == right.height && left.kind == right.kind
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
    }
}

extension Expr.Kind {
    /// The direct operands, from left to right.
    public var operands: [Expr] {
        switch self {
        case .literal, .variable: []
        case .ifThenElse(let condition, let then, let otherwise): [condition, then, otherwise]
        case .and(let operands), .or(let operands), .set(let operands), .call(_, let operands): operands
        case .not(let operand), .negate(let operand), .isEmpty(let operand), .attribute(let operand, _),
            .has(let operand, _), .like(let operand, _):
            [operand]
        case .binary(_, let left, let right): [left, right]
        case .isType(let operand, _, let group): group.map { [operand, $0] } ?? [operand]
        case .record(let fields): fields.map(\.value)
        }
    }
}

extension Expr.Literal {
    public var value: Value {
        switch self {
        case .bool(let value): .bool(value)
        case .long(let value): .long(value)
        case .string(let value): .string(value)
        case .entity(let uid): .entity(uid)
        }
    }
}
