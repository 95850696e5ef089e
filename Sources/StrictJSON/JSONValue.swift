/// A JSON text (RFC 8259) of which no two readers could make different things: no field stands twice in an object, every
/// string is well-formed Unicode, and nothing follows the value.
package indirect enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// As it is written: JSON sets no range and no precision.
    case number(String)
    /// UTF-8 without NUL, which would end a text elsewhere.
    case string([UInt8])
    case array([JSONValue])
    case object(JSONObject)
}

/// The fields of an object in the order of the text. Names are compared by their bytes.
package struct JSONObject: Hashable, Sendable {
    package struct Field: Hashable, Sendable {
        package let name: [UInt8]
        package let value: JSONValue
    }

    package let fields: [Field]

    /// The value of a field, if there is one of this name. Takes time in proportion to the number of fields.
    package subscript(name: String) -> JSONValue? {
        fields.first { $0.name.elementsEqual(name.utf8) }?.value
    }
}

extension JSONValue {
    /// The characters of a string; nil for any other value.
    package var text: String? {
        guard case .string(let bytes) = self else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
