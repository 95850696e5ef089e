/// Turns a written schema into types and actions: gives every name its meaning, writes common types out, and closes the
/// hierarchies. All errors are collected.
///
/// A name without a namespace means, in this order, the common type or entity type of the namespace at hand, that of no
/// namespace, and a type of the language. `__cedar::` always means a type of the language.
struct SchemaResolver {
    static let reservedTypeNames: Set<CedarString> = [
        "Bool", "Boolean", "Entity", "Extension", "Long", "Record", "Set", "String",
    ]

    static let builtIn: [CedarString: SchemaType] = [
        "Bool": .bool, "Long": .long, "String": .string, "decimal": .decimal, "ipaddr": .ipaddr,
        "datetime": .datetime, "duration": .duration,
    ]

    private struct CommonType {
        let declaration: SchemaSyntax.TypeDeclaration
        let namespace: CedarString
    }

    private struct Resolved {
        let type: SchemaType
        let height: Int
        let size: Int
    }

    private let source: SourceText
    private var errors: [ParseError] = []
    private var commonTypes: [CedarString: CommonType] = [:]
    private var resolved: [CedarString: Resolved] = [:]
    private var inProgress: Set<CedarString> = []
    private var entityNames: Set<CedarString> = []
    private var actionNames: [EntityUID: SourceSpan] = [:]

    static func resolve(
        _ namespaces: [SchemaSyntax.Namespace], in source: SourceText
    ) throws(ParseErrors) -> Schema {
        var resolver = SchemaResolver(source: source)
        resolver.collect(namespaces)
        guard resolver.errors.isEmpty else { throw ParseErrors(resolver.errors) }
        resolver.refuseShadowing(namespaces)
        for name in resolver.commonTypes.keys.sorted() { resolver.resolveCommon(name, depth: 0) }
        let entityTypes = resolver.entityTypes(namespaces)
        let actions = resolver.actions(namespaces)
        guard resolver.errors.isEmpty else { throw ParseErrors(Array(resolver.errors.prefix(Limits.reportedErrors))) }
        return Schema(entityTypes: entityTypes, actions: actions)
    }

    private init(source: SourceText) {
        self.source = source
    }

    private mutating func report(_ message: String, at span: SourceSpan, hint: String? = nil) {
        guard errors.count < Limits.reportedErrors else { return }
        errors.append(ParseError(message, at: span, in: source, hint: hint))
    }

    private static func qualify(_ name: CedarString, in namespace: CedarString) -> CedarString {
        namespace.isEmpty ? name : CedarString(utf8: namespace.utf8 + [0x3A, 0x3A] + name.utf8)
    }

    private static func actionType(in namespace: CedarString) -> EntityTypeName {
        EntityTypeName(qualify("Action", in: namespace))
    }

    // MARK: Names

    private mutating func collect(_ namespaces: [SchemaSyntax.Namespace]) {
        var seen: Set<CedarString> = []
        for namespace in namespaces {
            if !seen.insert(namespace.name).inserted {
                report("the namespace `\(namespace.name)` is declared twice", at: namespace.span)
            }
            if namespace.name.utf8.starts(with: "__cedar".utf8) {
                report("the namespace `__cedar` belongs to the language", at: namespace.span)
            }
            for declaration in namespace.declarations { collect(declaration, in: namespace.name) }
        }
    }

    private mutating func collect(_ declaration: SchemaSyntax.Declaration, in namespace: CedarString) {
        switch declaration {
        case .entity(let entity):
            for name in entity.names {
                if name.text == "Action" {
                    report("`Action` is the type of actions and cannot be declared", at: name.span)
                } else if !entityNames.insert(Self.qualify(name.text, in: namespace)).inserted {
                    report("the entity type `\(name.text)` is declared twice", at: name.span)
                }
            }
        case .action(let action):
            let type = Self.actionType(in: namespace)
            for name in action.names
            where actionNames.updateValue(name.span, forKey: EntityUID(type: type, id: name.text)) != nil {
                report("the action \(name.text.quoted) is declared twice", at: name.span)
            }
        case .type(let declaration):
            let name = Self.qualify(declaration.name.text, in: namespace)
            let common = CommonType(declaration: declaration, namespace: namespace)
            if commonTypes.updateValue(common, forKey: name) != nil {
                report("the type `\(declaration.name.text)` is declared twice", at: declaration.name.span)
            }
        }
    }

    /// A namespace may not declare again what is declared outside of all namespaces.
    private mutating func refuseShadowing(_ namespaces: [SchemaSyntax.Namespace]) {
        func isTaken(_ name: CedarString) -> Bool { entityNames.contains(name) || commonTypes[name] != nil }
        for namespace in namespaces where !namespace.name.isEmpty {
            for declaration in namespace.declarations {
                switch declaration {
                case .entity(let entity):
                    for name in entity.names where isTaken(name.text) {
                        report("`\(name.text)` hides the type of that name outside of the namespace", at: name.span)
                    }
                case .type(let type):
                    if isTaken(type.name.text) {
                        report(
                            "`\(type.name.text)` hides the type of that name outside of the namespace",
                            at: type.name.span)
                    }
                case .action(let action):
                    for name in action.names
                    where actionNames[EntityUID(type: Self.actionType(in: ""), id: name.text)] != nil {
                        report(
                            "\(name.text.quoted) hides the action of that name outside of the namespace",
                            at: name.span)
                    }
                }
            }
        }
    }

    /// The full name of an entity type that is meant in a namespace.
    private mutating func entityName(_ name: SchemaSyntax.Name, in namespace: CedarString) -> EntityTypeName? {
        let isQualified = name.text.utf8.contains(0x3A)
        let candidates = isQualified ? [name.text] : [Self.qualify(name.text, in: namespace), name.text]
        if let found = candidates.first(where: entityNames.contains) { return EntityTypeName(found) }
        let isCommon = candidates.contains { commonTypes[$0] != nil }
        report(
            "there is no entity type `\(name.text)`", at: name.span,
            hint: isCommon
                ? "a common type cannot stand here"
                : Misspelling.hint(for: name.text, among: shortened(entityNames.sorted(), in: namespace)))
        return nil
    }

    /// Names as they may be written within a namespace.
    private func shortened(_ names: [CedarString], in namespace: CedarString) -> [CedarString] {
        let prefix = Self.qualify("", in: namespace).utf8
        return names.map { name in
            !prefix.isEmpty && name.utf8.starts(with: prefix)
                ? CedarString(utf8: name.utf8.dropFirst(prefix.count)) : name
        }
    }

    private func suggestion(for name: CedarString, in namespace: CedarString) -> String? {
        let declared = shortened(entityNames.sorted() + commonTypes.keys.sorted(), in: namespace)
        return Misspelling.hint(for: name, among: Self.builtIn.keys.sorted() + declared)
    }

    // MARK: Types

    @discardableResult
    private mutating func resolveCommon(_ name: CedarString, depth: Int) -> Resolved? {
        if let known = resolved[name] { return known }
        guard let common = commonTypes[name] else { return nil }
        guard inProgress.insert(name).inserted else {
            report(
                "the type `\(common.declaration.name.text)` contains itself", at: common.declaration.name.span,
                hint: "common types are written out where they stand; only an entity type can refer to itself")
            return nil
        }
        defer { inProgress.remove(name) }
        let result = resolve(common.declaration.type, in: common.namespace, depth: depth + 1)
        // A type that failed was reported; a stand-in keeps it from being reported at each use.
        let known = result ?? Resolved(type: .record(RecordType()), height: 1, size: 1)
        resolved[name] = known
        return known
    }

    private mutating func resolve(
        _ expression: SchemaSyntax.TypeExpression, in namespace: CedarString, depth: Int
    ) -> Resolved? {
        guard depth <= Limits.expressionHeight else {
            report("the type is nested too deeply; the limit is \(Limits.expressionHeight)", at: expression.span)
            return nil
        }
        let result: Resolved?
        switch expression.kind {
        case .name(let name): return resolve(name, .any, at: expression.span, in: namespace, depth: depth)
        case .entity(let name): return resolve(name, .entity, at: expression.span, in: namespace, depth: depth)
        case .common(let name): return resolve(name, .common, at: expression.span, in: namespace, depth: depth)
        case .builtIn(let type): return Resolved(type: type, height: 1, size: 1)
        case .set(let element):
            result = resolve(element, in: namespace, depth: depth + 1).map {
                Resolved(type: .set($0.type), height: $0.height + 1, size: $0.size + 1)
            }
        case .record(let attributes):
            result = record(attributes, in: namespace, depth: depth)
        }
        guard let result else { return nil }
        guard result.height <= Limits.expressionHeight, result.size <= Limits.typeSize else {
            report(
                "the type, written out, has \(result.height) levels and \(result.size) names; the limits are "
                    + "\(Limits.expressionHeight) and \(Limits.typeSize)", at: expression.span)
            return nil
        }
        return result
    }

    private mutating func record(
        _ attributes: [SchemaSyntax.Attribute], in namespace: CedarString, depth: Int
    ) -> Resolved? {
        var types: [CedarString: RecordType.Attribute] = [:]
        var height = 0
        var size = 1
        for attribute in attributes {
            guard let type = resolve(attribute.type, in: namespace, depth: depth + 1) else { continue }
            types[attribute.name.text] = RecordType.Attribute(type.type, isRequired: attribute.isRequired)
            height = max(height, type.height)
            size += type.size
        }
        return Resolved(type: .record(RecordType(types)), height: height + 1, size: size)
    }

    /// What a name may mean at its place.
    private enum Reference {
        case any, entity, common

        var shown: String {
            switch self {
            case .any: "type"
            case .entity: "entity type"
            case .common: "common type"
            }
        }
    }

    private mutating func resolve(
        _ name: CedarString, _ reference: Reference, at span: SourceSpan, in namespace: CedarString, depth: Int
    ) -> Resolved? {
        func leaf(_ type: SchemaType) -> Resolved { Resolved(type: type, height: 1, size: 1) }
        let prefix = Array("__cedar::".utf8)
        if name.utf8.starts(with: prefix) {
            let basename = CedarString(utf8: name.utf8.dropFirst(prefix.count))
            if reference != .entity, let type = Self.builtIn[basename] { return leaf(type) }
            report("the language has no \(reference.shown) `\(name)`", at: span)
            return nil
        }
        let isQualified = name.utf8.contains(0x3A)
        for candidate in isQualified ? [name] : [Self.qualify(name, in: namespace), name] {
            if reference != .entity, commonTypes[candidate] != nil { return resolveCommon(candidate, depth: depth) }
            let type = EntityTypeName(candidate)
            let isEntity =
                entityNames.contains(candidate) || type.isAction && actionNames.keys.contains { $0.type == type }
            if reference != .common, isEntity { return leaf(.entity(type)) }
        }
        if reference != .entity, !isQualified, let type = Self.builtIn[name] { return leaf(type) }
        report(
            "there is no \(reference.shown) `\(name)`", at: span,
            hint: hint(for: name, reference, in: namespace) ?? suggestion(for: name, in: namespace))
        return nil
    }

    private func hint(for name: CedarString, _ reference: Reference, in namespace: CedarString) -> String? {
        if reference == .common, [Self.qualify(name, in: namespace), name].contains(where: entityNames.contains) {
            return "an entity type is written `{\"type\": \"Entity\", \"name\": …}`"
        }
        return name == "Boolean" || name == "bool" ? "the type of truth values is `Bool`" : nil
    }

    // MARK: Declarations

    private mutating func entityTypes(
        _ namespaces: [SchemaSyntax.Namespace]
    ) -> [EntityTypeName: EntityType] {
        var declared: [EntityTypeName: EntityType] = [:]
        for namespace in namespaces {
            for case .entity(let entity) in namespace.declarations {
                var memberOf: Set<EntityTypeName> = []
                for parent in entity.memberOf {
                    if let name = entityName(parent, in: namespace.name) { memberOf.insert(name) }
                }
                let attributes = recordType(entity.shape, "a shape", in: namespace.name)
                let tags = entity.tags.flatMap { resolve($0, in: namespace.name, depth: 0)?.type }
                for name in entity.names {
                    let full = EntityTypeName(Self.qualify(name.text, in: namespace.name))
                    declared[full] = EntityType(
                        name: full, memberOf: memberOf, ancestors: [], attributes: attributes, tags: tags,
                        enumeration: entity.enumeration.map { $0.map(\.text) }, annotations: entity.annotations)
                }
            }
        }
        var total = 0
        return declared.mapValues { type in
            let ancestors = closure(of: type.memberOf, total: &total) { declared[$0]?.memberOf }
            return EntityType(
                name: type.name, memberOf: type.memberOf, ancestors: ancestors, attributes: type.attributes,
                tags: type.tags, enumeration: type.enumeration, annotations: type.annotations)
        }
    }

    private mutating func closure<Element: Hashable>(
        of parents: Set<Element>, total: inout Int, _ above: (Element) -> Set<Element>?
    ) -> Set<Element> {
        var reached = parents
        var pending = Array(parents)
        while let next = pending.popLast(), total <= Limits.schemaAncestors {
            for parent in above(next) ?? [] where reached.insert(parent).inserted { pending.append(parent) }
            total += 1
        }
        if total > Limits.schemaAncestors {
            report("the hierarchies have more than \(Limits.schemaAncestors) ancestors in all", at: SourceSpan(0, 0))
        }
        return reached
    }

    private mutating func actions(_ namespaces: [SchemaSyntax.Namespace]) -> [EntityUID: Action] {
        var declared: [EntityUID: Action] = [:]
        for namespace in namespaces {
            for case .action(let action) in namespace.declarations {
                let parents = actionParents(action, in: namespace.name)
                var principals: Set<EntityTypeName> = []
                var resources: Set<EntityTypeName> = []
                var context = RecordType()
                if let appliesTo = action.appliesTo {
                    principals = Set(appliesTo.principals.compactMap { entityName($0, in: namespace.name) })
                    resources = Set(appliesTo.resources.compactMap { entityName($0, in: namespace.name) })
                    context = recordType(appliesTo.context, "a context", in: namespace.name)
                }
                for name in action.names {
                    let uid = EntityUID(type: Self.actionType(in: namespace.name), id: name.text)
                    declared[uid] = Action(
                        uid: uid, parents: parents, ancestors: [], principalTypes: principals,
                        resourceTypes: resources, context: context, annotations: action.annotations)
                }
            }
        }
        var total = 0
        return declared.mapValues { action in
            let ancestors = closure(of: action.parents, total: &total) { declared[$0]?.parents }
            if ancestors.contains(action.uid), let span = actionNames[action.uid] {
                report("the action \(action.uid) is in itself", at: span)
            }
            return Action(
                uid: action.uid, parents: action.parents, ancestors: ancestors,
                principalTypes: action.principalTypes, resourceTypes: action.resourceTypes, context: action.context,
                annotations: action.annotations)
        }
    }

    private mutating func actionParents(
        _ action: SchemaSyntax.ActionDeclaration, in namespace: CedarString
    ) -> Set<EntityUID> {
        var parents: Set<EntityUID> = []
        for reference in action.parents {
            let type = reference.type ?? "Action"
            let isQualified = type.utf8.contains(0x3A)
            let candidates = (isQualified ? [type] : [Self.qualify(type, in: namespace), type])
                .map { EntityUID(type: EntityTypeName($0), id: reference.id) }
            if let found = candidates.first(where: { actionNames[$0] != nil }) {
                parents.insert(found)
            } else {
                report("there is no action \(reference.id.quoted)", at: reference.span)
            }
        }
        return parents
    }

    /// A type that has to be a record; the empty one if there is none.
    private mutating func recordType(
        _ expression: SchemaSyntax.TypeExpression?, _ name: String, in namespace: CedarString
    ) -> RecordType {
        guard let expression, let type = resolve(expression, in: namespace, depth: 0)?.type else {
            return RecordType()
        }
        guard case .record(let record) = type else {
            report("\(name) is a record, not \(type)", at: expression.span)
            return RecordType()
        }
        return record
    }
}
