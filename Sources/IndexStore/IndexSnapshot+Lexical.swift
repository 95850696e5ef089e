package import AccessControl
package import Labels
package import LexicalSearch
package import Passages
import VectorSearch

/// A permitted passage with what both searches say of it.
package struct SearchCandidate: Sendable {
    private let key: RowKey
    package let label: LabelID
    /// Inner product with the query's vector, by the fixed-order kernel.
    package let vectorScore: Double
    /// BM25 over the permitted passages; 0 where no word matches.
    package let lexicalScore: Double

    package var id: PassageID { PassageID(bytes: key.bytes) }

    init(key: RowKey, label: LabelID, vectorScore: Double, lexicalScore: Double) {
        self.key = key
        self.label = label
        self.vectorScore = vectorScore
        self.lexicalScore = lexicalScore
    }

    package init(id: PassageID, label: LabelID, vectorScore: Double, lexicalScore: Double) {
        self.init(key: RowKey(id), label: label, vectorScore: vectorScore, lexicalScore: lexicalScore)
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
        let query = try QueryVector(vector)
        let (plan, readable) = (try await lexicalPlan(permitted), try await readableRows(permitted))
        async let matching = scan.pool.run {
            let words = ResolvedQuery(words, in: plan)
            return (query: words, hits: words.best(depth))
        }
        let near =
            readable.plan.count == 0
            ? [] : try await scan.topK(ScanQuery(query, count: depth, in: readable.plan, minimumScore: nil))
        let (resolved, hits) = try await matching
        // A thread lets go of its work a moment after it is done: it gets nothing that keeps the file open.
        let found = try await scan.pool.run { [partitions] in
            try Self.completed(near, query, hits, resolved, readable, partitions, needsMatch: words.hasPhrases)
        }
        return SearchCandidates(candidates: found, lexicalBound: resolved.upperBound)
    }

    /// The rows that either search found, each with both scores.
    ///
    /// - Parameter needsMatch: Whether a passage that words do not find is none.
    private static func completed(
        _ near: [ScoredRow], _ vector: QueryVector, _ hits: [LexicalHit], _ words: ResolvedQuery,
        _ readable: ReadableRows, _ partitions: [LabelID: LabelPartition], needsMatch: Bool
    ) throws -> [SearchCandidate] {
        var lexicalScores: [Place: Double] = [:]
        for hit in hits {
            guard let position = readable.positions[hit.partition] else { continue }
            lexicalScores[Place(key: RowKey(high: hit.key.high, low: hit.key.low), position: position)] = hit.score
        }
        let vectorScores = Dictionary(
            uniqueKeysWithValues: near.map { (Place(key: $0.key, position: $0.partition), $0.score) })
        let rest = vectorScores.keys.filter { lexicalScores[$0] == nil }
        let scores = words.scores(
            of: rest.map {
                (LexicalKey(high: $0.key.high, low: $0.key.low), readable.labels[$0.position].partition)
            })
        for (place, score) in zip(rest, scores) where score > 0 || !needsMatch { lexicalScores[place] = score }
        return try lexicalScores.sorted { $0.key < $1.key }.map { place, score in
            let label = readable.labels[place.position]
            guard
                let vectorScore = vectorScores[place]
                    ?? partitions[label]?.rows.score(of: place.key, to: vector)
            else { throw IndexError.damaged(what: "a passage that words find has no vector") }
            return SearchCandidate(
                key: place.key, label: label, vectorScore: vectorScore, lexicalScore: score)
        }
    }

    package func similarities(among found: [ScoredPassage]) async throws -> [[Double]] {
        try await scan.pool.run { [partitions] in
            let vectors = try found.map { passage in
                guard let vector = partitions[passage.label]?.rows.vector(of: RowKey(passage.id)) else {
                    throw IndexError.damaged(what: "passage \(passage.id) has no vector")
                }
                return vector
            }
            var products = vectors.map { _ in [Double](repeating: 0, count: vectors.count) }
            for left in vectors.indices {
                for right in 0...left {
                    products[left][right] = FixedOrderKernel.dot(vectors[left], vectors[right])
                    products[right][left] = products[left][right]
                }
            }
            return products
        }
    }

    private func lexicalPlan(_ permitted: PermittedLabels) async throws -> LexicalPlan {
        guard let lexical else { preconditionFailure("a search by words of a snapshot that has none") }
        return try await lexicalPlans.plan(of: permitted.ids) {
            let readable = try await readableRows(permitted)
            return try await scan.pool.run { LexicalPlan(lexical, permitting: readable.labels.map(\.partition)) }
        }
    }

    /// A row, and the place of its label among those that may be read.
    private struct Place: Hashable, Comparable {
        let key: RowKey
        let position: Int

        static func < (left: Place, right: Place) -> Bool {
            left.key != right.key ? left.key < right.key : left.position < right.position
        }
    }
}

extension PassageID {
    init(_ key: LexicalKey) {
        self.init(bytes: [key.high, key.low].flatMap { word in withUnsafeBytes(of: word.bigEndian) { Array($0) } })
    }
}
