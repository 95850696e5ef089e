import Glibc

/// The formula of the scores (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009),
/// with the inverse document frequency that is never negative (as Lucene has it):
///
///     idf(t)   = ln(1 + (N - df + 0.5) / (df + 0.5))
///     score(p) = sum over t of weight(t) * idf(t) * ((k1 + 1) * tf / (tf + k1 * (1 - b + b * length / averageLength)))
///
/// All in Double, in this order of operations, the sum in the order of the query's terms: the same bits for a passage
/// whatever else is in the index.
enum BM25 {
    static let k1 = 0.9
    static let b = 0.4

    static func inverseDocumentFrequency(_ frequency: Int, of count: Int) -> Double {
        log(1 + (Double(count - frequency) + 0.5) / (Double(frequency) + 0.5))
    }

    /// What the length of a passage adds to the occurrences that it is compared with.
    @inline(__always)
    static func norm(length: Int, averageLength: Double) -> Double {
        k1 * (1 - b + b * Double(length) / averageLength)
    }

    /// At most `k1 + 1`.
    @inline(__always)
    static func saturation(_ occurrences: Double, norm: Double) -> Double {
        (k1 + 1) * occurrences / (occurrences + norm)
    }
}
