import AccessControl
import IndexStore
import Ingest
import Passages
import TextEmbedding

extension SQLiteIndex {
    /// Gives what policies name labels of its own, before the policies are in force.
    ///
    /// - Parameter embedder: Embeds anew what was embedded together with titles that may stay hidden then.
    func distinguish(_ names: ResourceNames, embedder: any Embedder) async throws {
        try await distinguish(names, embeddingText: EmbeddingText(embedder)) { try await embedder.embed($0) }
    }
}
