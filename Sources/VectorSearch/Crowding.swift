/// Whether the rows that a scan comes through lie so close together that their coarse halves rule out few of them.
///
/// It is a guess about the rows to come by those that were looked at last. A wrong one costs time and no result.
struct Crowding {
    /// Blocks that are taken to be like the one before them.
    private static let blocks = 31

    private var left = 0

    /// - Parameters:
    ///   - found: How many rows could be among the best by their coarse halves, counted for each query.
    ///   - all: How many there were.
    mutating func note(_ found: Int, of all: Int) {
        left = found > all / 4 * 3 ? Self.blocks : 0
    }

    /// Whether the next block is taken to be like the last one.
    mutating func isLikely() -> Bool {
        if left == 0 { return false }
        left -= 1
        return true
    }
}
