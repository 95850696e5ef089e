package import Cedar
package import Labels

/// The documents and passages that policies name by id, as `Document::"…"` and `Passage::"…"`.
///
/// A decision for each label cannot tell two passages of one label apart. So what is named gets a label of its own, with
/// its name among the parents, where no rule can put one. That changes nothing about how policies without names decide.
package struct ResourceNames: Hashable, Sendable {
    package private(set) var references: Set<Labels.EntityReference> = []

    /// No names.
    package init() {}

    package init(_ references: Set<Labels.EntityReference>) {
        self.references = references
    }

    /// Every name that is written in a policy. Time: in the size of the policies.
    package init(_ policies: PolicySet) {
        for policy in policies.policies { references.formUnion(policy.resourceNames.map(Labels.EntityReference.init)) }
    }

    package var isEmpty: Bool { references.isEmpty }

    /// The ids of the documents, in ascending order.
    package var documents: [ByteText] { ids(of: LabelEntity.documentType) }

    /// The ids of the passages, in ascending order.
    package var passages: [ByteText] { ids(of: LabelEntity.type) }

    private func ids(of type: EntityTypeName) -> [ByteText] {
        references.filter { $0.type == ByteText(type.name) }.map(\.id).sorted()
    }

    /// O(1) where one was made of the other by `union`, which is what every request asks; else in the number of names.
    package func isSuperset(of other: ResourceNames) -> Bool {
        references == other.references || references.isSuperset(of: other.references)
    }

    /// One of the two itself, where it holds the other.
    package func union(_ other: ResourceNames) -> ResourceNames {
        if other.references.isSuperset(of: references) { return other }
        return references.isSuperset(of: other.references)
            ? self : ResourceNames(references.union(other.references))
    }

    package func subtracting(_ other: ResourceNames) -> ResourceNames {
        ResourceNames(references.subtracting(other.references))
    }

    /// The label with those of its resource's names that are among these.
    ///
    /// - Parameter passage: Nil for what a document has besides passages: its title, its headings.
    package func label(_ label: Label, document: ByteText, passage: ByteText?) -> Label {
        guard !isEmpty else { return label }
        var own = [Labels.EntityReference(type: ByteText(LabelEntity.documentType.name), id: document)]
        if let passage { own.append(.init(type: ByteText(LabelEntity.type.name), id: passage)) }
        let parents = label.parents.union(references.intersection(own))
        return parents.count == label.parents.count ? label : Label(attributes: label.attributes, parents: parents)
    }
}

extension Policy {
    /// The documents and passages that stand in it.
    package var resourceNames: Set<EntityUID> {
        var names: Set<EntityUID> = []
        for constraint in [principal, resource] {
            switch constraint {
            case .equal(.entity(let uid)), .in(.entity(let uid)), .isIn(_, .entity(let uid)): names.insert(uid)
            case .any, .is, .equal(.slot), .in(.slot), .isIn(_, .slot): break
            }
        }
        for condition in conditions { condition.body.collectEntities(into: &names) }
        return names.filter { $0.type == LabelEntity.type || $0.type == LabelEntity.documentType }
    }
}

extension Expr {
    /// The height of an expression that was parsed has a limit, so the recursion has too.
    fileprivate func collectEntities(into entities: inout Set<EntityUID>) {
        if case .literal(.entity(let uid)) = kind { entities.insert(uid) }
        for operand in kind.operands { operand.collectEntities(into: &entities) }
    }
}
