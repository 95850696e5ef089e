/// A part of a condition that is no `&&`, `||`, `!` or `if` itself: what is asked, and what of the resource it takes to
/// answer.
struct ConditionTest: Sendable {
    let expression: Expr
    let shape: Shape
    let clock: Clock

    /// What decides about the answer besides principal, action and context.
    enum Shape: Sendable {
        /// Nothing.
        case known
        /// Whether the resource has the attribute of the column.
        case presence(column: Int)
        /// Whether the set that is the attribute of the column has no members.
        case emptiness(column: Int)
        /// An operation on the attribute of the column and on something known.
        case operation(Expr.BinaryOperator, known: Expr, column: Int, isKnownFirst: Bool)
        /// One column, in whatever way.
        case column(Int)
        /// More than one column.
        case resource
    }

    /// What the instant of the request has to do with it.
    enum Clock: Sendable {
        case unused
        /// The instant is compared with something else, in which it does not occur.
        case comparison(Expr.BinaryOperator, other: Expr, isClockFirst: Bool)
        /// It is used in another way.
        case used
    }
}

/// What the tests read of a resource: its identity with what is above it, and attributes.
struct ResourceColumns: Sendable {
    /// The column of the identity.
    static let identity = 0

    /// The attributes of the columns from 1 on.
    private(set) var attributes: [CedarString] = []
    private var numbers: [CedarString: Int] = [:]

    var count: Int { attributes.count + 1 }

    mutating func number(of attribute: CedarString) -> Int {
        if let number = numbers[attribute] { return number }
        attributes.append(attribute)
        numbers[attribute] = attributes.count
        return attributes.count
    }
}

extension ConditionTest {
    /// - Parameter clock: The attribute of the context that holds the instant of the request.
    init(_ expression: Expr, clock name: CedarString?, columns: inout ResourceColumns) {
        self.expression = expression
        clock = Self.clock(of: expression, named: name)
        shape = Self.shape(of: expression, columns: &columns)
    }

    // MARK: - The resource

    private enum Reads {
        case nothing
        case column(Int)
        case more

        static func + (left: Reads, right: Reads) -> Reads {
            switch (left, right) {
            case (.nothing, let other), (let other, .nothing): other
            case (.column(let a), .column(let b)) where a == b: left
            default: .more
            }
        }
    }

    private static func shape(of expression: Expr, columns: inout ResourceColumns) -> Shape {
        switch reads(expression, columns: &columns) {
        case .nothing: return .known
        case .more: return .resource
        case .column(let column):
            switch expression.kind {
            case .has(let target, let path) where target.isResource && path.count == 1:
                return .presence(column: column)
            case .isEmpty(let operand) where attribute(of: operand) != nil:
                return .emptiness(column: column)
            case .binary(let operation, let left, let right) where operation != .hasTag && operation != .getTag:
                if attribute(of: right) != nil, case .nothing = reads(left, columns: &columns) {
                    return .operation(operation, known: left, column: column, isKnownFirst: true)
                }
                if attribute(of: left) != nil, case .nothing = reads(right, columns: &columns) {
                    return .operation(operation, known: right, column: column, isKnownFirst: false)
                }
                return .column(column)
            default: return .column(column)
            }
        }
    }

    /// The attribute, where the expression is `resource.attribute`.
    private static func attribute(of expression: Expr) -> CedarString? {
        guard case .attribute(let target, let name) = expression.kind, target.isResource else { return nil }
        return name
    }

    private static func reads(_ expression: Expr, columns: inout ResourceColumns) -> Reads {
        switch expression.kind {
        // The word by itself stands for more than the identity: whatever holds it can be asked for attributes.
        case .variable(.resource): return .more
        case .attribute(let target, let name) where target.isResource: return .column(columns.number(of: name))
        case .has(let target, let path) where target.isResource: return .column(columns.number(of: path[0]))
        case .isType(let target, _, let group) where target.isResource:
            return .column(ResourceColumns.identity) + (group.map { reads($0, columns: &columns) } ?? .nothing)
        case .binary(.in, let left, let right), .binary(.equal, let left, let right),
            .binary(.notEqual, let left, let right):
            return [left, right].reduce(.nothing) {
                $0 + ($1.isResource ? .column(ResourceColumns.identity) : reads($1, columns: &columns))
            }
        default:
            var all = Reads.nothing
            for operand in expression.kind.operands { all = all + reads(operand, columns: &columns) }
            return all
        }
    }

    // MARK: - The instant

    private static func clock(of expression: Expr, named name: CedarString?) -> Clock {
        guard let name, usesClock(expression, name) else { return .unused }
        guard case .binary(let operation, let left, let right) = expression.kind else { return .used }
        switch operation {
        case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual: break
        default: return .used
        }
        if isClock(left, name), !usesClock(right, name) {
            return .comparison(operation, other: right, isClockFirst: true)
        }
        if isClock(right, name), !usesClock(left, name) {
            return .comparison(operation, other: left, isClockFirst: false)
        }
        return .used
    }

    private static func isClock(_ expression: Expr, _ name: CedarString) -> Bool {
        guard case .attribute(let target, name) = expression.kind, case .variable(.context) = target.kind else {
            return false
        }
        return true
    }

    /// Whether the value may depend on the instant. That the context has one is no news.
    private static func usesClock(_ expression: Expr, _ name: CedarString) -> Bool {
        switch expression.kind {
        case .variable(.context): true
        case .attribute(let target, let attribute) where target.kind == .variable(.context): attribute == name
        case .has(let target, let path) where target.kind == .variable(.context): path.count > 1 && path[0] == name
        default: expression.kind.operands.contains { usesClock($0, name) }
        }
    }
}
