import CVectorKernels

/// y = x · Wᵀ + b for the rows x of one text, both sides as 16-bit codes: see `encoder_integer_kernels.h`.
///
/// Scales come from the weights alone and from each row alone. Nothing is calibrated on texts.
///
/// INVARIANT (batch invariance): a row of the result is a function of its own input row and the weights.
struct IntegerLayer: Sendable {
    let inputs: Int
    let outputs: Int

    private let instructions: encoder_instructions
    /// Packed panels of outputs × inputs, and one scale an output.
    private let codes: AlignedCodes
    private let scales, bias: AlignedFloats

    /// Nothing where a weight is infinite or no number: it has no code.
    ///
    /// - Parameters:
    ///   - weights: outputs × inputs, row-major; both multiples of 32. Not needed afterwards.
    ///   - bias: outputs.
    init?(weights: AlignedFloats, bias: AlignedFloats, inputs: Int, instructions: encoder_instructions) {
        precondition(weights.count == inputs * bias.count && inputs % 32 == 0 && bias.count % 32 == 0)
        self.inputs = inputs
        self.outputs = bias.count
        self.instructions = instructions
        self.bias = bias
        codes = AlignedCodes(count: weights.count)
        scales = AlignedFloats(count: bias.count)
        let status = encoder_pack_codes(weights.base, outputs, inputs, codes.base, scales.base)
        withExtendedLifetime(weights) {}
        if status == 0 { return nil }
    }

    /// `output` (rows × outputs) = `input` (rows × inputs) · Wᵀ + b. The codes of the rows come to lie in `memory`.
    func apply(
        _ input: UnsafePointer<Float>, rows: Int, to output: UnsafeMutablePointer<Float>, by memory: RowCodes
    ) {
        encoder_quantize(instructions, input, rows, inputs, memory.codes, memory.scales)
        encoder_multiply_codes(
            instructions, rows, inputs, outputs, memory.codes, memory.scales, codes.base, scales.base, bias.base,
            output)
    }
}

/// Working memory for the codes of one text's rows: one code for each number that a layer takes in, one scale a row.
struct RowCodes {
    let codes: UnsafeMutablePointer<Int16>
    let scales: UnsafeMutablePointer<Float>
    private let block: AlignedCodes
    private let scaleBlock: AlignedFloats

    init(rows: Int, inputs: Int) {
        block = AlignedCodes(count: rows * inputs)
        scaleBlock = AlignedFloats(count: rows)
        codes = block.base
        scales = scaleBlock.base
    }
}
