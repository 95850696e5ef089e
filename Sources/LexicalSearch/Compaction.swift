/// A smaller number of segments in the place of some, made aside while the index goes on.
///
/// `LexicalIndex.compaction` takes what to make, `run` makes it on any thread, `LexicalIndex.install` puts it in the
/// place of its sources as they are by then. Results are the same bits before and after.
package struct Compaction: Sendable {
    fileprivate let sources: [LexicalIndex.Part]
    fileprivate let generation: Int

    /// What `run` made.
    package struct Result: Sendable {
        fileprivate let sources: [LexicalIndex.Part]
        fileprivate let generation: Int
        fileprivate let segment: Segment?
        fileprivate let partitions: [Int32]
        /// By source: the new row of each of its rows, or `gone`.
        fileprivate let rows: [[UInt32]]
        fileprivate static let gone = UInt32.max
    }

    /// Writes the passages that are there into one segment, sorted by partition, with the terms that they hold.
    /// O(postings) time; memory of about twice the new segment.
    package func run() -> Result {
        var builder = SegmentBuilder(sources.map { PassageRecords(unfolding: $0) })
        let made = builder.segment()
        return Result(
            sources: sources, generation: generation, segment: made?.segment, partitions: made?.partitions ?? [],
            rows: sources.map { source in made.map { Self.rows(of: source, in: $0.segment) } ?? [] })
    }

    /// Where the rows of a source are in what was made of it.
    private static func rows(of source: LexicalIndex.Part, in segment: Segment) -> [UInt32] {
        var rows = [UInt32](repeating: Result.gone, count: source.segment.count)
        for document in 0..<source.segment.documents.count {
            let old = source.segment.documents.rows(document)
            guard let first = old.first, source.partitions[Int(first)] != RowPartitions.removed,
                let new = segment.documents.rows(of: source.segment.documents.key(document))
            else { continue }
            for (old, new) in zip(old, new) { rows[Int(old)] = new }
        }
        return rows
    }
}

extension LexicalIndex {
    /// Segments of sizes less than this many times apart are merged with each other.
    private static let sizeRatio = 4
    /// The share of rows, removed or moved, from which on a segment is written anew.
    private static let changedShare = 0.25

    /// What is worth compacting, with no more than so many rows in all, or nil: small segments first, then one in which
    /// many rows were removed or moved.
    package func compaction(atMost rows: Int) -> Compaction? {
        let bySize = parts.sorted { $0.segment.count < $1.segment.count }
        // Segments that a larger one does not dwarf are merged, so that about log(rows) of them remain.
        var (merged, sum): ([Part], Int) = ([], 0)
        for part in bySize {
            guard sum + part.segment.count <= rows else { break }
            if merged.count > 1, part.segment.count > sum * Self.sizeRatio { break }
            merged.append(part)
            sum += part.segment.count
        }
        if merged.count > 1,
            merged[merged.count - 1].segment.count <= (sum - merged[merged.count - 1].segment.count) * Self.sizeRatio
        {
            return Compaction(sources: merged, generation: compactions)
        }
        let worn = parts.filter {
            $0.segment.count <= rows && Double($0.changed) >= Self.changedShare * Double($0.segment.count)
        }
        return worn.max { $0.changed < $1.changed }.map { Compaction(sources: [$0], generation: compactions) }
    }

    /// All segments into one, with nothing left of what was removed; nil where that is so already.
    package func fullCompaction() -> Compaction? {
        parts.count > 1 || parts.contains { $0.changed > 0 } ? Compaction(sources: parts, generation: compactions) : nil
    }

    /// Puts what a compaction made in the place of its sources. Changes that were made to them since are made to it.
    /// O(runs of rows).
    ///
    /// - Returns: False, with nothing changed, if another compaction was put in its place since this one was taken.
    @discardableResult
    package mutating func install(_ result: Compaction.Result) -> Bool {
        guard result.generation == compactions else { return false }
        compactions += 1
        guard let segment = result.segment else { return true }
        var made = Part(segment: segment, partitions: RowPartitions(result.partitions))
        for (source, rows) in zip(result.sources, result.rows) {
            let place = parts.firstIndex { $0.segment === source.segment }
            // A source that is no longer there is empty by now.
            let current = place.map { parts[$0].partitions }
            let changes = source.partitions.changes(to: current)
            if let place { parts.remove(at: place) }
            made.set(changes.map { (Int(rows[$0.row]), $0.partition) })
        }
        if made.count > 0 { parts.append(made) }
        return true
    }
}

extension PassageRecords {
    /// The records of the passages of a part that are there: its postings, turned from terms to passages. O(postings).
    convenience init(unfolding part: LexicalIndex.Part) {
        let segment = part.segment
        let kept = (0..<segment.count).map { part.partitions[$0] != RowPartitions.removed }
        var sizes = [Int](repeating: 0, count: segment.count)
        var terms = [UInt32](repeating: 0, count: segment.count)
        var last = [Int](repeating: 0, count: segment.count)
        Self.forEachPosting(of: segment) { term, row, occurrences, positions in
            guard kept[row] else { return }
            sizes[row] +=
                VariableInteger.byteCount(UInt64(term - last[row])) + VariableInteger.byteCount(UInt64(occurrences))
                + positions.count
            terms[row] += 1
            last[row] = term
        }
        var next: [Int] = []
        var sum = 0
        for size in sizes {
            next.append(sum)
            sum += size
        }
        let starts = next
        let bytes = PostingMemory<UInt8>(repeating: 0, count: sum)
        last = [Int](repeating: 0, count: segment.count)
        Self.forEachPosting(of: segment) { term, row, occurrences, positions in
            guard kept[row] else { return }
            var place = next[row]
            VariableInteger.write(UInt64(term - last[row]), to: bytes.start, &place)
            VariableInteger.write(UInt64(occurrences), to: bytes.start, &place)
            (bytes.start + place).update(from: segment.positions.start + positions.lowerBound, count: positions.count)
            next[row] = place + positions.count
            last[row] = term
        }
        var rows: [Row] = []
        var documents: [LexicalKey] = []
        for document in 0..<segment.documents.count {
            let own = segment.documents.rows(document)
            guard let first = own.first, kept[Int(first)] else { continue }
            for row in own.map(Int.init) {
                rows.append(
                    Row(
                        key: segment.keys[row], document: Int32(documents.count), partition: part.partitions[row],
                        length: UInt32(segment.length(of: row)), terms: terms[row], start: starts[row]))
            }
            documents.append(segment.documents.key(document))
        }
        self.init(dictionary: segment.dictionary, bytes: bytes, rows: rows, documents: documents)
    }

    private static func forEachPosting(
        of segment: Segment, _ body: (_ term: Int, _ row: Int, _ occurrences: Int, _ positions: Range<Int>) -> Void
    ) {
        var position = 0
        for term in 0..<segment.dictionary.count {
            for posting in segment.postings(ofNumber: term) {
                let occurrences = Int(segment.occurrences[posting])
                let end = VariableInteger.skip(occurrences, in: segment.positions.start, from: position)
                body(term, Int(segment.rows[posting]), occurrences, position..<end)
                position = end
            }
        }
    }
}
