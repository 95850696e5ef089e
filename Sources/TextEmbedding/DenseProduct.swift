import CVectorKernels

/// A dense layer in the precision of its encoder.
enum DenseProduct: Sendable {
    case floats(DenseLayer)
    case integers(IntegerLayer)

    /// Throws where a weight has no code: `name` is that of the layer, for the message.
    init(
        _ precision: EncoderPrecision, weights: AlignedFloats, bias: AlignedFloats, inputs: Int, name: String,
        instructions: encoder_instructions
    ) throws(SafetensorsError) {
        switch precision {
        case .exact:
            self = .floats(DenseLayer(weights: weights, bias: bias, inputs: inputs, instructions: instructions))
        case .fast:
            guard let layer = IntegerLayer(weights: weights, bias: bias, inputs: inputs, instructions: instructions)
            else { throw .tensor(name, "a weight is infinite or no number") }
            self = .integers(layer)
        }
    }

    /// `output` (rows × outputs) = `input` (rows × inputs) · Wᵀ + b. The two must not overlap.
    func apply(
        _ input: UnsafePointer<Float>, rows: Int, to output: UnsafeMutablePointer<Float>, by codes: RowCodes?
    ) {
        switch self {
        case .floats(let layer): layer.apply(input, rows: rows, to: output)
        case .integers(let layer):
            guard let codes else { preconditionFailure("integers need memory for their codes") }
            layer.apply(input, rows: rows, to: output, by: codes)
        }
    }
}
