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
            ? []
            : try await answer(
                to: ScanQuery(query, count: depth, in: readable.plan, minimumScore: nil), labels: readable.labels
            ).rows
        let (resolved, hits) = try await matching
        // A thread lets go of its work a moment after it is done: it gets nothing that keeps the file open.
        let found = try await scan.pool.run { [partitions] in
            Self.joined(near, query, hits, resolved, readable, partitions, needsMatch: words.hasPhrases)
        }
        return SearchCandidates(candidates: try await completed(found, query), lexicalBound: resolved.upperBound)
    }

    /// A row that either search found.
    private struct Found: Sendable {
        let row: LabelledRow
        /// nil where it is not known yet: words found it, and its vector is not in memory.
        let vectorScore: Double?
        let lexicalScore: Double
    }

    private func completed(_ found: [Found], _ query: QueryVector) async throws -> [SearchCandidate] {
        let unscored = found.filter { $0.vectorScore == nil }.map(\.row)
        let vectors = unscored.isEmpty ? [] : try await vectors(of: unscored)
        var scores = vectors.lazy.map { FixedOrderKernel.dot(query.components, $0) }.makeIterator()
        return found.map { found in
            SearchCandidate(
                key: found.row.key, label: found.row.label, vectorScore: found.vectorScore ?? scores.next()!,
                lexicalScore: found.lexicalScore)
        }
    }

    /// The rows that either search found, each with both scores as far as memory tells.
    ///
    /// - Parameter needsMatch: Whether a passage that words do not find is none.
    private static func joined(
        _ near: [ScoredRow], _ vector: QueryVector, _ hits: [LexicalHit], _ words: ResolvedQuery,
        _ readable: ReadableRows, _ partitions: [LabelID: LabelPartition], needsMatch: Bool
    ) -> [Found] {
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
        return lexicalScores.sorted { $0.key < $1.key }.map { place, score in
            let row = LabelledRow(key: place.key, label: readable.labels[place.position])
            return Found(
                row: row,
                vectorScore: vectorScores[place] ?? partitions[row.label]?.rows.score(of: row.key, to: vector),
                lexicalScore: score)
        }
    }

    package func similarities(among found: [ScoredPassage]) async throws -> [[Double]] {
        let vectors = try await vectors(of: found.map { LabelledRow(key: RowKey($0.id), label: $0.label) })
        return try await scan.pool.run {
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
