/// The rows with the best estimates: the m largest, and where estimates are equal those with the smallest keys, so that
/// which rows they are is a function of the query and of the rows scanned alone (Rule 2, non-interference).
///
/// Rows gather until there are twice as many; then a selection cuts them to m. O(1) a row, amortised.
struct BestEstimates: Sendable {
    struct Row: Sendable {
        let estimate: Double
        /// The position of its stretch in the plan.
        let stretch: UInt32
        /// The position of the row in its stretch.
        let row: UInt32
    }

    private let limit: Int
    private let plan: ScanPlan
    /// A deliberate mistake: equal estimates are told apart by the place of the row in memory.
    private let tiesByPlace: Bool
    private var rows: [Row] = []
    /// What an estimate must reach.
    private(set) var threshold = -Double.infinity

    /// - Parameter limit: at least 1.
    init(limit: Int, plan: ScanPlan, tiesByPlace: Bool = false) {
        self.limit = limit
        self.plan = plan
        self.tiesByPlace = tiesByPlace
        rows.reserveCapacity(2 * limit)
    }

    mutating func offer(_ row: Row) {
        guard row.estimate >= threshold else { return }
        rows.append(row)
        if rows.count >= 2 * limit { cut() }
    }

    /// The best rows, in the order in which they were offered. O(rows).
    mutating func best() -> [Row] {
        cut()
        return rows
    }

    private mutating func cut() {
        guard rows.count > limit else { return }
        var estimates = rows.map(\.estimate)
        let last = estimates.withUnsafeMutableBufferPointer { Self.largest(limit, of: $0) }
        threshold = last
        let excess = rows.count { $0.estimate >= last } - limit
        let beaten = excess == 0 ? [] : Set(tied(at: last).suffix(excess))
        var position = -1
        rows.removeAll {
            position += 1
            return $0.estimate < last || beaten.contains(position)
        }
    }

    /// The positions of rows of one estimate, those first that are to be kept before others.
    private func tied(at estimate: Double) -> [Int] {
        let tied = rows.indices.filter { rows[$0].estimate == estimate }
        return tiesByPlace ? tied : tied.sorted { identity(rows[$0]) < identity(rows[$1]) }
    }

    /// What orders rows of equal estimates: the key, and for one passage under two labels the position of the
    /// partition.
    private func identity(_ row: Row) -> (RowKey, Int) {
        let (stretch, position) = (Int(row.stretch), Int(row.row))
        return (plan.stretches[stretch].rows.keys[position], plan.partition(stretch: stretch, row: position))
    }

    /// The n-th largest of more than n numbers, by Hoare's selection; their order is lost. O(count) on average.
    static func largest(_ n: Int, of numbers: UnsafeMutableBufferPointer<Double>) -> Double {
        let target = n - 1
        var (lower, upper) = (0, numbers.count - 1)
        while lower < upper {
            let pivot = middle(numbers[lower], numbers[(lower + upper) / 2], numbers[upper])
            var (left, right) = (lower, upper)
            while left <= right {
                while numbers[left] > pivot { left += 1 }
                while numbers[right] < pivot { right -= 1 }
                if left <= right {
                    numbers.swapAt(left, right)
                    left += 1
                    right -= 1
                }
            }
            if target <= right {
                upper = right
            } else if target >= left {
                lower = left
            } else {
                return numbers[target]
            }
        }
        return numbers[target]
    }

    private static func middle(_ a: Double, _ b: Double, _ c: Double) -> Double {
        max(min(a, b), min(max(a, b), c))
    }
}
