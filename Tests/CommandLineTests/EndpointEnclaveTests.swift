import Foundation
import FoundationNetworking
import TestSupport
import Testing

@Suite("An enclave whose embeddings come from an endpoint")
struct EndpointEnclaveTests {
    @Test("Ingests, answers each person with what that person may read, and sends each text once and alone")
    func ingestAndRetrieve() async throws {
        let server = try await EmbeddingServerProcess()
        let enclave = try EndpointEnclave.make(server)
        let path = enclave.url.path
        let ingest = try await Program.run("ingest", path)
        #expect(ingest.status == 0, "\(ingest.errors)")
        let sent = try server.requests()
        #expect(sent.count > 5 && sent.allSatisfy { $0.texts.count == 1 && $0.inFlight == 1 })
        #expect(Set(sent.map { $0.texts[0] }).count == sent.count)
        let again = try await Program.run("ingest", path)
        #expect(again.status == 0)
        #expect(try server.requests().count == sent.count)

        let question = "the wing bolt torque"
        for (person, phrase, hidden) in [
            ("alice", "118 newton", "97 newton"), ("bob", "40 newton", "118 newton"),
            ("carol", "moderate torque", "40 newton"),
        ] {
            let outcome = try await Program.run("retrieve", path, "--as", person, "--purpose", "work", question)
            #expect(outcome.status == 0 && outcome.output.contains(phrase), "\(person): \(outcome.output)")
            #expect(!outcome.output.contains(hidden))
        }
        #expect(try server.requests().dropFirst(sent.count).map(\.texts) == [[question], [question], [question]])
    }

    @Test("An index made by another model is refused, and so is a host that the allow-list lacks")
    func refusals() async throws {
        let server = try await EmbeddingServerProcess()
        let enclave = try EndpointEnclave.make(server)
        let path = enclave.url.path
        #expect(try await Program.run("ingest", path).status == 0)
        let count = try server.requests().count
        let (url, destination) = ("http://127.0.0.1:\(server.port)/v1", "127.0.0.1:\(server.port)")
        func refusal(_ settings: String) async throws -> String {
            try enclave.write(settings, to: "portcullis.yaml")
            let outcome = try await Program.run("retrieve", path, "--as", "carol", "wing")
            #expect(outcome.status == 1 && outcome.output.isEmpty)
            return outcome.errors
        }
        let other = try await refusal(EndpointEnclave.settings(url: url, allowed: [destination], model: "hashing-2"))
        #expect(other.contains("hashing-2, 48 dimensions") && other.contains("hashing, 48 dimensions"), "\(other)")
        let unlisted = try await refusal(EndpointEnclave.settings(url: url, allowed: ["127.0.0.1:1"]))
        #expect(
            unlisted.contains("portcullis.yaml:6: `embedding.endpoint.url` leads to \(destination)")
                && unlisted.contains("egress: {allow: [\"\(destination)\"]}"), "\(unlisted)")
        let local = try #require(SampleEnclave.settings["portcullis.yaml"])
            .replacing("../model", with: Program.root.appending(path: ".cache/models/all-MiniLM-L6-v2").path)
        #expect(try await refusal(local).contains("hashing, 48 dimensions"))
        #expect(try server.requests().count == count)
    }

    @Test("When the endpoint is away, questions are refused with 503 and nothing of them is logged or repeated")
    func away() async throws {
        var server: EmbeddingServerProcess? = try await EmbeddingServerProcess()
        let port = try #require(server?.port)
        let destination = "127.0.0.1:\(port)"
        let enclave = try EndpointEnclave.make(try #require(server))
        let path = enclave.url.path
        #expect(try await Program.run("ingest", path).status == 0)
        let program = try Program.start(["serve", path])
        defer { program.process.terminate() }
        let service = try await program.wait(for: "listening on http://")
        #expect(program.errors.contains("outgoing connections: \(destination) (embeddings)"))
        let token = try await Program.run("token", path, "--as", "carol").output.filter { !$0.isNewline }
        let question = try Question(service: service, token: token)
        #expect(try await question.ask("standard bolt").body.contains("moderate torque"))
        server = nil
        let answer = try await question.ask("standard bolt canary")
        #expect(answer.status == 503 && answer.body.contains("embedding endpoint"), "\(answer.body)")
        #expect(!answer.body.contains("canary"))
        try enclave.write("# New\n\nSecret canary text.\n", to: "documents/public/new.md")
        let ingest = try await Program.run("ingest", path)
        #expect(ingest.status == 1 && ingest.errors.contains("cannot be reached"), "\(ingest.errors)")
        #expect(!ingest.errors.contains("canary text") && !program.errors.contains("canary"))
        #expect(program.errors.contains("no vector for the question"))
    }
}

/// Questions over HTTP.
struct Question {
    let url: URL
    let token: String

    /// - Parameter service: Host and port.
    init(service: String, token: String) throws {
        url = try #require(URL(string: "http://\(service)/v1/retrieve"))
        self.token = token
    }

    func ask(_ text: String) async throws -> (status: Int, body: String) {
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
        request.httpBody = Data(#"{"query": "\#(text)", "k": 1, "purpose": "work"}"#.utf8)
        let (data, response) = try await URLSession.shared.data(for: request)
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
    }
}
