/// Why a query is refused. The text names the field, the limit and the value, and never repeats what was asked.
package struct QueryError: Error, Equatable, CustomStringConvertible {
    /// The field of the request: `query`, `k`, `filter.filters[0].value`.
    package let field: String
    package let reason: String

    package init(field: String, reason: String) {
        self.field = field
        self.reason = reason
    }

    package var description: String { "\(field): \(reason)" }
}
