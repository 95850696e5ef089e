import Foundation
import Testing

@testable import TextEmbedding

/// Where the tests find the model and the reference values, and what they say when these are not there.
enum Fixtures {
    static let packageRoot = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The folder of the model: `PORTCULLIS_MODEL`, or where `make model` puts it.
    static let modelDirectory =
        ProcessInfo.processInfo.environment["PORTCULLIS_MODEL"]
        ?? packageRoot.appendingPathComponent(".cache/models/all-MiniLM-L6-v2").path

    /// `reference.jsonl` lies beside the project, not in it.
    static let referenceFile = packageRoot.deletingLastPathComponent()
        .appendingPathComponent("shared/embedding/reference.jsonl")

    static var hasReference: Bool { FileManager.default.fileExists(atPath: referenceFile.path) }

    static let withoutReference: Comment =
        "../shared/embedding/reference.jsonl is not there: not compared with the reference"

    /// One line of the reference.
    struct Line: Decodable {
        var name: String
        var text: String
        var ids: [Int32]
        var vector: [Double]

        enum CodingKeys: String, CodingKey {
            case name = "case"
            case text, ids, vector
        }
    }

    /// Every line. A file that is there and holds none is an error, never a pass.
    static func reference() throws -> [Line] {
        let lines = try Data(contentsOf: referenceFile).split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(Line.self, from: $0)
        }
        try #require(!lines.isEmpty, "\(referenceFile.path) is empty")
        return lines
    }

    /// The model, read once for all tests; the error of a missing one names `make model`.
    static func folder() throws -> ModelFolder { try loadedFolder.get() }
    static func encoder() throws -> BertEncoder { try loadedEncoder.get() }
    static func embedder() throws -> MiniLMEmbedder { try loadedEmbedder.get() }

    static func tokenizer() throws -> WordPieceTokenizer {
        try WordPieceTokenizer(vocabulary: folder().vocabulary)
    }

    private static let loadedFolder = Result { try ModelFolder(modelDirectory) }
    private static let loadedEncoder = Result { try BertEncoder(weights: Safetensors(loadedFolder.get().weights)) }
    private static let loadedEmbedder = Result { try MiniLMEmbedder(modelDirectory: modelDirectory) }
}

/// Numbers from a seed (SplitMix64), so that a failure can be repeated. `PORTCULLIS_SEED` sets the seed.
struct SeededGenerator: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    init() {
        let given = ProcessInfo.processInfo.environment["PORTCULLIS_SEED"].flatMap { UInt64($0) }
        seed = given ?? UInt64.random(in: 0...UInt64.max)
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func floats(_ count: Int, in range: ClosedRange<Float> = -1...1) -> [Float] {
        (0..<count).map { _ in Float.random(in: range, using: &self) }
    }
}

extension [Float] {
    /// The bits, for comparisons in which −0 differs from 0 and a number from its neighbour.
    var bits: [UInt32] { map(\.bitPattern) }
}
