package import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

/// An error as callers see it: RFC 9457, `application/problem+json`.
///
/// Texts say what to do and never hold a question, a passage, or a hint at what the caller may not read.
struct Problem: Error {
    let status: HTTPResponse.Status
    /// The last part of the problem's type.
    let kind: String
    let detail: String
    /// The field of the request that is wrong, if one is.
    var field: String?
    var headers = HTTPFields()

    var response: Response {
        struct Body: Encodable {
            let type: String
            let title: String
            let status: Int
            let detail: String
            let field: String?
        }
        let body = Body(
            type: "urn:portcullis:problem:\(kind)", title: status.reasonPhrase, status: status.code, detail: detail,
            field: field)
        return .json(body, status: status, type: "application/problem+json", headers: headers)
    }
}

extension Problem {
    /// The one answer for what does not exist and for what the caller may not read.
    static let notFound = Problem(
        status: .notFound, kind: "not-found", detail: "there is nothing here that you may read")

    static func unauthorized(_ error: InvalidToken) -> Problem {
        let challenge =
            error.reason == .missing
            ? #"Bearer realm="portcullis""# : #"Bearer realm="portcullis", error="invalid_token""#
        return Problem(
            status: .unauthorized, kind: "unauthorized", detail: error.description,
            headers: [.wwwAuthenticate: challenge])
    }

    static func badRequest(_ detail: String, field: String? = nil) -> Problem {
        Problem(status: .badRequest, kind: "bad-request", detail: detail, field: field)
    }

    static func unavailable(_ detail: String) -> Problem {
        Problem(status: .serviceUnavailable, kind: "unavailable", detail: detail, headers: [.retryAfter: "1"])
    }
}

extension Response {
    /// A JSON body with keys in order, so that equal answers are equal bytes.
    static func json(
        _ body: some Encodable, status: HTTPResponse.Status = .ok, type: String = "application/json",
        headers: HTTPFields = HTTPFields()
    ) -> Response {
        guard let data = try? JSONEncoder.canonical.encode(body) else {
            return Response(status: .internalServerError)
        }
        return .json(bytes: Array(data), status: status, type: type, headers: headers)
    }

    /// A body that is JSON already.
    static func json(
        bytes: [UInt8], status: HTTPResponse.Status = .ok, type: String = "application/json",
        headers: HTTPFields = HTTPFields()
    ) -> Response {
        var headers = headers
        headers[.contentType] = type
        headers[.cacheControl] = "no-store"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

extension JSONEncoder {
    package static var canonical: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
