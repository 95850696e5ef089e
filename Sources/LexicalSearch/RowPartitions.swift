/// Which partition each row of a segment is in, as runs of neighbours.
///
/// Rows are kept in blocks, so that a change copies few of them. A change of some rows costs O(rows + runs of their
/// blocks); reading all costs O(runs).
struct RowPartitions: Sendable {
    /// The partition of rows that were removed.
    static let removed: Int32 = -1
    static let blockSize = 1024

    struct Run {
        /// The row behind its last one, counted from the start of its block.
        var end: UInt16
        var partition: Int32
    }

    let count: Int
    private var blocks: [[Run]]

    /// - Parameter partitions: That of each row.
    init(_ partitions: [Int32]) {
        count = partitions.count
        blocks = stride(from: 0, to: partitions.count, by: Self.blockSize).map {
            Self.runs(of: partitions[$0..<min($0 + Self.blockSize, partitions.count)])
        }
    }

    subscript(row: Int) -> Int32 {
        get {
            let runs = blocks[row / Self.blockSize]
            let wanted = row % Self.blockSize
            var (low, high) = (0, runs.count - 1)
            while low < high {
                let middle = (low + high) / 2
                if Int(runs[middle].end) <= wanted { low = middle + 1 } else { high = middle }
            }
            return runs[low].partition
        }
    }

    /// Puts rows into other partitions.
    mutating func set(_ changes: [(row: Int, partition: Int32)]) {
        for (block, changes) in Dictionary(grouping: changes, by: { $0.row / Self.blockSize }) {
            var partitions: [Int32] = []
            for run in blocks[block] {
                partitions += repeatElement(run.partition, count: Int(run.end) - partitions.count)
            }
            for change in changes { partitions[change.row % Self.blockSize] = change.partition }
            blocks[block] = Self.runs(of: partitions[...])
        }
    }

    /// Gives every run of rows, in their order. Runs do not reach beyond a block.
    func forEachRun(_ body: (_ rows: Range<Int>, _ partition: Int32) -> Void) {
        for (number, block) in blocks.enumerated() {
            let first = number * Self.blockSize
            var start = first
            for run in block {
                body(start..<first + Int(run.end), run.partition)
                start = first + Int(run.end)
            }
        }
    }

    /// The rows that are there and are in another partition by now; all were removed where there is none.
    func changes(to current: RowPartitions?) -> [(row: Int, partition: Int32)] {
        var changes: [(row: Int, partition: Int32)] = []
        forEachRun { rows, partition in
            guard partition != Self.removed else { return }
            for row in rows {
                let now = current?[row] ?? Self.removed
                if now != partition { changes.append((row, now)) }
            }
        }
        return changes
    }

    private static func runs(of partitions: ArraySlice<Int32>) -> [Run] {
        var runs: [Run] = []
        for (number, partition) in partitions.enumerated() {
            if runs.last?.partition == partition {
                runs[runs.count - 1].end = UInt16(number + 1)
            } else {
                runs.append(Run(end: UInt16(number + 1), partition: partition))
            }
        }
        return runs
    }
}
