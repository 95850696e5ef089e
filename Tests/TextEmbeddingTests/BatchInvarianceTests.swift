import CVectorKernels
import Foundation
import Testing

@testable import TextEmbedding

/// A text's vector has the same bits whatever is embedded beside it: a hidden passage must not show in another's score.
@Suite struct BatchInvarianceTests {
    /// Lengths around the tiles of the kernels (6 and 14 rows) and panels (32 columns), short queries, cut texts.
    static let texts: [String] = {
        let words =
            "access to a record is granted only after the policy decision point has answered and the audit entry is durable"
            .split(separator: " ")
        let lengths = [0, 1, 3, 4, 5, 10, 11, 12, 13, 14, 25, 26, 27, 29, 30, 31, 62, 63, 100, 300]
        return lengths.enumerated().map { index, length in
            (0..<length).map { String(words[($0 * 7 + index) % words.count]) }.joined(separator: " ")
        }
    }()

    /// The texts whose bits are not the same in every company: alone, all together, in another order, twice, beside
    /// random others, and in tasks that run at the same time.
    static func dependentTexts(of embedder: some Embedder, using generator: inout SeededGenerator) async throws -> [Int]
    {
        var alone: [[UInt32]] = []
        for text in texts { alone.append(try await embedder.embed(text).bits) }
        var dependent: Set<Int> = []
        func compare(_ order: [Int], _ vectors: [[Float]]) {
            for (index, vector) in zip(order, vectors) where vector.bits != alone[index] { dependent.insert(index) }
        }

        let all = Array(texts.indices)
        var orders = [all, all.reversed(), all + all]
        for _ in 0..<3 {
            orders.append(all.shuffled(using: &generator))
            orders.append(Array(all.shuffled(using: &generator).prefix(Int.random(in: 2...5, using: &generator))))
        }
        for order in orders { compare(order, try await embedder.embed(order.map { texts[$0] })) }
        try await withThrowingTaskGroup(of: ([Int], [[Float]]).self) { group in
            for order in orders {
                group.addTask { (order, try await embedder.embed(order.map { texts[$0] })) }
            }
            for try await (order, vectors) in group { compare(order, vectors) }
        }
        return dependent.sorted()
    }

    @Test func vectorsDoNotDependOnTheirCompany() async throws {
        var generator = SeededGenerator()
        let dependent = try await Self.dependentTexts(of: Fixtures.embedder(), using: &generator)
        #expect(dependent.isEmpty, "seed \(generator.seed)")
    }

    /// Number of threads, and a second embedder with memory elsewhere.
    @Test func vectorsDoNotDependOnThreads() async throws {
        let usual = try await Fixtures.embedder().embed(Self.texts).map(\.bits)
        let other = try MiniLMEmbedder(modelDirectory: Fixtures.modelDirectory, threads: 5)
        #expect(try await other.embed(Self.texts.reversed()).map(\.bits) == usual.reversed())
    }

    /// Another process gives the same bits, in another company.
    @Test func vectorsDoNotDependOnTheProcess() async throws {
        let text = "Who may read patient health records?"
        let expected = try await Fixtures.embedder().embed([text, "one", "two"])[0].bits
        let directory = Fixtures.modelDirectory
        await #expect(processExitsWith: .success) {
            [expected = expected as [UInt32], directory = directory as String] in
            let embedder = try MiniLMEmbedder(modelDirectory: directory)
            let vectors = try await embedder.embed(Self.texts + ["Who may read patient health records?"])
            #expect(vectors[vectors.count - 1].map(\.bitPattern) == expected)
        }
    }

    /// The check can fail: an embedder that stacks the rows of its texts in one `cblas_sgemm`, as batching runtimes do,
    /// is caught. (OpenBLAS sums in another order for other numbers of rows. Reference BLAS does not.)
    @Test(.enabled(if: StackingEmbedder.blasDependsOnRows, "this BLAS treats every row alike: nothing to catch"))
    func stackedTextsAreCaught() async throws {
        var generator = SeededGenerator()
        let planted = try StackingEmbedder(of: Fixtures.folder())
        let dependent = try await Self.dependentTexts(of: planted, using: &generator)
        #expect(!dependent.isEmpty, "seed \(generator.seed)")
    }
}

/// PLANTED LEAK: the word vectors of all texts of a call go through the first layer's query weights in one product.
private struct StackingEmbedder: Embedder {
    let model = EmbeddingModel(name: "stacking", dimension: 384, maximumTokens: 256, digest: "")
    private let tokenizer: WordPieceTokenizer
    private let words: AlignedFloats
    private let query: DenseLayer

    init(of folder: ModelFolder) throws {
        let file = try Safetensors(folder.weights)
        tokenizer = try WordPieceTokenizer(vocabulary: folder.vocabulary)
        words = try file.floats("embeddings.word_embeddings.weight", shape: [30522, 384])
        query = DenseLayer(
            weights: try file.floats("encoder.layer.0.attention.self.query.weight", shape: [384, 384]),
            bias: try file.floats("encoder.layer.0.attention.self.query.bias", shape: [384]), inputs: 384,
            instructions: encoder_best_instructions(), product: .blas)
    }

    func countTokens(_ text: String) -> Int { tokenizer.countTokens(text) }

    func embed(_ texts: [String]) async throws -> [[Float]] {
        let ids = texts.map { tokenizer.encode($0) }
        let rows = ids.flatMap { $0.flatMap { UnsafeBufferPointer(start: words.base + Int($0) * 384, count: 384) } }
        let products = Self.apply(query, rows)
        var start = 0
        return ids.map { ids in
            defer { start += ids.count }
            return [Float](unsafeUninitializedCapacity: 384) { vector, count in
                products.withUnsafeBufferPointer {
                    encoder_pool(ENCODER_PORTABLE, $0.baseAddress! + start * 384, ids.count, 384, vector.baseAddress!)
                }
                count = 384
            }
        }
    }

    private static func apply(_ layer: DenseLayer, _ rows: [Float]) -> [Float] {
        let count = rows.count / layer.inputs * layer.outputs
        return [Float](unsafeUninitializedCapacity: count) { output, initialized in
            layer.apply(rows, rows: rows.count / layer.inputs, to: output.baseAddress!)
            initialized = count
        }
    }

    /// Whether the first rows of a product change with the rows after them.
    static let blasDependsOnRows: Bool = {
        var generator = SeededGenerator()
        let layer = DenseLayer(
            weights: AlignedFloats(generator.floats(384 * 384)), bias: AlignedFloats(generator.floats(384)),
            inputs: 384,
            instructions: encoder_best_instructions(), product: .blas)
        let rows = generator.floats(384 * 64)
        let whole = apply(layer, rows)
        return (1..<64).contains {
            apply(layer, Array(rows.prefix(384 * $0))).bits != Array(whole.prefix(384 * $0)).bits
        }
    }()
}
