import TestSupport

@testable import VectorSearch

/// Rows, a query and a question about them, made from a seed; and the answer by brute force.
struct World {
    /// What the rows look like. Each is an attempt to make a scan go wrong.
    enum Shape: CaseIterable {
        case isotropic, duplicates, neighbouringFloats, zeros, oneHugeRow, subnormals, multiples, cancellation
        case overflow, smallIntegers, mixture
    }

    let query: QueryVector
    let k: Int
    let minimumScore: Double?
    /// The rows of each partition.
    let rows: [[(key: RowKey, vector: [Float])]]

    var dimension: Int { query.dimension }

    init(shape: Shape, using random: inout SeededRandom, dimension: Int? = nil, rowCounts: [Int]? = nil) throws {
        let dimension = dimension ?? [1, 2, 3, 7, 8, 9, 15, 16, 17, 33, 64, 100][random.below(12)]
        let counts = rowCounts ?? (0..<1 + random.below(5)).map { _ in random.below(60) }
        let query = Self.query(shape, dimension, &random)
        let base = random.vector(dimension)
        rows = counts.map { count in
            (0..<count).map { _ in (random.key(), Self.row(shape, base, query, &random)) }
        }
        self.query = try QueryVector(query)
        k = 1 + random.below(random.below(4) == 0 ? 400 : 12)
        // A bound that some row meets exactly, now and then.
        let some = rows.flatMap { $0 }.randomElement(using: &random)
        minimumScore = random.below(3) == 0 ? some.map { FixedOrderKernel.dot(query, $0.vector) } : nil
    }

    private static func query(_ shape: Shape, _ dimension: Int, _ random: inout SeededRandom) -> [Float] {
        switch shape {
        case .subnormals where random.below(2) == 0: random.vector(dimension, scale: .leastNormalMagnitude)
        case .overflow: random.vector(dimension, scale: 1e19)
        case .cancellation: Array(repeating: 1, count: dimension)
        case .smallIntegers: (0..<dimension).map { _ in Float(random.below(3) - 1) }
        case .zeros where random.below(3) == 0: Array(repeating: 0, count: dimension)
        default: random.vector(dimension)
        }
    }

    private static func row(
        _ shape: Shape, _ base: [Float], _ query: [Float], _ random: inout SeededRandom
    ) -> [Float] {
        let dimension = base.count
        switch shape {
        case .isotropic:
            return random.vector(dimension)
        case .duplicates:
            return random.below(3) == 0 ? random.vector(dimension) : base
        case .neighbouringFloats:
            var row = base
            for _ in 0..<1 + random.below(3) {
                let position = random.below(dimension)
                row[position] = random.below(2) == 0 ? row[position].nextUp : row[position].nextDown
            }
            return row
        case .zeros:
            return random.below(2) == 0 ? Array(repeating: 0, count: dimension) : random.vector(dimension)
        case .oneHugeRow:
            return random.vector(dimension, scale: random.below(20) == 0 ? 1e30 : 1)
        case .subnormals:
            return random.vector(dimension, scale: random.below(2) == 0 ? 0x1p-133 : .leastNormalMagnitude)
        case .multiples:
            let factor = Float(1 << random.below(8)) * (random.below(2) == 0 ? 1 : -1)
            return base.map { $0 * factor }
        case .cancellation:
            // Large numbers that take each other away and leave what float32 has lost on the way.
            var row = random.vector(dimension)
            if dimension > 1 {
                let (first, second) = (random.below(dimension), random.below(dimension))
                row[first] += 0x1p22
                row[second] -= 0x1p22
            }
            return row
        case .overflow:
            return random.vector(dimension, scale: random.below(2) == 0 ? 3e38 : 1)
        case .smallIntegers:
            return (0..<dimension).map { _ in Float(random.below(3) - 1) }
        case .mixture:
            let shapes: [Shape] = [
                .isotropic, .duplicates, .neighbouringFloats, .zeros, .oneHugeRow, .subnormals, .multiples, .overflow,
            ]
            return row(shapes.randomElement(using: &random)!, base, query, &random)
        }
    }

    /// The partitions with their rows in the order given, in one piece.
    func partitions() throws -> [Partition] {
        let arena = try RowArena(dimension: dimension)
        return try rows.map { rows in
            var builder = try PartitionBuilder(in: arena)
            for row in rows { try builder.append(row.key, row.vector) }
            return try builder.finish()
        }
    }

    /// The same rows, arrived in another order and a few at a time, with rows that came and went.
    func scatteredPartitions(using random: inout SeededRandom) throws -> [Partition] {
        let arena = try RowArena(dimension: dimension)
        return try rows.map { rows in
            var partition = Partition(in: arena)
            var rest = rows.shuffled(using: &random)
            while !rest.isEmpty {
                var batch = try RowBatch(dimension: dimension)
                for row in rest.prefix(1 + random.below(20)) { try batch.append(row.key, row.vector) }
                rest.removeFirst(batch.count)
                let passing = random.key()
                try batch.append(passing, random.vector(dimension, scale: 1e20))
                partition = try partition.inserting(batch).removing([passing])
            }
            return partition
        }
    }

    /// The answer by brute force: the kernel over every row, a full sort, the first k.
    func oracle() -> [ScoredRow] {
        let all = rows.enumerated().flatMap { position, rows in
            rows.map {
                ScoredRow(
                    key: $0.key, score: FixedOrderKernel.dot(query.components, $0.vector), partition: position)
            }
        }
        let kept = all.filter { row in minimumScore.map { row.score >= $0 } ?? true }
        return Array(kept.sorted { ($1.score, $0.key) < ($0.score, $1.key) }.prefix(k))
    }

    func answer(by scan: ExactScan, over partitions: [Partition]) throws -> [ScoredRow] {
        try scan.topK(query: query, k: k, partitions: partitions, minimumScore: minimumScore)
    }
}
