import Glibc

@testable import LexicalSearch

/// A random source that a seed decides (SplitMix64), for tests that must be repeatable.
///
/// The seed of a run is printed; `PORTCULLIS_SEED=… swift test` repeats the run.
struct SeededRandom: RandomNumberGenerator {
    /// The seed of this run.
    static let runSeed: UInt64 = {
        let given = getenv("PORTCULLIS_SEED").flatMap { UInt64(String(cString: $0)) }
        let seed = given ?? UInt64.random(in: 0..<1 << 32)
        print("LexicalSearchTests: PORTCULLIS_SEED=\(seed)")
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

    /// Small numbers come often, as with words.
    mutating func skewed(_ limit: Int) -> Int { below(below(below(limit) + 1) + 1) }

    mutating func key() -> LexicalKey { LexicalKey(high: next(), low: next()) }
}
