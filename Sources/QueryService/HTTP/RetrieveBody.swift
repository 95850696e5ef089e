import Enclaves
import Hummingbird
import HummingbirdCore
import NIOCore
import Retrieval
import StrictJSON

/// The body of `POST /v1/retrieve`. A field whose value is null counts as left out.
struct RetrieveBody {
    let query: String
    let k: Int?
    let purpose: String?
    let filter: JSONValue?
    let minScore: Double?
    let options: SearchOptions

    /// Deep enough for the deepest filter, each of whose levels is an object and an array in the body's own object.
    static let limits = JSONLimits(depth: 2 * QueryLimits.filterDepth + 2, fields: 16)

    private enum Field: String, CaseIterable {
        case query, k, purpose, filter, mode
        case minScore = "min_score"
        case diversity
        case collapseDuplicates = "collapse_duplicates"
        case snippets
    }

    init(_ request: Request, context: some RequestContext) async throws {
        let buffer = try await Self.collect(request.body, upTo: context.maxUploadSize)
        try self.init(buffer.readableBytesView)
    }

    /// - Parameter text: The JSON.
    init(_ text: some Sequence<UInt8>) throws(Problem) {
        let body = try Self.object(text)
        if let unknown = body.fields.first(where: { Self.field(named: $0.name) == nil }) {
            let name = EchoedField(String(decoding: unknown.name, as: UTF8.self)).description
            let known = Field.allCases.map(\.rawValue).joined(separator: ", ")
            throw .badRequest("\(name): is unknown; the fields are \(known)", field: name)
        }
        guard let query = try Self.text(.query, of: body) else { throw Self.problem(.query, "is missing") }
        self.query = query
        let k = try Self.number(.k, of: body)
        self.k = k.flatMap { Int(exactly: $0) }
        guard (k == nil) == (self.k == nil) else { throw Self.problem(.k, "must be a whole number") }
        purpose = try Self.text(.purpose, of: body)
        filter = Self.value(.filter, of: body)
        minScore = try Self.number(.minScore, of: body)
        options = SearchOptions(
            mode: try Self.mode(of: body), diversity: try Self.number(.diversity, of: body) ?? 0,
            collapsesDuplicates: try Self.bool(.collapseDuplicates, of: body) ?? false,
            hasSnippets: try Self.bool(.snippets, of: body) ?? false)
    }

    private static func object(_ text: some Sequence<UInt8>) throws(Problem) -> JSONObject {
        let example = #"send a JSON object such as {"query": "…", "k": 5, "purpose": "…"}"#
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONReader.read(Array(text)[...], limits: limits)
        } catch {
            switch error {
            case .malformed(let offset): throw .badRequest("the body is not JSON from byte \(offset) on; \(example)")
            case .tooDeep(let limit): throw .badRequest("the body is nested deeper than the \(limit) levels allowed")
            case .tooManyFields(let limit):
                throw .badRequest("an object of the body has more than the \(limit) fields allowed")
            case .repeatedField(let number):
                throw .badRequest("an object of the body has the name of its field \(number) twice; name each once")
            }
        }
        guard case .object(let object) = value else { throw .badRequest("the body is no JSON object; \(example)") }
        return object
    }

    private static func field(named name: [UInt8]) -> Field? {
        Field.allCases.first { name.elementsEqual($0.rawValue.utf8) }
    }

    private static func value(_ field: Field, of body: JSONObject) -> JSONValue? {
        let value = body[field.rawValue]
        return value == .null ? nil : value
    }

    private static func text(_ field: Field, of body: JSONObject) throws(Problem) -> String? {
        guard let value = value(field, of: body) else { return nil }
        guard let text = value.text else { throw problem(field, "has the wrong type; it takes a string") }
        return text
    }

    private static func number(_ field: Field, of body: JSONObject) throws(Problem) -> Double? {
        guard let value = value(field, of: body) else { return nil }
        guard case .number(let digits) = value, let number = Double(digits) else {
            throw problem(field, "has the wrong type; it takes a number")
        }
        return number
    }

    private static func bool(_ field: Field, of body: JSONObject) throws(Problem) -> Bool? {
        guard let value = value(field, of: body) else { return nil }
        guard case .bool(let bool) = value else {
            throw problem(field, "has the wrong type; it takes true or false")
        }
        return bool
    }

    private static func mode(of body: JSONObject) throws(Problem) -> SearchMode {
        guard let name = try text(.mode, of: body) else { return .hybrid }
        guard let mode = SearchMode(name: name) else {
            throw problem(.mode, "is unknown; the modes are \(SearchMode.names)")
        }
        return mode
    }

    private static func problem(_ field: Field, _ reason: String) -> Problem {
        .badRequest("\(field.rawValue): \(reason)", field: field.rawValue)
    }

    /// The query within the limits of the enclave.
    func query(enclave: Enclave) throws -> Query {
        let filter = try self.filter.map { try enclave.filterParser.parse($0) }
        return try Query(
            text: query, count: k ?? 5, minimumScore: minScore ?? -1, filter: filter, options: options,
            limits: enclave.queryLimits)
    }

    /// The whole body, unless it drips in for longer than the deadline.
    ///
    /// The clock is read whenever a piece arrives; a client that sends nothing more is cut off by the connection's own
    /// idle limit. So a request costs neither a timer nor a task of its own.
    static func collect(
        _ body: RequestBody, upTo limit: Int, within deadline: Duration = .seconds(ServiceLimits.bodySeconds)
    ) async throws -> ByteBuffer {
        let end = ContinuousClock.now + deadline
        var whole = ByteBuffer()
        for try await piece in body {
            guard ContinuousClock.now < end else {
                throw Problem(
                    status: .requestTimeout, kind: "timeout",
                    detail: "the body did not arrive within \(deadline.components.seconds) seconds")
            }
            guard whole.readableBytes + piece.readableBytes <= limit else { throw HTTPError(.contentTooLarge) }
            whole.writeImmutableBuffer(piece)
        }
        return whole
    }
}
