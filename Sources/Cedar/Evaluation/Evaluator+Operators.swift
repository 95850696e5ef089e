extension Evaluator {
    func binary(
        _ operation: Expr.BinaryOperator, _ left: Expr, _ right: Expr, at expression: Expr
    ) throws(EvaluationError) -> Value {
        let first = try value(left)
        let second = try value(right)
        return try apply(operation, first, second, left, right, at: expression)
    }

    /// The value of an operation on values of operands.
    func apply(
        _ operation: Expr.BinaryOperator, _ first: Value, _ second: Value, _ left: Expr, _ right: Expr,
        at expression: Expr
    ) throws(EvaluationError) -> Value {
        switch operation {
        case .equal: return .bool(first == second)
        case .notEqual: return .bool(first != second)
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            return .bool(try compare(operation, first, second, left, right))
        case .add, .subtract, .multiply: return try arithmetic(operation, first, second, left, right, at: expression)
        case .in: return .bool(try isIn(first, second, left, right))
        case .contains:
            return .bool(try members(of: first, operation: "contains", at: left).contains(second))
        case .containsAll:
            let set = try members(of: first, operation: "containsAll", at: left)
            return .bool(try members(of: second, operation: "containsAll", at: right).isSubset(of: set))
        case .containsAny:
            let set = try members(of: first, operation: "containsAny", at: left)
            return .bool(!(try members(of: second, operation: "containsAny", at: right).isDisjoint(with: set)))
        case .hasTag, .getTag: return try tag(operation, first, second, left, right, at: expression)
        }
    }

    /// Longs, datetimes and durations have an order; both sides are of one kind.
    private func compare(
        _ operation: Expr.BinaryOperator, _ first: Value, _ second: Value, _ left: Expr, _ right: Expr
    ) throws(EvaluationError) -> Bool {
        let numbers: (Int64, Int64)
        switch (first, second) {
        case (.long(let a), .long(let b)): numbers = (a, b)
        case (.datetime(let a), .datetime(let b)): numbers = (a.millisecondsSinceEpoch, b.millisecondsSinceEpoch)
        case (.duration(let a), .duration(let b)): numbers = (a.milliseconds, b.milliseconds)
        case (.long, _): throw mismatch(operation.rawValue, "Long", second, at: right)
        case (.datetime, _): throw mismatch(operation.rawValue, "datetime", second, at: right)
        case (.duration, _): throw mismatch(operation.rawValue, "duration", second, at: right)
        default: throw mismatch(operation.rawValue, "Long, datetime or duration", first, at: left)
        }
        return switch operation {
        case .less: numbers.0 < numbers.1
        case .lessOrEqual: numbers.0 <= numbers.1
        case .greater: numbers.0 > numbers.1
        default: numbers.0 >= numbers.1
        }
    }

    private func arithmetic(
        _ operation: Expr.BinaryOperator, _ first: Value, _ second: Value, _ left: Expr, _ right: Expr,
        at expression: Expr
    ) throws(EvaluationError) -> Value {
        let a = try long(first, operation: operation.rawValue, at: left)
        let b = try long(second, operation: operation.rawValue, at: right)
        let (result, overflow) =
            switch operation {
            case .add: a.addingReportingOverflow(b)
            case .subtract: a.subtractingReportingOverflow(b)
            default: a.multipliedReportingOverflow(by: b)
            }
        guard !overflow else { throw fault(.overflow(operation: operation.rawValue), at: expression) }
        return .long(result)
    }

    /// Whether an entity is another, or below it; or the same for any member of a set, all of which must be entities.
    func isIn(_ first: Value, _ second: Value, _ left: Expr, _ right: Expr) throws(EvaluationError) -> Bool {
        let uid = try entity(first, operation: "in", at: left)
        switch second {
        case .entity(let group): return try isEntity(uid, in: group, at: left)
        case .set(let members):
            var found = false
            for member in members {
                guard case .entity(let group) = member else {
                    throw mismatch("in", "a set of entities", member, at: right)
                }
                if !found { found = try isEntity(uid, in: group, at: left) }
            }
            return found
        default: throw mismatch("in", "entity or set of entities", second, at: right)
        }
    }

    private func tag(
        _ operation: Expr.BinaryOperator, _ first: Value, _ second: Value, _ left: Expr, _ right: Expr,
        at expression: Expr
    ) throws(EvaluationError) -> Value {
        let uid = try entity(first, operation: operation.rawValue, at: left)
        guard case .string(let key) = second else { throw mismatch(operation.rawValue, "String", second, at: right) }
        let record = try record(of: uid, at: left)
        if operation == .hasTag { return .bool(record?.tags[key] != nil) }
        guard let record else { throw fault(.noSuchEntity(uid.type), at: expression) }
        guard let value = record.tags[key] else { throw fault(.noSuchTag(on: uid.type), at: expression) }
        return value
    }

    func attribute(_ name: CedarString, of target: Expr, at expression: Expr) throws(EvaluationError) -> Value {
        let owner = try value(target)
        switch owner {
        case .record(let attributes):
            guard let value = attributes[name] else {
                throw fault(.noSuchAttribute(name, of: "the record"), at: expression)
            }
            return value
        case .entity(let uid):
            guard let record = try record(of: uid, at: target) else {
                throw fault(.noSuchEntity(uid.type), at: expression)
            }
            guard let value = record.attributes[name] else {
                throw fault(.noSuchAttribute(name, of: owner.kind), at: expression)
            }
            return value
        default: throw mismatch(".\(name)", "entity or Record", owner, at: target)
        }
    }

    /// Follows the path while there are links; a missing one makes it false, one without attributes is a fault.
    func has(_ path: [CedarString], _ target: Expr) throws(EvaluationError) -> Value {
        var owner = try value(target)
        var isWord = target.isResource
        for name in path {
            let next: Value?
            switch owner {
            case .record(let attributes): next = attributes[name]
            case .entity(let uid): next = try record(of: uid, isWord: isWord, at: target)?.attributes[name]
            default: throw mismatch("has \(name)", "entity or Record", owner, at: target)
            }
            guard let next else { return .bool(false) }
            owner = next
            isWord = false
        }
        return .bool(true)
    }

    func isType(
        _ target: Expr, _ type: EntityTypeName, in group: Expr?, at expression: Expr
    ) throws(EvaluationError) -> Value {
        let subject = try value(target)
        let uid = try entity(subject, operation: "is", at: target)
        guard uid.type == type else { return .bool(false) }
        guard let group else { return .bool(true) }
        return .bool(try isIn(subject, try value(group), target, group))
    }
}
