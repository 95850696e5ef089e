/// Which model turned texts into vectors. An index records it: vectors of two models must never meet in one scan.
package struct EmbeddingModel: Codable, Hashable, Sendable {
    package var name: String
    /// Numbers in a vector.
    package var dimension: Int
    /// Longest text that is read whole, in tokens, the two around it included.
    package var maximumTokens: Int
    /// SHA-256 in hexadecimal over everything that shapes a vector: weights, vocabulary, and how the text is read.
    package var digest: String

    package init(name: String, dimension: Int, maximumTokens: Int, digest: String) {
        self.name = name
        self.dimension = dimension
        self.maximumTokens = maximumTokens
        self.digest = digest
    }

    /// What an index records of the model that made its vectors.
    package var identity: String { "\(name), \(dimension) dimensions, sha256 \(digest)" }
}

/// Text to vectors of unit length.
///
/// INVARIANT (batch invariance): a text's vector has the same bits whatever is embedded beside it or at the same time,
/// as a passage or as a query, in this process or the next. Otherwise a hidden passage could show in another's score.
package protocol Embedder: Sendable {
    var model: EmbeddingModel { get }

    /// One vector a text, in their order. Text beyond `model.maximumTokens` is not read.
    ///
    /// - Throws: `CancellationError`, or what stands between the caller and the model.
    func embed(_ texts: [String]) async throws -> [[Float]]

    /// The vector of one text: the same bits as in any batch.
    func embed(_ text: String) async throws -> [Float]

    /// The number of tokens of a text, without the two around it and without a cut.
    func countTokens(_ text: String) -> Int
}

extension Embedder {
    package func embed(_ text: String) async throws -> [Float] {
        try await embed([text])[0]
    }
}
