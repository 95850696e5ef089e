import Foundation

/// Random numbers that a seed repeats (SplitMix64): the same numbers for the same seed on every machine.
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    /// A seed for a test: `PORTCULLIS_SEED` if set, otherwise a new one. It is printed, so that a failure can be repeated.
    package static func newSeed(_ test: String = #function) -> UInt64 {
        let given = ProcessInfo.processInfo.environment["PORTCULLIS_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0..<1 << 32)
        print("\(test): PORTCULLIS_SEED=\(seed)")
        return seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
