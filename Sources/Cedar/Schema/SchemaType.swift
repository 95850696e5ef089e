/// The type of an attribute, a tag, a member of a set, or a context.
public indirect enum SchemaType: Hashable, Sendable {
    case bool
    case long
    case string
    case entity(EntityTypeName)
    case set(SchemaType)
    case record(RecordType)
    case decimal
    case ipaddr
    case datetime
    case duration
}

/// The attributes that a record or an entity has, and no others.
public struct RecordType: Hashable, Sendable {
    public struct Attribute: Hashable, Sendable {
        public let type: SchemaType
        public let isRequired: Bool

        public init(_ type: SchemaType, isRequired: Bool = true) {
            self.type = type
            self.isRequired = isRequired
        }
    }

    public let attributes: [CedarString: Attribute]

    public init(_ attributes: [CedarString: Attribute] = [:]) {
        self.attributes = attributes
    }
}

extension SchemaType: CustomStringConvertible {
    /// The type in the schema's own notation.
    public var description: String {
        switch self {
        case .bool: "Bool"
        case .long: "Long"
        case .string: "String"
        case .entity(let name): name.description
        case .set(let element): "Set<\(element)>"
        case .record(let record): record.description
        case .decimal: "decimal"
        case .ipaddr: "ipaddr"
        case .datetime: "datetime"
        case .duration: "duration"
        }
    }
}

extension RecordType: CustomStringConvertible {
    public var description: String {
        let parts = attributes.sorted { $0.key < $1.key }.map { name, attribute in
            let shown = Identifier.isWellFormed(name) ? name.description : name.quoted
            return "\(shown)\(attribute.isRequired ? "" : "?"): \(attribute.type)"
        }
        return "{" + parts.joined(separator: ", ") + "}"
    }
}
