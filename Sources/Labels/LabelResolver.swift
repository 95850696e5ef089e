extension LabelRules {
    /// What the rules and the document's own statements make of a document at `path` (relative to `documents/`, with `/`).
    ///
    /// For each attribute:
    /// 1. The values of all matching rules are joined; where no rule gives one, the default stands.
    /// 2. What front matter, sidecar and the fields of a record say is joined, so it only tightens, unless a `may_lower` of a matching rule names
    ///    the source and the attribute: then it takes the place of the value of step 1, before the rest is joined.
    ///
    /// An attribute that the schema requires must have a value after step 1, or from a source that may lower it: a document
    /// does not choose for itself what nobody else has said (rule 4, fail closed). Parents come from rules alone.
    ///
    /// A `may_lower` is about the path, not about the values of its own rule: where several rules match, what one of them
    /// allows to be loosened may have been set by another.
    package func labeling(
        path: ByteText, frontMatter: [ByteText: AttributeValue] = [:], sidecar: [ByteText: AttributeValue] = [:],
        record: [ByteText: AttributeValue] = [:]
    ) throws(LabelingError) -> DocumentLabeling {
        var matching: [(rule: LabelRule, source: LabelSource)] = []
        var mayLower = LabelRule.MayLower()
        var parents: [ParentContribution] = []
        for rule in rules {
            guard let pattern = rule.pattern(matching: path) else { continue }
            let source = LabelSource.rule(line: rule.line, pattern: pattern.text.string)
            matching.append((rule, source))
            mayLower.formUnion(rule.mayLower)
            parents += rule.parents.sorted().map { ParentContribution(source: source, parent: $0) }
        }
        guard !matching.isEmpty else { throw LabelingError(.noRuleMatches) }
        let statements = [
            Statement(source: .frontMatter, values: frontMatter, mayLower: mayLower.frontMatter),
            Statement(source: .sidecar, values: sidecar, mayLower: mayLower.sidecar),
            Statement(source: .record, values: record, mayLower: []),
        ]
        for statement in statements { try check(statement.values, from: statement.source) }

        var values: [ByteText: AttributeValue] = [:]
        var provenance: [Contribution] = []
        for declaration in scheme.attributes.values.sorted(by: { $0.name < $1.name }) {
            var resolution = AttributeResolution(declaration)
            for (rule, source) in matching {
                if let offered = rule.values[declaration.name] { try resolution.join(offered, from: source) }
            }
            if resolution.value == nil, let value = declaration.defaultValue {
                try resolution.join(value, from: .defaultValue)
            }
            try resolution.apply(statements)
            guard resolution.value != nil || !declaration.isRequired else {
                throw LabelingError(.missing, attribute: declaration.name)
            }
            values[declaration.name] = resolution.value
            provenance += resolution.contributions
        }
        return DocumentLabeling(
            documentLabel: Label(attributes: values, parents: Set(parents.map(\.parent))), provenance: provenance,
            parentProvenance: parents, loweredByPortionMarks: mayLower.portionMarks, scheme: scheme)
    }

    /// Throws unless every value belongs to an attribute of the scheme and fits it.
    private func check(_ values: [ByteText: AttributeValue], from source: LabelSource) throws(LabelingError) {
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            guard let declaration = scheme.attributes[name] else {
                throw LabelingError(.unknownAttribute, attribute: name, source: source)
            }
            do { try declaration.check(value) } catch { throw error.about(name, from: source) }
        }
    }
}

/// What lies with a document: the attributes it states, and which of them it may loosen.
private struct Statement {
    let source: LabelSource
    let values: [ByteText: AttributeValue]
    let mayLower: Set<ByteText>
}

/// The value of one attribute as it comes together.
private struct AttributeResolution {
    let declaration: AttributeDeclaration
    private(set) var value: AttributeValue?
    private(set) var contributions: [Contribution] = []

    init(_ declaration: AttributeDeclaration) {
        self.declaration = declaration
    }

    mutating func join(_ offered: AttributeValue, from source: LabelSource) throws(LabelingError) {
        guard let previous = value else { return record(offered, .set, offered, source) }
        let joined: AttributeValue
        do {
            joined = try declaration.joined(previous, offered)
        } catch {
            throw error.about(declaration.name, from: source)
        }
        let wouldLoosen = joined == previous && offered != previous && source.liesWithDocument
        let effect: Contribution.Effect = joined != previous ? .joined : wouldLoosen ? .refusedToLoosen : .unchanged
        record(joined, effect, offered, source)
    }

    /// Sources that may lower come first, together in place of the value so far; then the others are joined.
    mutating func apply(_ statements: [Statement]) throws(LabelingError) {
        let name = declaration.name
        var isReplaced = false
        for statement in statements where statement.mayLower.contains(name) {
            guard let offered = statement.values[name] else { continue }
            if isReplaced {
                try join(offered, from: statement.source)
            } else {
                isReplaced = true
                replace(with: offered, from: statement.source)
            }
        }
        for statement in statements where !statement.mayLower.contains(name) {
            guard let offered = statement.values[name] else { continue }
            guard value != nil || !declaration.isRequired else {
                throw LabelingError(.givenByDocumentAlone, attribute: name, source: statement.source)
            }
            try join(offered, from: statement.source)
        }
    }

    private mutating func replace(with offered: AttributeValue, from source: LabelSource) {
        guard let previous = value else { return record(offered, .set, offered, source) }
        let tightens = (try? declaration.joined(previous, offered)) == offered
        record(offered, offered == previous ? .unchanged : tightens ? .joined : .lowered, offered, source)
    }

    private mutating func record(
        _ result: AttributeValue, _ effect: Contribution.Effect, _ offered: AttributeValue, _ source: LabelSource
    ) {
        value = result
        contributions.append(
            Contribution(
                attribute: declaration.name, source: source, offered: offered, effect: effect, result: result))
    }
}

extension EntityReference: Comparable {
    package static func < (left: EntityReference, right: EntityReference) -> Bool {
        left.type == right.type ? left.id < right.id : left.type < right.type
    }
}
