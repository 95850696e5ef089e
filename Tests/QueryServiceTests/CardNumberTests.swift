import Foundation
import Logging
import Synchronization
import TestSupport
import Testing
import TextEmbedding

@testable import QueryService

/// The numbers are published test numbers.
@Suite("Payment card numbers in requests")
struct CardNumberTests {
    static let number = "4111111111111111"
    static let refusal =
        "query: holds what looks like a payment card number; leave it out and ask again – it was not stored"

    /// Remembers what it was asked to embed.
    final class RecordingEmbedder: Embedder {
        private let hashing = HashingEmbedder(dimension: 256)
        private let seen = Mutex<[String]>([])
        var model: EmbeddingModel { hashing.model }
        var texts: [String] { seen.withLock { $0 } }

        func embed(_ texts: [String]) async throws -> [[Float]] {
            seen.withLock { $0 += texts }
            return try await hashing.embed(texts)
        }

        func countTokens(_ text: String) -> Int { hashing.countTokens(text) }
    }

    @Test("A question with one is refused, in every form, and is not embedded")
    func question() async throws {
        let embedder = RecordingEmbedder()
        try await TestServer.with(SampleEnclave(), embedder: embedder) { server in
            let token = try await server.token("alice")
            let before = embedder.texts.count
            for text in [
                "who paid with \(Self.number)", "4111 1111 1111 1111", "４１１１-１１１１-１１１１-１１１１",
                #"4111\u00a01111\u00a01111\u00a01111"#, #"4111 1111\n1111 1111"#, #"4\u200b111111111111111"#,
            ] {
                let response = try await server.post("/v1/retrieve", #"{"query": "\#(text)"}"#, token: token)
                #expect(response.status == 400, "\(text): \(response.text)")
                #expect(try response.json()["detail"] as? String == Self.refusal)
                #expect(try response.json()["field"] as? String == "query")
            }
            let filtered = try await server.post(
                "/v1/retrieve",
                #"{"query": "x", "filter": {"type": "eq", "key": "projects", "value": "\#(Self.number)"}}"#,
                token: token)
            #expect(filtered.status == 400)
            #expect(filtered.text.contains("filter: holds what looks like"), "\(filtered.text)")
            #expect(embedder.texts.count == before)
            let lookAlike = try await server.post("/v1/retrieve", #"{"query": "order A\#(Self.number)"}"#, token: token)
            #expect(lookAlike.status == 200 && embedder.texts.count == before + 1)
        }
    }

    @Test("No answer, header or log line repeats one, wherever in a request it stands")
    func nowhere() async throws {
        let log = LogBook()
        try await TestServer.with(SampleEnclave(), logger: log.logger) { server in
            let token = try await server.token("alice")
            let number = Self.number
            let bodies = [
                #"{"query": "\#(number)"}"#,
                #"{"query": "x", "k": \#(number)}"#,
                #"{"query": "x", "k": -\#(number)}"#,
                #"{"query": "x", "k": \#(number).5}"#,
                #"{"query": "x", "min_score": "\#(number)"}"#,
                #"{"query": "x", "purpose": "\#(number)"}"#,
                #"{"query": "x", "\#(number)": 1}"#,
                #"{"query": "x", "4111 1111 1111 1111": 1}"#,
                #"{"query": "x", "card\#(number)": 1}"#,
                #"{"query": "x", "４１１１１１１１１１１１１１１１": 1}"#,
                #"{"query": \#(number)}"#,
                #"{"query": "x", "filter": "\#(number)"}"#,
                #"{"query": "x", "filter": {"type": "\#(number)", "key": "a", "value": "b"}}"#,
                #"{"query": "x", "filter": {"type": "eq", "key": "\#(number)", "value": "b"}}"#,
                #"{"query": "x", "filter": {"type": "eq", "key": "classification", "value": "\#(number)"}}"#,
                #"{"query": "x", "filter": {"type": "eq", "key": "classification", "value": \#(number)}}"#,
                #"{"query": "x", "filter": {"\#(number)": 1e999}}"#,
                #"{"query": "x", "filter": {"4111": {"1111": {"1111": {"1111": 1e999}}}}}"#,
                #"{"query": "x" \#(number)}"#,
                number,
            ]
            for body in bodies {
                let response = try await server.post("/v1/retrieve", body, token: token)
                #expect(!Self.holdsNumber(response), "\(body): \(response.text)")
            }
            for path in [
                "/v1/passages/\(number)", "/v1/documents/\(number)", "/v1/documents/\(number)?purpose=\(number)",
                "/v1/\(number)", "/\(number)?q=\(number)",
            ] {
                let response = try await server.get(path, token: token)
                #expect(!Self.holdsNumber(response), "\(path): \(response.text)")
            }
            for other in [number, "\(number).\(number).\(number)"] {
                let response = try await server.post("/v1/retrieve", #"{"query": "x"}"#, token: other)
                #expect(response.status == 401 && !Self.holdsNumber(response), "\(response.text)")
            }
        }
        #expect(!log.lines.isEmpty, "nothing was logged, so nothing was looked at")
        for line in log.lines { #expect(!Self.digitsHoldNumber(line), "\(line)") }
    }

    @Test("A field that is unknown is named, without long digits and not at length")
    func echoedFields() async throws {
        try await TestServer.with(SampleEnclave()) { server in
            let token = try await server.token("alice")
            let long = String(repeating: "n", count: 500)
            for (name, shown) in [
                ("top_k", "top_k"), ("top_\(Self.number)", "top_################"), ("year2026", "year2026"),
                (long, String(repeating: "n", count: 64) + "…"),
            ] {
                let response = try await server.post("/v1/retrieve", #"{"query": "x", "\#(name)": 1}"#, token: token)
                #expect(response.status == 400)
                #expect((try response.json()["detail"] as? String)?.hasPrefix("\(shown): is unknown") == true)
                #expect(try response.json()["field"] as? String == shown)
            }
        }
    }

    @Test("The command line refuses one too, and reports say where one stands without it")
    func commands() async throws {
        let enclave = try SampleEnclave(files: [
            "documents/public/card-\(Self.number).md": "Paid with \(Self.number).\n"
        ])
        let engine = try await Engine(folder: enclave.url, create: true, embedder: HashingEmbedder(dimension: 256))
        func text(_ command: ControlCommand) async -> String {
            var text = ""
            for await event in CommandRunner(engine: engine).events(of: command) {
                switch event {
                case .output(let output): text += output
                case .diagnostic(let diagnostic): text += diagnostic
                case .progress(_, _, let path): text += path
                case .exit(let status): text += "exit \(status.rawValue)\n"
                }
            }
            return text
        }
        func retrieve(_ question: String, as person: String = "alice", filter: String? = nil) -> ControlCommand {
            .retrieve(
                .init(
                    person: person, question: question, count: 3, purpose: "work", filter: filter, minimumScore: nil,
                    json: false, page: PageStyle(colour: false, width: 80)))
        }
        let report = await text(.ingest(.init(json: false)))
        let place = "public/card-[card number].md: it holds 2 payment card numbers (its path; line 1, column 11)"
        #expect(report.contains(place), "\(report)")
        let asked = await text(retrieve("who paid with \(Self.number)?"))
        #expect(asked.contains(Self.refusal) && asked.contains("exit 1"))
        let others = [
            report, asked, await text(.ingest(.init(json: true))),
            await text(.explain(path: "public/card-\(Self.number).md", json: false)),
            await text(retrieve("wing", as: Self.number)),
            await text(retrieve("wing", filter: #"{"type": "eq", "key": "projects", "value": "\#(Self.number)"}"#)),
        ]
        for said in others { #expect(!Self.digitsHoldNumber(said), "\(said)") }
    }

    private static func holdsNumber(_ response: TestServer.Response) -> Bool {
        digitsHoldNumber(response.text) || response.headers.contains { digitsHoldNumber($0.key + $0.value) }
    }

    /// Whether the digits of a text, whatever stands between them, are those of the number.
    private static func digitsHoldNumber(_ text: String) -> Bool {
        text.compactMap { $0.wholeNumberValue.map(String.init) }.joined().contains(number)
    }
}

/// Everything that is logged, at every level.
final class LogBook: Sendable {
    private let written = Mutex<[String]>([])

    var lines: [String] { written.withLock { $0 } }

    var logger: Logger {
        var logger = Logger(label: "test") { [self] _ in Handler(book: self) }
        logger.logLevel = .trace
        return logger
    }

    private struct Handler: LogHandler {
        let book: LogBook
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            book.written.withLock {
                $0.append("\(event.level) \(event.message) \(all) \(event.error.map { "\($0)" } ?? "")")
            }
        }
    }
}
