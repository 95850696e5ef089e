import IndexStore

/// Chooses among ranked candidates where more is asked for than the best ones: results that differ from each other.
///
/// It looks at the candidates alone, which are permitted, so nothing hidden shapes the choice (rule 2, non-interference).
struct ResultSelection {
    /// Vectors of passages that say nearly the same have at least this inner product.
    static let duplicateSimilarity = 0.97
    /// How many candidates are looked at for each result, and how many more than results at least. Each is compared with
    /// each other, so what many results need is bounded.
    private static let perResult = 4
    private static let boundByResults = 500
    private static let leastMore = 100

    let options: SearchOptions

    /// Whether candidates are to be compared at all.
    var isNeeded: Bool { options.diversity > 0 || options.collapsesDuplicates }

    /// How many candidates to rank for so many results.
    func depth(for count: Int) -> Int {
        isNeeded ? max(count + Self.leastMore, min(Self.perResult * count, Self.boundByResults)) : count
    }

    /// The chosen ones, in the order of choice; each keeps the score that it has.
    ///
    /// Each time the candidate is taken of the highest (1 − d) · score − d · (its greatest similarity to those taken), the
    /// better ranked of equals: maximal marginal relevance. Scores above 1 are scaled to it. O(count × candidates).
    ///
    /// - Parameters:
    ///   - ranked: Best first.
    ///   - similarity: Of each two of them.
    func chosen(_ ranked: [ScoredPassage], count: Int, similarity: [[Double]]) -> [ScoredPassage] {
        // BM25 scores are larger than similarities ever are.
        let scale = 1 / max(1, ranked.first?.score ?? 1)
        var rest = Array(ranked.indices)
        var taken: [Int] = []
        /// The greatest similarity of each candidate to one that is taken.
        var nearest = [Double](repeating: -.infinity, count: ranked.count)
        while taken.count < count {
            var best: (place: Int, value: Double)?
            for (place, candidate) in rest.enumerated() {
                let penalty = taken.isEmpty ? 0 : nearest[candidate]
                let value = (1 - options.diversity) * ranked[candidate].score * scale - options.diversity * penalty
                if best.map({ value > $0.value }) ?? true { best = (place, value) }
            }
            guard let best else { break }
            let candidate = rest.remove(at: best.place)
            taken.append(candidate)
            for other in rest { nearest[other] = max(nearest[other], similarity[candidate][other]) }
            if options.collapsesDuplicates { rest.removeAll { nearest[$0] >= Self.duplicateSimilarity } }
        }
        return taken.map { ranked[$0] }
    }
}
