/// The value of one attribute of a label.
package enum AttributeValue: Hashable, Sendable {
    case bool(Bool)
    case long(Int64)
    case string(ByteText)
    case entity(EntityReference)
    /// Milliseconds since 1970-01-01T00:00:00Z.
    case datetime(Int64)
    case set(Set<AttributeValue>)
}

/// Names an entity of the policy schema: a project, a category, a site.
package struct EntityReference: Hashable, Sendable {
    package let type: ByteText
    package let id: ByteText

    package init(type: ByteText, id: ByteText) {
        self.type = type
        self.id = id
    }
}

/// The type that the policy schema gives an attribute.
package indirect enum AttributeType: Hashable, Sendable {
    case bool
    case long
    case string
    case entity(ByteText)
    case datetime
    case set(AttributeType)
}

extension AttributeValue: CustomStringConvertible {
    /// For people to read: values of sets are sorted by their bytes.
    package var description: String {
        switch self {
        case .bool(let value): String(value)
        case .long(let value): String(value)
        case .string(let value): value.string
        case .entity(let value): value.id.string
        case .datetime(let value): Timestamp.text(millisecondsSinceEpoch: value)
        case .set(let values): "[" + values.sorted().map(\.description).joined(separator: ", ") + "]"
        }
    }
}

extension AttributeValue: Comparable {
    /// The order of the canonical bytes.
    package static func < (left: AttributeValue, right: AttributeValue) -> Bool {
        left.canonicalBytes.lexicographicallyPrecedes(right.canonicalBytes)
    }
}
