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

/// A sample enclave of the repository, copied, ingested with the real model, and asked as its people.
struct CorpusEnclave: Sendable {
    let name: Name
    let engine: Engine
    let summary: IngestSummary
    private let folder: TemporaryFolder

    /// The folders below `corpus/`.
    enum Name: String, CaseIterable, Sendable {
        case aerospace, clinic

        fileprivate var source: URL { CorpusEnclave.packageRoot.appending(path: "corpus/\(rawValue)") }
    }

    /// Ingested once for all tests, which only read.
    static func shared(_ name: Name) async throws -> CorpusEnclave {
        switch name {
        case .aerospace: try await aerospace.value
        case .clinic: try await clinic.value
        }
    }

    private static let aerospace = Task { try await CorpusEnclave(.aerospace) }
    private static let clinic = Task { try await CorpusEnclave(.clinic) }
    private static let packageRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private init(_ name: Name) async throws {
        self.name = name
        folder = try TemporaryFolder()
        let copy = folder.url.appending(path: name.rawValue)
        try FileManager.default.copyItem(at: name.source, to: copy)
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
        /// What contradicts the answer, under another label.
        let nearMiss: Place
        /// Of the demo's question: what each person's best passage is.
        let answers: [String: Place]?

        struct Place: Decodable {
            let document: String
            let contains: String
        }

        var place: Place { Place(document: document, contains: contains) }

        enum CodingKeys: String, CodingKey {
            case id, question, purpose, document, contains, answers
            case nearMiss = "near_miss"
            case maySee = "may_see"
            case mayNotSee = "may_not_see"
        }
    }

    func questions() throws -> [Question] {
        let lines = try Data(contentsOf: name.source.appending(path: "questions.jsonl")).split(
            separator: UInt8(ascii: "\n"))
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

    /// - Parameter path: a file, or a member of one behind a `#`.
    func id(of path: String) -> DocumentID {
        let parts = path.split(separator: "#", maxSplits: 1).map(String.init)
        return engine.index.keys.documentID(
            DocumentPlace(path: parts[0], member: parts.count > 1 ? parts[1] : nil))
    }

    /// The passages of the index that hold a place, whoever may read them.
    func passages(at place: Question.Place) async throws -> [StoredPassage] {
        let snapshot = engine.index.snapshot()
        let document = try await snapshot.document(
            id(of: place.document), permitted: Everything(engine).labels(of: snapshot))
        return (document?.passages ?? []).filter { Self.flat($0.text).contains(Self.flat(place.contains)) }
    }

    /// Whether a passage is the one that a question is about. Lines may be broken elsewhere than in the question.
    func isPassage(_ passage: CitedPassage, at place: Question.Place) -> Bool {
        passage.citation.document == id(of: place.document)
            && Self.flat(passage.text).contains(Self.flat(place.contains))
    }

    /// Whether a person may ask for a purpose at all; who may not gets no answer.
    func mayState(_ purpose: String, _ person: String) throws -> Bool {
        do {
            _ = try request(person, purpose: purpose)
            return true
        } catch is PurposeError {
            return false
        }
    }

    private func request(_ person: String, purpose: String) throws -> AccessRequest {
        let caller = try Caller(developmentIdentity: person, enclave: engine.current.enclave)
        let network = try #require(IPAddress(parsing: "127.0.0.1"))
        return try caller.accessRequest(purpose: purpose, network: network, now: Clock.now)
    }

    static func flat(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
