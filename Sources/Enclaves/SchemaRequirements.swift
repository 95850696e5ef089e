import AccessControl
import Cedar
import Labels

/// What a policy schema must say to serve an enclave: fixed names, the context that the program supplies, and nothing
/// about a passage that is not part of its label.
struct SchemaRequirements {
    static let file = "policies/schema.cedarschema"
    static let groupType: EntityTypeName = "Group"
    let schema: Schema
    let log: ProblemLog

    func check() {
        for type in [Principal.personType, Principal.serviceType, Self.groupType, LabelEntity.type]
        where schema.entityType(type) == nil {
            log.report(nil, "the entity type \(type) is not declared; every enclave has it")
        }
        checkActions()
        checkPassage()
        checkDocument()
        checkNothingElseRefersToPassages()
    }

    private func checkActions() {
        if let action = schema.action(AccessRequest.action) {
            if action.principalTypes != Self.principalTypes {
                log.report(nil, "the action retrieve must apply to principal: [Person, Service]")
            }
            check(action)
        } else {
            log.report(nil, "the action \"retrieve\" is not declared")
        }
        for action in AdministrativeAction.allCases.compactMap({ schema.action($0.uid) }) {
            if action.principalTypes.isEmpty || !action.principalTypes.isSubset(of: Self.principalTypes) {
                log.report(
                    nil,
                    "the action \(action.uid.id) must apply to principal: [Person], [Service] or [Person, Service]")
            }
            check(action)
        }
    }

    private static let principalTypes: Set = [Principal.personType, Principal.serviceType]
    private static let actions = Set([AccessRequest.action] + AdministrativeAction.allCases.map(\.uid))

    private func check(_ action: Action) {
        let name = action.uid.id
        if action.resourceTypes != [LabelEntity.type] {
            log.report(nil, "the action \(name) must apply to resource: [Passage]")
        }
        // What permits the one would permit the other, and nobody who may erase may read for that.
        for other in action.ancestors.intersection(Self.actions).sorted() {
            log.report(nil, "the action \(name) is in \(other); declare it on its own")
        }
        let supplied = AccessRequest.contextType
        for (key, attribute) in action.context.attributes.sorted(by: { $0.key < $1.key })
        where supplied.attributes[key] != attribute {
            let remedy =
                supplied.attributes[key].map { "declare it as \(Self.declaration(key, $0))" }
                ?? "no request supplies it; take it out"
            log.report(nil, "the context of \(name) declares \(Self.declaration(key, attribute)); \(remedy)")
        }
        for (key, attribute) in supplied.attributes.sorted(by: { $0.key < $1.key })
        where action.context.attributes[key] == nil {
            log.report(
                nil, "the context of \(name) lacks \(Self.declaration(key, attribute)), which every request has")
        }
    }

    private static func declaration(_ name: CedarString, _ attribute: RecordType.Attribute) -> String {
        "`\(name)\(attribute.isRequired ? "" : "?"): \(attribute.type)`"
    }

    /// A decision for each label is sound only if the label holds all that a policy may read about a passage.
    private func checkPassage() {
        guard let passage = schema.entityType(LabelEntity.type) else { return }
        if passage.tags != nil { log.report(nil, "Passage has tags; a label has attributes only, so take them out") }
        if passage.enumeration != nil {
            log.report(nil, "Passage is declared with enum; passages have attributes instead")
        }
        for (name, attribute) in passage.attributes.attributes.sorted(by: { $0.key < $1.key }) {
            if AttributeType(attribute.type) == nil {
                log.report(
                    nil,
                    "the attribute `\(name)` of Passage is \(attribute.type); a label holds Bool, Long, String, datetime, "
                        + "entities, and sets of one of them")
            }
            if name == "title" {
                log.report(nil, "Passage has an attribute `title`, which in front matter is the title")
            }
        }
    }

    /// A policy may name a document. Nothing else can be said of one: what it says, its passages' labels say.
    private func checkDocument() {
        guard let document = schema.entityType(LabelEntity.documentType) else { return }
        if !document.attributes.attributes.isEmpty || document.tags != nil || document.enumeration != nil
            || !document.memberOf.isEmpty
        {
            log.report(
                nil,
                "Document is more than a name; declare it as `entity Document;` and write what a policy is to read as "
                    + "attributes of Passage")
        }
    }

    /// What is named in data and not in a policy has no label of its own.
    private func checkNothingElseRefersToPassages() {
        for type in schema.entityTypes.values.sorted(by: { $0.name < $1.name }) {
            let types = type.attributes.attributes.values.map(\.type) + [type.tags].compactMap(\.self)
            for resource in [LabelEntity.type, LabelEntity.documentType] {
                let isPassageInDocument = type.name == LabelEntity.type && resource == LabelEntity.documentType
                if types.contains(where: { Self.mentions(resource, $0) })
                    || (type.memberOf.contains(resource) && !isPassageInDocument)
                {
                    log.report(
                        nil,
                        "the entity type \(type.name) refers to \(resource); decisions are made for labels, so nothing "
                            + "but a policy can refer to one")
                }
            }
        }
    }

    private static func mentions(_ resource: EntityTypeName, _ type: SchemaType) -> Bool {
        switch type {
        case .entity(let name): name == resource
        case .set(let element): mentions(resource, element)
        case .record(let record): record.attributes.values.contains { mentions(resource, $0.type) }
        case .bool, .long, .string, .decimal, .ipaddr, .datetime, .duration: false
        }
    }
}
