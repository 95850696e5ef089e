/// What labels consist of in one enclave: its attributes, how two values of one attribute combine, and how a label is
/// written as a marking. Read from `labels.yaml`, typed by the policy schema.
package struct LabelScheme: Sendable {
    /// By attribute name; exactly the attributes that the schema gives the resource type.
    package let attributes: [ByteText: AttributeDeclaration]
    package let marking: MarkingScheme

    package init(attributes: [ByteText: AttributeDeclaration], marking: MarkingScheme) {
        self.attributes = attributes
        self.marking = marking
    }
}

/// One attribute of a label.
package struct AttributeDeclaration: Sendable {
    package let name: ByteText
    package let type: AttributeType
    package let join: Join
    /// Whether the schema demands a value. A document without one is set aside.
    package let isRequired: Bool
    /// The value where no source gives one.
    package let defaultValue: AttributeValue?
    /// Whether callers may see the value and filter by it.
    package let isVisible: Bool

    package init(
        name: ByteText, type: AttributeType, join: Join, isRequired: Bool, defaultValue: AttributeValue?,
        isVisible: Bool
    ) {
        self.name = name
        self.type = type
        self.join = join
        self.isRequired = isRequired
        self.defaultValue = defaultValue
        self.isVisible = isVisible
    }
}

/// How two values of one attribute combine. The join of two labels is at least as strict as either.
package enum Join: Hashable, Sendable {
    /// The later of the two in a declared order of names, least strict first.
    case maximum(order: [ByteText])
    /// The larger number.
    case largest
    /// Both sets together: the reader must satisfy every member.
    case union
    /// What both sets hold: the reader must be one of the members.
    case intersection
    /// The earlier instant.
    case earliest
    /// True if either is.
    case either
    /// The two must be equal; a document whose sources disagree is set aside.
    case same
}
