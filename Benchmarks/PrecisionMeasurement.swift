import Foundation
import TextEmbedding

/// The two precisions of the encoder beside onnxruntime in float32: how fast, and how near to each other.
struct PrecisionMeasurement {
    private static let lengths = [128, 256]
    /// Texts whose cosines are taken; each is computed three times.
    private static let texts = 400

    let model: String
    let enclave: String
    let peer: OnnxruntimePeer?
    let rounds: Int

    func section() async throws -> Section {
        let folder = try ModelFolder(model)
        let weights = try Safetensors(folder.weights)
        let encoders = try EncoderPrecision.allCases.map { precision in
            try BertEncoder(weights: weights, configuration: folder.configuration, precision: precision)
        }
        var names: [String] = []
        var items: [Stopwatch.Item] = []
        for length in Self.lengths {
            let ids = [101] + (0..<Int32(length - 2)).map { 2_000 + 7 * $0 } + [102]
            for encoder in encoders {
                names.append("\(length) tokens, \(encoder.precision.rawValue)")
                items.append(Stopwatch.Item { _ in _ = encoder.encode(ids) })
            }
            guard let peer else { continue }
            names.append("\(length) tokens, onnxruntime")
            items.append(peer.item(ids))
        }
        var random = RandomNumbers(seed: 23)
        let samples = try await Stopwatch.interleave(items, rounds: rounds, calls: 6, random: &random) { round in
            if round % 10 == 0 { Subject.encoder.note("\(round) of \(rounds) rounds") }
        }
        // One text in turn: exact, fast and, where it is there, onnxruntime.
        let turn = items.count / Self.lengths.count
        let rows = samples.indices.map { number in
            let against = peer.map { _ in samples[number / turn * turn + 2].ratio(to: samples[number], decimals: 2) }
            return Section.Row(
                name: names[number],
                cells: [samples[number].median(decimals: 2), samples[number].rate(of: 1, decimals: 1), against])
        }
        let cosines = try cosines(encoders, tokenizer: WordPieceTokenizer(vocabulary: folder.vocabulary))
        var targets = [
            Section.Target("smallest cosine of fast to exact", Figure(cosines.fast, decimals: 6), atLeast: 0.999)
        ]
        if peer != nil {
            targets.append(
                .init(
                    "fast, times onnxruntime's texts/s at \(Self.lengths[0]) tokens",
                    samples[2].ratio(to: samples[1], decimals: 2), atLeast: 2))
        }
        return Section(
            title: "The encoder's two precisions, one thread",
            explanation: [
                "Exact: `BertEncoder.encode` in float32 (\(encoders[0].instructionSet)). Fast: its dense layers from 16-bit "
                    + "codes (\(encoders[1].instructionSet)). One text a call, tokenising not counted.",
                peer.map {
                    "onnxruntime: float32, fused graph, one text a call on one thread, in the same rounds; "
                        + "\($0.facts.joined())."
                }
                    ?? EncoderMeasurement.withoutPeer,
                "Cosines: \(cosines.count) texts of up to 256 tokens from the sample enclave's documents. Smallest of fast to "
                    + "exact: \(Figure(cosines.fast, decimals: 6).text)"
                    + (cosines.peer.map { "; of exact to onnxruntime: \(Figure($0, decimals: 6).text)" } ?? "") + ".",
            ],
            columns: ["", "ms", "texts/s", "times onnxruntime"], rows: rows, targets: targets)
    }

    // MARK: - Cosines

    private struct Cosines {
        var count = 0
        /// The smallest of the fast encoder to the exact one, and of the exact one to onnxruntime.
        var fast = 1.0
        var peer: Double?
    }

    private func cosines(_ encoders: [BertEncoder], tokenizer: WordPieceTokenizer) throws -> Cosines {
        var smallest = Cosines()
        for text in try documents().prefix(Self.texts) {
            let ids = tokenizer.encode(text, maximumTokens: 256, specialTokens: .literal)
            let vectors = encoders.map { $0.encode(ids) }
            smallest.count += 1
            smallest.fast = min(smallest.fast, Self.cosine(vectors[0], vectors[1]))
            if let peer { smallest.peer = min(smallest.peer ?? 1, Self.cosine(vectors[0], try peer.vector(ids))) }
        }
        guard smallest.count > 0 else { throw UnexpectedAnswer(what: "\(enclave) has no text documents") }
        return smallest
    }

    /// Paragraphs of the enclave's Markdown and plain text, and its documents from their beginning: short texts and long
    /// ones.
    private func documents() throws -> [String] {
        let folder = URL(filePath: enclave).appending(path: "documents")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.compactMap {
            $0 as? URL
        }
        let texts = try (files ?? []).filter { ["md", "txt"].contains($0.pathExtension) }
            .sorted { $0.path < $1.path }
            .map { try String(contentsOf: $0, encoding: .utf8) }
        return texts + texts.flatMap { $0.components(separatedBy: "\n\n") }.filter { !$0.isEmpty }
    }

    private static func cosine(_ one: [Float], _ other: [Float]) -> Double {
        func product(_ one: [Float], _ other: [Float]) -> Double {
            zip(one, other).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        return product(one, other) / (product(one, one) * product(other, other)).squareRoot()
    }
}
