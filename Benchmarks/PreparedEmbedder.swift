import TextEmbedding

/// Gives each question a vector that was there before, so that a measured request holds everything but the model.
struct PreparedEmbedder: Embedder {
    /// Questions that there are.
    static let questions = 64

    let model = EmbeddingModel(
        name: "prepared", dimension: SyntheticEnclave.dimension, maximumTokens: 256, digest: "prepared")
    private let vectors: [[Float]]

    init() {
        var random = RandomNumbers(seed: 7)
        vectors = (0..<Self.questions).map { _ in random.unitVector(SyntheticEnclave.dimension) }
    }

    static func question(_ number: Int) -> String { "question \(number % questions)" }

    func vector(_ number: Int) -> [Float] { vectors[number % Self.questions] }

    func embed(_ texts: [String]) async throws -> [[Float]] {
        texts.map { vector($0.split(separator: " ").last.flatMap { Int($0) } ?? 0) }
    }

    func embed(_ text: String) async throws -> [Float] {
        vector(text.split(separator: " ").last.flatMap { Int($0) } ?? 0)
    }

    func countTokens(_ text: String) -> Int { text.utf8.count / 4 }
}
