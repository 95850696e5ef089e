package import Cedar
package import Labels

/// A label as the resource that policies see.
///
/// Every label is the same entity with other attributes and parents, but for the labels of passages that policies name
/// (`ResourceNames`). A policy cannot tell passages apart by more than their label, which is what makes one decision for
/// each label sound (rule 1).
package enum LabelEntity {
    package static let type: EntityTypeName = "Passage"
    package static let documentType: EntityTypeName = "Document"
    /// The passage that has no name.
    package static let uid = EntityUID(type: type, id: "passage")

    /// - Parameter isInDocument: Whether the schema knows documents. Where it does not, no policy can name one, and a
    ///   name that is left from earlier policies says nothing.
    package static func entity(of label: Label, isInDocument: Bool = true) -> Entity {
        var attributes: [CedarString: Value] = [:]
        attributes.reserveCapacity(label.attributes.count)
        for (name, value) in label.attributes { attributes[CedarString(name)] = Value(value) }
        var uid = uid
        var parents: Set<EntityUID> = []
        for parent in label.parents.map(EntityUID.init) {
            if parent.type == type {
                uid = parent
            } else if parent.type != documentType || isInDocument {
                parents.insert(parent)
            }
        }
        return Entity(uid: uid, attributes: attributes, parents: parents)
    }
}

// Bytes on both sides: no text passes through `String` and its canonical equivalence.

extension CedarString {
    package init(_ text: ByteText) { self.init(utf8: text.bytes) }
}

extension ByteText {
    package init(_ text: CedarString) { self.init(bytes: text.utf8) }
}

extension EntityUID {
    package init(_ reference: Labels.EntityReference) {
        self.init(type: EntityTypeName(CedarString(reference.type)), id: CedarString(reference.id))
    }
}

extension Labels.EntityReference {
    package init(_ uid: EntityUID) {
        self.init(type: ByteText(uid.type.name), id: ByteText(uid.id))
    }
}

extension Value {
    package init(_ value: AttributeValue) {
        self =
            switch value {
            case .bool(let value): .bool(value)
            case .long(let value): .long(value)
            case .string(let text): .string(CedarString(text))
            case .entity(let reference): .entity(EntityUID(reference))
            case .datetime(let milliseconds): .datetime(Datetime(millisecondsSinceEpoch: milliseconds))
            case .set(let members): .set(Set(members.map(Value.init)))
            }
    }
}

extension AttributeValue {
    /// Nil for what no attribute of a label can be: a record, a decimal, an address, a duration.
    package init?(_ value: Value) {
        switch value {
        case .bool(let value): self = .bool(value)
        case .long(let value): self = .long(value)
        case .string(let text): self = .string(ByteText(text))
        case .entity(let uid): self = .entity(Labels.EntityReference(uid))
        case .datetime(let instant): self = .datetime(instant.millisecondsSinceEpoch)
        case .set(let members):
            var values: Set<AttributeValue> = []
            for member in members {
                guard let value = AttributeValue(member) else { return nil }
                values.insert(value)
            }
            self = .set(values)
        case .record, .decimal, .ip, .duration: return nil
        }
    }
}

extension AttributeType {
    /// Nil for types that no attribute of a label can have.
    package init?(_ type: SchemaType) {
        switch type {
        case .bool: self = .bool
        case .long: self = .long
        case .string: self = .string
        case .entity(let name): self = .entity(ByteText(name.name))
        case .datetime: self = .datetime
        case .set(let element):
            guard let element = AttributeType(element) else { return nil }
            if case .set = element { return nil }
            self = .set(element)
        case .record, .decimal, .ipaddr, .duration: return nil
        }
    }
}
