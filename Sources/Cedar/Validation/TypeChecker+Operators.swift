extension TypeChecker {
    mutating func binary(
        _ operation: Expr.BinaryOperator, _ left: Expr, _ right: Expr, _ known: Set<Capability>, at expression: Expr
    ) -> Typing? {
        switch operation {
        case .equal, .notEqual:
            guard let truth = equality(left, right, known, at: expression) else { return nil }
            return Typing(.bool(operation == .equal ? truth : truth.negated))
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            return comparison(operation, left, right, known)
        case .add, .subtract, .multiply:
            let isLeftLong = expect(.long, left, known, operation: operation.rawValue)
            let isRightLong = expect(.long, right, known, operation: operation.rawValue)
            return isLeftLong && isRightLong ? Typing(.long) : nil
        case .in: return membership(left, right, known, at: expression)
        case .contains:
            let element = element(of: left, known, operation: operation.rawValue)
            guard let member = type(right, known)?.type, let element else { return nil }
            return joinable(element, member, operation, at: expression)
        case .containsAll, .containsAny:
            let first = element(of: left, known, operation: operation.rawValue)
            let second = element(of: right, known, operation: operation.rawValue)
            guard let first, let second else { return nil }
            return joinable(first, second, operation, at: expression)
        case .hasTag, .getTag: return tag(operation, left, right, known, at: expression)
        }
    }

    private mutating func joinable(
        _ first: StaticType, _ second: StaticType, _ operation: Expr.BinaryOperator, at expression: Expr
    ) -> Typing? {
        guard StaticType.join(first, second) != nil else {
            report(
                .incompatibleTypes,
                "`\(operation.rawValue)` compares \(first) with \(second), which are never equal", at: expression)
            return nil
        }
        return Typing(.bool(.unknown))
    }

    /// A literal, or the action, which is known for a kind of request.
    private func literal(_ expression: Expr) -> Expr.Literal? {
        switch expression.kind {
        case .literal(let literal): literal
        case .variable(.action): .entity(environment.action)
        default: nil
        }
    }

    private func literalEntity(_ expression: Expr) -> EntityUID? {
        guard case .entity(let uid)? = literal(expression) else { return nil }
        return uid
    }

    private mutating func equality(
        _ left: Expr, _ right: Expr, _ known: Set<Capability>, at expression: Expr
    ) -> StaticType.Truth? {
        let first = type(left, known)?.type
        guard let second = type(right, known)?.type, let first else { return nil }
        if let a = literal(left), let b = literal(right) { return a == b ? .always : .never }
        if StaticType.join(first, second) != nil { return .unknown }
        if case .entity = first, case .entity = second { return .never }
        report(
            .incompatibleTypes, "\(first) is compared with \(second), which it never equals", at: expression)
        return nil
    }

    private mutating func comparison(
        _ operation: Expr.BinaryOperator, _ left: Expr, _ right: Expr, _ known: Set<Capability>
    ) -> Typing? {
        let first = type(left, known)?.type
        guard let second = type(right, known)?.type, let first else { return nil }
        guard first.isOrdered else {
            mismatch(operation.rawValue, "Long, datetime or duration", first, at: left)
            return nil
        }
        guard first == second else {
            mismatch(operation.rawValue, first.description, second, at: right)
            return nil
        }
        return Typing(.bool(.unknown))
    }

    /// The entity type of an operand that must be an entity, and where the entity comes from.
    private mutating func entity(
        _ operand: Expr, _ known: Set<Capability>, operation: String
    ) -> (type: EntityTypeName, dereferences: Dereferences)? {
        guard let typing = typing(operand, known) else { return nil }
        guard case .entity(let name) = typing.type else {
            mismatch(operation, "an entity", typing.type, at: operand)
            return nil
        }
        return (name, typing.dereferences)
    }

    private mutating func membership(
        _ left: Expr, _ right: Expr, _ known: Set<Capability>, at expression: Expr
    ) -> Typing? {
        let member = entity(left, known, operation: "in")
        guard let group = type(right, known)?.type, let member else { return nil }
        guard let truth = truth(of: left, member.type, in: right, group) else { return nil }
        var typing = Typing(.bool(truth))
        typing.dereferences = read(member.dereferences, at: expression.span)
        return typing
    }

    private mutating func truth(
        of left: Expr, _ member: EntityTypeName, in right: Expr, _ group: StaticType
    ) -> StaticType.Truth? {
        let groupType: EntityTypeName
        var groups: [EntityUID]?
        switch group {
        case .entity(let name):
            groupType = name
            groups = literalEntity(right).map { [$0] }
        case .set(.entity(let name)):
            groupType = name
            if case .set(let elements) = right.kind {
                let literals = elements.compactMap(literalEntity)
                groups = literals.count == elements.count ? literals : nil
            }
        default:
            mismatch("in", "an entity or a set of entities", group, at: right)
            return nil
        }
        if let action = literalEntity(left), facts.schema.action(action) != nil, let groups {
            return groups.contains { facts.isAction(action, in: $0) } ? .always : .never
        }
        return facts.canBeIn(member, groupType) ? .unknown : .never
    }

    mutating func isType(
        _ target: Expr, _ name: EntityTypeName, _ group: Expr?, _ known: Set<Capability>, at expression: Expr
    ) -> Typing? {
        guard let actual = entity(target, known, operation: "is") else { return nil }
        use(actual.dereferences)
        guard let group else { return Typing(.bool(actual.type == name ? .always : .never)) }
        guard actual.type == name else { return Typing(.bool(.never)) }
        return membership(target, group, known, at: expression)
    }

    // MARK: Attributes and tags

    /// An attribute of a type, `.some(nil)` if it has none of that name, `nil` and a report for a type without any.
    private mutating func attribute(
        _ name: CedarString, of type: StaticType, operation: String, at expression: Expr
    ) -> StaticType.Attribute?? {
        switch type {
        case .record(let attributes): return .some(attributes[name])
        case .entity(let typeName):
            let declared = facts.schema.entityType(typeName)?.attributes.attributes[name]
            return .some(declared.map { .init(type: StaticType($0.type), isRequired: $0.isRequired) })
        default:
            mismatch(operation, "an entity or a Record", type, at: expression)
            return nil
        }
    }

    /// The names that a type has, for a hint.
    private func attributeNames(of type: StaticType) -> [CedarString] {
        switch type {
        case .record(let attributes): attributes.keys.sorted()
        case .entity(let name): facts.schema.entityType(name)?.attributes.attributes.keys.sorted() ?? []
        default: []
        }
    }

    mutating func attribute(
        _ name: CedarString, of target: Expr, _ known: Set<Capability>, at expression: Expr
    ) -> Typing? {
        guard let ownerTyping = typing(target, known) else { return nil }
        let owner = ownerTyping.type
        guard let found = attribute(name, of: owner, operation: ".\(name)", at: target) else { return nil }
        guard let attribute = found else {
            let names = attributeNames(of: owner)
            let listed = "it has \(names.prefix(12).map { "`\($0)`" }.joined(separator: ", "))"
            report(
                .unknownAttribute, "\(owner.shortDescription) has no attribute `\(name)`", at: expression,
                hint: names.isEmpty
                    ? "it has no attributes" : Misspelling.hint(for: name, among: names) ?? listed)
            return nil
        }
        guard attribute.isRequired || known.contains(.attribute(of: target, name)) else {
            report(
                .unguardedAttribute, "the attribute `\(name)` of \(owner.shortDescription) may be missing",
                at: expression, hint: "ask for it first: `\(shown(target)) has \(name) && …`")
            return nil
        }
        var typing = Typing(attribute.type)
        if case .entity = owner {
            typing.dereferences = read(ownerTyping.dereferences, at: expression.span)
        } else {
            typing.dereferences = select(name, from: ownerTyping.dereferences)
        }
        return typing
    }

    /// `target has a.b` is `target has a && target.a has b`. The last link that is looked at is at the highest level.
    mutating func has(
        _ path: [CedarString], _ target: Expr, _ known: Set<Capability>, at expression: Expr
    ) -> Typing? {
        var result = Typing(.bool(.always))
        var owner = target
        for name in path {
            let here = known.union(result.capabilities)
            guard let link = hasOne(name, owner, here, at: expression) else { return nil }
            switch link.type {
            case .bool(.never): return link
            case .bool(.unknown): result.type = .bool(.unknown)
            default: break
            }
            result.capabilities.formUnion(link.capabilities)
            result.dereferences = link.dereferences
            owner = Expr(.attribute(owner, name), span: expression.span)
        }
        return result
    }

    private mutating func hasOne(
        _ name: CedarString, _ target: Expr, _ known: Set<Capability>, at expression: Expr
    ) -> Typing? {
        guard let ownerTyping = typing(target, known) else { return nil }
        let owner = ownerTyping.type
        guard let found = attribute(name, of: owner, operation: "has", at: target) else { return nil }
        var typing = Typing(.bool(.unknown))
        if case .entity = owner {
            typing.dereferences = read(ownerTyping.dereferences, at: expression.span)
        } else {
            use(ownerTyping.dereferences)
        }
        guard let attribute = found else {
            typing.type = .bool(.never)
            return typing
        }
        let capability = Capability.attribute(of: target, name)
        var isCertain = known.contains(capability)
        // An entity may be missing from the store, so even a required attribute is uncertain.
        if case .record = owner, attribute.isRequired { isCertain = true }
        if isCertain {
            typing.type = .bool(.always)
        } else {
            typing.capabilities = [capability]
        }
        return typing
    }

    private mutating func tag(
        _ operation: Expr.BinaryOperator, _ target: Expr, _ key: Expr, _ known: Set<Capability>, at expression: Expr
    ) -> Typing? {
        let ownerEntity = entity(target, known, operation: operation.rawValue)
        guard expect(.string, key, known, operation: operation.rawValue), let ownerEntity else { return nil }
        let owner = ownerEntity.type
        var typing = Typing(.bool(.unknown))
        typing.dereferences = read(ownerEntity.dereferences, at: expression.span)
        let capability = Capability.tag(of: target, key)
        guard let tagType = facts.schema.entityType(owner)?.tags else {
            if operation == .hasTag {
                typing.type = .bool(.never)
                return typing
            }
            report(.noTags, "entities of type \(owner) have no tags", at: expression)
            return nil
        }
        if operation == .hasTag {
            if known.contains(capability) {
                typing.type = .bool(.always)
            } else {
                typing.capabilities = [capability]
            }
            return typing
        }
        guard known.contains(capability) else {
            report(
                .unguardedTag, "the tag of the entity of type \(owner) may be missing", at: expression,
                hint: "ask for it first: `\(shown(target)).hasTag(\(shown(key))) && …`")
            return nil
        }
        typing.type = StaticType(tagType)
        return typing
    }

    // MARK: Composition

    mutating func set(_ elements: [Expr], _ known: Set<Capability>, at expression: Expr) -> Typing? {
        guard !elements.isEmpty else {
            report(.emptySet, "the empty set has no type", at: expression, hint: "use `.isEmpty()` to compare with it")
            return nil
        }
        var joined: StaticType?
        var isSound = true
        for element in elements {
            guard let type = type(element, known)?.type else {
                isSound = false
                continue
            }
            guard let before = joined else {
                joined = type
                continue
            }
            guard let wider = StaticType.join(before, type) else {
                report(.incompatibleTypes, "a set holds both \(before) and \(type)", at: element)
                return nil
            }
            joined = wider
        }
        return isSound ? joined.map { Typing(.set($0)) } : nil
    }

    mutating func record(_ fields: [Expr.Field], _ known: Set<Capability>) -> Typing? {
        var attributes: [CedarString: StaticType.Attribute] = [:]
        var dereferences: [CedarString: Dereferences] = [:]
        var isSound = true
        for field in fields {
            if let typing = typing(field.value, known) {
                attributes[field.name] = StaticType.Attribute(type: typing.type, isRequired: true)
                if maximumLevel != nil { dereferences[field.name] = typing.dereferences }
            } else {
                isSound = false
            }
        }
        guard isSound else { return nil }
        var typing = Typing(.record(attributes))
        if maximumLevel != nil { typing.dereferences.sources = [.record(dereferences)] }
        return typing
    }

    mutating func call(
        _ function: ExtensionFunction, _ arguments: [Expr], _ known: Set<Capability>, at expression: Expr
    ) -> Typing? {
        guard arguments.count == function.arity else {
            report(
                .extensionCall,
                "`\(function.rawValue)` takes \(function.arity) argument(s), not \(arguments.count)", at: expression)
            return nil
        }
        let signature = function.signature
        guard function.isConstructor else {
            var isSound = true
            for (argument, type) in zip(arguments, signature.arguments)
            where !expect(type, argument, known, operation: function.rawValue) { isSound = false }
            return isSound ? Typing(signature.result) : nil
        }
        guard case .literal(.string(let text)) = arguments[0].kind else {
            report(
                .extensionCall, "`\(function.rawValue)` wants a string literal", at: arguments[0],
                hint: "values that are not known beforehand belong into attributes of type `\(signature.result)`")
            return nil
        }
        do {
            _ = try function.apply([.string(text)])
        } catch {
            report(.extensionCall, "`\(function.rawValue)` cannot read \(text.quoted)", at: arguments[0])
            return nil
        }
        return Typing(signature.result)
    }
}

extension StaticType {
    /// The type without the attributes of a record.
    var shortDescription: String {
        if case .record = self { "the record" } else { description }
    }
}

extension ExtensionFunction {
    /// The types of the arguments, the receiver of a method first, and of the result.
    var signature: (arguments: [StaticType], result: StaticType) {
        switch self {
        case .decimal: ([.string], .extension(.decimal))
        case .ip: ([.string], .extension(.ipaddr))
        case .datetime: ([.string], .extension(.datetime))
        case .duration: ([.string], .extension(.duration))
        case .lessThan, .lessThanOrEqual, .greaterThan, .greaterThanOrEqual:
            ([.extension(.decimal), .extension(.decimal)], .bool(.unknown))
        case .isIpv4, .isIpv6, .isLoopback, .isMulticast: ([.extension(.ipaddr)], .bool(.unknown))
        case .isInRange: ([.extension(.ipaddr), .extension(.ipaddr)], .bool(.unknown))
        case .offset: ([.extension(.datetime), .extension(.duration)], .extension(.datetime))
        case .durationSince: ([.extension(.datetime), .extension(.datetime)], .extension(.duration))
        case .toDate: ([.extension(.datetime)], .extension(.datetime))
        case .toTime: ([.extension(.datetime)], .extension(.duration))
        case .toMilliseconds, .toSeconds, .toMinutes, .toHours, .toDays: ([.extension(.duration)], .long)
        }
    }
}
