import Foundation
import NIOHTTP1

/// One request as it goes over the wire, without the token.
struct ReplayedRequest: Sendable {
    /// What it is, for reports: no text of it.
    let name: String
    let method: HTTPMethod
    /// With the query string.
    let path: String
    var body: String?

    static func get(_ path: String, purpose: String?, name: String) -> ReplayedRequest {
        let stated = purpose?.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
        return ReplayedRequest(name: name, method: .GET, path: path + (stated.map { "?purpose=\($0)" } ?? ""))
    }

    /// - Parameter more: Further fields of the body, their values as JSON.
    static func question(
        _ text: String, k: Int = 5, purpose: String?, more: [(field: String, json: String)] = [], name: String
    ) -> ReplayedRequest {
        var fields: [(field: String, json: String)] = [("query", quoted(text)), ("k", "\(k)")]
        if let purpose { fields.append(("purpose", quoted(purpose))) }
        let body = (fields + more).map { "\(quoted($0.field)):\($0.json)" }.joined(separator: ",")
        return .body("{\(body)}", name: name)
    }

    static func body(_ text: String, name: String) -> ReplayedRequest {
        ReplayedRequest(name: name, method: .POST, path: "/v1/retrieve", body: text)
    }

    /// A text as a string of JSON.
    static func quoted(_ text: String) -> String {
        guard let data = try? JSONEncoder.canonical.encode(text) else { preconditionFailure("a string is JSON") }
        return String(decoding: data, as: UTF8.self)
    }
}
