import Enclaves
import Foundation
import Hummingbird
import HummingbirdCore
import NIOCore
import NIOFoundationCompat
import Retrieval

/// The body of `POST /v1/retrieve`.
struct RetrieveBody: Decodable {
    let query: String
    let k: Int?
    let purpose: String?
    let filter: FilterJSON?
    let minScore: Double?

    init(_ request: Request, context: some RequestContext) async throws {
        let buffer = try await Self.collect(request.body, upTo: context.maxUploadSize)
        do {
            self = try JSONDecoder().decode(RetrieveBody.self, from: Data(buffer: buffer))
        } catch let error as DecodingError {
            throw Self.problem(for: error)
        }
    }

    private enum Field: String, CaseIterable {
        case query, k, purpose, filter
        case minScore = "min_score"
    }

    init(from decoder: any Decoder) throws {
        let body = try decoder.container(keyedBy: AnyKey.self)
        if let unknown = body.allKeys.first(where: { Field(rawValue: $0.stringValue) == nil }) {
            throw DecodingError.dataCorruptedError(
                forKey: unknown, in: body,
                debugDescription: "is unknown; the fields are "
                    + Field.allCases.map(\.rawValue).joined(separator: ", "))
        }
        func key(_ field: Field) -> AnyKey { AnyKey(stringValue: field.rawValue) }
        query = try body.decode(String.self, forKey: key(.query))
        k = try body.decodeIfPresent(Double.self, forKey: key(.k)).map { number in
            guard let whole = Int(exactly: number) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key(.k), in: body, debugDescription: "must be a whole number")
            }
            return whole
        }
        purpose = try body.decodeIfPresent(String.self, forKey: key(.purpose))
        filter = try body.decodeIfPresent(FilterJSON.self, forKey: key(.filter))
        minScore = try body.decodeIfPresent(Double.self, forKey: key(.minScore))
    }

    /// The query within the limits of the enclave.
    func query(enclave: Enclave) throws -> Query {
        let filter = try self.filter.map { try enclave.filterParser.parse($0.literal) }
        return try Query(
            text: query, count: k ?? 5, minimumScore: minScore ?? -1, filter: filter, limits: enclave.queryLimits)
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

    private static func problem(for error: DecodingError) -> Problem {
        func field(_ path: [any CodingKey]) -> String { EchoedField(path).description }
        switch error {
        case .keyNotFound(let key, _):
            return .badRequest("\(field([key])): is missing", field: field([key]))
        case .typeMismatch(_, let context) where !context.codingPath.isEmpty:
            return .badRequest("\(field(context.codingPath)): has the wrong type", field: field(context.codingPath))
        case .valueNotFound(_, let context) where !context.codingPath.isEmpty:
            return .badRequest("\(field(context.codingPath)): must not be null", field: field(context.codingPath))
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            let name = field(context.codingPath)
            // Foundation's own text could repeat what was sent; ours names a field.
            let reason = context.underlyingError == nil ? context.debugDescription : "cannot be read"
            return .badRequest("\(name): \(reason)", field: name)
        default:
            return .badRequest(#"the body must be a JSON object such as {"query": "…", "k": 5, "purpose": "…"}"#)
        }
    }
}

private struct AnyKey: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init(stringValue: String) {
        self.stringValue = stringValue
    }

    init?(intValue: Int) {
        return nil
    }
}

/// Reads the JSON of a filter, whose form is checked afterwards.
struct FilterJSON: Decodable {
    let literal: FilterLiteral

    init(from decoder: any Decoder) throws {
        // One level more than a filter may have is enough to say that it is too deep.
        guard decoder.codingPath.count <= 2 * QueryLimits.filterDepth + 4 else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: Array(decoder.codingPath.prefix(1)),
                    debugDescription: "is nested deeper than \(QueryLimits.filterDepth) levels"))
        }
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            literal = .null
        } else if let bool = try? container.decode(Bool.self) {
            literal = .bool(bool)
        } else if let number = try? container.decode(Double.self) {
            literal = .number(number)
        } else if let string = try? container.decode(String.self) {
            literal = .string(string)
        } else if decoder.isArray {
            literal = .array(try container.decode([FilterJSON].self).map(\.literal))
        } else {
            literal = .object(try container.decode([String: FilterJSON].self).mapValues(\.literal))
        }
    }
}

extension Decoder {
    fileprivate var isArray: Bool { (try? unkeyedContainer()) != nil }
}
