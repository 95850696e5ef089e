import Foundation

/// A random source that a seed decides (`SeededGenerator`), for suites whose tests draw from one seed each their own numbers.
///
/// The seed of a run is printed; `PORTCULLIS_SEED=… swift test` repeats the run.
package struct SeededRandom: RandomNumberGenerator {
    /// The seed of this run.
    private static let runSeed = SeededGenerator.newSeed("SeededRandom")

    private var generator: SeededGenerator

    /// A source for one test: different tests, and different cases of a test, get different numbers from one seed.
    package init(_ stream: UInt64 = 0) {
        generator = SeededGenerator(seed: Self.runSeed &+ stream &* 0x9E37_79B9_7F4A_7C15)
    }

    package mutating func next() -> UInt64 { generator.next() }

    package mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
}
