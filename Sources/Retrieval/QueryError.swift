/// Why a query is refused. The text names the field, the limit and the value, and never repeats what was asked.
package struct QueryError: Error, Equatable, CustomStringConvertible {
    /// The field of the request: `query`, `k`, `filter.filters[0].value`.
    package let field: String
    package let reason: String

    package init(field: String, reason: String) {
        self.field = field
        self.reason = reason
    }

    static func cardNumber(in field: String) -> QueryError {
        QueryError(
            field: field,
            reason: "holds what looks like a payment card number; leave it out and ask again – it was not stored")
    }

    package var description: String { "\(field): \(reason)" }
}
