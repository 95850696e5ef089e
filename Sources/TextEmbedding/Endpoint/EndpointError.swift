/// Why there are no vectors from the embedding endpoint. No message holds a text that was sent or anything the endpoint
/// said about it; each says what to do.
package enum EndpointError: Error, Equatable, CustomStringConvertible {
    case keyFile(path: String, reason: String)
    case certificateAuthority(path: String, reason: String)
    case timedOut(endpoint: String, seconds: Int)
    case tooManyWaiting(endpoint: String, limit: Int)
    case unreachable(endpoint: String, reason: String, attempts: Int)
    case overloaded(endpoint: String, status: Int, attempts: Int)
    case untrusted(endpoint: String)
    case redirected(endpoint: String, status: Int)
    case refused(endpoint: String, status: Int)
    case tooLarge(endpoint: String, limit: Int)
    case malformed(endpoint: String, reason: String)
    case otherModel(endpoint: String, expected: String, found: String?)
    case otherDimension(endpoint: String, expected: Int, found: Int)
    case otherCount(endpoint: String, expected: Int, found: Int)
    case notBatchInvariant(endpoint: String)

    package var description: String {
        switch self {
        case .keyFile(let path, let reason):
            "The key of the embedding endpoint cannot be used: \(path) \(reason)."
        case .certificateAuthority(let path, let reason):
            "The certificates for the embedding endpoint cannot be used: \(path) \(reason). "
                + "Name a PEM file in `embedding.endpoint.certificate_authority`."
        case .timedOut(let endpoint, let seconds):
            "The embedding endpoint \(endpoint) did not answer within \(seconds) seconds. "
                + "Look at its load, or raise `embedding.endpoint.timeout_seconds`."
        case .tooManyWaiting(let endpoint, let limit):
            "\(limit) requests wait for the embedding endpoint \(endpoint) already, which is the limit. Ask again."
        case .unreachable(let endpoint, let reason, let attempts):
            "The embedding endpoint \(endpoint) cannot be reached (\(reason); attempts: \(attempts)). "
                + "See that it runs and that this machine may connect to it."
        case .overloaded(let endpoint, let status, let attempts):
            "The embedding endpoint \(endpoint) takes no requests now (status \(status); attempts: \(attempts)). "
                + "Look at its load, and try again later."
        case .untrusted(let endpoint):
            "There is no trusted TLS connection to the embedding endpoint \(endpoint): its certificate has expired, is "
                + "for another name or is not signed by an authority that is trusted here, or it does not speak TLS. "
                + "A private authority is named in `embedding.endpoint.certificate_authority`."
        case .redirected(let endpoint, let status):
            "The embedding endpoint \(endpoint) sends requests elsewhere (status \(status)), which is never followed. "
                + "Write the final URL in `embedding.endpoint.url`."
        case .refused(let endpoint, let status):
            "The embedding endpoint \(endpoint) refuses the request (status \(status)). \(Self.advice(status))"
        case .tooLarge(let endpoint, let limit):
            "The embedding endpoint \(endpoint) answers with more than \(limit) bytes, the limit for this request. "
                + "Compare `embedding.endpoint.dimension` with the model."
        case .malformed(let endpoint, let reason):
            "The answer of the embedding endpoint \(endpoint) cannot be used: \(reason). It must speak OpenAI's "
                + "/v1/embeddings with encoding_format float."
        case .otherModel(let endpoint, let expected, let found):
            "The embedding endpoint \(endpoint) answers for \(found.map { "the model \($0)" } ?? "another model") and "
                + "not for \(expected). Correct `embedding.endpoint.model`, or load that model there."
        case .otherDimension(let endpoint, let expected, let found):
            "The embedding endpoint \(endpoint) gives vectors of \(found) numbers, expected \(expected). "
                + "Correct `embedding.endpoint.dimension`, or load that model there."
        case .otherCount(let endpoint, let expected, let found):
            "The embedding endpoint \(endpoint) gives \(found) vectors for \(expected) texts. Report it to its makers."
        case .notBatchInvariant(let endpoint):
            "The embedding endpoint \(endpoint) is not batch invariant: the vector of a text changed with the texts "
                + "beside it. Set `embedding.endpoint.batch_invariant: false`."
        }
    }

    private static func advice(_ status: Int) -> String {
        switch status {
        case 401, 403: "Check the key in `embedding.endpoint.key_file`."
        case 404, 405: "Check the path of `embedding.endpoint.url`, which ends before /embeddings, and the model."
        case 400, 413, 422:
            "Check `embedding.endpoint.model`, and that `maximum_tokens` and `texts_per_request` are not above what "
                + "the endpoint takes."
        default: "Its log has the reason."
        }
    }
}
