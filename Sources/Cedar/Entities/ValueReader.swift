/// Reads values out of JSON: as they are written, or by the type that the schema gives.
///
/// With a type, an entity may be written `{"type": …, "id": …}` and an extension value as its string; without one they
/// need the escapes `{"__entity": …}` and `{"__extn": …}`.
struct ValueReader {
    let source: SourceText

    func error(_ message: String, at value: JSONValue, expected: [String] = [], hint: String? = nil) -> ParseError {
        ParseError(message, at: value.span, in: source, expected: expected, hint: hint)
    }

    /// A value of the type if it is given. Whether the value has the type is checked later, except where the type
    /// decides how to read.
    func value(_ json: JSONValue, _ type: SchemaType?) throws(ParseError) -> Value {
        switch type {
        case .entity: return .entity(try uid(json))
        case .decimal: return try extensionValue(json, .decimal)
        case .ipaddr: return try extensionValue(json, .ip)
        case .datetime: return try extensionValue(json, .datetime)
        case .duration: return try extensionValue(json, .duration)
        case .set(let element):
            guard let elements = json.elements else { throw error("\(json.shown) where a set belongs", at: json) }
            return .set(try set(elements, element))
        case .record(let record): return .record(try self.record(json, record))
        case .bool, .long, .string, nil: return try untyped(json)
        }
    }

    private func set(_ elements: [JSONValue], _ type: SchemaType?) throws(ParseError) -> Set<Value> {
        var members: Set<Value> = []
        for element in elements { members.insert(try value(element, type)) }
        return members
    }

    /// The attributes of an object, each read by its own type; unknown ones are errors when there is a type.
    func record(_ json: JSONValue, _ type: RecordType?) throws(ParseError) -> [CedarString: Value] {
        guard let members = json.members else { throw error("\(json.shown) where a record belongs", at: json) }
        var attributes: [CedarString: Value] = [:]
        for member in members {
            if let type, type.attributes[member.key] == nil {
                throw error("the attribute `\(member.key)` is not declared", at: member.value)
            }
            attributes[member.key] = try value(member.value, type?.attributes[member.key]?.type)
        }
        return attributes
    }

    private func untyped(_ json: JSONValue) throws(ParseError) -> Value {
        switch json.kind {
        case .null: throw error("null is no value", at: json, hint: "leave the attribute out")
        case .bool(let value): return .bool(value)
        case .integer(let value): return .long(value)
        case .string(let value): return .string(value)
        case .array(let elements): return .set(try set(elements, nil))
        case .object(let members):
            let keys = members.map(\.key)
            if keys.contains("__expr") { throw error("`__expr` is not supported", at: json) }
            if keys.contains("__entity") { return .entity(try uid(json)) }
            if keys.contains("__extn") { return try extensionValue(json, nil) }
            return .record(try record(json, nil))
        }
    }

    /// `{"type": …, "id": …}`, alone or as the value of `__entity`.
    func uid(_ json: JSONValue) throws(ParseError) -> EntityUID {
        let expected = ["`{\"type\": …, \"id\": …}`"]
        var body = json
        if let inner = json["__entity"] {
            guard json.members?.count == 1 else { throw error("`__entity` stands alone in its object", at: json) }
            body = inner
        }
        guard let type = body["type"], let id = body["id"], body.members?.count == 2 else {
            throw error("\(body.shown) where an entity belongs", at: body, expected: expected)
        }
        guard let typeName = type.string, let id = id.string else {
            throw error("the type and the id of an entity are strings", at: body, expected: expected)
        }
        guard let name = EntityTypeName(parsing: typeName) else {
            throw error("\(typeName.quoted) is no name of a type", at: type)
        }
        return EntityUID(type: name, id: id)
    }

    /// `{"fn": …, "arg": …}`, alone or as the value of `__extn`; where the function is known, also its argument alone.
    private func extensionValue(_ json: JSONValue, _ implied: ExtensionFunction?) throws(ParseError) -> Value {
        if let implied, case .string = json.kind { return try apply(implied, [try untyped(json)], at: json) }
        var call = json
        if let inner = json["__extn"] {
            guard json.members?.count == 1 else { throw error("`__extn` stands alone in its object", at: json) }
            call = inner
        }
        guard call.members?.count == 2, let name = call["fn"]?.string else {
            throw error(
                "\(json.shown) where an extension value belongs", at: json, expected: ["`{\"fn\": …, \"arg\": …}`"])
        }
        guard let function = ExtensionFunction(name: name) else {
            throw error("there is no function `\(name)`", at: call)
        }
        var arguments: [Value] = []
        if let argument = call["arg"] {
            arguments = [try untyped(argument)]
        } else if let list = call["args"]?.elements {
            for argument in list { arguments.append(try untyped(argument)) }
        } else {
            throw error("a function without `arg` or `args`", at: call)
        }
        return try apply(function, arguments, at: json)
    }

    private func apply(
        _ function: ExtensionFunction, _ arguments: [Value], at json: JSONValue
    ) throws(ParseError) -> Value {
        do {
            return try function.apply(arguments)
        } catch {
            throw self.error(error.description, at: json)
        }
    }
}
