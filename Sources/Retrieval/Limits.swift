/// Upper bounds of a query (rule 7, every number has a limit). Settings may lower the first two, never raise them.
package enum QueryLimits {
    /// Bytes of a question.
    package static let queryBytes = 65_536
    /// Results asked for.
    package static let results = 1_000
    /// Levels of `and` and `or` in a filter.
    package static let filterDepth = 8
    /// Comparisons in a filter.
    package static let filterComparisons = 64
    /// Values of one `in` or `nin`.
    package static let filterValues = 256
}
