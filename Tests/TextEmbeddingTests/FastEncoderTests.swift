import CVectorKernels
import Foundation
import Testing

@testable import TextEmbedding

@Suite("The fast encoder")
struct FastEncoderTests {
    private static let loaded = Result {
        try BertEncoder(weights: Safetensors(Fixtures.folder().weights), precision: .fast)
    }
    private static let embedder = Result {
        try MiniLMEmbedder(modelDirectory: Fixtures.modelDirectory, precision: .fast)
    }

    private func cosine(_ one: [Float], _ other: [Double]) -> Double {
        func norm(_ vector: [Double]) -> Double { vector.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        let one = one.map(Double.init)
        return zip(one, other).reduce(0) { $0 + $1.0 * $1.1 } / (norm(one) * norm(other))
    }

    /// The goal is 0.999; what 16-bit codes reach lies far above it, and a fault would be seen long before.
    @Test(
        "Every reference text has a cosine of 0.9999 and more",
        .enabled(if: Fixtures.hasReference, Fixtures.withoutReference))
    func reference() throws {
        let encoder = try Self.loaded.get()
        for line in try Fixtures.reference() {
            let vector = encoder.encode(line.ids)
            #expect(vector.count == 384, "\(line.name)")
            #expect(cosine(vector, line.vector) >= 0.9999, "\(line.name)")
        }
    }

    /// Headings and passages of the project's own documents, and tokens at random.
    @Test("It stays beside the exact encoder on real text and on noise")
    func besideTheExact() throws {
        let (fast, exact, tokenizer) = try (Self.loaded.get(), Fixtures.encoder(), Fixtures.tokenizer())
        let document = try String(
            contentsOf: Fixtures.packageRoot.appending(path: "docs/ARCHITECTURE.md"), encoding: .utf8)
        var texts = document.split(separator: "\n\n").prefix(40).map {
            tokenizer.encode(String($0), maximumTokens: 256, specialTokens: .literal)
        }
        var generator = SeededGenerator()
        for count in [2, 13, 14, 15, 64, 256] {
            texts.append((0..<count).map { _ in Int32.random(in: 1000..<30522, using: &generator) })
        }
        for ids in texts {
            let (one, other) = (fast.encode(ids), exact.encode(ids))
            #expect(cosine(one, other.map(Double.init)) >= 0.9999, "\(ids.count) tokens, seed \(generator.seed)")
            #expect(one.bits != other.bits, "it is the exact encoder")
        }
    }

    /// The portable kernels are the oracle; each fused multiply-add of theirs is a call, so one short text must do.
    @Test("An index may move between machines: the same bits on each instruction set")
    func instructionSets() throws {
        let best = try Self.loaded.get()
        var generator = SeededGenerator()
        for instructions in EncoderKernelTests.instructionSets {
            let other = try BertEncoder(
                weights: Safetensors(Fixtures.folder().weights), configuration: .miniLM, precision: .fast,
                instructions: instructions)
            for count in instructions == ENCODER_PORTABLE ? [2, 15] : [2, 3, 13, 14, 15, 33, 100] {
                let ids = (0..<count).map { _ in Int32.random(in: 1000..<30522, using: &generator) }
                #expect(best.encode(ids).bits == other.encode(ids).bits, "\(count) tokens, seed \(generator.seed)")
            }
        }
    }

    @Test("A text's vector has the same bits whatever is embedded beside it")
    func batchInvariance() async throws {
        var generator = SeededGenerator()
        let dependent = try await BatchInvarianceTests.dependentTexts(of: Self.embedder.get(), using: &generator)
        #expect(dependent.isEmpty, "seed \(generator.seed)")
    }

    @Test("It is a model of its own: an index takes one of the two")
    func model() throws {
        let (fast, exact) = try (Self.embedder.get().model, Fixtures.embedder().model)
        #expect(fast.name == "all-MiniLM-L6-v2-int16" && fast.name != exact.name)
        #expect(fast.digest != exact.digest && fast.identity != exact.identity)
        #expect(fast.dimension == exact.dimension && fast.maximumTokens == exact.maximumTokens)
        #expect(Set(EncoderPrecision.allCases.map(\.modelName)).count == EncoderPrecision.allCases.count)
    }

    /// An index keeps this digest. When it has to change, every index of the old one has to be embedded again.
    @Test("Its digest stays the same")
    func digest() {
        #expect(ModelFolder.digest(.fast) == "05ab16bf8db4e9bec6b077adc35ad6c9228a3dbc94caf777102d5bd2bb1c80e9")
    }

    @Test("A file with a weight that is no number is refused by name")
    func unusableWeights() throws {
        var file = try Fixtures.folder().weights
        let tensor = try #require(try Safetensors(file).tensors["encoder.layer.3.output.dense.weight"])
        let place = tensor.range.lowerBound + 4 * 1000
        file.replaceSubrange(place..<place + 4, with: [0, 0, 0xC0, 0x7F])
        #expect(throws: SafetensorsError.tensor("encoder.layer.3.output.dense", "a weight is infinite or no number")) {
            try BertEncoder(weights: Safetensors(file), precision: .fast)
        }
    }
}
