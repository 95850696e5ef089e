/// How far an approximate score can lie from the score of the fixed-order kernel. This is the proof behind "exact".
///
/// Let n be the dimension, q the query, x a row, and γ(m, u) = m·u / (1 − m·u). For any order of summation, with or
/// without fused multiply-add, a computed inner product satisfies
///
///     |fl(q·x) − q·x| ≤ γ(n, u) · |q|·|x| ≤ γ(n, u) · ‖q‖·‖x‖
///
/// (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd edition, section 3.1, and Cauchy–Schwarz). So no
/// matter how the BLAS library blocks and vectorises, its float32 score `a` and the kernel's float64 score `s` satisfy
///
///     |a − s| ≤ (γ(n + 3, 2⁻²⁴) + γ(n + 3, 2⁻⁵³)) · ‖q‖·‖x‖ + tiny
///
/// - `n + 3` leaves room for α, β and the kernel's last three additions.
/// - `tiny` covers results below the smallest normal number, where the bound above does not hold: each of at most 2n
///   operations loses at most 2⁻¹²⁶ even where subnormal results are flushed to zero, and each component at most 2⁻¹²⁶
///   where subnormal inputs are read as zero: in sum 2⁻¹²⁶ · (4n + 2√n·(‖q‖ + ‖x‖)).
/// - 2⁻⁴⁰ · ‖q‖·‖x‖ covers the rounding of the comparisons that use the margin, and a factor 1 + 2⁻³⁰ that of the
///   margin itself. Both are float64 computations of a handful of steps.
/// - An overflow is not covered: it leaves an infinity or a NaN, which no later addition can make finite again, and
///   `CandidateSource` keeps every row whose approximate score is not finite.
///
/// The margin is a number of one query and one row: it widens or narrows the set of rows that
/// are rescored and can change no result (Rule 2, non-interference; Rule 3, exact by default).
struct ScoreBound: Sendable {
    /// The unit roundoff of float32 and of float64, rounding to nearest.
    private static let unitRoundoff32 = 0x1p-24
    private static let unitRoundoff64 = 0x1p-53
    /// The smallest normal float32 value, 2⁻¹²⁶.
    private static let smallestNormal = Double(Float.leastNormalMagnitude)

    /// What multiplies the length of a row.
    private let factor: Double
    /// What is added for any row.
    private let constant: Double

    /// The bound for one query. O(1).
    init(dimension: Int, queryNorm: Double) {
        let n = Double(dimension)
        let relative =
            Self.gamma(n + 3, Self.unitRoundoff32) + Self.gamma(n + 3, Self.unitRoundoff64) + 0x1p-40
        let spread = 2 * n.squareRoot() * Self.smallestNormal
        factor = relative * queryNorm + spread
        constant = 4 * n * Self.smallestNormal + spread * queryNorm
    }

    /// The largest |a − s| for any row whose length is at most `norm`.
    func margin(norm: Double) -> Double {
        (factor * norm + constant) * (1 + 0x1p-30)
    }

    /// What an approximate score stays below where it is more than a margin below a threshold: rounded down, or no number
    /// where that is none.
    static func below(_ threshold: Double, by margin: Double) -> Float {
        let limit = threshold - margin
        let nearest = Float(limit)
        return Double(nearest) > limit ? nearest.nextDown : nearest
    }

    /// An upper bound of the length of a row, from its codes: ‖x‖ ≤ s·‖c‖ + r and ‖c‖ ≤ 127·√n.
    static func normBound(scale: Float, radius: Float, dimension: Int) -> Double {
        (Double(scale) * 127 * Double(dimension).squareRoot() + Double(radius)) * (1 + 0x1p-30)
    }

    /// An upper bound of the length of a vector, from the kernel's inner product of the vector with itself. That is
    /// off by a factor of at most γ(n + 3, 2⁻⁵³) < 2⁻³⁸ for every dimension allowed, and the root by less.
    static func normBound(squaredNorm: Double) -> Double {
        squaredNorm.squareRoot() * (1 + 0x1p-30)
    }

    private static func gamma(_ operations: Double, _ unitRoundoff: Double) -> Double {
        operations * unitRoundoff / (1 - operations * unitRoundoff)
    }
}
