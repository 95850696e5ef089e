/// The documents of a segment, by key, each with its rows in the order of its passages.
struct DocumentTable: Sendable {
    private let keys: [LexicalKey]
    private let starts: [UInt32]
    private let rows: [UInt32]

    /// - Parameters:
    ///   - documents: The documents, each once.
    ///   - rows: The document and the passage's number of each row; rows of a document in any order.
    init(_ documents: [LexicalKey], rows: [(document: Int, passage: Int)]) {
        let order = documents.indices.sorted { documents[$0] < documents[$1] }
        var starts = [UInt32](repeating: 0, count: documents.count + 1)
        for row in rows { starts[row.document + 1] += 1 }
        var place = [UInt32](repeating: 0, count: documents.count)
        var sum: UInt32 = 0
        var sortedStarts: [UInt32] = [0]
        for document in order {
            place[document] = sum
            sum += starts[document + 1]
            sortedStarts.append(sum)
        }
        var placed = [UInt32](repeating: 0, count: rows.count)
        var passages = [Int](repeating: 0, count: rows.count)
        for (row, at) in rows.enumerated() {
            let slot = Int(place[at.document])
            (placed[slot], passages[slot]) = (UInt32(row), at.passage)
            place[at.document] += 1
        }
        for document in order.indices {
            let range = Int(sortedStarts[document])..<Int(sortedStarts[document + 1])
            let sorted = range.sorted { passages[$0] < passages[$1] }.map { placed[$0] }
            placed.replaceSubrange(range, with: sorted)
        }
        keys = order.map { documents[$0] }
        self.starts = sortedStarts
        self.rows = placed
    }

    var count: Int { keys.count }

    /// Its memory, in bytes.
    var byteCount: Int {
        keys.count * MemoryLayout<LexicalKey>.stride + (starts.count + rows.count) * MemoryLayout<UInt32>.stride
    }

    func key(_ document: Int) -> LexicalKey { keys[document] }

    func rows(_ document: Int) -> ArraySlice<UInt32> { rows[Int(starts[document])..<Int(starts[document + 1])] }

    /// The rows of a document in the order of its passages, or nil where it is not here. O(log documents).
    func rows(of document: LexicalKey) -> ArraySlice<UInt32>? {
        var (low, high) = (0, keys.count)
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < document { low = middle + 1 } else { high = middle }
        }
        return low < keys.count && keys[low] == document ? rows(low) : nil
    }
}
