/// Why rows, a query or a scan were refused.
///
/// An error names the row by its position among the rows given, and the limit with the value given (Rule 7). It holds
/// no component of a vector: a vector tells what its text says.
package enum VectorSearchError: Error, Equatable, CustomStringConvertible {
    /// A row or query must have between 1 and `limit` components.
    case dimensionOutOfRange(given: Int, limit: Int)
    /// Row `row` has another number of components than its neighbours.
    case rowDimension(row: Int, given: Int, expected: Int)
    /// Row `row` holds a NaN or an infinity.
    case rowNotFinite(row: Int)
    /// The key of row `row` is already in the partition, or stands twice among the rows given.
    case duplicateKey(row: Int)
    /// The query has another number of components than the rows.
    case queryDimension(given: Int, expected: Int)
    /// The query holds a NaN or an infinity.
    case queryNotFinite
    /// The number of results asked for must be between 1 and `limit`.
    case resultCountOutOfRange(given: Int, limit: Int)
    /// The lowest score asked for is a NaN or an infinity.
    case minimumScoreNotFinite
    /// As many scans or reads as allowed are waiting for a thread. Try again later.
    case tooManyWaiting(limit: Int)
    /// An exact score lay outside the interval that its kernel or library had given, so no result can be vouched for: a
    /// library that computes with less than float32, or memory that does not keep what was written.
    case scoreBoundViolated(by: String)

    package var description: String {
        switch self {
        case .dimensionOutOfRange(let given, let limit):
            "a vector has \(given) components; between 1 and \(limit) are allowed"
        case .rowDimension(let row, let given, let expected):
            "row \(row) has \(given) components where \(expected) are expected"
        case .rowNotFinite(let row):
            "row \(row) holds a component that is not a finite number"
        case .duplicateKey(let row):
            "the key of row \(row) is already taken"
        case .queryDimension(let given, let expected):
            "the query has \(given) components where the rows have \(expected)"
        case .queryNotFinite:
            "the query holds a component that is not a finite number"
        case .resultCountOutOfRange(let given, let limit):
            "\(given) results were asked for; between 1 and \(limit) are allowed"
        case .minimumScoreNotFinite:
            "the lowest score asked for is not a finite number"
        case .tooManyWaiting(let limit):
            "\(limit) others are waiting already; try again later"
        case .scoreBoundViolated(let source):
            "\(source) gave a score outside its error bound; restart the program, check the machine's memory, and where it "
                + "is a BLAS library, install another one"
        }
    }
}
