package import AccessControl
import Labels
package import LexicalSearch
package import Passages
import VectorSearch

/// An index in memory that holds what one caller may read, and nothing else: what the whole index must answer like.
///
/// Its rows lie in memory of their own and are searched by the same code as any others; its texts never touch a file.
/// It gives labels and rows other numbers than the index that it is made from, so that what goes by them shows.
package struct OracleIndex: PassageIndex {
    /// A passage under one label.
    struct Place: Hashable {
        let id: PassageID
        let label: LabelID
    }

    /// The rows alone. A new kind of search is one more line below; what it searches, `OracleBuilder` fills.
    ///
    /// INVARIANT (memory): what is asked of it reads memory and no file. The file that it names is the whole index.
    private let rows: IndexSnapshot
    private let documents: [DocumentID: StoredDocument]
    private let passages: [Place: StoredPassage]
    /// The labels of a passage, the one that it is shown under first.
    private let labelsOfPassages: [PassageID: [LabelID]]
    /// Held for as long as this is, so that an erasure waits until both are let go of.
    private let whole: IndexSnapshot

    /// - Parameter rows: Of the passages, in memory of their own.
    init(of whole: IndexSnapshot, rows: IndexSnapshot, documents: [StoredDocument], passages: [Place: StoredPassage]) {
        self.whole = whole
        self.rows = rows
        self.documents = Dictionary(uniqueKeysWithValues: documents.map { ($0.id, $0) })
        self.passages = passages
        labelsOfPassages = Dictionary(grouping: passages.keys, by: \.id).mapValues { places in
            places.compactMap { place in rows.partitions[place.label].map { (place.label, $0.digest) } }
                .sorted { $0.1 < $1.1 }.map(\.0)
        }
    }

    /// Number of passages of the whole index.
    package var wholeCount: Int { whole.passageCount }

    /// Number of passages.
    package var passageCount: Int { rows.passageCount }

    package func snapshot() -> OracleIndex { self }

    package func lexicalSnapshot() -> OracleIndex { self }

    /// Some of the passages, for questions that somebody asks about what he may read.
    package func sample(_ count: Int, using generator: inout some RandomNumberGenerator) -> [PassageSample] {
        let ids = labelsOfPassages.keys.sorted().shuffled(using: &generator).prefix(count)
        return ids.compactMap { id in
            labelsOfPassages[id]?.first.flatMap { passages[Place(id: id, label: $0)] }.map(PassageSample.init)
        }
    }
}

/// All that is in it may be read, so what is fetched asks for no decision; what is searched does, because a filter
/// narrows it.
extension OracleIndex: PassageSnapshot {
    package var labels: LabelTable { rows.labels }

    package func nearest(
        to query: [Float], among permitted: PermittedLabels, limit: Int, minimumScore: Double
    ) async throws -> [ScoredPassage] {
        try await rows.nearest(to: query, among: permitted, limit: limit, minimumScore: minimumScore)
    }

    package func approximatelyNearest(
        to query: [Float], among permitted: PermittedLabels, limit: Int, minimumScore: Double
    ) async throws -> ApproximateResult {
        try await rows.approximatelyNearest(
            to: query, among: permitted, limit: limit, minimumScore: minimumScore)
    }

    package func matching(
        _ words: LexicalQuery, among permitted: PermittedLabels, limit: Int, minimumScore: Double
    ) async throws -> [ScoredPassage] {
        try await rows.matching(words, among: permitted, limit: limit, minimumScore: minimumScore)
    }

    package func candidates(
        vector: [Float], words: LexicalQuery, among permitted: PermittedLabels, depth: Int
    ) async throws -> SearchCandidates {
        try await rows.candidates(vector: vector, words: words, among: permitted, depth: depth)
    }

    package func similarities(among found: [ScoredPassage]) async throws -> [[Double]] {
        try await rows.similarities(among: found)
    }

    package func passages(_ found: [ScoredPassage], permitted: PermittedLabels) throws -> [StoredPassage] {
        try found.map { hit in
            guard let passage = passages[Place(id: hit.id, label: hit.label)] else {
                throw IndexError.damaged(what: "a passage that was found is missing")
            }
            return passage
        }
    }

    package func passage(_ id: PassageID, permitted: PermittedLabels) -> StoredPassage? {
        labelsOfPassages[id]?.first.flatMap { passages[Place(id: id, label: $0)] }
    }

    package func document(_ id: DocumentID, permitted: PermittedLabels) -> StoredDocument? { documents[id] }

    package func contentTag(of permitted: PermittedLabels) -> ContentTag { rows.contentTag(of: permitted) }
}
