/// What one file, with all its members, may still be unpacked, decoded or written out to, in bytes.
struct ExpansionBudget {
    private let limit: Int
    private(set) var remaining: Int

    init(_ limits: ExtractionLimits) {
        limit = limits.expandedBytes
        remaining = limit
    }

    mutating func spend(_ bytes: Int) throws(ExtractionError) {
        guard bytes <= remaining else { throw .tooMuchText(limit: limit) }
        remaining -= bytes
    }
}
