/// What a caller may read of one generation of the index: stretches of rows, and the figures of those rows alone.
///
/// It is made once for a clearance and a generation, and serves any number of queries. Making it costs O(runs of rows).
package struct LexicalPlan: Sendable {
    /// Permitted neighbours.
    struct Stretch {
        var start: UInt32
        var end: UInt32
    }

    /// The permitted rows of one segment, at least one.
    struct PartPlan: Sendable {
        let part: LexicalIndex.Part
        let stretches: [Stretch]
    }

    let parts: [PartPlan]
    /// The place of each permitted partition in the order that breaks ties, by its number; negative for others.
    private let ranks: [Int32]
    /// N: the permitted passages.
    package let count: Int
    /// Words in a permitted passage, on average; 1 where there is none.
    package let averageLength: Double
    let saturations: SaturationTable

    /// - Parameter partitions: The permitted partitions, each once, in the order that breaks ties between passages with
    ///   the same score and key. That order must not depend on what the caller may not read: not that of their numbers.
    package init(_ index: LexicalIndex, permitting partitions: some Collection<Int32>) {
        var ranks = [Int32](repeating: -1, count: Int(partitions.max() ?? -1) + 1)
        for (rank, partition) in partitions.enumerated() { ranks[Int(partition)] = Int32(rank) }
        var (count, words) = (0, 0)
        parts = index.parts.compactMap { part in
            let stretches = Self.stretches(of: part.partitions, ranks)
            for stretch in stretches {
                count += Int(stretch.end - stretch.start)
                let ends = part.segment.lengthEnds
                words += Int(ends[Int(stretch.end)] - ends[Int(stretch.start)])
            }
            return stretches.isEmpty ? nil : PartPlan(part: part, stretches: stretches)
        }
        self.ranks = ranks
        self.count = count
        averageLength = words == 0 ? 1 : Double(words) / Double(count)
        saturations = SaturationTable(averageLength: averageLength)
    }

    func rank(of partition: Int32) -> Int? {
        guard partition >= 0, partition < ranks.count, ranks[Int(partition)] >= 0 else { return nil }
        return Int(ranks[Int(partition)])
    }

    /// The first stretch from one on that ends behind a row: a search in steps that double. O(log distance).
    @inline(__always)
    static func firstStretch(in stretches: UnsafeBufferPointer<Stretch>, from first: Int, behind row: UInt32) -> Int {
        var (low, step) = (first, 1)
        guard low < stretches.count, stretches[low].end <= row else { return low }
        // The stretch at low ends before the row, always.
        while low + step < stretches.count, stretches[low + step].end <= row {
            low += step
            step *= 2
        }
        var high = min(low + step, stretches.count)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if stretches[middle].end <= row { low = middle } else { high = middle }
        }
        return high
    }

    private static func stretches(of partitions: RowPartitions, _ ranks: [Int32]) -> [Stretch] {
        var stretches: [Stretch] = []
        partitions.forEachRun { rows, partition in
            guard partition >= 0, partition < ranks.count, ranks[Int(partition)] >= 0 else { return }
            if let last = stretches.last, last.end == UInt32(rows.lowerBound) {
                stretches[stretches.count - 1].end = UInt32(rows.upperBound)
            } else {
                stretches.append(Stretch(start: UInt32(rows.lowerBound), end: UInt32(rows.upperBound)))
            }
        }
        return stretches
    }
}
