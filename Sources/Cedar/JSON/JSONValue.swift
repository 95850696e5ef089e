/// A JSON document as far as the policy language needs it: numbers are whole and fit 64 bits, the keys of an object
/// differ from each other as bytes.
package struct JSONValue: Sendable {
    package indirect enum Kind: Sendable {
        case null
        case bool(Bool)
        case integer(Int64)
        case string(CedarString)
        case array([JSONValue])
        /// In the order of the text.
        case object([Member])
    }

    package struct Member: Sendable {
        package let key: CedarString
        package let keySpan: SourceSpan
        package let value: JSONValue
    }

    package let kind: Kind
    package let span: SourceSpan

    /// The value as messages name it.
    package var shown: String {
        switch kind {
        case .null: "null"
        case .bool: "a boolean"
        case .integer: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension JSONValue {
    /// The value under a key of an object.
    package subscript(key: CedarString) -> JSONValue? {
        guard case .object(let members) = kind else { return nil }
        return members.first { $0.key == key }?.value
    }

    var isNull: Bool {
        if case .null = kind { true } else { false }
    }

    package var string: CedarString? {
        guard case .string(let string) = kind else { return nil }
        return string
    }

    package var members: [Member]? {
        guard case .object(let members) = kind else { return nil }
        return members
    }

    package var elements: [JSONValue]? {
        guard case .array(let elements) = kind else { return nil }
        return elements
    }
}
