import Inspection
import Labels

/// A question within its limits, and without cardholder data: every door makes its queries here, before anything is
/// embedded.
package struct Query: Sendable {
    package let text: String
    /// The number of passages asked for.
    package let count: Int
    /// Passages with a lower score are left out.
    package let minimumScore: Double
    package let filter: LabelFilter?
    package let options: SearchOptions

    /// The bounds that one enclave sets.
    package struct Limits: Sendable {
        package let queryBytes: Int
        package let results: Int

        package init(queryBytes: Int, results: Int) {
            self.queryBytes = min(queryBytes, QueryLimits.queryBytes)
            self.results = min(results, QueryLimits.results)
        }
    }

    package init(
        text: String, count: Int = 5, minimumScore: Double = -1, filter: LabelFilter? = nil,
        options: SearchOptions = SearchOptions(), limits: Limits
    ) throws(QueryError) {
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw QueryError(field: "query", reason: "is empty; ask a question")
        }
        guard text.utf8.count <= limits.queryBytes else {
            throw QueryError(
                field: "query", reason: "has \(text.utf8.count) bytes and at most \(limits.queryBytes) are allowed")
        }
        guard CardNumberDetector.cardNumbers(in: text).isEmpty else { throw .cardNumber(in: "query") }
        guard filter?.holdsCardNumber != true else { throw .cardNumber(in: "filter") }
        guard 1...limits.results ~= count else {
            // What has as many digits as a card number is not repeated.
            let met = count.magnitude < 100_000_000_000 ? "is \(count)" : "has more than 11 digits"
            throw QueryError(field: "k", reason: "\(met) and must be between 1 and \(limits.results)")
        }
        guard minimumScore.isFinite else {
            throw QueryError(field: "min_score", reason: "is not a finite number; give one between -1 and 1")
        }
        guard 0...1 ~= options.diversity else {
            throw QueryError(field: "diversity", reason: "must be a number between 0 and 1")
        }
        self.options = options
        self.text = text
        self.count = count
        self.minimumScore = minimumScore
        self.filter = filter
    }
}

extension LabelFilter {
    /// Whether a value that is compared with holds a card number.
    fileprivate var holdsCardNumber: Bool {
        switch self {
        case .all(let filters), .any(let filters): filters.contains(where: \.holdsCardNumber)
        case .comparison(_, _, let values):
            values.contains { !CardNumberDetector.cardNumbers(in: $0.description).isEmpty }
        }
    }
}
