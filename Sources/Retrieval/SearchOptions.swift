/// How results are found and chosen, where the defaults are not wanted.
package struct SearchOptions: Sendable, Codable {
    package var mode: SearchMode
    /// From 0, by score alone, to 1: how much a result that is like an earlier one falls behind
    /// (maximal marginal relevance, Carbonell and Goldstein, SIGIR 1998).
    package var diversity: Double
    /// Whether what says nearly the same as a better result is left out.
    package var collapsesDuplicates: Bool
    /// Whether each result comes with its words that match, and the stretch of its text that has the most of them.
    package var hasSnippets: Bool

    package init(
        mode: SearchMode = .hybrid, diversity: Double = 0, collapsesDuplicates: Bool = false, hasSnippets: Bool = false
    ) {
        self.mode = mode
        self.diversity = diversity
        self.collapsesDuplicates = collapsesDuplicates
        self.hasSnippets = hasSnippets
    }
}
