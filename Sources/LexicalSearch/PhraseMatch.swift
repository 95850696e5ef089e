/// A phrase, and where the postings of its words are in each part of a plan.
struct PhraseMatch: Sendable {
    /// By part, then by word.
    private let postings: [[Range<Int>]]

    init(_ words: [[UInt8]], in plan: LexicalPlan) {
        postings = plan.parts.map { planned in words.map { planned.part.segment.postings(of: $0) } }
    }

    /// Whether the words stand one behind another somewhere in a row.
    func stands(in row: Int, ofPart part: Int, _ segment: Segment) -> Bool {
        var found: [Int] = []
        for word in postings[part] {
            guard let posting = segment.posting(of: row, in: word) else { return false }
            found.append(posting)
        }
        var starts: Set<Int> = []
        var positions: [Int] = []
        for (number, posting) in found.enumerated() {
            positions.removeAll(keepingCapacity: true)
            segment.appendPositions(of: posting, to: &positions)
            let candidates = Set(positions.map { $0 - number })
            starts = number == 0 ? candidates : starts.intersection(candidates)
            if starts.isEmpty { return false }
        }
        return true
    }
}
