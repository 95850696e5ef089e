import CBLAS
import CVectorKernels
import Foundation

/// y = x · Wᵀ + b for the rows x of one text.
///
/// On processors with fused multiply-adds on vectors (x86-64 with AVX2 or AVX-512, ARM) the weights are packed once and
/// go through the kernel of `encoder_kernels.h`. It is faster than `cblas_sgemm`, which packs its operands at every
/// call: by a quarter at 128 rows and threefold at 12, the length of a query. It is also row-independent and gives the
/// same bits on each of these processors, which no BLAS promises. On other processors the product is `cblas_sgemm`
/// on the rows of this one text.
///
/// INVARIANT (batch invariance): a call holds the rows of one text and nothing else.
struct DenseLayer: Sendable {
    let inputs: Int
    let outputs: Int

    private let instructions: encoder_instructions
    private let usesBLAS: Bool
    /// Packed panels, or for BLAS the matrix as it is: outputs × inputs.
    private let weights: AlignedFloats
    private let bias: AlignedFloats

    /// - Parameters:
    ///   - weights: outputs × inputs, row-major; both multiples of 32.
    ///   - bias: outputs.
    ///   - product: Which implementation; for tests that compare them.
    init(
        weights: AlignedFloats, bias: AlignedFloats, inputs: Int, instructions: encoder_instructions,
        product: Product = .fastest
    ) {
        precondition(weights.count == inputs * bias.count && inputs % 32 == 0 && bias.count % 32 == 0)
        self.inputs = inputs
        self.outputs = bias.count
        self.instructions = instructions
        self.bias = bias
        switch product {
        case .blas: usesBLAS = true
        case .kernel: usesBLAS = false
        case .fastest: usesBLAS = instructions == ENCODER_PORTABLE && Self.fusesInSoftware
        }
        if usesBLAS {
            Self.oneThread
            self.weights = weights
        } else {
            self.weights = AlignedFloats(count: weights.count)
            withExtendedLifetime(weights) { encoder_pack(weights.base, outputs, inputs, self.weights.base) }
        }
    }

    enum Product: Sendable { case fastest, kernel, blas }

    /// `output` (rows × outputs) = `input` (rows × inputs) · Wᵀ + b. The two must not overlap.
    func apply(_ input: UnsafePointer<Float>, rows: Int, to output: UnsafeMutablePointer<Float>) {
        if usesBLAS {
            for row in 0..<rows { (output + row * outputs).update(from: bias.base, count: outputs) }
            cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasTrans, numericCast(rows), numericCast(outputs), numericCast(inputs),
                1, input, numericCast(inputs), weights.base, numericCast(inputs), 1, output, numericCast(outputs))
        } else {
            let panel = Int(ENCODER_PANEL_COLUMNS)
            encoder_multiply(
                instructions, rows, inputs, outputs, input, inputs, weights.base, panel, panel * inputs, bias.base,
                output, outputs)
        }
    }

    /// x86-64 has no fused multiply-add in its base instruction set: the portable kernel would call a function for
    /// each one.
    private static var fusesInSoftware: Bool {
        #if arch(x86_64)
            true
        #else
            false
        #endif
    }

    /// OpenBLAS starts threads of its own, which would compete with the threads over texts. Reference BLAS has none
    /// and lacks the function, so it is looked up at run time.
    private static let oneThread: Void = {
        typealias SetThreads = @convention(c) (CInt) -> Void
        guard let symbol = dlsym(nil, "openblas_set_num_threads") else { return }
        unsafeBitCast(symbol, to: SetThreads.self)(1)
    }()
}
