/// Reads policies and expressions in the JSON policy format.
///
/// It takes what the reference engine takes but for keys that mean nothing: those are errors, since a misspelt key
/// would be a condition that is not there.
struct PolicyJSONReader {
    let values: ValueReader

    /// The values of the required keys of an object, in the order given. It may have the optional keys too;
    /// other keys are errors.
    func object(
        _ json: JSONValue, _ name: String, required: [CedarString], optional: [CedarString] = []
    ) throws(ParseError) -> [JSONValue] {
        guard let members = json.members else {
            throw values.error("\(json.shown) where \(name) belongs", at: json, expected: ["object"])
        }
        let known = required + optional
        for member in members where !known.contains(member.key) {
            throw values.error(
                "\(name) has no key \(member.key.quoted)", at: member.value, expected: known.map(\.quoted))
        }
        var parts: [JSONValue] = []
        for key in required {
            guard let value = json[key] else {
                throw values.error("\(name) needs the key \(key.quoted)", at: json, expected: known.map(\.quoted))
            }
            parts.append(value)
        }
        return parts
    }

    func elements(_ json: JSONValue, _ name: String) throws(ParseError) -> [JSONValue] {
        guard let elements = json.elements else {
            throw values.error("\(json.shown) where \(name) belongs", at: json, expected: ["array"])
        }
        return elements
    }

    func string(_ json: JSONValue, _ name: String) throws(ParseError) -> CedarString {
        guard let string = json.string else {
            throw values.error("\(json.shown) where \(name) belongs", at: json, expected: ["string"])
        }
        return string
    }
}
