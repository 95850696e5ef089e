import Glibc

@testable import VectorSearch

/// A random source that a seed decides (SplitMix64), for tests that must be repeatable.
///
/// The seed of a run is printed; `PORTCULLIS_SEED=… swift test` repeats the run.
struct SeededRandom: RandomNumberGenerator {
    /// The seed of this run.
    static let runSeed: UInt64 = {
        let given = getenv("PORTCULLIS_SEED").flatMap { UInt64(String(cString: $0)) }
        let seed = given ?? UInt64.random(in: 0..<1 << 32)
        print("VectorSearchTests: PORTCULLIS_SEED=\(seed)")
        return seed
    }()

    private var state: UInt64

    /// A source for one test: different tests, and different cases of a test, get different numbers from one seed.
    init(_ stream: UInt64 = 0) {
        state = Self.runSeed &+ stream &* 0x9E37_79B9_7F4A_7C15
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

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
