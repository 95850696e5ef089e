/// The shapes that the formats for policies and schemas are made of: objects with known keys, lists, strings and names.
struct JSONShapes {
    let source: SourceText

    func error(_ message: String, at span: SourceSpan, expected: [String] = [], hint: String? = nil) -> ParseError {
        ParseError(message, at: span, in: source, expected: expected, hint: hint)
    }

    /// The values of the required keys of an object, in the order given. It may have the optional keys too;
    /// other keys are errors.
    func object(
        _ json: JSONValue, _ name: String, required: [CedarString], optional: [CedarString] = []
    ) throws(ParseError) -> [JSONValue] {
        guard let members = json.members else {
            throw error("\(json.shown) where \(name) belongs", at: json.span, expected: ["object"])
        }
        let known = required + optional
        for member in members where !known.contains(member.key) {
            throw error(
                "\(name) has no key \(member.key.quoted)", at: member.keySpan, expected: known.map(\.quoted))
        }
        var parts: [JSONValue] = []
        for key in required {
            guard let value = json[key] else {
                throw error("\(name) needs the key \(key.quoted)", at: json.span, expected: known.map(\.quoted))
            }
            parts.append(value)
        }
        return parts
    }

    func elements(_ json: JSONValue, _ name: String) throws(ParseError) -> [JSONValue] {
        guard let elements = json.elements else {
            throw error("\(json.shown) where \(name) belongs", at: json.span, expected: ["array"])
        }
        return elements
    }

    func string(_ json: JSONValue, _ name: String) throws(ParseError) -> CedarString {
        guard let string = json.string else {
            throw error("\(json.shown) where \(name) belongs", at: json.span, expected: ["string"])
        }
        return string
    }

    /// An object whose keys are names that the writer chose.
    func members(_ json: JSONValue, _ name: String) throws(ParseError) -> [JSONValue.Member] {
        guard let members = json.members else {
            throw error("\(json.shown) where \(name) belongs", at: json.span, expected: ["object"])
        }
        return members
    }

    /// Annotations: names with their texts, or null for none.
    func annotations(_ json: JSONValue?) throws(ParseError) -> [Annotation] {
        guard let json else { return [] }
        var annotations: [Annotation] = []
        for member in try members(json, "an object of annotations") {
            guard Identifier.isWellFormed(member.key) else {
                throw error(
                    "\(member.key.quoted) cannot name an annotation", at: member.keySpan,
                    hint: "a name is made of letters, digits and `_`, and begins with no digit")
            }
            if case .null = member.value.kind {
                annotations.append(Annotation(name: member.key))
            } else {
                let value = try string(member.value, "the text of an annotation")
                annotations.append(Annotation(name: member.key, value: value))
            }
        }
        return annotations
    }
}
