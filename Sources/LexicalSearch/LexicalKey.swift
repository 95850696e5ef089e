/// The identity of a passage or of a document: the 16 bytes of a keyed digest.
///
/// Keys order bytewise. That order breaks ties between equal scores, so it must say nothing about passages that the
/// caller may not read: neither a counter nor a position (Rule 2, non-interference).
package struct LexicalKey: Hashable, Comparable, Sendable {
    /// Bytes 0 to 7, the first one the most significant.
    package let high: UInt64
    /// Bytes 8 to 15, the first one the most significant.
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package static func < (left: LexicalKey, right: LexicalKey) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }
}
