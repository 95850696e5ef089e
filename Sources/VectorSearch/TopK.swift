/// The rows that can be among the k best, gathered from approximate scores whose error is bounded.
///
/// Every row has an interval `[a − m, a + m]` that holds its exact score: `a` is the approximate score, `m` the margin
/// of its chunk (`ScoreBound`). The `threshold` is the k-th best lower end so far, so at least k rows have an exact
/// score that reaches it, and a row whose upper end stays below it is not among the k best: not even by a tie, since
/// its score is then strictly smaller than those of k others. All other rows are candidates.
///
/// A row whose approximate score is not finite has overflowed on the way, so nothing is known about it: it is always a
/// candidate and never raises the threshold. A threshold that is too low costs time and no result.
///
/// The lower ends live in a binary heap with the smallest on top: O(log k) for a row that enters, O(1) for any other.
struct TopK: Sendable {
    /// A row that may be among the k best.
    struct Candidate: Sendable {
        /// The approximate score.
        let approximate: Float
        /// The position of its chunk in the order of `offer` calls.
        let chunk: UInt32
        /// The position of the row in its chunk.
        let row: UInt32
    }

    /// When so many candidates have gathered, those that the threshold has overtaken are dropped.
    private static let firstSweep = 8_192

    private var limit = 0
    private var nextSweep = Self.firstSweep
    private var candidates: [Candidate] = []
    private var lowerEnds: [Double] = []
    private var margins: [Double] = []
    private var threshold = -Double.infinity

    /// Forgets the last query and keeps the memory.
    ///
    /// - Parameter minimumScore: rows whose exact score is certainly lower are no candidates.
    mutating func begin(k: Int, minimumScore: Double?) {
        limit = k
        nextSweep = Self.firstSweep
        candidates.removeAll(keepingCapacity: candidates.capacity <= 8 * Self.firstSweep)
        lowerEnds.removeAll(keepingCapacity: lowerEnds.capacity <= Self.firstSweep)
        margins.removeAll(keepingCapacity: true)
        threshold = minimumScore ?? -.infinity
    }

    /// Takes the approximate scores of the next chunk. O(rows), and O(log k) for each row that raises the threshold.
    ///
    /// - Returns: whether all scores were finite.
    mutating func offer(_ scores: UnsafeBufferPointer<Float>, margin: Double) -> Bool {
        let chunk = UInt32(margins.count)
        margins.append(margin)
        var allFinite = true
        var cut = Self.roundedDown(threshold - margin)
        for row in scores.indices {
            let score = scores[row]
            // A NaN fails the first comparison and −∞ the second, so both go on, as +∞ does.
            if score < cut && score >= -.greatestFiniteMagnitude { continue }
            candidates.append(Candidate(approximate: score, chunk: chunk, row: UInt32(row)))
            if score.isFinite {
                if enter(Double(score) - margin) { cut = Self.roundedDown(threshold - margin) }
            } else {
                allFinite = false
            }
            if candidates.count >= nextSweep {
                sweep()
                nextSweep = max(Self.firstSweep, 2 * candidates.count)
            }
        }
        return allFinite
    }

    /// The candidates that the last threshold leaves, with the margin of each. O(candidates).
    mutating func survivors() -> some Sequence<(candidate: Candidate, margin: Double)> {
        sweep()
        let margins = margins
        return candidates.lazy.map { ($0, margins[Int($0.chunk)]) }
    }

    private mutating func sweep() {
        let (threshold, margins) = (threshold, margins)
        candidates.removeAll {
            $0.approximate.isFinite && Double($0.approximate) < threshold - margins[Int($0.chunk)]
        }
    }

    /// Takes a lower end into the heap where it is among the k best. Returns whether the threshold rose.
    private mutating func enter(_ lowerEnd: Double) -> Bool {
        if lowerEnds.count < limit {
            lowerEnds.append(lowerEnd)
            siftUp()
            if lowerEnds.count < limit { return false }
        } else {
            guard lowerEnd > lowerEnds[0] else { return false }
            lowerEnds[0] = lowerEnd
            siftDown()
        }
        guard lowerEnds[0] > threshold else { return false }
        threshold = lowerEnds[0]
        return true
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

    /// The largest float32 value that is not above a float64 value.
    private static func roundedDown(_ value: Double) -> Float {
        let rounded = Float(value)
        return Double(rounded) > value ? rounded.nextDown : rounded
    }
}
