import CVectorKernels

/// One transformer layer: self-attention and a feed-forward block, each followed by an addition and a layer norm
/// (BERT, arXiv 1810.04805).
struct BertLayer: Sendable {
    /// Query, key and value in one product: hidden → 3 · hidden.
    let queryKeyValue: DenseProduct
    let attentionOutput: DenseProduct
    let attentionNorm: LayerNorm
    let intermediate: DenseProduct
    let output: DenseProduct
    let outputNorm: LayerNorm

    /// Reads layer `index` of the file. Dense weights are stored outputs × inputs.
    init(
        _ index: Int, of file: Safetensors, _ configuration: BertConfiguration, _ precision: EncoderPrecision,
        _ instructions: encoder_instructions
    ) throws(SafetensorsError) {
        let hidden = configuration.hiddenSize
        let prefix = "encoder.layer.\(index)."

        func dense(_ name: String, _ outputs: Int, _ inputs: Int) throws(SafetensorsError) -> DenseProduct {
            try DenseProduct(
                precision, weights: try file.floats(prefix + name + ".weight", shape: [outputs, inputs]),
                bias: try file.floats(prefix + name + ".bias", shape: [outputs]), inputs: inputs,
                name: prefix + name, instructions: instructions)
        }

        let weights = AlignedFloats(count: 3 * hidden * hidden)
        let bias = AlignedFloats(count: 3 * hidden)
        for (part, name) in ["query", "key", "value"].enumerated() {
            let tensor = prefix + "attention.self." + name
            try file.copy(tensor + ".weight", shape: [hidden, hidden], to: weights.base + part * hidden * hidden)
            try file.copy(tensor + ".bias", shape: [hidden], to: bias.base + part * hidden)
        }
        queryKeyValue = try DenseProduct(
            precision, weights: weights, bias: bias, inputs: hidden, name: prefix + "attention.self",
            instructions: instructions)
        attentionOutput = try dense("attention.output.dense", hidden, hidden)
        attentionNorm = try LayerNorm(prefix + "attention.output.LayerNorm", of: file, configuration, instructions)
        intermediate = try dense("intermediate.dense", configuration.intermediateSize, hidden)
        output = try dense("output.dense", hidden, configuration.intermediateSize)
        outputNorm = try LayerNorm(prefix + "output.LayerNorm", of: file, configuration, instructions)
    }
}

/// gain · (x − mean) / √(variance + ε) + shift, over the numbers of one token.
struct LayerNorm: Sendable {
    private let gain: AlignedFloats
    private let shift: AlignedFloats
    private let epsilon: Float
    private let instructions: encoder_instructions

    init(
        _ name: String, of file: Safetensors, _ configuration: BertConfiguration, _ instructions: encoder_instructions
    ) throws(SafetensorsError) {
        gain = try file.floats(name + ".weight", shape: [configuration.hiddenSize])
        shift = try file.floats(name + ".bias", shape: [configuration.hiddenSize])
        epsilon = configuration.layerNormEpsilon
        self.instructions = instructions
    }

    /// In place: `values` (rows × hidden) = norm of `values + residual`; without a residual, of `values`.
    func apply(_ values: UnsafeMutablePointer<Float>, adding residual: UnsafePointer<Float>?, rows: Int) {
        encoder_add_normalize(instructions, values, residual, gain.base, shift.base, epsilon, rows, gain.count)
    }
}
