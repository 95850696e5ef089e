package import AccessControl
package import Labels
package import LexicalSearch
package import Passages
import VectorSearch

/// A permitted passage with what both searches say of it.
package struct SearchCandidate: Sendable {
    package let id: PassageID
    package let label: LabelID
    /// Inner product with the query's vector, by the fixed-order kernel.
    package let vectorScore: Double
    /// BM25 over the permitted passages; 0 where no word matches.
    package let lexicalScore: Double

    package init(id: PassageID, label: LabelID, vectorScore: Double, lexicalScore: Double) {
        self.id = id
        self.label = label
        self.vectorScore = vectorScore
        self.lexicalScore = lexicalScore
    }
}

/// What a fusion ranks.
package struct SearchCandidates: Sendable {
    /// In the order of ids; those of one id in that of the keyed digests of their labels.
    package let candidates: [SearchCandidate]
    /// No passage has a greater BM25 score for this query.
    package let lexicalBound: Double

    package init(candidates: [SearchCandidate], lexicalBound: Double) {
        self.candidates = candidates
        self.lexicalBound = lexicalBound
    }
}

extension IndexSnapshot {
    package func matching(
        _ words: LexicalQuery, among permitted: PermittedLabels, limit: Int, minimumScore: Double
    ) async throws -> [ScoredPassage] {
        guard !permitted.isEmpty else { return [] }
        let plan = try await lexicalPlan(permitted)
        return try await scan.pool.run { ResolvedQuery(words, in: plan).best(limit) }
            .filter { $0.score >= minimumScore }
            .map { ScoredPassage(id: PassageID($0.key), label: LabelID(Int64($0.partition)), score: $0.score) }
    }

    package func candidates(
        vector: [Float], words: LexicalQuery, among permitted: PermittedLabels, depth: Int
    ) async throws -> SearchCandidates {
        guard !permitted.isEmpty else { return SearchCandidates(candidates: [], lexicalBound: 0) }
        let plan = try await lexicalPlan(permitted)
        let ranks = Dictionary(
            uniqueKeysWithValues: try await readableRows(permitted).labels.enumerated().map { ($1, $0) })
        async let matching = scan.pool.run {
            let query = ResolvedQuery(words, in: plan)
            return (query: query, hits: query.best(depth))
        }
        let near = try await nearest(
            to: vector, among: permitted, limit: depth, minimumScore: -.greatestFiniteMagnitude)
        let (query, hits) = try await matching
        return try await scan.pool.run {
            var lexicalScores: [Place: Double] = [:]
            for hit in hits {
                lexicalScores[Place(id: PassageID(hit.key), label: LabelID(Int64(hit.partition)))] = hit.score
            }
            let rest = near.map { Place(id: $0.id, label: $0.label) }.filter { lexicalScores[$0] == nil }
            let scores = query.scores(of: rest.map { (LexicalKey($0.id.bytes), $0.label.partition) })
            for (place, score) in zip(rest, scores) {
                // A phrase that is asked for must stand there.
                if score > 0 || !words.hasPhrases { lexicalScores[place] = score }
            }
            let vectorScores = Dictionary(
                uniqueKeysWithValues: near.map { (Place(id: $0.id, label: $0.label), $0.score) })
            return SearchCandidates(
                candidates: try lexicalScores.sorted {
                    $0.key.id != $1.key.id
                        ? $0.key.id < $1.key.id : ranks[$0.key.label, default: 0] < ranks[$1.key.label, default: 0]
                }.map { place, score in
                    SearchCandidate(
                        id: place.id, label: place.label,
                        vectorScore: try vectorScores[place] ?? FixedOrderKernel.dot(vector, self.vector(of: place)),
                        lexicalScore: score)
                }, lexicalBound: query.upperBound)
        }
    }

    package func similarities(among found: [ScoredPassage]) async throws -> [[Double]] {
        try await scan.pool.run {
            let vectors = try found.map { try self.vector(of: Place(id: $0.id, label: $0.label)) }
            return vectors.map { left in vectors.map { FixedOrderKernel.dot(left, $0) } }
        }
    }

    private func lexicalPlan(_ permitted: PermittedLabels) async throws -> LexicalPlan {
        guard let lexical else { preconditionFailure("a search by words of a snapshot that has none") }
        return try await lexicalPlans.plan(of: permitted.ids) {
            let readable = try await readableRows(permitted)
            return try await scan.pool.run { LexicalPlan(lexical, permitting: readable.labels.map(\.partition)) }
        }
    }

    // MARK: - Vectors of candidates

    /// A passage under one of its labels.
    private struct Place: Hashable {
        let id: PassageID
        let label: LabelID
    }

    private func vector(of place: Place) throws -> [Float] {
        guard let vector = partitions[place.label]?.rows.vector(of: RowKey(place.id)) else {
            throw IndexError.damaged(what: "passage \(place.id) has no vector")
        }
        return vector
    }
}

extension PassageID {
    init(_ key: LexicalKey) {
        self.init(bytes: [key.high, key.low].flatMap { word in withUnsafeBytes(of: word.bigEndian) { Array($0) } })
    }
}
