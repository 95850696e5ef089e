/// One test of policies, in the JSON form that `cedar run-tests` reads: a request, the entities it is about, and what is
/// to come of it.
///
/// A file holds a list of
/// `{"name", "request": {"principal", "action", "resource", "context"}, "entities", "decision", "reason", "num_errors"}`.
/// Reasons name policies by their annotation `@id`, or by their id where they have none.
public struct PolicyTest: Sendable {
    public let name: CedarString
    public let request: Request
    public let entities: Entities
    public let decision: Decision
    /// The determining policies.
    public let reasons: Set<CedarString>
    public let errorCount: Int
    public let location: SourceLocation

    /// Reads a file of tests. With a schema, requests and entities must be as it says.
    public static func read(
        json: [UInt8], schema: Schema?, file: String
    ) throws(PolicyTestError) -> [PolicyTest] {
        let source = SourceText(file: file, bytes: json)
        let document: JSONValue
        do {
            document = try JSONReader.read(source)
        } catch {
            throw PolicyTestError(error)
        }
        let reader = PolicyTestReader(values: ValueReader(source: source), schema: schema)
        guard let elements = document.elements else {
            throw PolicyTestError(reader.values.error("\(document.shown) where a list of tests belongs", at: document))
        }
        var tests: [PolicyTest] = []
        for element in elements { tests.append(try reader.test(element)) }
        return tests
    }

    /// Decides the request by `policies`.
    public func result(by policies: PolicySet) -> Result {
        let response = Authorizer(policies: policies).authorize(request, entities: entities)
        var names: [PolicyID: CedarString] = [:]
        for policy in policies.policies { names[policy.id] = policy.name }
        return Result(
            decision: response.decision,
            reasons: Set(response.determiningPolicies.map { names[$0] ?? $0.name }),
            errorCount: response.errors.count)
    }

    /// What comes of a request.
    public struct Result: Hashable, Sendable {
        public let decision: Decision
        public let reasons: Set<CedarString>
        public let errorCount: Int
    }

    /// What is to come of it.
    public var expected: Result { Result(decision: decision, reasons: reasons, errorCount: errorCount) }
}

extension Policy {
    /// What people call the policy: its annotation `@id`, or its id.
    public var name: CedarString { annotation("id") ?? id.name }
}

/// Why a test cannot be read.
public struct PolicyTestError: Error, Hashable, Sendable, CustomStringConvertible {
    public let location: SourceLocation
    public let message: String

    init(_ error: ParseError) {
        location = error.location
        message = error.message
    }

    init(_ message: String, at value: JSONValue, in source: SourceText) {
        location = source.location(of: value.span)
        self.message = message
    }

    public var description: String { "\(location): \(message)" }
}

private struct PolicyTestReader {
    let values: ValueReader
    let schema: Schema?

    func test(_ json: JSONValue) throws(PolicyTestError) -> PolicyTest {
        let fields = try fields(json)
        let request = try request(fields.request)
        let entities: Entities
        do {
            entities = try Entities(fields.entities, in: values.source, schema: schema)
        } catch {
            throw PolicyTestError("the entities: \(error)", at: fields.entities, in: values.source)
        }
        return PolicyTest(
            name: fields.name, request: request, entities: entities, decision: fields.decision, reasons: fields.reasons,
            errorCount: fields.errors, location: values.source.location(of: json.span))
    }

    private struct Fields {
        let name: CedarString
        let request: JSONValue
        let entities: JSONValue
        let decision: Decision
        let reasons: Set<CedarString>
        let errors: Int
    }

    private func fields(_ json: JSONValue) throws(PolicyTestError) -> Fields {
        func field(_ name: CedarString) throws(PolicyTestError) -> JSONValue {
            guard let value = json[name] else {
                throw PolicyTestError("a test needs `\(name)`", at: json, in: values.source)
            }
            return value
        }
        let (request, entities) = (try field("request"), try field("entities"))
        let (name, decision, reason) = (try field("name"), try field("decision"), try field("reason"))
        guard let text = name.string else { throw wrong("name", "a string", name) }
        guard let word = decision.string, let decided = Decision(rawValue: word.description) else {
            throw wrong("decision", "\"allow\" or \"deny\"", decision)
        }
        guard let list = reason.elements else { throw wrong("reason", "a list of policies", reason) }
        var reasons: Set<CedarString> = []
        for element in list {
            guard let id = element.string else { throw wrong("reason", "a list of policies", element) }
            reasons.insert(id)
        }
        let number = try field("num_errors")
        guard case .integer(let errors) = number.kind, let count = Int(exactly: errors), count >= 0 else {
            throw wrong("num_errors", "a number from 0 on", number)
        }
        return Fields(
            name: text, request: request, entities: entities, decision: decided, reasons: reasons, errors: count)
    }

    private func wrong(_ name: String, _ expected: String, _ value: JSONValue) -> PolicyTestError {
        PolicyTestError("`\(name)` is \(value.shown); it takes \(expected)", at: value, in: values.source)
    }

    private func request(_ json: JSONValue) throws(PolicyTestError) -> Request {
        func uid(_ name: CedarString) throws(PolicyTestError) -> EntityUID {
            guard let value = json[name] else {
                throw PolicyTestError("a request needs `\(name)`", at: json, in: values.source)
            }
            do {
                return try values.uid(value)
            } catch {
                throw PolicyTestError(error)
            }
        }
        let (principal, action, resource) = (try uid("principal"), try uid("action"), try uid("resource"))
        guard let context = json["context"] else {
            throw PolicyTestError("a request needs `context`", at: json, in: values.source)
        }
        let request: Request
        do {
            request = try Request(
                principal: principal, action: action, resource: resource, context: context, in: values.source,
                schema: schema)
        } catch {
            throw PolicyTestError(error)
        }
        if let schema {
            do {
                try Conformance(schema: schema).check(request)
            } catch {
                throw PolicyTestError("the request: \(error)", at: json, in: values.source)
            }
        }
        return request
    }
}
