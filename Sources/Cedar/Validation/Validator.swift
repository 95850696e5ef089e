/// Strict validation: checks policies against a schema, so that a policy that passes cannot fail on a request and
/// entities that fit the schema, except by overflow and by entities that are missing from the store.
///
/// Each policy is looked at for every kind of request that the schema allows: type of principal × action × type of
/// resource.
public struct Validator: Sendable {
    private let facts: SchemaFacts
    private let environments: [RequestEnvironment]

    public init(schema: Schema) {
        facts = SchemaFacts(schema)
        environments = RequestEnvironment.all(in: schema)
    }

    /// Everything that is wrong with policies and templates; and as warnings policies that can never apply, and text
    /// that may be taken for other text (see `ValidationWarning.Kind`). A policy with errors is not said to be
    /// impossible.
    ///
    /// With a maximum level, policies may not read entities further than that from the request (RFC 76): at level 0
    /// they see the ids and types of principal, action and resource, and the context; at level 1 also the attributes,
    /// tags and ancestors of the entities that these hold; at each further level those of the entities found so. A
    /// caller that loads entities for a request then knows how far it must go. `in` in a scope needs level 1, as it
    /// does in a condition. What `&&`, `||`, `if` and the scope can never reach does not count, and a kind of request
    /// for which a policy has other errors is not looked at.
    ///
    /// Takes time in the size of the policies times the number of kinds of request that their conditions tell apart.
    public func validate(_ policies: PolicySet, maximumLevel: Int? = nil) -> ValidationResult {
        var errors: [ValidationError] = []
        var warnings: [ValidationWarning] = []
        for policy in policies.policies + policies.templates.map(\.body) {
            let (policyErrors, policyWarning) = validate(policy, maximumLevel)
            errors += policyErrors
            if let policyWarning { warnings.append(policyWarning) }
            // A link has the text of its template, which is looked at once.
            if policy.template == nil { warnings += ConfusableText.warnings(in: policy) }
        }
        return ValidationResult(errors: errors, warnings: warnings)
    }

    private func validate(
        _ policy: Policy, _ maximumLevel: Int?
    ) -> (errors: [ValidationError], warning: ValidationWarning?) {
        if let height = policy.conditions.map(\.body.height).max(), height > Limits.expressionHeight {
            let message = "the expression is \(height) levels high; the limit is \(Limits.expressionHeight)"
            return ([error(.tooDeep, message, at: policy.span, in: policy)], nil)
        }
        var errors = NameChecker(facts: facts).problems(in: policy).prefix(Limits.reportedErrors).map { problem in
            error(problem.kind, problem.message, at: problem.span, in: policy, hint: problem.hint)
        }
        let scopes = ScopeTyping(facts: facts)
        if let maximumLevel, maximumLevel < 1 {
            errors += scopes.reads(of: policy, in: environments).map { span in
                error(
                    .levelExceeded, TypeChecker.exceeded(1, maximumLevel), at: span, in: policy,
                    hint: TypeChecker.levelHint)
            }
        }
        let applicable = environments.filter { scopes.truth(of: policy, in: $0) != .never }
        if applicable.isEmpty {
            errors.append(
                error(
                    .noApplicableAction, "no request that the schema allows matches the scope", at: policy.span,
                    in: policy, hint: "compare the scope with the `appliesTo` of the actions that it names"))
            return (errors, nil)
        }
        if let mixture = mixedActionTypes(of: policy, scopes) { errors.append(mixture) }
        let (problems, canApply) = check(policy, in: applicable, maximumLevel)
        errors += problems
        guard errors.isEmpty, !canApply else { return (errors, nil) }
        return (
            errors,
            ValidationWarning(
                .impossiblePolicy, "the conditions are false for every request that the schema allows",
                at: policy.span, in: policy,
                hint: "compare the types that the conditions ask for with those that the scope allows")
        )
    }

    /// The actions listed in a scope form a set, whose members are of one type as in any set.
    private func mixedActionTypes(of policy: Policy, _ scopes: ScopeTyping) -> ValidationError? {
        guard case .inAny(let actions) = policy.action, Set(actions.map(\.type)).count > 1,
            environments.contains(where: { scopes.principalTruth(of: policy, in: $0) != .never })
        else { return nil }
        return error(
            .incompatibleTypes, "the list holds actions of different namespaces", at: policy.scopeSpans.action,
            in: policy, hint: "write one policy for each namespace")
    }

    /// Types the conditions in each environment, once for all environments that do not differ in what they read.
    private func check(
        _ policy: Policy, in environments: [RequestEnvironment], _ maximumLevel: Int?
    ) -> (errors: [ValidationError], canApply: Bool) {
        var variables = Set(policy.conditions.flatMap { Self.variables(in: $0.body) })
        // The action of the request may be read even where it stands as a literal.
        if maximumLevel != nil { variables.insert(.action) }
        let any = EntityTypeName("")
        var seen: Set<RequestEnvironment> = []
        var reported: Set<TypeChecker.Problem> = []
        var errors: [ValidationError] = []
        var canApply = false
        for environment in environments {
            let key = RequestEnvironment(
                principal: variables.contains(.principal) ? environment.principal : any,
                action: variables.contains(.action) ? environment.action : EntityUID(type: any, id: ""),
                resource: variables.contains(.resource) ? environment.resource : any,
                context: variables.contains(.context) ? environment.context : RecordType())
            guard seen.insert(key).inserted else { continue }
            var checker = TypeChecker(
                facts: facts, environment: environment, source: policy.source, maximumLevel: maximumLevel)
            let truth = checker.check(policy.conditions)
            if truth != .never { canApply = true }
            let levelProblems = truth == nil ? [] : checker.levelProblems
            for problem in checker.problems + levelProblems where reported.insert(problem).inserted {
                guard errors.count < Limits.reportedErrors else { break }
                errors.append(
                    error(
                        problem.kind, "\(problem.message) (for \(environment.shown))", at: problem.span, in: policy,
                        hint: problem.hint))
            }
        }
        return (
            errors.sorted { ($0.location.line, $0.location.column) < ($1.location.line, $1.location.column) }, canApply
        )
    }

    private static func variables(in expression: Expr) -> Set<Expr.Variable> {
        if case .variable(let variable) = expression.kind { return [variable] }
        return expression.kind.operands.reduce(into: []) { $0.formUnion(variables(in: $1)) }
    }

    private func error(
        _ kind: ValidationError.Kind, _ message: String, at span: SourceSpan, in policy: Policy, hint: String? = nil
    ) -> ValidationError {
        ValidationError(
            policy: policy.id, kind: kind, message: message, location: policy.source.location(of: span),
            snippet: policy.source.snippet(span), hint: hint)
    }
}

/// Finds names of types, entities and actions that the schema does not have, wherever they stand in a policy.
struct NameChecker {
    let facts: SchemaFacts

    func problems(in policy: Policy) -> [TypeChecker.Problem] {
        var problems: [TypeChecker.Problem] = []
        check(policy.principal, at: policy.scopeSpans.principal, &problems)
        switch policy.action {
        case .any: break
        case .equal(let uid), .in(let uid): check(uid, at: policy.scopeSpans.action, &problems)
        case .inAny(let uids): for uid in uids { check(uid, at: policy.scopeSpans.action, &problems) }
        }
        check(policy.resource, at: policy.scopeSpans.resource, &problems)
        for condition in policy.conditions { check(condition.body, &problems) }
        return problems
    }

    private func check(_ constraint: ScopeConstraint, at span: SourceSpan, _ problems: inout [TypeChecker.Problem]) {
        switch constraint {
        case .any, .equal(.slot), .in(.slot): break
        case .equal(.entity(let uid)), .in(.entity(let uid)): check(uid, at: span, &problems)
        case .is(let type), .isIn(let type, .slot): check(type, at: span, &problems)
        case .isIn(let type, .entity(let uid)):
            check(type, at: span, &problems)
            check(uid, at: span, &problems)
        }
    }

    private func check(_ expression: Expr, _ problems: inout [TypeChecker.Problem]) {
        switch expression.kind {
        case .literal(.entity(let uid)): check(uid, at: expression.span, &problems)
        case .isType(_, let type, _): check(type, at: expression.span, &problems)
        default: break
        }
        for operand in expression.kind.operands { check(operand, &problems) }
    }

    private func check(_ type: EntityTypeName, at span: SourceSpan, _ problems: inout [TypeChecker.Problem]) {
        guard !facts.isKnown(type) else { return }
        let names = facts.schema.entityTypes.keys.sorted()
        let similar =
            names.first { $0.basename == type.basename }
            ?? Misspelling.nearest(to: type.name, among: names.map(\.name)).map { EntityTypeName($0) }
        problems.append(
            TypeChecker.Problem(
                kind: .unknownEntityType, message: "the schema has no entity type `\(type)`", start: span.start,
                end: span.end, hint: similar.map { "did you mean `\($0)`?" }))
    }

    private func check(_ uid: EntityUID, at span: SourceSpan, _ problems: inout [TypeChecker.Problem]) {
        if uid.type.isAction {
            guard facts.schema.action(uid) == nil else { return }
            let actions = facts.schema.actions.keys.sorted()
            let nearest = Misspelling.nearest(to: uid.id, among: actions.map(\.id))
            let similar = actions.first { $0.id == uid.id } ?? actions.first { $0.id == nearest }
            problems.append(
                TypeChecker.Problem(
                    kind: .unknownAction, message: "the schema has no action \(uid)", start: span.start,
                    end: span.end, hint: similar.map { "did you mean \($0)?" }))
            return
        }
        guard let type = facts.schema.entityType(uid.type) else {
            check(uid.type, at: span, &problems)
            return
        }
        guard let enumeration = type.enumeration, !enumeration.contains(uid.id) else { return }
        problems.append(
            TypeChecker.Problem(
                kind: .unknownEntity, message: "the type \(uid.type) has no entity \(uid.id.quoted)",
                start: span.start, end: span.end,
                hint: "it has \(enumeration.prefix(12).map(\.quoted).joined(separator: ", "))"))
    }
}
