/// A passage that a query found.
package struct LexicalHit: Equatable, Sendable {
    package let key: LexicalKey
    package let partition: Int32
    package let score: Double
}

/// The best hits so far: a heap with the worst at its root. Ordered by score, the highest first, then by key, then by
/// the plan's order of partitions.
struct BestHits {
    struct Entry {
        let score: Double
        let key: LexicalKey
        let rank: Int
        let partition: Int32

        func isBefore(_ other: Entry) -> Bool {
            if score != other.score { return score > other.score }
            return key != other.key ? key < other.key : rank < other.rank
        }
    }

    let limit: Int
    private var heap: [Entry] = []

    init(limit: Int) { self.limit = max(limit, 0) }

    /// What a score must reach to be among them.
    var threshold: Double { heap.count < limit ? 0 : heap.first?.score ?? .infinity }

    /// Whether there is a place for an entry.
    func admits(_ entry: Entry) -> Bool {
        limit > 0 && (heap.count < limit || entry.isBefore(heap[0]))
    }

    mutating func insert(_ entry: Entry) {
        guard heap.count == limit else {
            heap.append(entry)
            var child = heap.count - 1
            while child > 0, heap[(child - 1) / 2].isBefore(heap[child]) {
                heap.swapAt(child, (child - 1) / 2)
                child = (child - 1) / 2
            }
            return
        }
        heap[0] = entry
        var parent = 0
        while 2 * parent + 1 < heap.count {
            var child = 2 * parent + 1
            if child + 1 < heap.count, heap[child].isBefore(heap[child + 1]) { child += 1 }
            guard heap[parent].isBefore(heap[child]) else { break }
            heap.swapAt(parent, child)
            parent = child
        }
    }

    var sorted: [LexicalHit] {
        heap.sorted { $0.isBefore($1) }.map { LexicalHit(key: $0.key, partition: $0.partition, score: $0.score) }
    }
}
