import CBLAS
import Foundation
import TextEmbedding
import VectorSearch

/// The text encoder: what a question waits for, and how near the arithmetic comes to the machine's matrix products.
struct EncoderMeasurement: Sendable {
    private static let tokens = 128
    private let model: String
    private let enclave: String
    private let environment: String
    private let rounds: Int

    /// - Parameters:
    ///   - enclave: Its documents are the real text on which cosines are taken.
    ///   - environment: The Python environment of onnxruntime.
    init(model: String, enclave: String, environment: String, isQuick: Bool) {
        self.model = model
        self.enclave = enclave
        self.environment = environment
        rounds = isQuick ? 4 : 40
    }

    func sections() async throws -> [Section] {
        Subject.encoder.note("loading the model")
        let embedder = try MiniLMEmbedder(modelDirectory: model, threads: 1)
        let peer = try peer()
        let questions = try await questionTable(embedder, peer)
        let precisions = try await PrecisionMeasurement(
            model: model, enclave: enclave, peer: peer, rounds: rounds
        ).section()
        let rates = try await rateTable(instructions: embedder.instructionSet)
        return [questions, precisions, rates]
    }

    private func peer() throws -> OnnxruntimePeer? {
        guard OnnxruntimePeer.isThere(environment) else {
            Subject.encoder.note(Self.withoutPeer)
            return nil
        }
        return try OnnxruntimePeer(environment: environment, weights: "\(model)/\(ModelFolder.weightsName)")
    }

    static let withoutPeer =
        "LEFT OUT: onnxruntime is not installed. `.ci/setup onnxruntime` does so, and `make bench`."

    // MARK: - Questions

    private func questionTable(_ embedder: MiniLMEmbedder, _ peer: OnnxruntimePeer?) async throws -> Section {
        let lengths = [12, 40]
        let questions = try lengths.map { try Self.question(of: $0, embedder) }
        let fast = try MiniLMEmbedder(modelDirectory: model, precision: .fast, threads: 1)
        let tokenizer = try WordPieceTokenizer(vocabulary: ModelFolder(model).vocabulary)
        var names: [String] = []
        var items: [Stopwatch.Item] = []
        for (length, question) in zip(lengths, questions) {
            names += ["\(length) tokens, exact", "\(length) tokens, fast"]
            items += [embedder, fast].map { embedder in Stopwatch.Item { _ in _ = try await embedder.embed(question) } }
            guard let peer else { continue }
            names.append("\(length) tokens, onnxruntime")
            items.append(peer.item(tokenizer.encode(question, specialTokens: .literal)))
        }
        var random = RandomNumbers(seed: 11)
        let samples = try await Stopwatch.interleave(items, rounds: rounds, calls: 20, random: &random)
        let targets =
            peer == nil
            ? []
            : [
                Section.Target(
                    "exact, of onnxruntime's time for 12 tokens", samples[0].ratio(to: samples[2], decimals: 2),
                    atMost: 1)
            ]
        return Section(
            title: "Embedding a question",
            explanation: [
                "From the question's text to its vector on one thread, tokenising and the change of threads counted. "
                    + "Tokens are those that the model reads, the two around the text included.",
                peer.map { "onnxruntime: the same tokens in float32, tokenising not counted; \($0.facts.joined())." }
                    ?? Self.withoutPeer,
            ],
            columns: ["", "p50 ms", "p95 ms"],
            rows: zip(names, samples).map { name, samples in
                Section.Row(
                    name: name, cells: [samples.median(decimals: 2), Figure(samples.percentile(0.95), decimals: 2)])
            }, targets: targets)
    }

    /// A question that the model reads as that many tokens.
    private static func question(of tokens: Int, _ embedder: MiniLMEmbedder) throws -> String {
        let words = """
            what is the torque for the second bolt on the left wing when the panel is closed after a long test flight and \
            who must sign the record before the next part can leave the hall for the final check of the day
            """.split(separator: " ").map(String.init)
        var question = ""
        for word in words where embedder.countTokens(question) + 2 < tokens {
            question += question.isEmpty ? word : " " + word
        }
        guard embedder.countTokens(question) + 2 == tokens else {
            throw UnexpectedAnswer(what: "no question of \(tokens) tokens")
        }
        return question
    }

    // MARK: - Rates

    private func rateTable(instructions: String) async throws -> Section {
        // Asked for first: it is what keeps the library to one thread.
        let library = BLASLibrary.current
        let folder = try ModelFolder(model)
        let weights = try Safetensors(folder.weights)
        let encoder = try BertEncoder(weights: weights, configuration: folder.configuration)
        let ids = [101] + (0..<Int32(Self.tokens - 2)).map { 2_000 + 7 * $0 } + [102]
        let products = DenseProducts(rows: Self.tokens, configuration: folder.configuration)
        let items = [
            Stopwatch.Item { _ in _ = encoder.encode(ids) },
            Stopwatch.Item { _ in products.run(transposed: false) },
            Stopwatch.Item { _ in products.run(transposed: true) },
        ]
        var random = RandomNumbers(seed: 13)
        let samples = try await Stopwatch.interleave(items, rounds: rounds, calls: 6, random: &random) { round in
            if round % 10 == 0 { Subject.encoder.note("\(round) of \(rounds) rounds") }
        }
        let attention = Double(
            4 * Self.tokens * Self.tokens * folder.configuration.hiddenSize * folder.configuration.layers)
        let encoding = (products.operations + attention) / 1e9
        let (text, plain, transposed) = (samples[0], samples[1], samples[2])
        // The faster of the two layouts is what the encoder is held against.
        let fastest = plain.percentile(0.5) < transposed.percentile(0.5) ? plain : transposed
        let shares = zip(text.roundMedians, fastest.roundMedians).map {
            100 * (encoding / $0) / (products.operations / 1e9 / $1)
        }
        let share = Figure(
            100 * (encoding / text.percentile(0.5)) / (products.operations / 1e9 / fastest.percentile(0.5)),
            spreadOf: shares, decimals: 1)
        return Section(
            title: "Encoder and sgemm, \(Self.tokens) tokens, one thread",
            explanation: [
                "Encoder: `BertEncoder.encode` of one text of \(Self.tokens) tokens (\(instructions)), tokenising not "
                    + "counted: \(Figure(encoding, decimals: 2).text) GFLOP, attention included.",
                "sgemm: the \(products.count) dense products of the same text alone, through `cblas_sgemm` of "
                    + "\(library.name), \(Self.tokens) rows a call, with weights of the real shapes in memory: "
                    + "\(Figure(products.operations / 1e9, decimals: 2).text) GFLOP. Both layouts of the weights; the faster "
                    + "one counts for the target.",
            ],
            columns: ["", "ms", "GFLOP/s", "texts/s"],
            rows: [
                .init(
                    name: "encoder",
                    cells: [
                        text.median(decimals: 2), text.rate(of: encoding, decimals: 1), text.rate(of: 1, decimals: 1),
                    ]),
                .init(
                    name: "sgemm, weights inputs × outputs",
                    cells: [plain.median(decimals: 2), plain.rate(of: products.operations / 1e9, decimals: 1), nil]),
                .init(
                    name: "sgemm, weights outputs × inputs",
                    cells: [
                        transposed.median(decimals: 2), transposed.rate(of: products.operations / 1e9, decimals: 1),
                        nil,
                    ]),
            ],
            targets: [.init("encoder's GFLOP/s in percent of sgemm's", share, atLeast: 70)])
    }
}

/// The dense products of one text, layer by layer, with weights of their own for each.
private final class DenseProducts: @unchecked Sendable {
    private let rows: Int
    private let shapes: [(inputs: Int, outputs: Int)]
    private var weights: [[Float]]
    private let input: [Float]
    private var output: [Float]

    init(rows: Int, configuration: BertConfiguration) {
        let (hidden, wide) = (configuration.hiddenSize, configuration.intermediateSize)
        self.rows = rows
        let layer = [(hidden, 3 * hidden), (hidden, hidden), (hidden, wide), (wide, hidden)]
        shapes = (0..<configuration.layers).flatMap { _ in layer.map { (inputs: $0.0, outputs: $0.1) } }
        var random = RandomNumbers(seed: 17)
        weights = shapes.map { shape in
            (0..<shape.inputs * shape.outputs).map { _ in Float(Int64(bitPattern: random.next()) >> 40) * 0x1p-28 }
        }
        input = random.unitVector(rows * wide)
        output = [Float](repeating: 0, count: rows * wide)
    }

    /// Calls of the library.
    var count: Int { shapes.count }

    var operations: Double { shapes.reduce(0) { $0 + 2 * Double(rows * $1.inputs * $1.outputs) } }

    func run(transposed: Bool) {
        for (shape, weights) in zip(shapes, weights) {
            let (m, n, k) = (CInt(rows), CInt(shape.outputs), CInt(shape.inputs))
            cblas_sgemm(
                CblasRowMajor, CblasNoTrans, transposed ? CblasTrans : CblasNoTrans, m, n, k, 1, input, k, weights,
                transposed ? k : n, 0, &output, n)
        }
    }
}
