package import AccessControl
package import LexicalSearch
package import Passages

/// Where `Retrieval` finds passages. Rows may be in this process or on another machine.
package protocol PassageIndex: Sendable {
    associatedtype Snapshot: PassageSnapshot

    /// The newest generation.
    func snapshot() async throws -> Snapshot

    /// The newest generation with what a search by words needs, which the first call waits for.
    func lexicalSnapshot() async throws -> Snapshot
}

/// One generation of an index. Everything but `labels` takes `PermittedLabels`, which only a decision can make
/// (rule 1, decide before touching).
package protocol PassageSnapshot: Sendable {
    /// Every distinct label of a passage, title or heading.
    var labels: LabelTable { get }

    /// The `limit` permitted passages of the highest score of at least `minimumScore`, ordered by score, then id.
    func nearest(
        to query: [Float], among permitted: PermittedLabels, limit: Int, minimumScore: Double
    ) async throws -> [ScoredPassage]

    /// As `nearest`, in less time: some of the nearest may be missing.
    func approximatelyNearest(
        to query: [Float], among permitted: PermittedLabels, limit: Int, minimumScore: Double
    ) async throws -> ApproximateResult

    /// The `limit` permitted passages of the highest BM25 score, ordered by score, then id; none that matches no word, or
    /// lacks a phrase. Everything that is counted for it is counted over the permitted passages.
    ///
    /// - Precondition: of a `lexicalSnapshot`.
    func matching(
        _ words: LexicalQuery, among permitted: PermittedLabels, limit: Int, minimumScore: Double
    ) async throws -> [ScoredPassage]

    /// The `depth` best permitted passages by vector and as many by words, each with both scores; where the query has
    /// phrases, those that hold them.
    ///
    /// - Precondition: of a `lexicalSnapshot`.
    func candidates(
        vector: [Float], words: LexicalQuery, among permitted: PermittedLabels, depth: Int
    ) async throws -> SearchCandidates

    /// The inner products of the vectors of each two passages that a search found.
    func similarities(among found: [ScoredPassage]) async throws -> [[Double]]

    /// The passages that a scan found, in the same order.
    /// - Throws: `IndexError.outdated` when this generation is gone.
    func passages(_ found: [ScoredPassage], permitted: PermittedLabels) async throws -> [StoredPassage]

    /// nil for a passage that does not exist and for one that is not permitted, without telling which.
    func passage(_ id: PassageID, permitted: PermittedLabels) async throws -> StoredPassage?

    /// nil for a document that does not exist and for one of which nothing is permitted, without telling which.
    func document(_ id: DocumentID, permitted: PermittedLabels) async throws -> StoredDocument?

    /// Over the permitted rows alone.
    func contentTag(of permitted: PermittedLabels) async throws -> ContentTag
}
