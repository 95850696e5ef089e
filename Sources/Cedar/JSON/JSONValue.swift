/// A JSON document as far as the policy language needs it: numbers are whole and fit 64 bits, the keys of an object
/// differ from each other as bytes.
struct JSONValue {
    indirect enum Kind {
        case null
        case bool(Bool)
        case integer(Int64)
        case string(CedarString)
        case array([JSONValue])
        /// In the order of the text.
        case object([Member])
    }

    struct Member {
        let key: CedarString
        let value: JSONValue
    }

    let kind: Kind
    let span: SourceSpan

    /// The value as messages name it.
    var shown: String {
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
    subscript(key: CedarString) -> JSONValue? {
        guard case .object(let members) = kind else { return nil }
        return members.first { $0.key == key }?.value
    }

    var string: CedarString? {
        guard case .string(let string) = kind else { return nil }
        return string
    }

    var members: [Member]? {
        guard case .object(let members) = kind else { return nil }
        return members
    }

    var elements: [JSONValue]? {
        guard case .array(let elements) = kind else { return nil }
        return elements
    }
}
