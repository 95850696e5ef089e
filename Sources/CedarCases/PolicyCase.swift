public import Cedar

/// Policies, entities and requests that are put to an engine together: one line of a file of cases.
///
/// The form is that of the conformance cases: an object with `name`, `policies` (text; ids are positional), `schema`
/// (human syntax; may be missing), `entities` (JSON) and `requests`, or `request` for a single one. Each request has
/// `principal`, `action` and `resource` as `{"type": …, "id": …}` and `context`. Three things are added to it:
///
/// - `links` is a list of `{"template": "policy0", "id": "link0", "values": {"?principal": {"type": …, "id": …}}}`.
/// - `entities` and `context` may be strings. These hold the JSON as text, which then need not be JSON.
/// - `validateRequest` may be missing and is true then: the request must conform to the schema if there is one.
public struct PolicyCase: Sendable {
    public let name: CedarString
    public let policies: [UInt8]
    /// Without a schema nothing is validated and values are read as they are written.
    public let schema: [UInt8]?
    public let entities: [UInt8]
    public let links: [Link]
    public let requests: [RequestCase]
    /// Whether the policies must be valid, where the case says so.
    public let shouldValidate: Bool?
    /// Whether the policies must not parse, where the case says so.
    public let shouldFailToParse: Bool

    /// A template of the policies and the entities for its slots.
    public struct Link: Sendable {
        public let template: PolicyID
        public let id: PolicyID
        public let values: [(slot: CedarString, entity: EntityCase)]
    }

    /// The name of an entity, whose type may be no name of a type.
    public struct EntityCase: Sendable {
        public let type: CedarString
        public let id: CedarString

        /// The entity, unless the type is not well-formed.
        public var uid: EntityUID? { EntityTypeName(parsing: type).map { EntityUID(type: $0, id: id) } }
    }

    /// A request, with what the case says of the outcome.
    public struct RequestCase: Sendable {
        public let principal: EntityCase
        public let action: EntityCase
        public let resource: EntityCase
        public let context: [UInt8]
        public let isValidated: Bool
        public let expected: Expectation?
    }

    /// What an engine must say of a request.
    public struct Expectation: Sendable {
        public let decision: Decision
        /// The determining policies, where the case names them.
        public let reasons: Set<PolicyID>?
        public let hasErrors: Bool
    }

    /// Reads a line, which must be UTF-8. A case without a name is called by the number of its line.
    ///
    /// The error says where in the line something is missing or of another kind than the form wants.
    public init(line: [UInt8], number: Int = 1) throws(ParseError) {
        let reader = try CaseReader(line: line)
        let document = reader.document
        name = document["name"]?.string ?? CedarString("line \(number)")
        policies = try reader.string("policies", in: document).utf8
        schema = document["schema"] == nil ? nil : try reader.string("schema", in: document).utf8
        entities = reader.text(try reader.member("entities", in: document))
        links = try reader.links()
        requests = try reader.requests()
        shouldValidate = try reader.bool("shouldValidate", in: document)
        shouldFailToParse = document["expect"]?.string == "parseError"
    }
}

/// Takes the parts of a case out of its line.
struct CaseReader {
    let source: SourceText
    let document: JSONValue

    init(line: [UInt8]) throws(ParseError) {
        source = SourceText(file: "case", bytes: line)
        document = try JSONReader.read(source)
        guard document.members != nil else { throw error("\(document.shown) where a case belongs", at: document) }
    }

    private func error(_ message: String, at value: JSONValue) -> ParseError {
        ParseError(message, at: value.span, in: source)
    }

    func member(_ key: CedarString, in object: JSONValue) throws(ParseError) -> JSONValue {
        guard let value = object[key] else { throw error("`\(key)` is missing", at: object) }
        return value
    }

    func string(_ key: CedarString, in object: JSONValue) throws(ParseError) -> CedarString {
        let value = try member(key, in: object)
        guard let string = value.string else { throw error("\(value.shown) where a string belongs", at: value) }
        return string
    }

    func bool(_ key: CedarString, in object: JSONValue) throws(ParseError) -> Bool? {
        guard let value = object[key] else { return nil }
        guard case .bool(let bool) = value.kind else {
            throw error("\(value.shown) where true or false belongs", at: value)
        }
        return bool
    }

    private func elements(_ value: JSONValue) throws(ParseError) -> [JSONValue] {
        guard let elements = value.elements else { throw error("\(value.shown) where a list belongs", at: value) }
        return elements
    }

    /// JSON as it stands in the line, or the text that a string holds.
    func text(_ value: JSONValue) -> [UInt8] {
        value.string?.utf8 ?? Array(source.bytes[Int(value.span.start)..<Int(value.span.end)])
    }

    private func entity(_ value: JSONValue) throws(ParseError) -> PolicyCase.EntityCase {
        PolicyCase.EntityCase(type: try string("type", in: value), id: try string("id", in: value))
    }

    private func entity(_ key: CedarString, in object: JSONValue) throws(ParseError) -> PolicyCase.EntityCase {
        let value = try member(key, in: object)
        return try entity(value)
    }

    func links() throws(ParseError) -> [PolicyCase.Link] {
        guard let list = document["links"] else { return [] }
        var links: [PolicyCase.Link] = []
        for link in try elements(list) {
            let members = try member("values", in: link)
            var values: [(slot: CedarString, entity: PolicyCase.EntityCase)] = []
            for value in members.members ?? [] { values.append((value.key, try entity(value.value))) }
            links.append(
                PolicyCase.Link(
                    template: PolicyID(try string("template", in: link)), id: PolicyID(try string("id", in: link)),
                    values: values))
        }
        return links
    }

    func requests() throws(ParseError) -> [PolicyCase.RequestCase] {
        if let request = document["request"] {
            return [try self.request(request, expected: try expectation(document, "expect"))]
        }
        guard let list = document["requests"] else { return [] }
        var requests: [PolicyCase.RequestCase] = []
        for request in try elements(list) {
            let expected = try expectation(request, "decision")
            requests.append(try self.request(request, expected: expected))
        }
        return requests
    }

    private func request(
        _ value: JSONValue, expected: PolicyCase.Expectation?
    ) throws(ParseError) -> PolicyCase.RequestCase {
        let context = try member("context", in: value)
        return PolicyCase.RequestCase(
            principal: try entity("principal", in: value), action: try entity("action", in: value),
            resource: try entity("resource", in: value), context: text(context),
            isValidated: try bool("validateRequest", in: value) ?? true, expected: expected)
    }

    /// What the object says of the outcome: under `errors` a list, of which only the emptiness counts, or `errored`.
    private func expectation(_ object: JSONValue, _ key: CedarString) throws(ParseError) -> PolicyCase.Expectation? {
        guard let decision = object[key]?.string.flatMap({ Decision(rawValue: $0.description) }) else { return nil }
        let errored = try bool("errored", in: object) ?? !(object["errors"]?.elements ?? []).isEmpty
        let reasons = object["reason"]?.elements.map { Set($0.compactMap(\.string).map { PolicyID($0) }) }
        return PolicyCase.Expectation(decision: decision, reasons: reasons, hasErrors: errored)
    }
}
