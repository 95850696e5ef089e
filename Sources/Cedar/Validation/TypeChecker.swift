/// Something that is known to exist where an expression is evaluated: an attribute or a tag that was asked for with
/// `has` or `hasTag` before.
enum Capability: Hashable {
    case attribute(of: Expr, CedarString)
    case tag(of: Expr, Expr)
}

/// Finds the types of a policy's expressions for one kind of request, and all errors in them.
///
/// An operand that has no type was reported and is treated as unknown from there on, so that further errors are found.
/// What `&&`, `||` and `if` can never reach is not looked at.
struct TypeChecker {
    /// A type with what is known to exist when the expression is true.
    struct Typing {
        var type: StaticType
        var capabilities: Set<Capability> = []
        /// Where the value comes from; empty unless there is a maximum level.
        var dereferences = Dereferences()

        init(_ type: StaticType, _ capabilities: Set<Capability> = []) {
            self.type = type
            self.capabilities = capabilities
        }
    }

    struct Problem: Hashable {
        let kind: ValidationError.Kind
        let message: String
        let start: Int32
        let end: Int32
        let hint: String?

        var span: SourceSpan { SourceSpan(Int(start), Int(end)) }
    }

    let facts: SchemaFacts
    let environment: RequestEnvironment
    let source: SourceText
    /// How many entities may be read one after another, if that is limited.
    let maximumLevel: Int?
    private let context: StaticType
    private(set) var problems: [Problem] = []
    /// What lies beyond the maximum level. It counts only where the conditions have types.
    private(set) var levelProblems: [Problem] = []
    /// Above zero where a guard stood in something that failed, so that a missing guard may be a consequence of it.
    private var uncertainty = 0

    init(
        facts: SchemaFacts, environment: RequestEnvironment, source: SourceText, maximumLevel: Int? = nil
    ) {
        self.facts = facts
        self.environment = environment
        self.source = source
        self.maximumLevel = maximumLevel
        context = .record(StaticType.attributes(environment.context))
    }

    mutating func report(_ kind: ValidationError.Kind, _ message: String, at expression: Expr, hint: String? = nil) {
        guard problems.count < Limits.reportedErrors else { return }
        if uncertainty > 0, kind == .unguardedAttribute || kind == .unguardedTag { return }
        problems.append(
            Problem(
                kind: kind, message: message, start: expression.span.start, end: expression.span.end, hint: hint))
    }

    mutating func reportLevel(
        _ kind: ValidationError.Kind, _ message: String, at span: SourceSpan, hint: String
    ) {
        guard levelProblems.count < Limits.reportedErrors else { return }
        levelProblems.append(Problem(kind: kind, message: message, start: span.start, end: span.end, hint: hint))
    }

    /// Whether an expression asks for an attribute or a tag, and so may vouch for it.
    private static func isGuard(_ expression: Expr) -> Bool {
        switch expression.kind {
        case .has, .binary(.hasTag, _, _): true
        default: expression.kind.operands.contains(where: isGuard)
        }
    }

    private mutating func lostGuards(of expression: Expr) {
        if Self.isGuard(expression) { uncertainty += 1 }
    }

    /// The text of an expression, for hints.
    func shown(_ expression: Expr) -> String {
        let start = min(Int(expression.span.start), source.bytes.count)
        let end = max(start, min(Int(expression.span.end), source.bytes.count))
        let text = String(decoding: source.bytes[start..<end], as: UTF8.self)
        return text.isEmpty || text.utf8.count > 60 ? "…" : text
    }

    /// What the types tell of the conditions together, or `nil` after an error.
    mutating func check(_ conditions: [Condition]) -> StaticType.Truth? {
        var known: Set<Capability> = []
        var result: StaticType.Truth? = .always
        for condition in conditions {
            let truth: StaticType.Truth?
            if let typing = type(condition.body, known) {
                if case .bool(let value) = typing.type {
                    truth = condition.kind == .when ? value : value.negated
                    if condition.kind == .when { known.formUnion(typing.capabilities) }
                } else {
                    report(
                        .unexpectedType, "a condition is a Bool, not \(typing.type)", at: condition.body)
                    truth = nil
                }
            } else {
                truth = nil
            }
            guard let truth else {
                lostGuards(of: condition.body)
                result = nil
                continue
            }
            if truth == .never { return problems.isEmpty ? .never : nil }
            if truth == .unknown, result != nil { result = .unknown }
        }
        return result
    }

    /// The type of an expression whose value is used as it is.
    mutating func type(_ expression: Expr, _ known: Set<Capability>) -> Typing? {
        guard var typing = typing(expression, known) else { return nil }
        if maximumLevel != nil {
            use(typing.dereferences)
            typing.dereferences = Dereferences()
        }
        return typing
    }

    /// The type of an expression whose value something else may be read from.
    mutating func typing(_ expression: Expr, _ known: Set<Capability>) -> Typing? {
        switch expression.kind {
        case .literal(let literal): return type(of: literal, at: expression)
        case .variable(let variable): return type(of: variable)
        case .ifThenElse(let condition, let then, let otherwise):
            return choice(condition, then, otherwise, known, at: expression)
        case .and(let operands): return conjunction(operands, known)
        case .or(let operands): return disjunction(operands, known)
        case .not(let operand):
            guard let truth = truth(operand, known, operation: "!") else { return nil }
            return Typing(.bool(truth.negated))
        case .negate(let operand):
            return expect(.long, operand, known, operation: "-") ? Typing(.long) : nil
        case .isEmpty(let operand):
            return element(of: operand, known, operation: "isEmpty") != nil ? Typing(.bool(.unknown)) : nil
        case .binary(let operation, let left, let right): return binary(operation, left, right, known, at: expression)
        case .attribute(let target, let name): return attribute(name, of: target, known, at: expression)
        case .has(let target, let path): return has(path, target, known, at: expression)
        case .like(let target, _):
            return expect(.string, target, known, operation: "like") ? Typing(.bool(.unknown)) : nil
        case .isType(let target, let name, let group): return isType(target, name, group, known, at: expression)
        case .set(let elements): return set(elements, known, at: expression)
        case .record(let fields): return record(fields, known)
        case .call(let function, let arguments): return call(function, arguments, known, at: expression)
        }
    }

    // MARK: Leaves

    /// The type of a literal. Entities that the schema lacks were reported before the types are looked at.
    private func type(of literal: Expr.Literal, at expression: Expr) -> Typing? {
        switch literal {
        case .bool(let value): return Typing(.bool(value ? .always : .never))
        case .long: return Typing(.long)
        case .string: return Typing(.string)
        case .entity(let uid):
            guard Conformance(schema: facts.schema).problem(with: uid) == nil else { return nil }
            var typing = Typing(.entity(uid.type))
            if maximumLevel != nil { typing.dereferences.sources = [.literal(uid, expression.span)] }
            return typing
        }
    }

    private func type(of variable: Expr.Variable) -> Typing {
        switch variable {
        case .principal: Typing(.entity(environment.principal))
        case .action: Typing(.entity(environment.action.type))
        case .resource: Typing(.entity(environment.resource))
        case .context: Typing(context)
        }
    }

    // MARK: Truth

    /// The truth of an operand that must be a Bool.
    private mutating func truth(_ operand: Expr, _ known: Set<Capability>, operation: String) -> StaticType.Truth? {
        guard let typing = type(operand, known) else { return nil }
        guard case .bool(let truth) = typing.type else {
            mismatch(operation, "Bool", typing.type, at: operand)
            return nil
        }
        return truth
    }

    mutating func conjunction(_ operands: [Expr], _ known: Set<Capability>) -> Typing? {
        var result: Typing? = Typing(.bool(.always))
        var here = known
        let uncertaintyBefore = uncertainty
        defer { uncertainty = uncertaintyBefore }
        for operand in operands {
            guard let typing = type(operand, here) else {
                result = nil
                lostGuards(of: operand)
                continue
            }
            guard case .bool(let truth) = typing.type else {
                mismatch("&&", "Bool", typing.type, at: operand)
                result = nil
                lostGuards(of: operand)
                continue
            }
            if truth == .never { return result == nil ? nil : Typing(.bool(.never)) }
            if var joined = result.take() {
                if truth == .unknown { joined.type = .bool(.unknown) }
                joined.capabilities.formUnion(typing.capabilities)
                here.formUnion(typing.capabilities)
                result = joined
            }
        }
        return result
    }

    private mutating func disjunction(_ operands: [Expr], _ known: Set<Capability>) -> Typing? {
        var result: Typing? = Typing(.bool(.never))
        for operand in operands {
            guard let typing = type(operand, known) else {
                result = nil
                continue
            }
            guard case .bool(let truth) = typing.type else {
                mismatch("||", "Bool", typing.type, at: operand)
                result = nil
                continue
            }
            guard let before = result else { continue }
            switch (before.type, truth) {
            case (_, .always): return Typing(.bool(.always))
            case (.bool(.never), _): result = typing
            case (_, .never): result = before
            default: result = Typing(.bool(.unknown), before.capabilities.intersection(typing.capabilities))
            }
        }
        return result
    }

    private mutating func choice(
        _ condition: Expr, _ then: Expr, _ otherwise: Expr, _ known: Set<Capability>, at expression: Expr
    ) -> Typing? {
        guard let test = type(condition, known) else {
            let uncertaintyBefore = uncertainty
            lostGuards(of: condition)
            defer { uncertainty = uncertaintyBefore }
            _ = type(then, known)
            _ = type(otherwise, known)
            return nil
        }
        guard case .bool(let truth) = test.type else {
            mismatch("if", "Bool", test.type, at: condition)
            return nil
        }
        if truth == .never { return typing(otherwise, known) }
        var first = typing(then, known.union(test.capabilities))
        if truth == .always {
            first?.capabilities.formUnion(test.capabilities)
            return first
        }
        guard let second = typing(otherwise, known), let first else { return nil }
        guard let joined = StaticType.join(first.type, second.type) else {
            report(
                .incompatibleTypes, "the branches of `if` have the types \(first.type) and \(second.type)",
                at: expression)
            return nil
        }
        var typing = Typing(joined, first.capabilities.union(test.capabilities).intersection(second.capabilities))
        typing.dereferences = first.dereferences + second.dereferences
        return typing
    }

    // MARK: Expectations

    mutating func mismatch(_ operation: String, _ expected: String, _ actual: StaticType, at expression: Expr) {
        report(.unexpectedType, "`\(operation)` wants \(expected), not \(actual)", at: expression)
    }

    /// Whether an operand has exactly the type.
    mutating func expect(
        _ expected: StaticType, _ operand: Expr, _ known: Set<Capability>, operation: String
    ) -> Bool {
        guard let typing = type(operand, known) else { return false }
        guard typing.type == expected else {
            mismatch(operation, expected.description, typing.type, at: operand)
            return false
        }
        return true
    }

    /// The type of the members of an operand that must be a set.
    mutating func element(of operand: Expr, _ known: Set<Capability>, operation: String) -> StaticType? {
        guard let typing = type(operand, known) else { return nil }
        guard case .set(let element) = typing.type else {
            mismatch(operation, "Set", typing.type, at: operand)
            return nil
        }
        return element
    }
}
