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

    enum CodingKeys: String, CodingKey, CaseIterable {
        case query, k, purpose, filter
        case minScore = "min_score"
    }

    init(_ request: Request, context: some RequestContext) async throws {
        let buffer = try await Self.collect(request.body, upTo: context.maxUploadSize)
        do {
            self = try JSONDecoder().decode(RetrieveBody.self, from: Data(buffer: buffer))
        } catch let error as DecodingError {
            throw Self.problem(for: error)
        }
    }

    init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: AnyKey.self)
        let known = CodingKeys.allCases.map(\.rawValue)
        if let unknown = keys.allKeys.first(where: { !known.contains($0.stringValue) }) {
            throw DecodingError.dataCorruptedError(
                forKey: unknown, in: keys,
                debugDescription: "is unknown; the fields are \(known.joined(separator: ", "))")
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        query = try container.decode(String.self, forKey: .query)
        k = try container.decodeIfPresent(Double.self, forKey: .k).map { number in
            guard let whole = Int(exactly: number) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .k, in: container, debugDescription: "must be a whole number")
            }
            return whole
        }
        purpose = try container.decodeIfPresent(String.self, forKey: .purpose)
        filter = try container.decodeIfPresent(FilterJSON.self, forKey: .filter)
        minScore = try container.decodeIfPresent(Double.self, forKey: .minScore)
    }

    /// The query within the limits of the enclave.
    func query(enclave: Enclave) throws -> Query {
        let filter = try self.filter.map { try enclave.filterParser.parse($0.literal) }
        return try Query(
            text: query, count: k ?? 5, minimumScore: minScore ?? -1, filter: filter, limits: enclave.queryLimits)
    }

    /// The whole body, unless it drips in for longer than the deadline.
    private static func collect(_ body: RequestBody, upTo limit: Int) async throws -> ByteBuffer {
        try await withThrowingTaskGroup(of: ByteBuffer.self) { group in
            group.addTask { try await body.collect(upTo: limit) }
            group.addTask {
                try await Task.sleep(for: .seconds(ServiceLimits.bodySeconds))
                throw Problem(
                    status: .requestTimeout, kind: "timeout",
                    detail: "the body did not arrive within \(ServiceLimits.bodySeconds) seconds")
            }
            defer { group.cancelAll() }
            guard let buffer = try await group.next() else { throw CancellationError() }
            return buffer
        }
    }

    private static func problem(for error: DecodingError) -> Problem {
        func field(_ path: [any CodingKey]) -> String {
            path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, _):
            return .badRequest("\(key.stringValue): is missing", field: key.stringValue)
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
