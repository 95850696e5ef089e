import AccessControl
package import Cedar
import Labels

/// Reads values of attributes as the policy schema types them. Entities are written as plain ids: the schema knows
/// their type.
package struct AttributeReader: Sendable {
    let schema: Schema
    /// The attributes of a passage, by name.
    package let passage: RecordType

    init(schema: Schema) {
        self.schema = schema
        passage = schema.entityType(LabelEntity.type)?.attributes ?? RecordType()
    }

    /// The ids of an entity type that is declared with `enum`.
    func closedList(of type: EntityTypeName) -> [CedarString]? { schema.entityType(type)?.enumeration }

    /// One value.
    func value(_ tree: YAMLTree, as type: SchemaType) throws(AttributeValueError) -> Value {
        switch type {
        case .bool:
            switch tree.content {
            case .text("true", isPlain: true): return .bool(true)
            case .text("false", isPlain: true): return .bool(false)
            default: throw AttributeValueError(tree, expected: "true or false")
            }
        case .long:
            guard case .text(let text, isPlain: true) = tree.content, let number: Int64 = YAMLFields.wholeNumber(text)
            else { throw AttributeValueError(tree, expected: "a whole number within 64 bits") }
            return .long(number)
        case .string:
            return .string(CedarString(try text(tree, expected: "text")))
        case .entity(let name):
            return .entity(try entity(tree, type: name))
        case .datetime:
            let expected = "a date (2026-11-21) or an instant (2026-11-21T08:30:00Z)"
            guard let instant = Datetime(parsing: try text(tree, expected: expected)) else {
                throw AttributeValueError(tree, expected: expected)
            }
            return .datetime(instant)
        case .decimal:
            guard let number = Decimal(parsing: try text(tree, expected: "a decimal (1.25)")) else {
                throw AttributeValueError(tree, expected: "a decimal (1.25)")
            }
            return .decimal(number)
        case .ipaddr:
            guard let address = IPAddress(parsing: try text(tree, expected: "an IP address or range")) else {
                throw AttributeValueError(tree, expected: "an IP address or range (10.1.0.0/16)")
            }
            return .ip(address)
        case .duration:
            guard let duration = Duration(parsing: try text(tree, expected: "a duration (1h30m)")) else {
                throw AttributeValueError(tree, expected: "a duration (1h30m)")
            }
            return .duration(duration)
        case .set(let element):
            return .set(try members(tree, of: element))
        case .record(let record):
            return .record(try fields(tree, of: record))
        }
    }

    /// An attribute of a passage as labels hold it.
    func labelValue(_ tree: YAMLTree, as type: SchemaType) throws(AttributeValueError) -> AttributeValue {
        guard let value = AttributeValue(try value(tree, as: type)) else {
            throw AttributeValueError(tree, expected: "a value that a label can hold")
        }
        return value
    }

    private func text(_ tree: YAMLTree, expected: String) throws(AttributeValueError) -> String {
        guard case .text(let text, let isPlain) = tree.content else {
            throw AttributeValueError(tree, expected: expected)
        }
        guard !text.isEmpty || !isPlain else {
            throw AttributeValueError(tree, expected: expected, remark: "it is left empty")
        }
        guard text.utf8.count <= EnclaveLimits.textBytes else {
            throw AttributeValueError(
                tree, expected: expected,
                remark: "it has \(text.utf8.count) bytes, and the limit is \(EnclaveLimits.textBytes)")
        }
        return text
    }

    private func entity(_ tree: YAMLTree, type: EntityTypeName) throws(AttributeValueError) -> EntityUID {
        let id = CedarString(try text(tree, expected: "an id of \(type)"))
        guard !id.isEmpty else { throw AttributeValueError(tree, expected: "an id of \(type)") }
        if let list = closedList(of: type), !list.contains(id) {
            throw AttributeValueError(
                tree, expected: "one of the ids of \(type): \(list.map(\.description).joined(separator: ", "))")
        }
        return EntityUID(type: type, id: id)
    }

    private func members(_ tree: YAMLTree, of element: SchemaType) throws(AttributeValueError) -> Set<Value> {
        guard case .list(let items) = tree.content else {
            throw AttributeValueError(tree, expected: "a list (`[a, b]`; `[]` for none)")
        }
        guard items.count <= EnclaveLimits.setMembers else {
            throw AttributeValueError(
                tree, expected: "a list",
                remark: "it has \(items.count) values, and the limit is \(EnclaveLimits.setMembers)")
        }
        var members: Set<Value> = []
        for item in items { members.insert(try value(item, as: element)) }
        return members
    }

    private func fields(_ tree: YAMLTree, of record: RecordType) throws(AttributeValueError) -> [CedarString: Value] {
        guard case .mapping(let entries) = tree.content else { throw AttributeValueError(tree, expected: "a mapping") }
        var values: [CedarString: Value] = [:]
        for entry in entries {
            let name = CedarString(entry.key)
            guard let attribute = record.attributes[name] else {
                throw AttributeValueError(tree, expected: "a mapping of \(record)")
            }
            values[name] = try value(entry.value, as: attribute.type)
        }
        for (name, attribute) in record.attributes where attribute.isRequired && values[name] == nil {
            throw AttributeValueError(tree, expected: "a mapping of \(record)")
        }
        return values
    }
}

/// A value that is not what the schema says.
struct AttributeValueError: Error {
    let line: Int
    /// With the value, for the administrator's own files.
    let message: String
    /// Without it, for what lies with a document.
    let messageWithoutValue: String

    /// - Parameter remark: what is wrong, where showing the value would not tell.
    init(_ tree: YAMLTree, expected: String, remark: String? = nil) {
        line = tree.line
        messageWithoutValue = "must be \(expected)" + (remark.map { "; \($0)" } ?? "")
        message = remark == nil ? "must be \(expected), not \(YAMLFields.shown(tree))" : messageWithoutValue
    }
}
