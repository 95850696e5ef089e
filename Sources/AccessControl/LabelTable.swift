package import Labels

/// The distinct labels of one generation of an index, in the order of their ids.
///
/// Labels are only ever added, and a table that has some more shares everything else with the one before, so that what
/// was decided for the old one can be found again (`LabelDecisions`).
///
/// INVARIANT (prefix): two tables that share a block have it at the same place and share all blocks before it. A block is
/// made for one place behind certain others, and tables change at their end only.
package struct LabelTable: Sendable {
    /// At most `capacity` labels that are decided together. Never changed.
    final class Block: Sendable {
        static let capacity = 64

        let ids: [LabelID]
        let labels: [Label]

        init(ids: [LabelID], labels: [Label]) {
            self.ids = ids
            self.labels = labels
        }

        /// Whether this has the rows of `other`, and maybe more behind them.
        func extends(_ other: Block) -> Bool {
            ids.starts(with: other.ids) && labels.starts(with: other.labels)
        }
    }

    /// Blocks in order. One that is not full yet is kept by itself, so that a label more copies nothing else.
    struct Blocks: RandomAccessCollection, Sendable {
        private var full: [Block] = []
        private var open: Block?

        var startIndex: Int { 0 }
        var endIndex: Int { full.count + (open == nil ? 0 : 1) }

        subscript(position: Int) -> Block {
            if position < full.count { return full[position] }
            guard let open else { preconditionFailure("no block \(position)") }
            return open
        }

        fileprivate init() {}

        /// In place of the block that is not full, if there is one.
        fileprivate mutating func put(_ block: Block) {
            if block.ids.count == Block.capacity {
                full.append(block)
                open = nil
            } else {
                open = block
            }
        }
    }

    private(set) var blocks = Blocks()
    package private(set) var count = 0
    /// Documents and passages whose labels no other document or passage has.
    package private(set) var names = ResourceNames()

    /// The table without labels.
    package init() {}

    /// - Parameter labels: In any order. The ids differ from each other, and so do the labels.
    package init(_ labels: some Sequence<(LabelID, Label)>) {
        let sorted = labels.sorted { $0.0 < $1.0 }
        for start in stride(from: 0, to: sorted.count, by: Block.capacity) {
            let part = sorted[start..<min(start + Block.capacity, sorted.count)]
            precondition(zip(part, part.dropFirst()).allSatisfy { $0.0 < $1.0 }, "a label id stands for two labels")
            precondition(blocks.last.map { $0.ids.last! < part[start].0 } ?? true, "a label id stands for two labels")
            blocks.put(Block(ids: part.map(\.0), labels: part.map(\.1)))
        }
        count = sorted.count
    }

    /// Notes that what `names` names has labels of its own from now on: those that the table has or will be given.
    package mutating func distinguish(_ names: ResourceNames) { self.names = self.names.union(names) }

    /// Adds a label whose id is above all others. O(1), but for O(blocks) each time that a block becomes full.
    package mutating func append(_ label: Label, id: LabelID) {
        let last = blocks.last
        if let last { precondition(last.ids.last! < id, "the ids of labels ascend") }
        let open = last.flatMap { $0.ids.count < Block.capacity ? $0 : nil }
        blocks.put(Block(ids: (open?.ids ?? []) + [id], labels: (open?.labels ?? []) + [label]))
        count += 1
    }

    /// Whether all labels of this table stand in `other`, at the same places. O(1), by the invariant (prefix).
    func isPrefix(of other: LabelTable) -> Bool {
        guard let last = blocks.indices.last else { return true }
        guard last < other.blocks.count else { return false }
        if blocks[last] === other.blocks[last] { return true }
        return other.blocks[last].extends(blocks[last]) && (last == 0 || blocks[last - 1] === other.blocks[last - 1])
    }

    /// Where a label stands: its block and its place there. O(log labels).
    func place(of id: LabelID) -> (block: Int, row: Int)? {
        let block = Self.firstIndex(in: blocks.indices) { blocks[$0].ids.last! >= id }
        guard block < blocks.count else { return nil }
        let ids = blocks[block].ids
        let row = Self.firstIndex(in: ids.indices) { ids[$0] >= id }
        return ids[row] == id ? (block, row) : nil
    }

    /// The first for which `isReached`, which stays true from there on; the end where it is never true.
    private static func firstIndex(in range: Range<Int>, where isReached: (Int) -> Bool) -> Int {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high {
            let middle = (low + high) / 2
            if isReached(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
