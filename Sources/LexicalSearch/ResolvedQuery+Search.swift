extension ResolvedQuery {
    /// Rows whose scores are added up at a time: few enough that their sums stay in the first cache.
    private static let window: UInt32 = 4096

    /// The best permitted passages that match, by score, then by key, then by the plan's order of partitions. A passage
    /// matches that holds a term of the query and every phrase of it.
    ///
    /// O(postings of permitted passages + their rows).
    package func best(_ limit: Int) -> [LexicalHit] {
        var hits = BestHits(limit: limit)
        guard limit > 0, !terms.isEmpty, canMatch else { return [] }
        withUnsafeTemporaryAllocation(of: Double.self, capacity: Int(Self.window)) { sums in
            sums.initialize(repeating: 0)
            for part in plan.parts.indices { addHits(ofPart: part, sums.baseAddress!, to: &hits) }
        }
        return hits.sorted
    }

    private func addHits(ofPart part: Int, _ sums: UnsafeMutablePointer<Double>, to hits: inout BestHits) {
        let segment = plan.parts[part].part.segment
        let stretches = plan.parts[part].stretches
        var cursors = terms.compactMap { Cursor($0, part: part, of: segment, stretches) }
        var phrases = phrases.map { PhraseMatch($0, of: segment) }
        guard !cursors.isEmpty, phrases.allSatisfy(\.mayStand) else { return }
        var windows = Windows(stretches, size: Self.window)
        while let window = windows.next() {
            var isTouched = false
            plan.saturations.withValues { saturations in
                for number in cursors.indices {
                    let isGiven = cursors[number].add(
                        before: window.end, of: segment, stretches, saturations, to: sums - Int(window.start))
                    if isGiven { isTouched = true }
                }
            }
            guard isTouched else { continue }
            for stretch in window.stretches {
                takeHits(from: stretch, ofPart: part, sums - Int(window.start), &phrases, to: &hits)
            }
        }
    }

    /// Takes the sums of a stretch as scores, and leaves zeros.
    private func takeHits(
        from stretch: LexicalPlan.Stretch, ofPart part: Int, _ sums: UnsafeMutablePointer<Double>,
        _ phrases: inout [PhraseMatch], to hits: inout BestHits
    ) {
        let segment = plan.parts[part].part.segment
        var threshold = hits.threshold
        for row in Int(stretch.start)..<Int(stretch.end) {
            let score = sums[row]
            sums[row] = 0
            guard score >= threshold, score > 0 else { continue }
            let partition = plan.parts[part].part.partitions[row]
            let entry = BestHits.Entry(
                score: score, key: segment.keys[row], rank: plan.rank(of: partition)!, partition: partition)
            guard hits.admits(entry), stand(&phrases, in: row, of: segment) else {
                continue
            }
            hits.insert(entry)
            threshold = hits.threshold
        }
    }
}

/// Whether all phrases stand in a row.
private func stand(_ phrases: inout [PhraseMatch], in row: Int, of segment: Segment) -> Bool {
    for number in phrases.indices where !phrases[number].stands(in: row, of: segment) { return false }
    return true
}

/// Where a term's permitted postings were read to.
private struct Cursor {
    private let inverseDocumentFrequency: Double
    private let kept: [Range<Int>]
    /// Behind those that are kept.
    private var rest: Meetings
    private var number = 0
    private var posting = 0
    /// Of the range that is being read.
    private var end = 0
    private var row = UInt32.max

    /// Nil where the term has no permitted posting.
    init?(_ term: ResolvedQuery.Term, part: Int, of segment: Segment, _ stretches: [LexicalPlan.Stretch]) {
        inverseDocumentFrequency = term.inverseDocumentFrequency
        kept = term.permitted[part].kept
        rest = term.permitted[part].rest
        guard next(of: segment, stretches) else { return nil }
        row = segment.rows[posting]
    }

    /// Goes on to the next range; false where there is none.
    private mutating func next(of segment: Segment, _ stretches: [LexicalPlan.Stretch]) -> Bool {
        let range = number < kept.count ? kept[number] : rest.next(of: segment, in: stretches)
        guard let range else { return false }
        number += 1
        (posting, end) = (range.lowerBound, range.upperBound)
        return true
    }

    /// Adds what the term gives to the rows before an end; false where it gives nothing.
    @inline(__always)
    mutating func add(
        before windowEnd: UInt32, of segment: Segment, _ stretches: [LexicalPlan.Stretch],
        _ saturations: SaturationTable.Values, to sums: UnsafeMutablePointer<Double>
    ) -> Bool {
        guard row < windowEnd else { return false }
        let (rows, occurrences, lengthEnds) = (segment.rows.start, segment.occurrences.start, segment.lengthEnds.start)
        repeat {
            let last = end
            while posting < last {
                row = rows[posting]
                guard row < windowEnd else { return true }
                let length = Int(lengthEnds[Int(row) + 1] &- lengthEnds[Int(row)])
                sums[Int(row)] += inverseDocumentFrequency * saturations(Int(occurrences[posting]), length: length)
                posting += 1
            }
        } while next(of: segment, stretches)
        row = .max
        return true
    }
}

/// Stretches cut into windows of rows.
private struct Windows {
    struct Window {
        let start: UInt32
        let end: UInt32
        let stretches: [LexicalPlan.Stretch]
    }

    private let stretches: [LexicalPlan.Stretch]
    private let size: UInt32
    private var number = 0
    private var start: UInt32

    init(_ stretches: [LexicalPlan.Stretch], size: UInt32) {
        self.stretches = stretches
        self.size = size
        start = stretches.first?.start ?? 0
    }

    mutating func next() -> Window? {
        guard number < stretches.count else { return nil }
        let first = max(start, stretches[number].start)
        let end = min(UInt64(first) + UInt64(size), UInt64(UInt32.max))
        var within: [LexicalPlan.Stretch] = []
        start = first
        while number < stretches.count, stretches[number].start < end {
            let stretch = stretches[number]
            let cut = UInt32(min(UInt64(stretch.end), end))
            within.append(.init(start: max(start, stretch.start), end: cut))
            start = cut
            if cut < stretch.end { break }
            number += 1
        }
        return Window(start: first, end: UInt32(end), stretches: within)
    }
}
