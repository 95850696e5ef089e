package import Foundation

/// The measures of a BERT encoder (arXiv 1810.04805), as `config.json` gives them.
package struct BertConfiguration: Sendable, Hashable {
    /// Numbers that stand for one token between the layers.
    package var hiddenSize = 384
    package var layers = 6
    package var heads = 12
    /// Numbers per token inside a feed-forward block.
    package var intermediateSize = 1536
    package var vocabularySize = 30522
    /// Rows of the position table: no text can have more tokens.
    package var maximumPositions = 512
    package var tokenTypes = 2
    package var layerNormEpsilon: Float = 1e-12

    /// Numbers per token in one attention head.
    package var headSize: Int { hiddenSize / heads }

    /// The measures of all-MiniLM-L6-v2 (arXiv 2002.10957).
    package static let miniLM = BertConfiguration()

    private init() {}

    /// Reads `config.json`. A key that is absent keeps the value of ``miniLM``; every number is checked.
    package init(json: Data) throws(EncoderError) {
        let file: File
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            file = try decoder.decode(File.self, from: json)
        } catch {
            throw .configuration("config.json is not a JSON object with whole numbers where numbers are expected")
        }
        if let kind = file.modelType, kind != "bert" {
            throw .configuration("model_type is '\(kind)', 'bert' is needed")
        }
        if let gate = file.hiddenAct, gate != "gelu" {
            throw .configuration("hidden_act is '\(gate)', 'gelu' is needed")
        }
        if let kind = file.positionEmbeddingType, kind != "absolute" {
            throw .configuration("position_embedding_type is '\(kind)', 'absolute' is needed")
        }
        hiddenSize = file.hiddenSize ?? hiddenSize
        layers = file.numHiddenLayers ?? layers
        heads = file.numAttentionHeads ?? heads
        intermediateSize = file.intermediateSize ?? intermediateSize
        vocabularySize = file.vocabSize ?? vocabularySize
        maximumPositions = file.maxPositionEmbeddings ?? maximumPositions
        tokenTypes = file.typeVocabSize ?? tokenTypes
        layerNormEpsilon = file.layerNormEps ?? layerNormEpsilon
        try check()
    }

    private func check() throws(EncoderError) {
        let limits: [(String, Int, Int)] = [
            ("hidden_size", hiddenSize, 8192), ("num_hidden_layers", layers, 128),
            ("num_attention_heads", heads, 256), ("intermediate_size", intermediateSize, 65536),
            ("vocab_size", vocabularySize, 1 << 22), ("max_position_embeddings", maximumPositions, 1 << 16),
            ("type_vocab_size", tokenTypes, 1 << 10),
        ]
        for (name, value, limit) in limits where value < 1 || value > limit {
            throw .configuration("\(name) is \(value), it must be 1 to \(limit)")
        }
        // The kernels work on panels of 32 columns; BERT models have heads of 32 or 64.
        guard hiddenSize % heads == 0, headSize % 32 == 0, intermediateSize % 32 == 0 else {
            throw .configuration(
                "hidden_size \(hiddenSize) / num_attention_heads \(heads) and intermediate_size \(intermediateSize) "
                    + "must be multiples of 32")
        }
        guard layerNormEpsilon > 0, layerNormEpsilon < 1 else {
            throw .configuration("layer_norm_eps is \(layerNormEpsilon), it must lie between 0 and 1")
        }
    }

    /// The keys of `config.json` that matter here; there they are in snake case.
    private struct File: Decodable {
        var modelType: String?
        var hiddenAct: String?
        var positionEmbeddingType: String?
        var hiddenSize: Int?
        var numHiddenLayers: Int?
        var numAttentionHeads: Int?
        var intermediateSize: Int?
        var vocabSize: Int?
        var maxPositionEmbeddings: Int?
        var typeVocabSize: Int?
        var layerNormEps: Float?
    }
}

/// Why an encoder cannot be built from its files.
package enum EncoderError: Error, Equatable, CustomStringConvertible {
    case configuration(String)
    case vocabulary(String)
    case weights(SafetensorsError)

    package var description: String {
        switch self {
        case .configuration(let reason): "encoder configuration: \(reason)"
        case .vocabulary(let reason): "vocabulary: \(reason)"
        case .weights(let error): error.description
        }
    }
}
