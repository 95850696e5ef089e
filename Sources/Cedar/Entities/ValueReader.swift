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
            // An escape stands alone in its object and has the form of one. Anything else is a record, whatever the
            // names of its attributes.
            if members.count == 1 {
                if json["__expr"]?.string != nil { throw error("`__expr` is not supported", at: json) }
                if let name = json["__entity"].flatMap(EntityName.init) { return .entity(try uid(name)) }
                if let call = json["__extn"].flatMap(Call.init) { return try apply(call, at: json) }
            }
            return .record(try record(json, nil))
        }
    }

    /// The members `type` and `id` of an object; others do not count.
    private struct EntityName {
        let type: CedarString
        let id: CedarString
        let json: JSONValue

        init?(_ json: JSONValue) {
            guard let type = json["type"]?.string, let id = json["id"]?.string else { return nil }
            self.type = type
            self.id = id
            self.json = json
        }
    }

    /// Where an entity is wanted: `{"type": …, "id": …}`, alone or as the value of `__entity`.
    func uid(_ json: JSONValue) throws(ParseError) -> EntityUID {
        guard let name = json["__entity"].flatMap(EntityName.init) ?? EntityName(json) else {
            throw error(
                "\(json.shown) where an entity belongs", at: json, expected: ["`{\"type\": …, \"id\": …}`"],
                hint: json["type"] == nil ? nil : "the type and the id of an entity are strings")
        }
        return try uid(name)
    }

    private func uid(_ name: EntityName) throws(ParseError) -> EntityUID {
        guard let type = EntityTypeName(parsing: name.type) else {
            throw error("\(name.type.quoted) is no name of a type", at: name.json)
        }
        return EntityUID(type: type, id: name.id)
    }

    /// The members `fn` and `arg`, or `fn` and `args`, of an object; others do not count.
    private struct Call {
        let function: CedarString
        let arguments: [JSONValue]

        init?(_ json: JSONValue) {
            guard let function = json["fn"]?.string, let arguments = json["arg"].map({ [$0] }) ?? json["args"]?.elements
            else { return nil }
            self.function = function
            self.arguments = arguments
        }
    }

    /// Where an extension value is wanted: `{"fn": …, "arg": …}`, alone or as the value of `__extn`, or the argument of
    /// the implied function alone.
    private func extensionValue(_ json: JSONValue, _ implied: ExtensionFunction) throws(ParseError) -> Value {
        if let call = json["__extn"].flatMap(Call.init) ?? Call(json) { return try apply(call, at: json) }
        guard case .string = json.kind else {
            throw error(
                "\(json.shown) where an extension value belongs", at: json, expected: ["`{\"fn\": …, \"arg\": …}`"])
        }
        return try apply(implied, [try untyped(json)], at: json)
    }

    private func apply(_ call: Call, at json: JSONValue) throws(ParseError) -> Value {
        guard let function = ExtensionFunction(name: call.function) else {
            throw error("there is no function `\(call.function)`", at: json)
        }
        var arguments: [Value] = []
        for argument in call.arguments { arguments.append(try untyped(argument)) }
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
