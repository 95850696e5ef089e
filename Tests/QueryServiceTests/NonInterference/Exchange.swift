import Foundation
import IndexStore
import Labels
import NIOHTTP1
import Passages
import Retrieval
import TestSupport

@testable import QueryService

/// One request as it goes over the wire, without the token.
struct Exchange: Sendable, CustomStringConvertible {
    let method: HTTPMethod
    let path: String
    var body: String?

    var description: String { "\(method) \(path)\(body.map { " " + $0 } ?? "")" }

    static func get(_ path: String) -> Exchange { Exchange(method: .GET, path: path) }

    static func retrieve(_ query: String, k: Int = 500, purpose: String, more: [String] = []) -> Exchange {
        let fields = [#""query": "\#(query)""#, #""k": \#(k)"#, #""purpose": "\#(purpose)""#] + more
        return Exchange(method: .POST, path: "/v1/retrieve", body: "{" + fields.joined(separator: ", ") + "}")
    }
}

/// Makes the requests of somebody who wants to find out what he may not read.
struct ExchangeGenerator {
    let asker: Asker
    let documents: [IndexedDocument]
    let oracle: Oracle

    func exchanges(using generator: inout SeededGenerator) throws -> [Exchange] {
        let passages = documents.flatMap(\.passages)
        let permitted = try passages.filter { try oracle.mayRead($0.label, id: $0.id.description) }
        let hidden = try passages.filter { try !oracle.mayRead($0.label, id: $0.id.description) }
        var exchanges: [Exchange] = []
        // Everything there is, in each way of searching: each score, each tie, each title.
        for mode in SearchMode.allCases {
            exchanges.append(
                .retrieve(
                    Vocabulary.text(3, using: &generator), purpose: asker.purpose,
                    more: [#""mode": "\#(mode.rawValue)""#]))
        }
        // What is hidden, asked for in its own words.
        for passage in hidden.shuffled(using: &generator).prefix(3) + permitted.shuffled(using: &generator).prefix(1) {
            let words = passage.text.split { !$0.isLetter && !$0.isNumber }.prefix(12).joined(separator: " ")
            let k = [1, 2, 3, 5, 10].randomElement(using: &generator)!
            exchanges.append(
                .retrieve(words + " wing", k: k, purpose: asker.purpose, more: options(using: &generator)))
        }
        // A phrase of what is hidden, as though one might hear whether it stands anywhere.
        if let words = hidden.randomElement(using: &generator)?.text.split(separator: " ").prefix(3) {
            let phrase = words.map { $0.filter { $0.isLetter || $0.isNumber } }.joined(separator: " ")
            exchanges.append(.retrieve(#"\"\#(phrase)\""#, purpose: asker.purpose))
        }
        for _ in 0..<4 {
            let k = [1, 2, 3, 7, 20, 500].randomElement(using: &generator)!
            var more = options(using: &generator) + [#""filter": \#(filter(depth: 0, using: &generator))"#]
            if Bool.random(using: &generator) {
                more.append(#""min_score": \#(Double.random(in: -0.3...0.6, using: &generator))"#)
            }
            exchanges.append(
                .retrieve(Vocabulary.text(2, using: &generator), k: k, purpose: asker.purpose, more: more))
        }
        let absent = (0..<2).map { _ in
            (0..<32).map { _ in String(Int.random(in: 0..<16, using: &generator), radix: 16) }.joined()
        }
        let chosen = permitted.shuffled(using: &generator).prefix(3) + hidden.shuffled(using: &generator).prefix(4)
        for id in chosen.map(\.id.description) + absent + ["nonsense", documents[0].id.description] {
            exchanges.append(.get("/v1/passages/\(id)?purpose=\(asker.purpose)"))
        }
        let some = documents.shuffled(using: &generator).prefix(5)
        for id in some.map(\.id.description) + absent + [hidden.first?.id.description ?? "x"] {
            exchanges.append(.get("/v1/documents/\(id)?purpose=\(asker.purpose)"))
        }
        return exchanges + badRequests
    }

    private var badRequests: [Exchange] {
        let id = documents[0].passages.first?.id.description ?? "x"
        return [
            .retrieve("wing", k: 0, purpose: asker.purpose), .retrieve("wing", purpose: "espionage"),
            .retrieve("wing", purpose: asker.purpose, more: [#""min_score": "high""#]),
            .retrieve("wing", purpose: asker.purpose, more: [#""mode": "fast""#]),
            .retrieve("wing", purpose: asker.purpose, more: [#""diversity": 2"#]),
            .retrieve("?!", purpose: asker.purpose),
            .retrieve("wing", purpose: asker.purpose, more: [#""filter": {"type": "eq", "key": "x", "value": 1}"#]),
            Exchange(method: .POST, path: "/v1/retrieve", body: "not JSON"), .get("/v1/passages"),
            Exchange(method: .POST, path: "/v1/passages/\(id)", body: "{}"),
            .get("/v1/passages/\(id)"), .get("/v1/nothing/\(id)"), .get("/readyz"),
        ]
    }

    /// How to search and to choose.
    private func options(using generator: inout SeededGenerator) -> [String] {
        var options = [#""mode": "\#(SearchMode.allCases.randomElement(using: &generator)!.rawValue)""#]
        if Int.random(in: 0..<3, using: &generator) == 0 {
            options.append(#""diversity": \#(Double.random(in: 0...1, using: &generator))"#)
        }
        for name in ["collapse_duplicates", "snippets"] where Bool.random(using: &generator) {
            options.append(#""\#(name)": true"#)
        }
        return options
    }

    private func filter(depth: Int, using generator: inout SeededGenerator) -> String {
        func comparison(_ type: String, _ key: String, _ value: String) -> String {
            #"{"type": "\#(type)", "key": "\#(key)", "value": \#(value)}"#
        }
        let level = "\"" + Vocabulary.levels.randomElement(using: &generator)! + "\""
        let project = "\"" + Vocabulary.projects.randomElement(using: &generator)! + "\""
        switch Int.random(in: 0..<(depth < 2 ? 7 : 5), using: &generator) {
        case 0: return comparison(["eq", "ne"].randomElement(using: &generator)!, "classification", level)
        case 1:
            return comparison(["gt", "gte", "lt", "lte"].randomElement(using: &generator)!, "classification", level)
        case 2: return comparison(["in", "nin"].randomElement(using: &generator)!, "projects", "[\(project)]")
        // One of the two is visible; the other is refused as though there were none.
        case 3: return comparison("gte", "weight", "\(Int.random(in: 0...9, using: &generator))")
        case 4: return comparison("eq", "categories", "\"\(Vocabulary.categories.randomElement(using: &generator)!)\"")
        default:
            let members = (0..<2).map { _ in filter(depth: depth + 1, using: &generator) }
            let type = ["and", "or"].randomElement(using: &generator)!
            return #"{"type": "\#(type)", "filters": [\#(members.joined(separator: ", "))]}"#
        }
    }
}

/// Compares whole responses.
struct ResponseComparison: Sendable {
    /// Header fields that must differ, and why.
    ///
    /// - `date`: says when a response was made, and two are not made at one time.
    static let differing: Set<String> = ["date"]

    /// Whether page and byte range may differ: where in its source a passage stands moves with what stands before it. With
    /// them goes `content-length`, which counts their digits.
    var ignoresPlaces = false

    /// What differs; nil where nothing does.
    func difference(_ left: TestServer.Response, _ right: TestServer.Response) -> String? {
        if left.status != right.status { return "status \(left.status) and \(right.status)" }
        let ignored = Self.differing.union(ignoresPlaces ? ["content-length"] : [])
        let headers = [left, right].map { $0.headers.filter { !ignored.contains($0.key) } }
        if headers[0] != headers[1] { return "headers \(headers[0]) and \(headers[1])" }
        let bodies = [left, right].map { ignoresPlaces ? Self.withoutPlaces($0.body) : $0.body }
        guard bodies[0] != bodies[1] else { return nil }
        let offset = zip(bodies[0], bodies[1]).prefix { $0 == $1 }.count
        let shown = bodies.map { String(decoding: $0.dropFirst(max(0, offset - 40)).prefix(120), as: UTF8.self) }
        return "byte \(offset) of the bodies: …\(shown[0])… and …\(shown[1])…"
    }

    private static func withoutPlaces(_ body: Data) -> Data {
        // In JSON text a quotation mark is escaped, so these can only be the fields themselves.
        let text = String(decoding: body, as: UTF8.self)
            .replacing(/"byte_range":\{"end":[0-9]+,"start":[0-9]+\}/, with: #""byte_range":0"#)
            .replacing(/"page":(?:null|[0-9]+)/, with: #""page":0"#)
        return Data(text.utf8)
    }
}
