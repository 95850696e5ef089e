import AccessControl
import Cedar
import Enclaves
import Foundation
import IndexStore
import Ingest
import Labels
import Retrieval
import TestSupport
import Testing

@testable import QueryService

/// Holds `docs/enclave.md` to what becomes of its example enclave: labels, reports, answers.
@Suite("The reference of the enclave folder, ingested and asked")
struct ReferenceTests {
    private let reference: EnclaveReference
    private let folder: TemporaryFolder

    init() throws {
        reference = try EnclaveReference()
        folder = try TemporaryFolder()
    }

    /// The example, ingested.
    private func engine() async throws -> Engine {
        let engine = try await open()
        _ = try await engine.ingest { _ in }
        return engine
    }

    /// The example with a new index.
    private func open() async throws -> Engine {
        try await Engine(
            folder: reference.write(to: folder), create: true, embedder: HashingEmbedder(dimension: 256))
    }

    /// What a command prints on standard output, without the last line end.
    private func output(of command: ControlCommand, _ engine: Engine) async -> String {
        var text = ""
        for await event in CommandRunner(engine: engine).events(of: command) {
            switch event {
            case .output(let part): text += part
            case .diagnostic(let problem): Issue.record("\(command): \(problem)")
            case .progress, .exit: break
            }
        }
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().joined(separator: "\n")
    }

    // MARK: Labels

    @Test("Labels are those of the tables")
    func labels() async throws {
        let engine = try await engine()
        let enclave = engine.current.enclave
        let ingestor = Ingestor(enclave: enclave, index: engine.index, embedder: engine.embedder)
        let marked = [enclave.labelScheme.marking.levelAttribute, "categories", "dissemination"]
        let rows = try reference.table("document", "marking", "other attributes").rows
        #expect(rows.count >= 8)
        for row in rows {
            let explanation = try await ingestor.explanation(of: try #require(row[0].quotedWords.first))
            #expect(explanation.marking == row[1].quotedWords.first, "\(row[0])")
            var expected: [String: String] = [:]
            for declaration in enclave.labelScheme.attributes.values where !marked.contains(declaration.name) {
                expected[declaration.name.string] = declaration.defaultValue?.description
            }
            for word in row[2].quotedWords {
                let parts = word.split(separator: "=", maxSplits: 1)
                expected[String(parts[0])] = String(parts[1])
            }
            var actual: [String: String] = [:]
            for step in explanation.steps where !marked.contains(ByteText(step.attribute)) {
                actual[step.attribute] = step.result
            }
            #expect(actual == expected, "\(row[0])")
        }
    }

    @Test("Portion marks give the blocks of the report their labels")
    func blocks() async throws {
        let engine = try await engine()
        let rows = try reference.table("block", "label").rows.compactMap { $0[1].quotedWords.first }
        let path = "projects/falcon/reports/fatigue.md"
        let explanation = try await Ingestor(
            enclave: engine.current.enclave, index: engine.index, embedder: engine.embedder
        ).explanation(of: path)
        #expect(Set(explanation.blocks.map(\.marking)) == Set(rows))
        // Heading and first paragraph share a row.
        #expect(explanation.blocks.reduce(0) { $0 + $1.count } == rows.count + 1)
        let passages = try await reads("ada.lind", path, purpose: "engineering", engine)?.passages ?? []
        #expect(passages.map(\.marking) == rows)
    }

    // MARK: What commands print

    @Test("ingest and explain print what is shown")
    func reports() async throws {
        let engine = try await open()
        let summary = await output(of: .ingest(.init()), engine)
        #expect(try summary == reference.block("text ingest"), "\(summary)")
        let shown = reference.blocks.filter { $0.info.hasPrefix("text explain ") }
        #expect(!shown.isEmpty)
        for block in shown {
            let path = String(block.info.dropFirst("text explain ".count))
            let explanation = await output(of: .explain(path: path, json: false), engine)
            // Ids are keyed: every index has its own.
            let id = /[0-9a-f]{32}/
            #expect(explanation.contains(id) && block.text.contains(id))
            let printed = (explanation + "\n").replacing(id, with: "")
            #expect(printed == block.text.replacing(id, with: ""), "\(explanation)")
        }
    }

    @Test("A changed document is set aside with the reason shown, or a changed rule relabels as shown")
    func changes() async throws {
        let changes = try reference.changes()
        let before = try await open().ingest { _ in }.setAside.map(\.path)
        var count = 0
        for change in changes {
            let folder = try TemporaryFolder()
            let embedder = HashingEmbedder(dimension: 256)
            switch change.outcome {
            case "text set aside":
                let engine = try await Engine(
                    folder: reference.write(to: folder, change), create: true, embedder: embedder)
                let setAside = try await engine.ingest { _ in }.setAside.filter { !before.contains($0.path) }
                #expect(setAside.map { "\($0.path): \($0.reason)" } == change.message.components(separatedBy: "\n"))
            case "text relabel --dry-run":
                let engine = try await Engine(folder: reference.write(to: folder), create: true, embedder: embedder)
                _ = try await engine.ingest { _ in }
                try reference.apply(change, to: folder)
                let arguments = ControlCommand.IngestArguments(labelsOnly: true, isDryRun: true)
                let summary = await output(of: .ingest(arguments), engine)
                #expect(summary == change.message, "\(summary)")
            default: continue
            }
            count += 1
        }
        #expect(count >= 5)
    }

    // MARK: Questions and requests

    private struct Question: Decodable {
        struct Place: Decodable {
            let document: String
            let contains: String
        }

        let id: String
        let question: String
        let purpose: String
        let document: String
        let contains: String
        let maySee: [String]
        let mayNotSee: [String]
        let nearMiss: Place

        enum CodingKeys: String, CodingKey {
            case id, question, purpose, document, contains
            case maySee = "may_see"
            case mayNotSee = "may_not_see"
            case nearMiss = "near_miss"
        }
    }

    @Test("Who may see the answer of a question finds it, and nobody else does")
    func questions() async throws {
        let engine = try await engine()
        let lines = try Data(contentsOf: engine.current.enclave.questions).split(separator: UInt8(ascii: "\n"))
        #expect(lines.count >= 3)
        for line in lines {
            let question = try JSONDecoder().decode(Question.self, from: line)
            for person in question.maySee {
                let found = try await ask(person, question, count: 3, engine)
                #expect(found.contains { $0.contains(question.contains) }, "\(question.id) as \(person): \(found)")
            }
            for person in question.mayNotSee {
                let found = try await ask(person, question, count: 50, engine)
                #expect(!found.contains { $0.contains(question.contains) }, "\(question.id) as \(person)")
                let document = try await reads(person, question.document, purpose: question.purpose, engine)
                #expect(document == nil, "\(question.document) as \(person)")
            }
            let other = try await reads("ada.lind", question.nearMiss.document, purpose: question.purpose, engine)
            #expect(other?.passages.contains { $0.text.contains(question.nearMiss.contains) } == true)
        }
    }

    private func ask(_ person: String, _ question: Question, count: Int, _ engine: Engine) async throws -> [String] {
        let access = engine.current
        let query = try Query(text: question.question, count: count, limits: access.enclave.queryLimits)
        let request = try request(person, purpose: question.purpose, access.enclave)
        return try await access.retriever.retrieve(query, for: request).results.map(\.passage.text)
    }

    /// What a person may read of a document, or of a record: `findings.jsonl#F-1`.
    private func reads(
        _ person: String, _ path: String, purpose: String, _ engine: Engine
    ) async throws -> CitedDocument? {
        let parts = path.split(separator: "#", maxSplits: 1).map(String.init)
        let place = DocumentPlace(path: parts[0], member: parts.count == 2 ? parts[1] : nil)
        let access = engine.current
        return try await access.retriever.document(
            engine.index.keys.documentID(place), for: request(person, purpose: purpose, access.enclave))
    }

    private func request(_ person: String, purpose: String, _ enclave: Enclave) throws -> AccessRequest {
        let network = try #require(IPAddress(parsing: "127.0.0.1"))
        return try Caller(developmentIdentity: person, enclave: enclave)
            .accessRequest(purpose: purpose, network: network, now: Clock.now)
    }

    @Test("A running server answers the requests as shown")
    func requests() async throws {
        let blocks = reference.blocks
        let requests = blocks.indices.filter { blocks[$0].info.hasPrefix("json request ") }
        #expect(requests.count >= 4)
        try await TestServer.with(engine()) { server in
            for index in requests {
                let shown = try #require(index + 1 < blocks.count ? blocks[index + 1] : nil)
                try #require(shown.info.hasPrefix("json answer"), "line \(blocks[index].line) has no answer")
                let person = String(blocks[index].info.dropFirst("json request ".count))
                let response = try await server.post("/v1/retrieve", blocks[index].text, token: server.token(person))
                let status = shown.info.split(separator: " ").dropFirst(2).first ?? "200"
                #expect("\(response.status)" == status, "\(response.text)")
                let pattern = try JSONSerialization.jsonObject(with: Data(shown.text.utf8))
                let answer = try JSONSerialization.jsonObject(with: response.body)
                #expect(Self.matches(answer, pattern), "line \(shown.line): \(response.text)")
            }
        }
    }

    /// Whether JSON is as shown, where `…` stands for any value.
    private static func matches(_ actual: Any, _ pattern: Any) -> Bool {
        if pattern as? String == "…" { return true }
        switch (actual, pattern) {
        case (let actual as [String: Any], let pattern as [String: Any]):
            return Set(actual.keys) == Set(pattern.keys)
                && pattern.allSatisfy { key, value in actual[key].map { matches($0, value) } ?? false }
        case (let actual as [Any], let pattern as [Any]):
            return actual.count == pattern.count && zip(actual, pattern).allSatisfy { matches($0, $1) }
        default: return (actual as? NSObject) == (pattern as? NSObject)
        }
    }

    // MARK: What there is

    @Test("Fields of a request, filters and formats are all there")
    func names() async throws {
        let fields = try reference.table("field", "type").rows.map { $0[0].quotedWords[0] }
        try await TestServer.with(engine()) { server in
            let response = try await server.post("/v1/retrieve", #"{"planted": 1}"#, token: server.token("ben.ruiz"))
            let detail = try #require(try response.json()["detail"] as? String)
            #expect(detail == "planted: is unknown; the fields are \(fields.joined(separator: ", "))")
        }
        let text = reference.text.replacing(",", with: "")
        let (depth, comparisons) = (QueryLimits.filterDepth, QueryLimits.filterComparisons)
        #expect(text.contains("\(depth) levels \(comparisons) comparisons and \(QueryLimits.filterValues) values"))
        #expect(text.contains("a JSON object of at most \(ServiceLimits.bodyBytes) bytes"))
        #expect(text.contains("JSON Web Token of at most \(TokenVerifier.tokenLimit) bytes"))
        #expect(text.contains("\(ControlSocket.pathLimit) bytes"))
        let filters = try reference.table("type", "holds when the attribute").rows.flatMap { $0[0].quotedWords }
        #expect(Set(filters) == Set(LabelFilter.Operator.allCases.map(\.rawValue) + ["and", "or"]))
        let extensions = try reference.table("extension", "format").rows.map { $0[0].quotedWords }
        #expect(Set(extensions) == Set(DocumentFormat.allCases.map { $0.extensions.map { ".\($0)" } }))
    }
}
