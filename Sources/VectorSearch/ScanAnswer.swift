/// How a scan chooses the rows that it scores exactly.
package enum ScanMode: Sendable, Hashable {
    /// The true best rows, by a proven bound.
    case exact
    /// The best of those rows whose estimates by one bit a component are best: faster, and a true one can be missing.
    case approximate
}

/// What a scan found.
package struct ScanAnswer: Hashable, Sendable {
    /// Best first. The score of each is exact, in either mode.
    package let rows: [ScoredRow]
    /// The share of the true best rows that `rows` can be expected to hold (see `RecallEstimate`); nil where the scan
    /// was exact by its mode, and 1 where all rows were scored.
    package let expectedRecall: Double?
}

/// What a scan in memory comes to.
package enum ScanOutcome: Sendable {
    case answer(ScanAnswer)
    /// The vectors of the rows are not in memory: whoever has them scores these.
    case candidates(ScanCandidates)
}
