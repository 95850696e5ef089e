/// How many of the true best rows an approximate answer can be expected to hold, from the error of its own estimates.
///
/// Over the choice of a rotation, the estimate of a row x is unbiased and about normal around its score s, with the
/// variance
///
///     σ² = (f²·D − ‖x‖²) · (‖q‖² − s²/‖x‖²) / (D − 1)  +  f²·step²·D / 12
///
/// (arXiv 2405.12497, theorem 3.2, with f = ‖x‖ / (α·√D); the second term is the rounding of the query to steps). A row
/// is a candidate where its estimate reaches the lowest one of the candidates, τ, so one of score s is found with the
/// probability p = Φ((s − τ) / σ), and each row that was found stands for 1/p rows of its like. For n rows in the
/// answer the estimate is n / Σ 1/p.
///
/// It is made of the query and of rows that the caller may read, in one order of operations: the same bits on every
/// machine, whatever else is in the index (Rule 2, non-interference). It is an expectation and no bound; where much is
/// missed it is rather too low, as rows that took the place of better ones are counted as though they were those.
struct RecallEstimate {
    private let bits: QueryBits
    private let dimension: Double
    private let squaredNorm: Double
    private let threshold: Double
    private var found = 0.0
    private var standsFor = 0.0

    /// - Parameter threshold: the lowest estimate of a candidate.
    init(_ query: QueryVector, bits: QueryBits, threshold: Double) {
        self.bits = bits
        dimension = Double(query.dimension)
        squaredNorm = FixedOrderKernel.dot(query.components, query.components)
        self.threshold = threshold
    }

    /// Between 0 and 1, in thousandths.
    var value: Double { standsFor > 0 ? (found / standsFor * 1000).rounded() / 1000 : 1 }

    /// Counts a row of the answer.
    mutating func add(score: Double, factor: Double, squaredNorm rowNorm: Double) {
        let left = max(factor * factor * dimension - rowNorm, 0)
        let across = rowNorm > 0 ? max(squaredNorm - score * score / rowNorm, 0) : 0
        let rounding = factor * factor * (bits.step * bits.step) * dimension / 12
        let deviation = (left * across / max(dimension - 1, 1) + rounding).squareRoot()
        found += 1
        standsFor += 1 / max(Self.normal((score - threshold) / deviation), 1e-3)
    }

    /// Φ, the share of a normal distribution that lies below a number of standard deviations, to 3·10⁻⁷ (Abramowitz and
    /// Stegun, 7.1.28). No call of a mathematical library: those differ in last bits.
    static func normal(_ deviations: Double) -> Double {
        // Without any error, what reaches the threshold is found.
        if deviations.isNaN { return 1 }
        let x = min(abs(deviations), 12) * 0.5.squareRoot()
        let inner = 0.0001520143 + x * (0.0002765672 + x * 0.0000430638)
        var power = 1 + x * (0.0705230784 + x * (0.0422820123 + x * (0.0092705272 + x * inner)))
        for _ in 0..<4 { power *= power }
        let tail = 0.5 / power
        return deviations < 0 ? tail : 1 - tail
    }
}
