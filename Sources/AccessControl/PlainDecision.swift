package import Cedar
package import Labels

/// Whether one text may be read, by every policy evaluated on it alone, from the beginning.
///
/// The oracle of `LabelAuthorizer`: it knows no table of labels, specialises nothing, keeps nothing, and goes by the
/// name that a text has and not by that which its label was given (`ResourceNames`). Both deny what is not as the schema
/// says and what a policy fails on, and everything to a principal that is not in the store.
package struct PlainDecision: Sendable {
    private let authorizer: Authorizer
    private let entities: Entities
    private let conformance: Conformance
    private let request: AccessRequest
    private let context: [CedarString: Value]
    private let isKnown: Bool
    private let isInDocument: Bool

    /// - Parameter entities: People, groups, services and whatever labels refer to.
    package init(
        policies: PolicySet, schema: Schema, entities: Entities, request: AccessRequest
    ) throws(EntityError) {
        authorizer = Authorizer(policies: policies)
        self.entities = try entities.adding(schema.actionEntities)
        conformance = Conformance(schema: schema)
        self.request = request
        context = request.context
        isKnown =
            schema.action(AccessRequest.action)?.principalTypes.contains(request.principal.type) == true
            && entities.record(of: request.principal) != nil
        isInDocument = schema.entityType(LabelEntity.type)?.ancestors.contains(LabelEntity.documentType) ?? false
    }

    /// Time: policies, and the ancestors of the label's parents.
    ///
    /// - Parameter passage: Nil for what a document has besides passages: its title, its headings.
    package func mayRead(_ label: Label, document: ByteText, passage: ByteText?) -> Bool {
        guard isKnown else { return false }
        let resource = entity(of: label, document: document, passage: passage)
        guard (try? conformance.check(resource)) != nil, let store = try? entities.adding([resource]) else {
            return false
        }
        let response = authorizer.authorize(
            Request(
                principal: request.principal, action: AccessRequest.action, resource: resource.uid, context: context),
            entities: store)
        return response.decision == .allow && response.errors.isEmpty
    }

    private func entity(of label: Label, document: ByteText, passage: ByteText?) -> Entity {
        var attributes: [CedarString: Value] = [:]
        for (name, value) in label.attributes { attributes[CedarString(name)] = Value(value) }
        // Names among the parents are for those who see the label alone.
        var parents = Set(label.parents.map(EntityUID.init)).filter {
            $0.type != LabelEntity.type && $0.type != LabelEntity.documentType
        }
        if isInDocument { parents.insert(EntityUID(type: LabelEntity.documentType, id: CedarString(document))) }
        let uid = passage.map { EntityUID(type: LabelEntity.type, id: CedarString($0)) } ?? LabelEntity.uid
        return Entity(uid: uid, attributes: attributes, parents: parents)
    }
}

extension LabelAuthorizer {
    /// Permits everything to every principal of the store: for an index that holds nothing but what somebody may read,
    /// when he asks, and for no other one.
    package static func permittingAll(schema: Schema, entities: Entities) throws(EntityError) -> LabelAuthorizer {
        guard let policies = try? PolicySet(parsing: "permit (principal, action, resource);") else {
            preconditionFailure("a permit of everything parses")
        }
        return try LabelAuthorizer(policies: policies, schema: schema, entities: entities)
    }
}
