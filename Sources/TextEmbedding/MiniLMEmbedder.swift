import Foundation

/// all-MiniLM-L6-v2 in this process: 384 numbers a text, from at most 256 tokens.
///
/// Texts are computed one by one, several at a time on threads beside Swift's cooperative pool. A vector depends on
/// its text alone: see ``Embedder`` and ``BertEncoder``.
///
/// Special tokens: `[CLS]`, `[SEP]`, `[MASK]`, `[UNK]` and `[PAD]` written in a text are read as ordinary characters,
/// in passages and in queries, because texts come from people who are not trusted to write control tokens. The plain
/// tokenizer, ``WordPieceTokenizer``, recognises them as the reference does.
package struct MiniLMEmbedder: Embedder {
    package static let maximumTokens = 256

    package let model: EmbeddingModel
    /// What the arithmetic runs on, for the line at start-up: "AVX-512", "AVX-512 VNNI", "AVX2" or "portable".
    package var instructionSet: String { encoder.instructionSet }
    private let tokenizer: WordPieceTokenizer
    private let encoder: BertEncoder
    private let queue: EncoderQueue

    /// Reads, checks and packs the model: 91 MB read once, about 115 MB kept (95 MB where it is fast).
    ///
    /// - Parameters:
    ///   - modelDirectory: The folder that `make model` fills.
    ///   - precision: Shapes every vector; part of ``model``.
    ///   - threads: Texts that are computed at once; by default one for each core.
    /// - Throws: ``EmbeddingModelError``, which names the folder and says what to do. There is no fallback.
    package init(
        modelDirectory: String, precision: EncoderPrecision = .exact,
        threads: Int = ProcessInfo.processInfo.activeProcessorCount
    ) throws(EmbeddingModelError) {
        let folder = try ModelFolder(modelDirectory)
        do {
            tokenizer = try WordPieceTokenizer(vocabulary: folder.vocabulary)
        } catch {
            throw .unusable(folder: modelDirectory, reason: error.description)
        }
        do {
            encoder = try BertEncoder(
                weights: Safetensors(folder.weights), configuration: folder.configuration, precision: precision)
        } catch {
            throw .unusable(folder: modelDirectory, reason: error.description)
        }
        guard tokenizer.vocabularySize <= folder.configuration.vocabularySize else {
            throw .unusable(
                folder: modelDirectory,
                reason: "vocab.txt has \(tokenizer.vocabularySize) tokens, the weights have "
                    + "\(folder.configuration.vocabularySize)")
        }
        queue = EncoderQueue(width: max(1, threads))
        model = EmbeddingModel(
            name: precision.modelName, dimension: folder.configuration.hiddenSize, maximumTokens: Self.maximumTokens,
            digest: ModelFolder.digest(precision))
    }

    /// One vector a text, in their order. Cancelling the task stops after the texts that are being computed.
    ///
    /// A call has no more than two texts a thread in the queue, so a query waits for some texts of a large batch beside
    /// it and not for the whole of it.
    package func embed(_ texts: [String]) async throws -> [[Float]] {
        try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
            var vectors = [[Float]](repeating: [], count: texts.count)
            var inFlight = 0
            for (index, text) in texts.enumerated() {
                if inFlight == 2 * queue.width, let (index, vector) = try await group.next() {
                    vectors[index] = vector
                    inFlight -= 1
                }
                try Task.checkCancellation()
                group.addTask { (index, await compute(text)) }
                inFlight += 1
            }
            for try await (index, vector) in group { vectors[index] = vector }
            return vectors
        }
    }

    package func embed(_ text: String) async throws -> [Float] {
        try Task.checkCancellation()
        return await compute(text)
    }

    /// WordPiece tokens, special ones not counted, nothing cut. Additive over parts split at blanks: see
    /// ``WordPieceTokenizer/countTokens(_:specialTokens:)``.
    package func countTokens(_ text: String) -> Int {
        tokenizer.countTokens(text, specialTokens: .literal)
    }

    private func compute(_ text: String) async -> [Float] {
        let (tokenizer, encoder) = (tokenizer, encoder)
        return await queue.run {
            encoder.encode(
                tokenizer.encode(text, maximumTokens: Self.maximumTokens, specialTokens: .literal))
        }
    }
}
