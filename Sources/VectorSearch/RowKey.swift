/// The identity of a row: the 16 bytes of its `PassageID`.
///
/// Keys order bytewise, as `memcmp` does. That order breaks ties between equal scores, so it must say nothing about
/// passages that the caller may not read: a `PassageID` is a keyed digest, neither a counter nor a position (Rule 2,
/// non-interference).
package struct RowKey: Hashable, Comparable, Sendable {
    /// The number of bytes of a key.
    package static let byteCount = 16

    /// Bytes 0 to 7, the first one the most significant.
    package let high: UInt64
    /// Bytes 8 to 15, the first one the most significant.
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The key made of exactly 16 bytes, or nil where their number differs.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var words: (high: UInt64, low: UInt64) = (0, 0)
        for (position, byte) in bytes.enumerated() {
            if position < 8 {
                words.high = words.high << 8 | UInt64(byte)
            } else {
                words.low = words.low << 8 | UInt64(byte)
            }
        }
        self.init(high: words.high, low: words.low)
    }

    /// The 16 bytes, in the order in which they were given.
    package var bytes: [UInt8] {
        [high, low].flatMap { word in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
        }
    }

    package static func < (left: RowKey, right: RowKey) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }
}
