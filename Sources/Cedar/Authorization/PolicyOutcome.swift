/// What one policy says to one request, and why.
public struct PolicyOutcome: Sendable {
    public enum Kind: Sendable {
        case applies
        /// The scope speaks of another principal, action or resource.
        case otherScope(Expr.Variable)
        /// A `when` that is false, or an `unless` that is true.
        case condition(Condition.Kind)
        case fault(EvaluationFault)
    }

    public let policy: Policy
    public let kind: Kind
    /// Where the part stands that made the difference; the beginning of the policy where that is its scope.
    public let location: SourceLocation
    /// That part as it is written; empty where the policy was not read from text, and for a scope.
    public let text: String

    /// - Parameter expression: The part that made the difference.
    fileprivate init(_ policy: Policy, _ kind: Kind, at expression: SourceSpan? = nil) {
        self.policy = policy
        self.kind = kind
        location = policy.source.location(of: expression ?? policy.span)
        text = expression.map(policy.source.text) ?? ""
    }
}

extension Authorizer {
    /// What each policy says to a request, in the order of the set.
    public func outcomes(of request: Request, entities: Entities) -> [PolicyOutcome] {
        let evaluator = Evaluator(request: request, entities: entities)
        return policies.policies.map { evaluator.outcome(of: $0) }
    }
}

extension Evaluator {
    fileprivate func outcome(of policy: Policy) -> PolicyOutcome {
        if !matches(policy.principal, principal) { return PolicyOutcome(policy, .otherScope(.principal)) }
        if !matches(policy.action) { return PolicyOutcome(policy, .otherScope(.action)) }
        if !matches(policy.resource, resource) { return PolicyOutcome(policy, .otherScope(.resource)) }
        do {
            for condition in policy.conditions where try isTrue(condition.body) != (condition.kind == .when) {
                let cause = cause(of: condition.kind == .unless, condition.body)
                return PolicyOutcome(policy, .condition(condition.kind), at: cause.span)
            }
            return PolicyOutcome(policy, .applies)
        } catch {
            return PolicyOutcome(policy, .fault(error.fault), at: error.span)
        }
    }

    /// The first part of an expression with this truth value that alone gives it to the whole: the false operand of `&&`,
    /// the true one of `||`, and so on down.
    private func cause(of truth: Bool, _ expression: Expr) -> Expr {
        switch expression.kind {
        case .and(let operands) where !truth, .or(let operands) where truth:
            let first = operands.first { (try? isTrue($0)) == truth }
            return first.map { cause(of: truth, $0) } ?? expression
        case .ifThenElse(let condition, let then, let otherwise):
            return cause(of: truth, (try? isTrue(condition)) == true ? then : otherwise)
        default:
            return expression
        }
    }
}

extension SourceText {
    /// What stands at a span, with its line breaks and indents as single blanks.
    fileprivate func text(_ span: SourceSpan) -> String {
        let (start, end) = (min(Int(span.start), bytes.count), min(Int(span.end), bytes.count))
        return String(decoding: bytes[start..<max(start, end)], as: UTF8.self)
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
