/// A value of the policy language.
///
/// Equality never fails across kinds: `1 == "1"` is false. Sets have no order and no duplicates; records are compared
/// attribute by attribute.
public indirect enum Value: Hashable, Sendable {
    case bool(Bool)
    case long(Int64)
    case string(CedarString)
    case entity(EntityUID)
    case set(Set<Value>)
    case record([CedarString: Value])
    case decimal(Decimal)
    case ip(IPAddress)
    case datetime(Datetime)
    case duration(Duration)
}

extension Value: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int64) { self = .long(value) }
    public init(stringLiteral value: String) { self = .string(CedarString(value)) }
}

extension Value: CustomStringConvertible {
    /// The value as an expression that parses back to it. Members of sets and records stand in a fixed order.
    public var description: String {
        switch self {
        case .bool(let value): "\(value)"
        case .long(let value): "\(value)"
        case .string(let value): value.quoted
        case .entity(let uid): uid.description
        case .set(let members):
            "[" + members.map { CedarString($0.description) }.sorted().map(\.description).joined(separator: ", ") + "]"
        case .record(let attributes):
            "{"
                + attributes.sorted { $0.key < $1.key }.map { "\($0.key.quoted): \($0.value)" }
                .joined(separator: ", ") + "}"
        case .decimal(let value): "decimal(\"\(value)\")"
        case .ip(let value): "ip(\"\(value)\")"
        case .datetime(let value): "datetime(\"\(value)\")"
        case .duration(let value): "duration(\"\(value)\")"
        }
    }

    /// The kind of the value as messages name it.
    public var kind: String {
        switch self {
        case .bool: "Bool"
        case .long: "Long"
        case .string: "String"
        case .entity(let uid): "entity of type \(uid.type)"
        case .set: "Set"
        case .record: "Record"
        case .decimal: "decimal"
        case .ip: "ipaddr"
        case .datetime: "datetime"
        case .duration: "duration"
        }
    }
}
