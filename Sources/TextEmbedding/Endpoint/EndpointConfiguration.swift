/// Where an embedding endpoint is and what is expected of it.
///
/// Whether a connection there is allowed at all has been decided before: the enclave's settings refuse a host that is
/// not on the allow-list, and nothing here adds one.
package struct EndpointConfiguration: Hashable, Sendable {
    /// Requests go to this URL and to no other: `https://models.example:443/v1/embeddings`.
    package var url: String
    /// `host:port`, for messages.
    package var destination: String
    /// Sent with each request, and expected in each answer, byte for byte.
    package var model: String
    /// Numbers in a vector.
    package var dimension: Int
    /// Longest text, in tokens, the ones that the model puts around it included.
    package var maximumTokens: Int
    /// File with the bearer key; nil where the endpoint needs none.
    package var keyFile: String?
    /// File with the certificates (PEM) that are trusted in place of the system's; nil for the system's.
    package var certificateAuthority: String?
    /// Bound on one request with its turn, its repetitions and their pauses.
    package var timeoutSeconds: Int
    /// 1 unless the endpoint is batch invariant.
    package var textsPerRequest: Int
    /// Whether a vector has the same bits whatever the endpoint computes beside it.
    package var isBatchInvariant: Bool

    package init(
        url: String, destination: String, model: String, dimension: Int, maximumTokens: Int, keyFile: String? = nil,
        certificateAuthority: String? = nil, timeoutSeconds: Int = 30, textsPerRequest: Int = 1,
        isBatchInvariant: Bool = false
    ) {
        precondition(isBatchInvariant || textsPerRequest == 1)
        self.url = url
        self.destination = destination
        self.model = model
        self.dimension = dimension
        self.maximumTokens = maximumTokens
        self.keyFile = keyFile
        self.certificateAuthority = certificateAuthority
        self.timeoutSeconds = timeoutSeconds
        self.textsPerRequest = textsPerRequest
        self.isBatchInvariant = isBatchInvariant
    }
}

/// Upper bounds on what goes to and comes from an embedding endpoint.
enum EndpointLimits {
    /// Bytes of all texts of one request; one text alone is bounded by the model's tokens.
    static let requestTextBytes = 1 << 20
    /// Requests that are under way at once to a batch invariant endpoint; one to any other.
    static let concurrentRequests = 4
    /// Callers that wait for their turn.
    static let waitingRequests = 1024
    /// Bytes of an answer besides its vectors.
    static let answerBytes = 64 << 10
    /// Bytes of one number of an answer: 17 digits, sign, point, exponent, comma and white space around them.
    static let bytesPerNumber = 40
    /// Seconds until a connection stands.
    static let connectSeconds: Int64 = 10
    /// Seconds that a connection is kept for the next request.
    static let idleSeconds: Int64 = 30
    /// Bytes of the file with the key.
    static let keyBytes = 4096
    /// Bytes of the file with certificates.
    static let certificateBytes = 1 << 20
    /// Tokens that the model puts around a text.
    static let specialTokens = 2
}
