/// The rows that can be among the k best, gathered from scores that are known up to an interval.
///
/// Every row has an interval `[lower, upper]` that holds its exact score. The `threshold` is the k-th best lower end so
/// far, so at least k rows have an exact score that reaches it, and a row whose upper end stays below it is not among the k
/// best: not even by a tie, since its score is then strictly smaller than those of k others. All other rows are candidates.
///
/// A row of which nothing is known has an interval without ends: it is always a candidate and never raises the threshold.
/// A threshold that is too low costs time and no result.
///
/// The lower ends live in a binary heap with the smallest on top: O(log k) for a row that enters, O(1) for any other.
struct TopK: Sendable {
    /// A row that may be among the k best.
    struct Candidate: Sendable {
        let lower: Double
        let upper: Double
        /// The position of its stretch in the plan.
        let stretch: UInt32
        /// The position of the row in its stretch.
        let row: UInt32
    }

    /// When so many candidates have gathered, those that the threshold has overtaken are dropped.
    private static let firstSweep = 8_192

    private var limit = 0
    private var nextSweep = Self.firstSweep
    private var candidates: [Candidate] = []
    private var lowerEnds: [Double] = []
    /// What the upper end of a row must reach.
    private(set) var threshold = -Double.infinity

    /// Forgets the last query and keeps the memory.
    ///
    /// - Parameter minimumScore: rows whose exact score is certainly lower are no candidates.
    mutating func begin(k: Int, minimumScore: Double?) {
        limit = k
        nextSweep = Self.firstSweep
        candidates.removeAll(keepingCapacity: candidates.capacity <= 8 * Self.firstSweep)
        lowerEnds.removeAll(keepingCapacity: lowerEnds.capacity <= Self.firstSweep)
        threshold = minimumScore ?? -.infinity
    }

    /// Takes a row where it can be among the k best. O(1), and O(log k) where it raises the threshold.
    mutating func offer(_ candidate: Candidate) {
        guard candidate.upper >= threshold else { return }
        candidates.append(candidate)
        if candidate.lower > -.infinity { enter(candidate.lower) }
        if candidates.count >= nextSweep {
            sweep()
            nextSweep = max(Self.firstSweep, 2 * candidates.count)
        }
    }

    /// The candidates that the last threshold leaves. O(candidates).
    mutating func survivors() -> [Candidate] {
        sweep()
        return candidates
    }

    private mutating func sweep() {
        let threshold = threshold
        candidates.removeAll { $0.upper < threshold }
    }

    /// Takes a lower end into the heap where it is among the k best.
    private mutating func enter(_ lowerEnd: Double) {
        if lowerEnds.count < limit {
            lowerEnds.append(lowerEnd)
            siftUp()
            if lowerEnds.count < limit { return }
        } else {
            guard lowerEnd > lowerEnds[0] else { return }
            lowerEnds[0] = lowerEnd
            siftDown()
        }
        threshold = max(threshold, lowerEnds[0])
    }

    private mutating func siftUp() {
        var child = lowerEnds.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if lowerEnds[parent] <= lowerEnds[child] { return }
            lowerEnds.swapAt(parent, child)
            child = parent
        }
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var child = 2 * parent + 1
            if child >= lowerEnds.count { return }
            if child + 1 < lowerEnds.count && lowerEnds[child + 1] < lowerEnds[child] { child += 1 }
            if lowerEnds[parent] <= lowerEnds[child] { return }
            lowerEnds.swapAt(parent, child)
            parent = child
        }
    }
}
