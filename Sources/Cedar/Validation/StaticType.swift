/// The type that an expression has for one kind of request. Unlike a declared type it can tell that a Bool is constant.
indirect enum StaticType: Hashable, Sendable {
    case bool(Truth)
    case long
    case string
    case entity(EntityTypeName)
    case set(StaticType)
    case record([CedarString: Attribute])
    case `extension`(Extension)

    /// What is known of a Bool.
    enum Truth: Hashable, Sendable {
        case unknown, always, never

        var negated: Truth {
            switch self {
            case .unknown: .unknown
            case .always: .never
            case .never: .always
            }
        }
    }

    enum Extension: String, Hashable, Sendable {
        case decimal, ipaddr, datetime, duration
    }

    struct Attribute: Hashable, Sendable {
        let type: StaticType
        let isRequired: Bool
    }

    init(_ declared: SchemaType) {
        switch declared {
        case .bool: self = .bool(.unknown)
        case .long: self = .long
        case .string: self = .string
        case .entity(let name): self = .entity(name)
        case .set(let element): self = .set(StaticType(element))
        case .record(let record): self = .record(Self.attributes(record))
        case .decimal: self = .extension(.decimal)
        case .ipaddr: self = .extension(.ipaddr)
        case .datetime: self = .extension(.datetime)
        case .duration: self = .extension(.duration)
        }
    }

    static func attributes(_ record: RecordType) -> [CedarString: Attribute] {
        record.attributes.mapValues { Attribute(type: StaticType($0.type), isRequired: $0.isRequired) }
    }

    /// The least type that both belong to. Strict typing knows none for different entity types, nor for records whose
    /// attributes differ in name or in being required.
    static func join(_ left: StaticType, _ right: StaticType) -> StaticType? {
        switch (left, right) {
        case (.bool(let a), .bool(let b)): return .bool(a == b ? a : .unknown)
        case (.set(let a), .set(let b)): return join(a, b).map { .set($0) }
        case (.record(let a), .record(let b)):
            guard a.count == b.count else { return nil }
            var joined: [CedarString: Attribute] = [:]
            for (name, attribute) in a {
                guard let other = b[name], other.isRequired == attribute.isRequired,
                    let type = join(attribute.type, other.type)
                else { return nil }
                joined[name] = Attribute(type: type, isRequired: attribute.isRequired)
            }
            return .record(joined)
        default: return left == right ? left : nil
        }
    }

    var isBool: Bool {
        if case .bool = self { true } else { false }
    }

    /// Whether values of the type have an order.
    var isOrdered: Bool {
        switch self {
        case .long, .extension(.datetime), .extension(.duration): true
        default: false
        }
    }
}

extension StaticType: CustomStringConvertible {
    var description: String {
        switch self {
        case .bool: return "Bool"
        case .long: return "Long"
        case .string: return "String"
        case .entity(let name): return "entity of type \(name)"
        case .set(let element): return "Set<\(element)>"
        case .extension(let type): return type.rawValue
        case .record(let attributes):
            let parts = attributes.sorted { $0.key < $1.key }.map {
                "\($0.key)\($0.value.isRequired ? "" : "?"): \($0.value.type)"
            }
            return "{" + parts.joined(separator: ", ") + "}"
        }
    }
}
