import Crypto
import Foundation
import Passages

/// A whole response, as it came.
struct ReplayedResponse: Sendable {
    let status: Int
    /// In the order in which they came.
    let headers: [(name: String, value: String)]
    let body: Data
}

/// The first thing in which two responses differ. It says where and holds digests, and nothing of a text: they are keyed, so
/// that who guesses a body cannot try his guess on a report.
struct ResponseDifference: Encodable, Equatable, Sendable {
    /// Header fields that differ although nothing leaks, and why.
    ///
    /// - `date`: says when a response was made, and two are not made at one time.
    static let differing: Set<String> = ["date"]

    enum Part: Encodable, Equatable, Sendable {
        case status(live: Int, oracle: Int)
        /// The first one whose name or value differs; one of the two may be missing.
        case header(name: String)
        /// The first byte that differs, counted from 0.
        case body(offset: Int)
    }

    let part: Part
    /// HMAC-SHA256 of the body, in hexadecimal digits.
    let liveBody: String
    let oracleBody: String

    enum CodingKeys: String, CodingKey {
        case part
        case liveBody = "live_body_hmac"
        case oracleBody = "oracle_body_hmac"
    }

    /// Nil where status, headers and body are the same, byte for byte.
    ///
    /// - Parameter key: Of one run, known to nobody: digests of one report can be compared, and those of two cannot.
    init?(live: ReplayedResponse, oracle: ReplayedResponse, key: SymmetricKey) {
        guard let part = Self.part(live, oracle) else { return nil }
        self.part = part
        liveBody = Hexadecimal.text(Array(HMAC<SHA256>.authenticationCode(for: live.body, using: key)))
        oracleBody = Hexadecimal.text(Array(HMAC<SHA256>.authenticationCode(for: oracle.body, using: key)))
    }

    private static func part(_ live: ReplayedResponse, _ oracle: ReplayedResponse) -> Part? {
        if live.status != oracle.status { return .status(live: live.status, oracle: oracle.status) }
        // The body first: its length is a header field too, which would say less.
        if live.body != oracle.body { return .body(offset: zip(live.body, oracle.body).prefix { $0 == $1 }.count) }
        let headers = [live, oracle].map { response in
            response.headers.filter { !differing.contains($0.name.lowercased()) }
        }
        for (left, right) in zip(headers[0], headers[1])
        where !left.name.utf8.elementsEqual(right.name.utf8) || !left.value.utf8.elementsEqual(right.value.utf8) {
            return .header(name: left.name)
        }
        let common = min(headers[0].count, headers[1].count)
        return (headers[0].dropFirst(common) + headers[1].dropFirst(common)).first.map { .header(name: $0.name) }
    }
}

extension ResponseDifference.Part: CustomStringConvertible {
    var description: String {
        switch self {
        case .status(let live, let oracle): "status \(live) in place of \(oracle)"
        case .header(let name): "the header field \(name)"
        case .body(let offset): "the body from byte \(offset) on"
        }
    }
}
