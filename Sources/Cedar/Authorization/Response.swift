/// The outcome of a request.
public enum Decision: String, Hashable, Sendable {
    case allow, deny
}

/// A decision, the policies that made it, and the policies that failed on the way.
///
/// A policy that fails takes no part in the decision. That is the meaning of the language, and it lets an erring
/// `forbid` pass; whoever enforces decisions looks at `errors` first.
public struct Response: Sendable {
    public let decision: Decision
    /// The forbids that applied, or if there are none the permits that applied; sorted by position in the set.
    public let determiningPolicies: [PolicyID]
    public let errors: [PolicyEvaluationError]
}

/// A policy that has no truth value for a request.
public struct PolicyEvaluationError: Error, Sendable, CustomStringConvertible {
    public let policy: PolicyID
    public let effect: Effect
    public let fault: EvaluationFault
    private let source: SourceText
    private let span: SourceSpan

    init(_ error: EvaluationError, in policy: Policy) {
        self.policy = policy.id
        effect = policy.effect
        fault = error.fault
        source = policy.source
        span = error.span
    }

    /// Where in the policy's text the fault arose.
    public var location: SourceLocation { source.location(of: span) }

    public var description: String { "\(location): policy `\(policy)`: \(fault)" }
}
