package import TextEmbedding

/// A small real embedder for tests that need no model: each word adds a fixed pseudo-random direction. Texts that share
/// words are near, a text's vector depends on the text alone, and equal texts tie exactly.
package struct HashingEmbedder: Embedder {
    package let model: EmbeddingModel

    package init(dimension: Int = 32, maximumTokens: Int = 64) {
        model = EmbeddingModel(
            name: "hashing", dimension: dimension, maximumTokens: maximumTokens, digest: "words-\(dimension)")
    }

    package func embed(_ texts: [String]) async throws -> [[Float]] {
        texts.map(vector)
    }

    package func countTokens(_ text: String) -> Int {
        Self.words(text).count
    }

    private func vector(_ text: String) -> [Float] {
        var sum = [Float](repeating: 0, count: model.dimension)
        for word in Self.words(text).prefix(model.maximumTokens) {
            var generator = SeededGenerator(seed: Self.hash(word))
            for index in sum.indices { sum[index] += Float.random(in: -1...1, using: &generator) }
        }
        let norm = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return norm == 0 ? [1] + sum.dropFirst() : sum.map { $0 / norm }
    }

    private static func words(_ text: String) -> [Substring.UTF8View] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(\.utf8)
    }

    /// FNV-1a: the same on every run, unlike Swift's hash.
    private static func hash(_ word: Substring.UTF8View) -> UInt64 {
        word.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
