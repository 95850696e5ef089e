/// Random numbers that a seed repeats (SplitMix64): the same numbers for the same seed on every machine.
struct ReplayGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// - Parameter name: Whom the numbers are for: others have others, in whatever order it is their turn.
    init(seed: UInt64, for name: String) {
        // FNV-1a
        state = name.utf8.reduce(seed ^ 0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
