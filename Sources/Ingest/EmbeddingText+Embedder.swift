package import Passages
package import TextEmbedding

extension EmbeddingText {
    /// Tokens that the model puts around a text.
    private static let specialTokens = 2

    /// What a model is given to embed.
    package init(_ embedder: any Embedder) {
        self.init(
            maximumTokens: embedder.model.maximumTokens - Self.specialTokens, countTokens: embedder.countTokens)
    }
}
