import TestSupport

@testable import VectorSearch

extension SeededRandom {
    /// A number between −1 and 1 with all 24 bits of a float32 in use and an exponent of its own, so that hardly any
    /// sum of products is exact, even in float64.
    mutating func unit() -> Float {
        let word = next()
        let magnitude = Float(1 << 23 | word >> 41) * 0x1p-24
        return (word & 1 == 0 ? magnitude : -magnitude)
            * Float(sign: .plus, exponent: -Int(word >> 1 & 7), significand: 1)
    }

    mutating func vector(_ dimension: Int, scale: Float = 1) -> [Float] {
        (0..<dimension).map { _ in unit() * scale }
    }

    mutating func batch(_ count: Int, dimension: Int) throws -> RowBatch {
        var batch = try RowBatch(dimension: dimension)
        for _ in 0..<count { try batch.append(key(), vector(dimension)) }
        return batch
    }

    mutating func key() -> RowKey { RowKey(high: next(), low: next()) }
}
