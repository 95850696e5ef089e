import CVectorKernels

/// A query as four planes of bits: its rotated components as `step` · (u − 7.5) with 0 ≤ u ≤ 15, digit j of u in plane
/// j (see `bit_kernels.h`). What is left of it adds a fifth to the error that the bits of a row leave, in squares a
/// twenty-fifth.
struct QueryBits: Sendable {
    /// Word w of plane j at 4·w + j.
    let planes: [UInt64]
    /// Words of a row and of a plane.
    let words: Int
    /// What one step of a sum H adds to an estimate, for a factor of one.
    let step: Double
    /// What is taken away from step · H.
    let base: Double

    /// O(dimension · log dimension).
    init(_ query: QueryVector, rotation: Rotation) {
        let words = bit_words(query.dimension)
        var planes = [UInt64](repeating: 0, count: Int(BIT_PLANES) * words)
        step = rotation.rotate(query.components) { rotated, exponent in
            let largest = rotated.reduce(0.0) { max($0, abs(Double($1))) }
            let step = largest / 7.5
            for (position, component) in rotated.enumerated() where step > 0 {
                let digits = UInt64(min(max((Double(component) / step + 7.5).rounded(), 0), 15))
                for plane in 0..<Int(BIT_PLANES) {
                    planes[Int(BIT_PLANES) * (position / 64) + plane] |= (digits >> plane & 1) << (position % 64)
                }
            }
            return Double(sign: .plus, exponent: Int(exponent), significand: step)
        }
        self.planes = planes
        self.words = words
        base = step * 7.5 * Double(query.dimension)
    }
}
