/// Passages that were indexed together. It never changes: which partition a row is in, and whether it is there at all,
/// is told beside it (`RowPartitions`).
///
/// Rows of one partition were neighbours when it was made, and within one of one document. The postings of a term are
/// sorted by row; those of all terms lie one behind another:
///
/// | array | element | of each |
/// | --- | --- | --- |
/// | `postingStarts` | `UInt32` | term, and the end |
/// | `rows`, `occurrences` | `UInt32`, `UInt8` | posting |
/// | `positions` | base 128 | occurrence, less the one before it |
/// | `positionStarts` | `UInt64` | `postingBlock` postings |
/// | `lengthEnds` | `UInt32` | row: words in it and all before it, from index 1 on |
final class Segment: Sendable {
    /// The number of postings for which the start of their positions is known.
    static let postingBlock = 128

    private static let nearPostings = 8

    let dictionary: TermDictionary
    let postingStarts: PostingMemory<UInt32>
    let rows: PostingMemory<UInt32>
    let occurrences: PostingMemory<UInt8>
    let positions: PostingMemory<UInt8>
    let positionStarts: PostingMemory<UInt64>
    let lengthEnds: PostingMemory<UInt32>
    let keys: [LexicalKey]
    let documents: DocumentTable
    /// Rows plus one by key, open addressing; 0 is a free slot.
    private let slots: [UInt32]

    init(
        dictionary: TermDictionary, postingStarts: PostingMemory<UInt32>, rows: PostingMemory<UInt32>,
        occurrences: PostingMemory<UInt8>, positions: PostingMemory<UInt8>, positionStarts: PostingMemory<UInt64>,
        lengthEnds: PostingMemory<UInt32>, keys: [LexicalKey], documents: DocumentTable
    ) {
        self.dictionary = dictionary
        self.postingStarts = postingStarts
        self.rows = rows
        self.occurrences = occurrences
        self.positions = positions
        self.positionStarts = positionStarts
        self.lengthEnds = lengthEnds
        self.keys = keys
        self.documents = documents
        var slots = [UInt32](repeating: 0, count: max(2, keys.count * 2).nextPowerOfTwo)
        for (row, key) in keys.enumerated() {
            var slot = Self.slot(of: key, slots.count)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt32(row + 1)
        }
        self.slots = slots
    }

    var count: Int { keys.count }

    /// Its memory, in bytes.
    var byteCount: Int {
        dictionary.byteCount + postingStarts.byteCount + rows.byteCount + occurrences.byteCount + positions.byteCount
            + positionStarts.byteCount + lengthEnds.byteCount + slots.count * MemoryLayout<UInt32>.stride
            + keys.count * MemoryLayout<LexicalKey>.stride + documents.byteCount
    }

    /// The words of a row.
    @inline(__always)
    func length(of row: Int) -> Int { Int(lengthEnds.start[row + 1] &- lengthEnds.start[row]) }

    /// The postings of a term.
    func postings(of term: [UInt8]) -> Range<Int> {
        guard let number = term.withUnsafeBufferPointer({ dictionary.number(of: $0) }) else { return 0..<0 }
        return postings(ofNumber: number)
    }

    func postings(ofNumber number: Int) -> Range<Int> {
        Int(postingStarts[number])..<Int(postingStarts[number + 1])
    }

    /// The first of some postings whose row is not before another: a search in steps that double, from the front.
    /// O(log distance).
    @inline(__always)
    func firstPosting(in postings: Range<Int>, notBefore row: UInt32) -> Int {
        let rows = rows.start
        var (low, step) = (postings.lowerBound, 1)
        // Mostly it is near, and then one by one is faster.
        let near = min(low + Self.nearPostings, postings.upperBound)
        while low < near, rows[low] < row { low += 1 }
        guard low == near, low < postings.upperBound, rows[low] < row else { return low }
        // rows[low] is before the row, always.
        while low + step < postings.upperBound, rows[low + step] < row {
            low += step
            step *= 2
        }
        var high = min(low + step, postings.upperBound)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if rows[middle] < row { low = middle } else { high = middle }
        }
        return high
    }

    /// Calls with each position of a posting. O(postings in a block).
    func appendPositions(of posting: Int, to found: inout [Int]) {
        let block = posting / Self.postingBlock
        var before = 0
        for other in block * Self.postingBlock..<posting { before += Int(occurrences[other]) }
        var place = VariableInteger.skip(before, in: positions.start, from: Int(positionStarts[block]))
        var position = 0
        for _ in 0..<occurrences[posting] {
            position += Int(VariableInteger.read(positions.start, &place))
            found.append(position)
        }
    }

    /// The rows that have a key: more than one where a text stands under several labels.
    func rows(of key: LexicalKey) -> [Int] {
        var (found, slot): ([Int], Int) = ([], Self.slot(of: key, slots.count))
        while slots[slot] != 0 {
            let row = Int(slots[slot]) - 1
            if keys[row] == key { found.append(row) }
            slot = (slot + 1) & (slots.count - 1)
        }
        return found
    }

    private static func slot(of key: LexicalKey, _ count: Int) -> Int {
        let mixed = (key.high ^ key.low &* 0x9E37_79B9_7F4A_7C15) &* 0xD6E8_FEB8_6659_FD93
        return Int(truncatingIfNeeded: mixed >> 24) & (count - 1)
    }
}

extension Int {
    fileprivate var nextPowerOfTwo: Int { self <= 1 ? 1 : 1 << (bitWidth - (self - 1).leadingZeroBitCount) }
}
