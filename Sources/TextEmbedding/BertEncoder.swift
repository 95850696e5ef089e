import CVectorKernels

/// The transformer encoder of all-MiniLM-L6-v2 with its sentence pooling: token ids to one vector of unit length.
///
/// Architecture: BERT (arXiv 1810.04805) in the size of MiniLM (arXiv 2002.10957), with the mean over all tokens and L2
/// normalisation of Sentence-BERT (arXiv 1908.10084). GELU is the exact one, with the error function. Arithmetic is
/// float32 with one fixed order for every sum; in ``EncoderPrecision/fast`` the dense products alone are in integers.
///
/// INVARIANT (batch invariance): a vector is a function of the token ids and the weights alone. One text is one call,
/// with working memory of its own; there is no padding, no batch dimension and no state between calls. On x86-64 with
/// AVX2 or AVX-512 the bits are also the same from one machine to the next.
package struct BertEncoder: Sendable {
    package let configuration: BertConfiguration
    package let precision: EncoderPrecision
    let instructions: encoder_instructions

    /// Vocabulary × hidden, positions × hidden, token types × hidden (row 0 is used).
    private let words, positions, types: AlignedFloats
    private let embeddingNorm: LayerNorm
    private let layers: [BertLayer]

    /// Takes the weights out of `file` and packs them; the file is not needed afterwards. For MiniLM 47 MB of
    /// embeddings and 43 MB of dense layers.
    ///
    /// - Throws: ``SafetensorsError`` for a tensor that is missing or has another type or shape than `configuration`
    ///   says.
    package init(
        weights file: Safetensors, configuration: BertConfiguration = .miniLM, precision: EncoderPrecision = .exact
    ) throws(SafetensorsError) {
        try self.init(
            weights: file, configuration: configuration, precision: precision,
            instructions: encoder_best_instructions())
    }

    /// On an instruction set that the processor must have: for tests that compare them.
    init(
        weights file: Safetensors, configuration: BertConfiguration, precision: EncoderPrecision = .exact,
        instructions: encoder_instructions
    ) throws(SafetensorsError) {
        self.configuration = configuration
        self.precision = precision
        self.instructions = instructions
        let hidden = configuration.hiddenSize
        words = try file.floats("embeddings.word_embeddings.weight", shape: [configuration.vocabularySize, hidden])
        positions = try file.floats(
            "embeddings.position_embeddings.weight", shape: [configuration.maximumPositions, hidden])
        types = try file.floats("embeddings.token_type_embeddings.weight", shape: [configuration.tokenTypes, hidden])
        embeddingNorm = try LayerNorm("embeddings.LayerNorm", of: file, configuration, instructions)
        var layers: [BertLayer] = []
        for index in 0..<configuration.layers {
            layers.append(try BertLayer(index, of: file, configuration, precision, instructions))
        }
        self.layers = layers
    }

    /// What the kernels run on, for the line at start-up.
    package var instructionSet: String { Self.name(of: instructions, precision) }

    /// What the kernels of a new encoder will run on.
    package static func bestInstructionSet(_ precision: EncoderPrecision) -> String {
        name(of: encoder_best_instructions(), precision)
    }

    /// Of the dense layers: they take most of the time.
    private static func name(of instructions: encoder_instructions, _ precision: EncoderPrecision) -> String {
        switch (precision, precision == .fast ? encoder_integer_instructions(instructions) : instructions) {
        case (.exact, ENCODER_AVX512): "AVX-512"
        case (.fast, ENCODER_AVX512): "AVX-512 VNNI"
        case (_, ENCODER_AVX2): "AVX2"
        default: "portable"
        }
    }

    /// The vector of one text: `hiddenSize` numbers, length 1.
    ///
    /// About 22 MFLOP per token, plus 18 kFLOP per pair of tokens for attention: 2.87 GFLOP at 128 tokens. Working
    /// memory is 19 kB per token. Blocks the calling thread: not for Swift's cooperative pool.
    ///
    /// - Precondition: 1 to `maximumPositions` ids, each in `0 ..< vocabularySize`.
    package func encode(_ ids: [Int32]) -> [Float] {
        precondition(
            !ids.isEmpty && ids.count <= configuration.maximumPositions,
            "\(ids.count) tokens, 1 to \(configuration.maximumPositions) are possible")
        precondition(
            ids.allSatisfy { 0 <= $0 && $0 < configuration.vocabularySize }, "a token id is not in the vocabulary")

        let rows = ids.count
        let width = configuration.hiddenSize
        let memory = Workspace(rows: rows, configuration, precision)
        // The pointers do not keep the block alive.
        defer { withExtendedLifetime(memory) {} }
        let (hidden, side, wide) = (memory.hidden, memory.side, memory.wide)

        encoder_gather(instructions, ids, rows, width, words.base, positions.base, types.base, hidden)
        embeddingNorm.apply(hidden, adding: nil, rows: rows)
        for layer in layers {
            layer.queryKeyValue.apply(hidden, rows: rows, to: wide, by: memory.codes)
            attend(memory, rows: rows)
            // `side` becomes the new hidden state; the old one is free after it was added.
            layer.attentionOutput.apply(memory.context, rows: rows, to: side, by: memory.codes)
            layer.attentionNorm.apply(side, adding: hidden, rows: rows)
            layer.intermediate.apply(side, rows: rows, to: wide, by: memory.codes)
            encoder_gelu(instructions, wide, rows * configuration.intermediateSize)
            layer.output.apply(wide, rows: rows, to: hidden, by: memory.codes)
            layer.outputNorm.apply(hidden, adding: side, rows: rows)
        }
        return [Float](unsafeUninitializedCapacity: width) { vector, count in
            encoder_pool(instructions, hidden, rows, width, vector.baseAddress)
            count = width
        }
    }

    /// Scaled dot-product attention, head by head: `context` = softmax(Q · Kᵀ / √size) · V, with Q, K and V side by
    /// side in the rows of `wide`.
    private func attend(_ memory: Workspace, rows: Int) {
        let size = configuration.headSize
        let width = configuration.hiddenSize
        let stride = 3 * width
        let columns = memory.scoreStride
        let scale = 1 / Float(size).squareRoot()
        for head in 0..<configuration.heads {
            let query = memory.wide + head * size
            let (key, value) = (query + width, query + 2 * width)
            encoder_transpose(key, rows, size, stride, memory.keys, columns)
            encoder_multiply(
                instructions, rows, size, columns, query, stride, memory.keys, columns, 32, nil, memory.scores, columns)
            encoder_softmax(instructions, memory.scores, rows, rows, columns, scale)
            encoder_multiply(
                instructions, rows, rows, size, memory.scores, columns, value, stride, 32, nil,
                memory.context + head * size, width)
        }
    }
}

/// The working memory of one text, in one block.
private struct Workspace {
    /// rows × hidden: the state between layers.
    let hidden: UnsafeMutablePointer<Float>
    /// rows × hidden: the state between attention and feed-forward block.
    let side: UnsafeMutablePointer<Float>
    /// rows × hidden: what attention gathered.
    let context: UnsafeMutablePointer<Float>
    /// rows × (3 · hidden) for queries, keys and values; then rows × intermediate.
    let wide: UnsafeMutablePointer<Float>
    /// rows × `scoreStride`: attention of one head.
    let scores: UnsafeMutablePointer<Float>
    /// head size × `scoreStride`: keys of one head, transposed.
    let keys: UnsafeMutablePointer<Float>
    /// The codes of the rows that go into a dense product; none in float32.
    let codes: RowCodes?
    /// The number of rows rounded up to whole panels.
    let scoreStride: Int

    private let block: AlignedFloats

    init(rows: Int, _ configuration: BertConfiguration, _ precision: EncoderPrecision) {
        let narrow = rows * configuration.hiddenSize
        let broad = rows * max(3 * configuration.hiddenSize, configuration.intermediateSize)
        let panel = Int(ENCODER_PANEL_COLUMNS)
        scoreStride = (rows + panel - 1) / panel * panel
        block = AlignedFloats(count: 3 * narrow + broad + (rows + configuration.headSize) * scoreStride)
        hidden = block.base
        side = hidden + narrow
        context = side + narrow
        wide = context + narrow
        scores = wide + broad
        keys = scores + rows * scoreStride
        codes =
            precision == .fast
            ? RowCodes(rows: rows, inputs: max(configuration.hiddenSize, configuration.intermediateSize)) : nil
    }
}
