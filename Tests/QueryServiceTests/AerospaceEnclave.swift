import AccessControl
import Cedar
import Enclaves
import Foundation
import IndexStore
import Ingest
import Labels
import Passages
import Retrieval
import TestSupport
import Testing
import TextEmbedding

@testable import QueryService

/// The sample enclave of the repository, copied, ingested with the real model, and asked as its people.
struct AerospaceEnclave: Sendable {
    let engine: Engine
    let summary: IngestSummary
    private let folder: TemporaryFolder

    /// Ingested once for all tests, which only read.
    static func shared() async throws -> AerospaceEnclave { try await ingested.value }

    private static let ingested = Task { try await AerospaceEnclave() }
    private static let packageRoot = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let source = packageRoot.appending(path: "corpus/aerospace")

    private init() async throws {
        folder = try TemporaryFolder()
        let copy = folder.url.appending(path: "aerospace")
        try FileManager.default.copyItem(at: Self.source, to: copy)
        let file = copy.appending(path: "portcullis.yaml")
        let model =
            ProcessInfo.processInfo.environment["PORTCULLIS_MODEL"]
            ?? Self.packageRoot.appending(path: ".cache/models/all-MiniLM-L6-v2").path
        let settings = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        try #require(settings.contains("index: ../../indexes/") && settings.contains("model: ../../.cache/"))
        let rewritten = settings.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            if line.hasPrefix("index:") { return "index: ../index.sqlite" }
            return line.hasPrefix("  model:") ? "  model: \(model)" : String(line)
        }
        try Data(rewritten.joined(separator: "\n").utf8).write(to: file)
        engine = try await Engine(folder: copy, create: true)
        summary = try await engine.ingest { _ in }
    }

    /// One line of `questions.jsonl`. The file must be there and hold questions.
    struct Question: Decodable {
        let id: String
        let question: String
        let purpose: String
        let document: String
        let contains: String
        let maySee: [String]
        let mayNotSee: [String]
        /// Of the demo's question: what each person's best passage is.
        let answers: [String: Place]?

        struct Place: Decodable {
            let document: String
            let contains: String
        }

        var place: Place { Place(document: document, contains: contains) }

        enum CodingKeys: String, CodingKey {
            case id, question, purpose, document, contains, answers
            case maySee = "may_see"
            case mayNotSee = "may_not_see"
        }
    }

    static func questions() throws -> [Question] {
        let lines = try Data(contentsOf: source.appending(path: "questions.jsonl")).split(separator: UInt8(ascii: "\n"))
        let questions = try lines.map { try JSONDecoder().decode(Question.self, from: $0) }
        try #require(!questions.isEmpty, "questions.jsonl is empty")
        return questions
    }

    func ask(_ question: Question, as person: String, count: Int) async throws -> [CitedPassage] {
        let access = engine.current
        let query = try Query(text: question.question, count: count, limits: access.enclave.queryLimits)
        return try await access.retriever.retrieve(query, for: request(person, purpose: question.purpose))
            .results.map(\.passage)
    }

    /// What `person` may read of a document; nil when nothing.
    func document(_ path: String, as person: String, purpose: String) async throws -> CitedDocument? {
        try await engine.current.retriever.document(id(of: path), for: request(person, purpose: purpose))
    }

    func id(of path: String) -> DocumentID { engine.index.keys.documentID(path: ByteText(path)) }

    /// Whether a passage is the one that a question is about. Lines may be broken elsewhere than in the question.
    func isPassage(_ passage: CitedPassage, at place: Question.Place) -> Bool {
        passage.citation.document == id(of: place.document)
            && Self.flat(passage.text).contains(Self.flat(place.contains))
    }

    private func request(_ person: String, purpose: String) throws -> AccessRequest {
        let caller = try Caller(developmentIdentity: person, enclave: engine.current.enclave)
        let network = try #require(IPAddress(parsing: "127.0.0.1"))
        return try caller.accessRequest(purpose: purpose, network: network, now: Clock.now)
    }

    private static func flat(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
