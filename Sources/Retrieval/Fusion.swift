import IndexStore

/// One order out of two searches: a convex combination of what both say of each candidate (Bruch, Gai and Ingber, "An
/// Analysis of Fusion Functions for Hybrid Retrieval", 2023).
///
///     score = (1 − w) · (inner product of the vectors) + w · (BM25 / the most that any passage could have)
///
/// Both parts are functions of the query and of passages that the caller may read (rule 2, non-interference): the most is
/// that of the query's words over the permitted passages, and not that of the best one found.
/// `docs/hybrid-search.md` has the figures.
enum Fusion {
    /// How many candidates each search gives at least.
    static let depth = 100
    /// w: what words weigh.
    static let lexicalWeight = 0.5

    /// The best candidates by score, then in the order in which they come; O(n log n).
    static func ranked(_ found: SearchCandidates, limit: Int) -> [ScoredPassage] {
        let scores = found.candidates.map { candidate in
            let lexical = found.lexicalBound > 0 ? candidate.lexicalScore / found.lexicalBound : 0
            return (1 - lexicalWeight) * candidate.vectorScore + lexicalWeight * lexical
        }
        let order = scores.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
        return order.prefix(limit).map { number in
            let candidate = found.candidates[number]
            return ScoredPassage(id: candidate.id, label: candidate.label, score: scores[number])
        }
    }
}
