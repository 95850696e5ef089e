import CVectorKernels
import Foundation
import Testing

@testable import TextEmbedding

@Suite struct BertEncoderTests {
    @Test(.enabled(if: Fixtures.hasReference, Fixtures.withoutReference))
    func vectorOfEveryReferenceLine() throws {
        let encoder = try Fixtures.encoder()
        for line in try Fixtures.reference() {
            let vector = encoder.encode(line.ids).map(Double.init)
            try #require(vector.count == line.vector.count && vector.count == 384)
            let worst = zip(vector, line.vector).map { abs($0 - $1) }.max()!
            let cosine = zip(vector, line.vector).reduce(0) { $0 + $1.0 * $1.1 } / (norm(vector) * norm(line.vector))
            #expect(worst <= 1e-5, "\(line.name)")
            #expect(cosine >= 0.99999, "\(line.name)")
            #expect(abs(norm(vector) - 1) < 1e-6, "\(line.name)")
        }
    }

    /// The same bits on a machine with AVX2 as on one with AVX-512: an index may move between them.
    @Test(.enabled(if: encoder_best_instructions() == ENCODER_AVX512, "this processor has no AVX-512"))
    func instructionSetsGiveTheSameBits() throws {
        let best = try Fixtures.encoder()
        let narrow = try BertEncoder(
            weights: Safetensors(Fixtures.folder().weights), configuration: .miniLM, instructions: ENCODER_AVX2)
        var generator = SeededGenerator()
        for count in [2, 3, 13, 14, 15, 33, 100] {
            let ids = (0..<count).map { _ in Int32.random(in: 1000..<30522, using: &generator) }
            #expect(best.encode(ids).bits == narrow.encode(ids).bits, "\(count) tokens, seed \(generator.seed)")
        }
    }

    @Test func weightsOfAnotherShapeAreAnError() throws {
        let header =
            "{\"embeddings.word_embeddings.weight\":{\"dtype\":\"F32\",\"shape\":[2,384],\"data_offsets\":[0,3072]}}"
        let file =
            Data((0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> ($0 * 8)) }) + Data(header.utf8)
            + Data(count: 3072)
        #expect {
            try BertEncoder(weights: Safetensors(file))
        } throws: {
            "\($0)".contains("'embeddings.word_embeddings.weight': its shape is [2, 384], [30522, 384] is needed")
        }
        #expect(throws: SafetensorsError.missing("embeddings.word_embeddings.weight")) {
            try BertEncoder(weights: Safetensors(Data([2, 0, 0, 0, 0, 0, 0, 0]) + Data("{}".utf8)))
        }
    }

    @Test func configurationIsReadAndChecked() throws {
        #expect(try BertConfiguration(json: Data("{}".utf8)) == .miniLM)
        let other = try BertConfiguration(
            json: Data(#"{"num_hidden_layers": 12, "hidden_act": "gelu", "model_type": "bert"}"#.utf8))
        #expect(other.layers == 12 && other != .miniLM)
        for (json, reason) in [
            (#"{"hidden_size": 0}"#, "hidden_size is 0"), (#"{"num_attention_heads": 7}"#, "multiples of 32"),
            (#"{"hidden_act": "relu"}"#, "hidden_act is 'relu'"), (#"{"model_type": "t5"}"#, "model_type is 't5'"),
            (#"{"vocab_size": 99999999999}"#, "vocab_size"), (#"{"layer_norm_eps": -1}"#, "layer_norm_eps"),
            (#"{"hidden_size": "x"}"#, "not a JSON object"), ("[]", "not a JSON object"), ("", "not a JSON object"),
            (#"{"position_embedding_type": "relative_key"}"#, "position_embedding_type"),
        ] {
            #expect {
                try BertConfiguration(json: Data(json.utf8))
            } throws: {
                "\($0)".contains(reason)
            }
        }
    }

    private func norm(_ vector: [Double]) -> Double { vector.reduce(0) { $0 + $1 * $1 }.squareRoot() }
}
