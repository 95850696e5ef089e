/// A phrase in one part of a plan, looked for in rows one after another.
struct PhraseMatch {
    /// The postings of each word that are not behind the last row that was asked for.
    private var postings: [Range<Int>]
    /// The places of the words in the phrase, the rarest first: most rows do not have that one.
    let order: [Int]
    private var starts: [Int] = []
    private var positions: [Int] = []

    init(_ words: [[UInt8]], of segment: Segment) {
        let postings = words.map { segment.postings(of: $0) }
        self.postings = postings
        order = postings.indices.sorted { (postings[$0].count, $0) < (postings[$1].count, $1) }
        mayStand = postings.allSatisfy { !$0.isEmpty }
    }

    /// False where a word is in no row at all.
    let mayStand: Bool

    /// Whether the words stand one behind another somewhere in a row. Rows are asked for in ascending order.
    mutating func stands(in row: Int, of segment: Segment) -> Bool {
        guard mayStand else { return false }
        for word in order {
            let first = segment.firstPosting(in: postings[word], notBefore: UInt32(row))
            postings[word] = first..<postings[word].upperBound
            guard let posting = postings[word].first, segment.rows[posting] == UInt32(row) else { return false }
        }
        starts.removeAll(keepingCapacity: true)
        segment.appendPositions(of: postings[0].lowerBound, to: &starts)
        for word in 1..<max(1, postings.count) where !starts.isEmpty {
            positions.removeAll(keepingCapacity: true)
            segment.appendPositions(of: postings[word].lowerBound, to: &positions)
            keepStarts(before: word)
        }
        return !starts.isEmpty
    }

    /// Keeps the starts from which a word stands so many words on. Both lists ascend.
    private mutating func keepStarts(before distance: Int) {
        var next = 0
        starts.removeAll { start in
            while next < positions.count, positions[next] < start + distance { next += 1 }
            return next == positions.count || positions[next] != start + distance
        }
    }
}
