/// Draws what the cases are made of from a seed: the same seed gives the same cases on every machine (SplitMix64).
package struct FuzzGenerator: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True in so many of a hundred cases.
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    /// One of the elements, which must not be empty.
    mutating func one<T>(of elements: [T]) -> T { elements[Int.random(in: 0..<elements.count, using: &self)] }

    /// Some of the elements in random order, at most `limit`.
    mutating func some<T>(of elements: [T], atMost limit: Int) -> [T] {
        Array(elements.shuffled(using: &self).prefix(number(0...limit)))
    }
}
