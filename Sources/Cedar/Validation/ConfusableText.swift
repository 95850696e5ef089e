/// Finds text in a policy that may be taken for other text.
///
/// Looked at are string literals and patterns, the names of attributes (after a dot, in brackets, after `has`, and in
/// records) and the ids of entities, in scope and conditions. A text is compared with nothing but itself: found are
/// characters that turn the direction of text, characters that have no place in identifiers, and scripts that do not
/// go together by UTS 39, for Unicode `ScriptTable.unicodeVersion`. Not found are whole words in another script
/// (`аdmin` in Cyrillic letters alone), look-alikes within one script (`l` and `1`), and anything in annotations and
/// comments.
struct ConfusableText {
    let policy: Policy
    private var found: [ValidationWarning] = []
    private var seen: Set<ValidationWarning> = []

    private init(_ policy: Policy) {
        self.policy = policy
    }

    /// The warnings in the order of the text, at most `Limits.reportedErrors`.
    static func warnings(in policy: Policy) -> [ValidationWarning] {
        guard policy.conditions.allSatisfy({ $0.body.height <= Limits.expressionHeight }) else { return [] }
        var search = ConfusableText(policy)
        search.scope(policy.principal, at: policy.scopeSpans.principal)
        switch policy.action {
        case .any: break
        case .equal(let uid), .in(let uid): search.identifier(uid.id, at: policy.scopeSpans.action)
        case .inAny(let uids): for uid in uids { search.identifier(uid.id, at: policy.scopeSpans.action) }
        }
        search.scope(policy.resource, at: policy.scopeSpans.resource)
        for condition in policy.conditions { search.expression(condition.body) }
        return search.found
    }

    private mutating func scope(_ constraint: ScopeConstraint, at span: SourceSpan) {
        switch constraint {
        case .equal(.entity(let uid)), .in(.entity(let uid)), .isIn(_, .entity(let uid)): identifier(uid.id, at: span)
        case .any, .is, .equal(.slot), .in(.slot), .isIn(_, .slot): break
        }
    }

    private mutating func expression(_ expression: Expr) {
        switch expression.kind {
        case .literal(.string(let string)): self.string(string.unicodeScalars, at: expression.span)
        case .literal(.entity(let uid)): identifier(uid.id, at: expression.span)
        case .attribute(_, let name): identifier(name, at: expression.span)
        case .has(_, let path): for name in path { identifier(name, at: expression.span) }
        case .like(_, let pattern):
            string(
                pattern.elements.compactMap { if case .scalar(let scalar) = $0 { scalar } else { nil } },
                at: expression.span)
        case .record(let fields): for field in fields { identifier(field.name, at: expression.span) }
        default: break
        }
        for operand in expression.kind.operands { self.expression(operand) }
    }

    // MARK: Texts

    private mutating func string(_ scalars: [Unicode.Scalar], at span: SourceSpan) {
        if scalars.allSatisfy(\.isASCII) { return }
        if let control = scalars.first(where: Self.turnsDirection) {
            warn(
                .bidirectionalString, "the string holds \(Self.shown(control)), which turns the direction of text",
                at: span)
        } else if ScriptSet(resolving: scalars).isEmpty {
            warn(.mixedScriptString, "the string \(Self.shown(scalars)) mixes scripts", at: span)
        }
    }

    private mutating func identifier(_ name: CedarString, at span: SourceSpan) {
        if name.utf8.allSatisfy({ 0x20..<0x7F ~= $0 }) { return }
        let scalars = name.unicodeScalars
        if let control = scalars.first(where: Self.turnsDirection) {
            warn(
                .bidirectionalIdentifier, "the name holds \(Self.shown(control)), which turns the direction of text",
                at: span)
        } else if let odd = scalars.first(where: Self.isRestricted) {
            warn(
                .restrictedIdentifier,
                "the name \(Self.shown(scalars)) holds \(Self.shown(odd)), which has no place in names",
                at: span)
        } else if ScriptSet(resolving: scalars).isEmpty {
            warn(.mixedScriptIdentifier, "the name \(Self.shown(scalars)) mixes scripts", at: span)
        }
    }

    private mutating func warn(_ kind: ValidationWarning.Kind, _ message: String, at span: SourceSpan) {
        guard found.count < Limits.reportedErrors else { return }
        let warning = ValidationWarning(
            kind, message, at: span, in: policy,
            hint: "copy the text into a tool that shows its code points, and type it anew unless it is meant so")
        if seen.insert(warning).inserted { found.append(warning) }
    }

    private static func shown(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    }

    /// The text as a literal in ASCII, cut after 40 scalars.
    private static func shown(_ scalars: [Unicode.Scalar]) -> String {
        var result = "\""
        for scalar in scalars.prefix(40) { result += scalar.escaped(asASCII: true) }
        return result + (scalars.count > 40 ? "…\"" : "\"")
    }

    // MARK: Characters

    /// The embeddings, overrides and isolates of the bidirectional algorithm.
    private static func turnsDirection(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    private static func isRestricted(_ scalar: Unicode.Scalar) -> Bool {
        if 0x20..<0x7F ~= scalar.value { return false }
        return !ScriptTable.isAllowedInIdentifiers(scalar)
    }
}
