extension ResolvedQuery {
    /// Rows whose scores are added up at a time: few enough that their sums stay in the first cache.
    private static let window: UInt32 = 4096

    /// The best permitted passages that match, by score, then by key, then by the plan's order of partitions. A passage
    /// matches that holds a term of the query and every phrase of it.
    ///
    /// O(postings of permitted passages + stretches × terms).
    package func best(_ limit: Int) -> [LexicalHit] {
        var hits = BestHits(limit: limit)
        guard limit > 0, !terms.isEmpty else { return [] }
        withUnsafeTemporaryAllocation(of: Double.self, capacity: Int(Self.window)) { sums in
            sums.initialize(repeating: 0)
            for part in plan.parts.indices { addHits(ofPart: part, sums.baseAddress!, to: &hits) }
        }
        return hits.sorted
    }

    private func addHits(ofPart part: Int, _ sums: UnsafeMutablePointer<Double>, to hits: inout BestHits) {
        let segment = plan.parts[part].part.segment
        let held = terms.indices.filter { !terms[$0].postings[part].isEmpty }
        guard !held.isEmpty else { return }
        var cursors = held.map {
            Cursor(
                postings: terms[$0].postings[part], inverseDocumentFrequency: terms[$0].inverseDocumentFrequency)
        }
        var windows = Windows(plan.parts[part].stretches, size: Self.window)
        while let window = windows.next() {
            var isTouched = false
            plan.saturations.withValues { saturations in
                for number in cursors.indices {
                    for stretch in window.stretches {
                        if cursors[number].add(stretch, of: segment, saturations, to: sums - Int(window.start)) {
                            isTouched = true
                        }
                    }
                }
            }
            guard isTouched else { continue }
            for stretch in window.stretches {
                takeHits(from: stretch, ofPart: part, segment, sums - Int(window.start), to: &hits)
            }
        }
    }

    /// Takes the sums of a stretch as scores, and leaves zeros.
    private func takeHits(
        from stretch: LexicalPlan.Stretch, ofPart part: Int, _ segment: Segment, _ sums: UnsafeMutablePointer<Double>,
        to hits: inout BestHits
    ) {
        var threshold = hits.threshold
        for row in Int(stretch.start)..<Int(stretch.end) {
            let score = sums[row]
            sums[row] = 0
            guard score >= threshold, score > 0 else { continue }
            let partition = plan.parts[part].part.partitions[row]
            let entry = BestHits.Entry(
                score: score, key: segment.keys[row], rank: plan.rank(of: partition)!, partition: partition)
            guard hits.admits(entry), phrases.allSatisfy({ $0.stands(in: row, ofPart: part, segment) }) else {
                continue
            }
            hits.insert(entry)
            threshold = hits.threshold
        }
    }
}

/// Where a term's postings were read to.
private struct Cursor {
    var postings: Range<Int>
    let inverseDocumentFrequency: Double

    /// Adds what the term gives to the rows of a stretch; false where it gives nothing.
    @inline(__always)
    mutating func add(
        _ stretch: LexicalPlan.Stretch, of segment: Segment, _ saturations: SaturationTable.Values,
        to sums: UnsafeMutablePointer<Double>
    ) -> Bool {
        let first = segment.firstPosting(in: postings, notBefore: stretch.start)
        let (rows, occurrences) = (segment.rows.start, segment.occurrences.start)
        let end = postings.upperBound
        var posting = first
        while posting < end, rows[posting] < stretch.end {
            let row = Int(rows[posting])
            sums[row] +=
                inverseDocumentFrequency * saturations(Int(occurrences[posting]), length: segment.length(of: row))
            posting += 1
        }
        postings = posting..<end
        return posting > first
    }
}

/// Stretches cut into windows of rows.
private struct Windows {
    struct Window {
        let start: UInt32
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
        return Window(start: first, stretches: within)
    }
}
