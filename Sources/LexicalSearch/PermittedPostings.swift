/// The postings of a term in each stretch that holds any, one stretch after another.
///
/// Neither postings between stretches are read nor stretches between postings: O(the fewer of both × log of the more) for
/// all of them.
struct Meetings: Sendable {
    private let end: Int
    private var posting: Int
    private var stretch = 0

    init(_ postings: Range<Int>) {
        end = postings.upperBound
        posting = postings.lowerBound
    }

    /// - Parameter stretches: The same each time.
    mutating func next(of segment: Segment, in stretches: [LexicalPlan.Stretch]) -> Range<Int>? {
        stretches.withUnsafeBufferPointer { stretches in
            while posting < end {
                stretch = LexicalPlan.firstStretch(in: stretches, from: stretch, behind: segment.rows.start[posting])
                guard stretch < stretches.count else {
                    posting = end
                    break
                }
                let first = segment.firstPosting(in: posting..<end, notBefore: stretches[stretch].start)
                posting = segment.firstPosting(in: first..<end, notBefore: stretches[stretch].end)
                if posting > first { return first..<posting }
            }
            return nil
        }
    }
}

/// The permitted postings of a term in one part of a plan.
///
/// There may be as many ranges of them as stretches, for each term of a query: so only some are kept, and the others are
/// looked for again when they are needed.
struct PermittedPostings: Sendable {
    /// The first ones.
    private(set) var kept: [Range<Int>] = []
    /// Where the others are.
    private(set) var rest: Meetings
    /// Of postings, not of ranges.
    private(set) var count = 0

    /// - Parameter limit: Of the ranges that are kept.
    init(_ postings: Range<Int>, of planned: LexicalPlan.PartPlan, keeping limit: Int) {
        var meetings = Meetings(postings)
        rest = meetings
        while let meeting = meetings.next(of: planned.part.segment, in: planned.stretches) {
            count += meeting.count
            guard kept.count < limit else { continue }
            kept.append(meeting)
            rest = meetings
        }
    }
}
