import CVectorKernels

/// A query as two planes of signed bytes: q ≈ t · (254·p + l), 16 bits a component, so that what is left of it is tiny.
///
/// With a row x ≈ s·c as `RowSlab` has it, and the exact integer I = Σ (254·p + l)·c,
///
///     |⟨q, x⟩ − s·t·I| ≤ s·F·‖c‖ + ‖q‖·r        F = ‖q − t·(254·p + l)‖, r = ‖x − s·c‖, ‖c‖ ≤ 127·√n
///
/// by Cauchy–Schwarz, twice: ⟨q, x⟩ = ⟨q, s·c⟩ + ⟨q, x − s·c⟩, and in the first term q is replaced with what is left over
/// taken into account. Without the term of F a row with r = 0 would be held for exactly known, and true neighbours would be
/// lost; random rows do not show it.
///
/// The first plane alone is enough for the coarse half of a row, s·(16·h − 120.5) with a residual of length R: with
/// T = 254·t, e = q − T·p and the exact integer I₁ = Σ (32·h − 241)·p,
///
///     |⟨q, x⟩ − s·(T/2)·I₁| ≤ s·120.5·‖e‖₁ + ‖q‖·R
///
/// as every |16·h − 120.5| ≤ 120.5. This interval is wide, some sixteen times the other one, and yet few rows of many reach the
/// best with it: of all others nothing more is read.
///
/// Besides, the kernel that gives the exact score is off from ⟨q, x⟩ by at most γ(n + 3, 2⁻⁵³)·‖q‖·‖x‖ with
/// ‖x‖ ≤ s·127·√n + r, and the bound is computed in float64 by a handful of operations on numbers no larger than
/// (‖q‖ + F)·(s·127·√n + r). Both are covered by a factor 2⁻³⁶ of that, as γ(n + 3, 2⁻⁵³) < 2⁻³⁸ for every dimension allowed;
/// and in the coarse interval likewise, with ‖e‖, 120.5 and R in their places. Neither float32 nor an overflow occurs
/// anywhere: what is added is integers of at most 37 bits, and float64. (R is rounded up to float32 when it is kept, and can
/// be infinite then; such a row is never ruled out.)
final class QueryPlanes: Sendable {
    /// Largest value of a component in steps of t: 254·127 + 127.
    private static let most = 32_385.0

    /// Half the bytes of a plane.
    let half: Int
    /// With both planes and whole codes: t, what multiplies the scale of a row, and what multiplies its radius.
    let bound: code_bound
    /// With the first plane and coarse halves: T/2, and the same.
    let coarseBound: code_bound
    private let memory: VectorMemory

    /// Both planes, one after the other.
    var planes: UnsafePointer<Int8> { UnsafePointer(memory.start.assumingMemoryBound(to: Int8.self)) }

    /// - Parameters:
    ///   - components: finite numbers.
    ///   - norm: an upper bound of their Euclidean length.
    init(_ components: [Float], norm: Double) {
        let half = code_half(components.count)
        let stride = 2 * half
        memory = VectorMemory(byteCount: 2 * stride)
        let planes = memory.start.bindMemory(to: Int8.self, capacity: 2 * stride)
        planes.initialize(repeating: 0, count: 2 * stride)
        let step = components.reduce(0.0) { max($0, abs(Double($1))) } / Self.most
        var (left, coarseLeft, coarseSum) = (0.0, 0.0, 0.0)
        // A query of zeros has planes of zeros, and nothing left.
        for (position, component) in components.enumerated() where step > 0 {
            let steps = (Double(component) / step).rounded().clamped(to: -Self.most...Self.most)
            let high = (steps / 254).rounded().clamped(to: -127...127)
            planes[position] = Int8(high)
            planes[stride + position] = Int8(steps - 254 * high)
            let residual = Double(component) - steps * step
            left += residual * residual
            let coarse = Double(component) - 254 * high * step
            coarseLeft += coarse * coarse
            coarseSum += abs(coarse)
        }
        // A residual is computed with an error below 2⁻⁵¹ of its component.
        let residual = left.squareRoot() * (1 + 0x1p-30) + norm * 0x1p-50
        let root = Double(components.count).squareRoot() * (1 + 0x1p-30)
        let reach = norm * (1 + 0x1p-36)
        bound = code_bound(
            step: step, spread: 127 * root * (residual + (norm + residual) * 0x1p-36), reach: reach)
        let slack = root * (norm + coarseLeft.squareRoot()) * 0x1p-36
        coarseBound = code_bound(
            step: 127 * step, spread: 120.5 * (coarseSum * (1 + 0x1p-30) + slack), reach: reach)
        self.half = half
    }

    deinit { memory.wipe(0..<memory.byteCount) }
}

extension Double {
    fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
        min(max(self, range.lowerBound), range.upperBound)
    }
}
