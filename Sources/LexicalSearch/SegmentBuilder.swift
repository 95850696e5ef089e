/// Makes a segment of records of passages: sorts the passages, counts the postings of each term, and puts every posting
/// in its place, passage by passage. O(postings) besides the sorting of passages.
struct SegmentBuilder {
    /// A passage that the segment will hold.
    private struct Place {
        let partition: Int32
        let part: Int32
        let document: Int32
        let index: Int32
    }

    private let parts: [PassageRecords]
    private var places: [Place] = []
    private let dictionary = TermDictionary()
    /// The number of each part's terms in the dictionary.
    private var numbers: [[UInt32]] = []

    /// - Parameter parts: Records; a document that comes again takes the place of the one before it.
    init(_ parts: [PassageRecords]) {
        self.parts = parts
        var last: [LexicalKey: (part: Int, document: Int)] = [:]
        for (part, records) in parts.enumerated() {
            for (document, key) in records.documents.enumerated() { last[key] = (part, document) }
        }
        for (part, records) in parts.enumerated() {
            for (index, row) in records.rows.enumerated() {
                let owner = last[records.documents[Int(row.document)]]!
                guard owner == (part, Int(row.document)) else { continue }
                places.append(
                    Place(
                        partition: row.partition, part: Int32(part), document: row.document, index: Int32(index)))
            }
        }
        places.sort {
            ($0.partition, $0.part, $0.document, $0.index) < ($1.partition, $1.part, $1.document, $1.index)
        }
    }

    /// The segment and the partitions of its rows, or nil where there is no passage.
    mutating func segment() -> (segment: Segment, partitions: [Int32])? {
        guard !places.isEmpty else { return nil }
        precondition(places.count < UInt32.max, "a segment holds at most 2^32 - 2 passages")
        let (postingStarts, positionEnds) = count()
        return fill(postingStarts, positionEnds)
    }

    // MARK: - Counting

    /// Numbers the terms that occur, and counts their postings and the bytes of their positions, each as the start of
    /// every term.
    private mutating func count() -> (postings: PostingMemory<UInt32>, positions: [UInt64]) {
        let none = UInt32.max
        var numbers = parts.map { [UInt32](repeating: none, count: $0.dictionary.count) }
        var postings: [UInt32] = []
        var positions: [UInt64] = []
        for place in places {
            let part = Int(place.part)
            forEachTerm(of: place) { term, _, bytes in
                var number = numbers[part][term]
                if number == none {
                    number = UInt32(dictionary.intern(parts[part].dictionary.term(term)))
                    numbers[part][term] = number
                    if Int(number) == postings.count {
                        postings.append(0)
                        positions.append(0)
                    }
                }
                postings[Int(number)] += 1
                positions[Int(number)] += UInt64(bytes.count)
            }
        }
        self.numbers = numbers
        dictionary.trim()
        let starts = PostingMemory<UInt32>(capacity: postings.count + 1)
        var sum: (postings: UInt32, positions: UInt64) = (0, 0)
        for term in postings.indices {
            starts.append(sum.postings)
            // Traps beyond 2^32 postings.
            sum.postings += postings[term]
            let count = positions[term]
            positions[term] = sum.positions
            sum.positions += count
        }
        starts.append(sum.postings)
        positions.append(sum.positions)
        return (starts, positions)
    }

    // MARK: - Placing

    private func fill(
        _ starts: PostingMemory<UInt32>, _ positionStarts: [UInt64]
    ) -> (Segment, [Int32]) {
        let count = Int(starts[dictionary.count])
        let allRows = PostingMemory<UInt32>(repeating: 0, count: count)
        let allOccurrences = PostingMemory<UInt8>(repeating: 0, count: count)
        let allPositions = PostingMemory<UInt8>(repeating: 0, count: Int(positionStarts[dictionary.count]))
        let blocks = PostingMemory<UInt64>(repeating: 0, count: count / Segment.postingBlock + 1)
        let lengthEnds = PostingMemory<UInt32>(capacity: places.count + 1)
        lengthEnds.append(0)
        var next = (0..<dictionary.count).map { starts[$0] }
        var nextPosition = positionStarts
        for (row, place) in places.enumerated() {
            let part = Int(place.part)
            forEachTerm(of: place) { term, occurrences, bytes in
                let number = Int(numbers[part][term])
                let posting = Int(next[number])
                let position = Int(nextPosition[number])
                if posting % Segment.postingBlock == 0 { blocks[posting / Segment.postingBlock] = UInt64(position) }
                allRows[posting] = UInt32(row)
                allOccurrences[posting] = UInt8(occurrences)
                (allPositions.start + position).update(
                    from: parts[part].bytes.start + bytes.lowerBound, count: bytes.count)
                next[number] += 1
                nextPosition[number] += UInt64(bytes.count)
            }
            // Traps beyond 2^32 words.
            lengthEnds.append(lengthEnds[row] + parts[part].rows[Int(place.index)].length)
        }
        let segment = Segment(
            dictionary: dictionary, postingStarts: starts, rows: allRows, occurrences: allOccurrences,
            positions: allPositions, positionStarts: blocks, lengthEnds: lengthEnds,
            keys: places.map { parts[Int($0.part)].rows[Int($0.index)].key }, documents: documents())
        return (segment, places.map(\.partition))
    }

    private func documents() -> DocumentTable {
        var numbers: [Int64: Int] = [:]
        var keys: [LexicalKey] = []
        let rows = places.map { place in
            let id = Int64(place.part) << 32 | Int64(place.document)
            let number =
                numbers[id]
                ?? {
                    numbers[id] = keys.count
                    keys.append(parts[Int(place.part)].documents[Int(place.document)])
                    return keys.count - 1
                }()
            return (document: number, passage: Int(place.index))
        }
        return DocumentTable(keys, rows: rows)
    }

    /// Gives the terms of a passage with the bytes of their positions.
    @inline(__always)
    private func forEachTerm(
        of place: Place, _ body: (_ term: Int, _ occurrences: Int, _ positions: Range<Int>) -> Void
    ) {
        let part = parts[Int(place.part)]
        let row = part.rows[Int(place.index)]
        let bytes = part.bytes.start
        var (position, term) = (row.start, 0)
        for _ in 0..<row.terms {
            term += Int(VariableInteger.read(bytes, &position))
            let occurrences = Int(VariableInteger.read(bytes, &position))
            let end = VariableInteger.skip(occurrences, in: bytes, from: position)
            body(term, occurrences, position..<end)
            position = end
        }
    }
}
