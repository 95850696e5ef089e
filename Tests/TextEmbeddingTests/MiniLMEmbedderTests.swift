import Foundation
import Testing

@testable import TextEmbedding

@Suite struct MiniLMEmbedderTests {
    @Test func modelIsDescribed() throws {
        let model = try Fixtures.embedder().model
        #expect(model.name == "all-MiniLM-L6-v2")
        #expect(model.dimension == 384)
        #expect(model.maximumTokens == 256)
        #expect(model.digest.count == 64)
        #expect(try JSONDecoder().decode(EmbeddingModel.self, from: JSONEncoder().encode(model)) == model)
    }

    /// An index keeps this digest. When it has to change, every index of the old one has to be embedded again.
    @Test func digestStaysTheSame() {
        #expect(ModelFolder.digest(.exact) == "6e9dfe773a55c79c2b8df276b183006d7a13cdbdba6253bc9393152a86f76421")
    }

    @Test func cosineOfTheCardExample() async throws {
        let vectors = try await Fixtures.embedder().embed(["This is an example sentence", "Each sentence is converted"])
        #expect(abs(vectors[0][0] - 0.0676569) < 1e-5)
        let cosine = zip(vectors[0], vectors[1]).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(cosine - 0.4045592) < 1e-5)
    }

    @Test func noTextsNoVectors() async throws {
        #expect(try await Fixtures.embedder().embed([]).isEmpty)
    }

    @Test func orderOfTheTextsIsKept() async throws {
        let embedder = try Fixtures.embedder()
        let texts = (0..<40).map { "text number \($0)" }
        let vectors = try await embedder.embed(texts)
        for (text, vector) in zip(texts, vectors) { #expect(try await embedder.embed(text) == vector) }
    }

    /// The author of a text cannot end it early or mask a word: the text is another than the reference would read.
    @Test func specialTokensInATextAreLetters() async throws {
        let embedder = try Fixtures.embedder()
        #expect(embedder.countTokens("[SEP]") > 1)
        #expect(try Fixtures.tokenizer().countTokens("[SEP]") == 1)
        let plain = try Fixtures.encoder().encode(Fixtures.tokenizer().encode("a [SEP] b"))
        #expect(try await embedder.embed("a [SEP] b") != plain)
    }

    @Test func cancelledTaskThrows() async throws {
        let embedder = try Fixtures.embedder()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await embedder.embed(["a", "b"])
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    // MARK: - The model folder

    @Test func missingModelNamesTheFolderAndMakeModel() throws {
        let folder = try TemporaryFolder()
        for path in [folder.path, folder.path + "/not-there"] {
            #expect {
                try MiniLMEmbedder(modelDirectory: path)
            } throws: {
                let text = "\($0)"
                return text.contains("missing") && text.contains(path) && text.contains("`make model`")
                    && $0 as? EmbeddingModelError == .missing(folder: path, file: "vocab.txt")
            }
        }
    }

    @Test func missingWeightsAreMissing() throws {
        let folder = try TemporaryFolder()
        try folder.write(Fixtures.folder().vocabulary, to: "vocab.txt")
        #expect(throws: EmbeddingModelError.missing(folder: folder.path, file: "model.safetensors")) {
            try MiniLMEmbedder(modelDirectory: folder.path)
        }
    }

    @Test func corruptedFilesNameTheFolderAndMakeModel() throws {
        let model = try Fixtures.folder()
        var vocabulary = model.vocabulary
        vocabulary[1000] ^= 1
        var weights = model.weights
        weights[weights.count - 1] ^= 1
        for (vocabulary, weights, damaged) in [
            (vocabulary, Data(), "vocab.txt"), (Data(), Data(), "vocab.txt"),
            (model.vocabulary, Data(count: 100), "model.safetensors"),
            (model.vocabulary, model.weights.prefix(1 << 20), "model.safetensors"),
            (model.vocabulary, weights, "model.safetensors"),
        ] {
            let folder = try TemporaryFolder()
            try folder.write(vocabulary, to: "vocab.txt")
            try folder.write(weights, to: "model.safetensors")
            #expect {
                try MiniLMEmbedder(modelDirectory: folder.path)
            } throws: {
                let text = "\($0)"
                return text.contains("corrupted: \(damaged) in \(folder.path)") && text.contains("`make model`")
            }
        }
    }

    @Test func configurationOfAnotherModelIsAnError() throws {
        let folder = try TemporaryFolder()
        try folder.write(Fixtures.folder().vocabulary, to: "vocab.txt")
        for (json, reason) in [(#"{"num_hidden_layers": 12}"#, "another model"), ("{", "not a JSON object")] {
            try folder.write(Data(json.utf8), to: "config.json")
            #expect {
                try MiniLMEmbedder(modelDirectory: folder.path)
            } throws: {
                let text = "\($0)"
                return text.contains(reason) && text.contains(folder.path) && text.contains("`make model`")
            }
        }
    }
}

/// A folder of one test, gone with it.
private final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("portcullis-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ data: Data, to name: String) throws {
        try data.write(to: URL(fileURLWithPath: path).appendingPathComponent(name))
    }
}
