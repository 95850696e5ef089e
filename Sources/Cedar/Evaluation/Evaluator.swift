/// Finds the value of expressions for one request over one store of entities.
///
/// Operands are evaluated from left to right; `&&`, `||` and `if` evaluate only what they need, everything else all of
/// its operands. The recursion is as deep as the expression is high, which is checked before it begins.
public struct Evaluator: Sendable {
    let principal: EntityUID
    let action: EntityUID
    let resource: EntityUID
    let context: Value
    let entities: Entities
    /// What is known of the resource where it does not stand in `entities`.
    private let resourceRecord: Entities.Record?
    /// Where this is a type, whatever would look up an entity of it other than by the word `resource` itself ends with the
    /// fault `resourceUnknown`: what is evaluated is to hold for other resources too.
    private let unknownType: EntityTypeName?

    public init(request: Request, entities: Entities) {
        self.init(request: request, entities: entities, unknownType: nil)
    }

    init(request: Request, entities: Entities, unknownType: EntityTypeName?) {
        principal = request.principal
        action = request.action
        resource = request.resource
        context = .record(request.context)
        self.entities = entities
        resourceRecord = nil
        self.unknownType = unknownType
    }

    /// The same request about another resource.
    ///
    /// - Parameter unknownType: See the property.
    init(_ other: Evaluator, resource record: Entities.Record, unknownType: EntityTypeName?) {
        principal = other.principal
        action = other.action
        resource = record.entity.uid
        context = other.context
        entities = other.entities
        resourceRecord = record
        self.unknownType = unknownType
    }

    /// What the store knows of the entity that is the value of `expression`.
    func record(of uid: EntityUID, at expression: Expr) throws(EvaluationError) -> Entities.Record? {
        try record(of: uid, isWord: expression.isResource, at: expression)
    }

    /// - Parameter isWord: Whether the entity was named by the word `resource`.
    func record(of uid: EntityUID, isWord: Bool, at expression: Expr) throws(EvaluationError) -> Entities.Record? {
        if let unknownType, !isWord, uid.type == unknownType { throw fault(.resourceUnknown, at: expression) }
        if let resourceRecord, uid == resource { return resourceRecord }
        return entities.record(of: uid)
    }

    /// Whether `uid`, the value of `expression`, is `group` or below it.
    func isEntity(_ uid: EntityUID, in group: EntityUID, at expression: Expr) throws(EvaluationError) -> Bool {
        guard uid != group else { return true }
        return try record(of: uid, at: expression)?.ancestors.contains(group) ?? false
    }

    /// The value of an expression, or the fault of the first operand that has none.
    public func evaluate(_ expression: Expr) throws(EvaluationError) -> Value {
        guard expression.height <= Limits.expressionHeight else {
            throw EvaluationError(
                fault: .tooDeep(height: Int(expression.height), limit: Limits.expressionHeight),
                span: expression.span)
        }
        return try value(expression)
    }

    /// The value of an expression that must be a Bool.
    public func isTrue(_ expression: Expr) throws(EvaluationError) -> Bool {
        try truth(of: try evaluate(expression), operation: "condition", at: expression)
    }

    func value(_ expression: Expr) throws(EvaluationError) -> Value {
        switch expression.kind {
        case .literal(let literal): return literal.value
        case .variable(let variable): return value(of: variable)
        case .ifThenElse(let condition, let then, let otherwise):
            return try truth(of: try value(condition), operation: "if", at: condition)
                ? try value(then) : try value(otherwise)
        case .and(let operands): return try junction(operands, stoppingAt: false, operation: "&&")
        case .or(let operands): return try junction(operands, stoppingAt: true, operation: "||")
        case .not(let operand):
            return .bool(!(try truth(of: try value(operand), operation: "!", at: operand)))
        case .negate(let operand): return try negate(operand)
        case .isEmpty(let operand):
            return .bool(try members(of: try value(operand), operation: "isEmpty", at: operand).isEmpty)
        case .binary(let operation, let left, let right): return try binary(operation, left, right, at: expression)
        case .attribute(let target, let name): return try attribute(name, of: target, at: expression)
        case .has(let target, let path): return try has(path, target)
        case .like(let target, let pattern): return try like(target, pattern)
        case .isType(let target, let type, let group): return try isType(target, type, in: group, at: expression)
        case .set(let elements): return try set(elements)
        case .record(let fields): return try record(fields)
        case .call(let function, let arguments): return try call(function, arguments, at: expression)
        }
    }

    private func value(of variable: Expr.Variable) -> Value {
        switch variable {
        case .principal: .entity(principal)
        case .action: .entity(action)
        case .resource: .entity(resource)
        case .context: context
        }
    }

    private func junction(
        _ operands: [Expr], stoppingAt end: Bool, operation: String
    ) throws(EvaluationError) -> Value {
        for operand in operands {
            if try truth(of: try value(operand), operation: operation, at: operand) == end { return .bool(end) }
        }
        return .bool(!end)
    }

    private func negate(_ operand: Expr) throws(EvaluationError) -> Value {
        let number = try long(try value(operand), operation: "-", at: operand)
        let (result, overflow) = Int64(0).subtractingReportingOverflow(number)
        guard !overflow else { throw fault(.overflow(operation: "-"), at: operand) }
        return .long(result)
    }

    private func set(_ elements: [Expr]) throws(EvaluationError) -> Value {
        var members: Set<Value> = []
        for element in elements { members.insert(try value(element)) }
        return .set(members)
    }

    private func record(_ fields: [Expr.Field]) throws(EvaluationError) -> Value {
        var attributes: [CedarString: Value] = [:]
        for field in fields { attributes[field.name] = try value(field.value) }
        return .record(attributes)
    }

    private func call(
        _ function: ExtensionFunction, _ arguments: [Expr], at expression: Expr
    ) throws(EvaluationError) -> Value {
        var values: [Value] = []
        for argument in arguments { values.append(try value(argument)) }
        do {
            return try function.apply(values)
        } catch {
            throw fault(error, at: expression)
        }
    }

    private func like(_ target: Expr, _ pattern: Pattern) throws(EvaluationError) -> Value {
        let subject = try value(target)
        guard case .string(let string) = subject else {
            throw mismatch("like", "String", subject, at: target)
        }
        return .bool(pattern.matches(string))
    }
}

extension Expr {
    /// Whether this is the word `resource`.
    var isResource: Bool {
        if case .variable(.resource) = kind { true } else { false }
    }
}

extension Evaluator {
    func fault(_ fault: EvaluationFault, at expression: Expr) -> EvaluationError {
        EvaluationError(fault: fault, span: expression.span)
    }

    func mismatch(_ operation: String, _ expected: String, _ actual: Value, at expression: Expr) -> EvaluationError {
        fault(.typeMismatch(operation: operation, expected: expected, actual: actual.kind), at: expression)
    }

    func truth(of value: Value, operation: String, at expression: Expr) throws(EvaluationError) -> Bool {
        guard case .bool(let truth) = value else { throw mismatch(operation, "Bool", value, at: expression) }
        return truth
    }

    func long(_ value: Value, operation: String, at expression: Expr) throws(EvaluationError) -> Int64 {
        guard case .long(let number) = value else { throw mismatch(operation, "Long", value, at: expression) }
        return number
    }

    func members(of value: Value, operation: String, at expression: Expr) throws(EvaluationError) -> Set<Value> {
        guard case .set(let members) = value else { throw mismatch(operation, "Set", value, at: expression) }
        return members
    }

    func entity(_ value: Value, operation: String, at expression: Expr) throws(EvaluationError) -> EntityUID {
        guard case .entity(let uid) = value else { throw mismatch(operation, "entity", value, at: expression) }
        return uid
    }
}
