/// Whether a policy that applies allows or denies.
public enum Effect: String, Hashable, Sendable, CaseIterable {
    case permit, forbid
}

/// A place in a template's scope that a link fills with an entity.
public enum Slot: String, Hashable, Sendable, CaseIterable {
    case principal = "?principal"
    case resource = "?resource"
}

/// What a scope compares with: an entity, or in a template a slot.
public enum EntityReference: Hashable, Sendable {
    case entity(EntityUID)
    case slot(Slot)
}

/// The part of a policy's scope that speaks of the principal or of the resource.
public enum ScopeConstraint: Hashable, Sendable {
    case any
    case equal(EntityReference)
    case `in`(EntityReference)
    case `is`(EntityTypeName)
    case isIn(EntityTypeName, EntityReference)

    public var slot: Slot? {
        switch self {
        case .equal(.slot(let slot)), .in(.slot(let slot)), .isIn(_, .slot(let slot)): slot
        default: nil
        }
    }
}

/// The part of a policy's scope that speaks of the action.
public enum ActionConstraint: Hashable, Sendable {
    case any
    case equal(EntityUID)
    case `in`(EntityUID)
    case inAny([EntityUID])
}

/// A `when` or `unless` clause.
public struct Condition: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable { case when, unless }

    public let kind: Kind
    public let body: Expr

    public init(_ kind: Kind, _ body: Expr) {
        self.kind = kind
        self.body = body
    }
}

/// An annotation, `@name("value")`; without a value it has the empty string.
public struct Annotation: Sendable {
    public let name: CedarString
    public let value: CedarString

    public init(name: CedarString, value: CedarString = "") {
        self.name = name
        self.value = value
    }
}

/// One policy: what it says of principal, action, resource and the conditions under which it applies.
///
/// A policy in `PolicySet.policies` has no slot left in its scope.
public struct Policy: Sendable {
    public internal(set) var id: PolicyID
    public let effect: Effect
    public internal(set) var principal: ScopeConstraint
    public let action: ActionConstraint
    public internal(set) var resource: ScopeConstraint
    public let conditions: [Condition]
    /// In the order of the text; names differ from each other.
    public let annotations: [Annotation]
    /// The text that the spans of the policy point into.
    public let source: SourceText
    public let span: SourceSpan
    /// Where the words of the scope stand, for messages about it.
    let scopeSpans: ScopeSpans
    /// The template that the policy is a link of.
    public internal(set) var template: PolicyID?

    struct ScopeSpans: Sendable {
        var principal = SourceSpan.none
        var action = SourceSpan.none
        var resource = SourceSpan.none
    }

    /// A policy built by code.
    public init(
        id: PolicyID, effect: Effect, principal: ScopeConstraint = .any, action: ActionConstraint = .any,
        resource: ScopeConstraint = .any, conditions: [Condition] = [], annotations: [Annotation] = []
    ) {
        self.init(
            id: id, effect: effect, principal: principal, action: action, resource: resource, conditions: conditions,
            annotations: annotations, source: .none, span: .none, scopeSpans: ScopeSpans())
    }

    init(
        id: PolicyID, effect: Effect, principal: ScopeConstraint, action: ActionConstraint, resource: ScopeConstraint,
        conditions: [Condition], annotations: [Annotation], source: SourceText, span: SourceSpan,
        scopeSpans: ScopeSpans
    ) {
        self.id = id
        self.effect = effect
        self.principal = principal
        self.action = action
        self.resource = resource
        self.conditions = conditions
        self.annotations = annotations
        self.source = source
        self.span = span
        self.scopeSpans = scopeSpans
    }

    /// Where the policy begins.
    public var origin: SourceLocation { source.location(of: span) }

    /// The value of an annotation, if the policy has it.
    public func annotation(_ name: CedarString) -> CedarString? {
        annotations.first { $0.name == name }?.value
    }

    /// The slots of the scope; empty for a policy that can be evaluated.
    public var slots: [Slot] { [principal.slot, resource.slot].compactMap(\.self) }
}
