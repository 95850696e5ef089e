import Synchronization
import TextEmbedding

/// Makes the vector of each question once, so that both services search for the same one: an endpoint may give a text
/// another vector each time, which tells about no document.
final class RememberedVectors: Embedder {
    private let base: any Embedder
    private let known = Mutex<[[UInt8]: [Float]]>([:])

    init(_ base: any Embedder) { self.base = base }

    var model: EmbeddingModel { base.model }

    func countTokens(_ text: String) -> Int { base.countTokens(text) }

    func embed(_ text: String) async throws -> [Float] {
        let key = Array(text.utf8)
        if let vector = known.withLock({ $0[key] }) { return vector }
        let vector = try await base.embed(text)
        return known.withLock { known in
            if let first = known[key] { return first }
            known[key] = vector
            return vector
        }
    }

    func embed(_ texts: [String]) async throws -> [[Float]] {
        var vectors: [[Float]] = []
        for text in texts { vectors.append(try await embed(text)) }
        return vectors
    }
}
