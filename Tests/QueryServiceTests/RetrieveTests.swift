import Foundation
import TestSupport
import Testing

@testable import QueryService

@Suite("The query service, over a real socket")
struct RetrieveTests {
    static let question = "What bolt torque is used for the wing?"

    @Test("Each person gets the best passage that he may read")
    func answersByClearance() async throws {
        try await TestServer.with(SampleEnclave()) { server in
            var answers: [String: String] = [:]
            for person in ["alice", "bob", "carol", "dan"] {
                let found = try await server.ask(person, Self.question, more: #", "mode": "vector""#)
                answers[person] = try #require(found.first?["text"] as? String)
            }
            #expect(answers["alice"]?.contains("118 newton") == true)
            #expect(answers["bob"]?.contains("40 newton") == true)
            #expect(answers["carol"]?.contains("moderate torque") == true)
            #expect(answers["dan"]?.contains("97 newton") == true)
        }
    }

    @Test("An answer cites its passage")
    func cites() async throws {
        try await TestServer.with(SampleEnclave()) { server in
            let response = try await server.post(
                "/v1/retrieve", #"{"query": "Falcon wing bolt torque", "k": 1, "purpose": "work"}"#,
                token: server.token("alice"))
            #expect(response.headers["content-type"] == "application/json")
            #expect(response.headers["cache-control"] == "no-store")
            let answer = try response.json()
            #expect(answer["marking"] as? String == "S")
            #expect((answer["policy_version"] as? String)?.count == 16)
            #expect((answer["content_tag"] as? String)?.count == 32)
            let hit = try #require((answer["results"] as? [[String: Any]])?.first)
            let citation = try #require(hit["citation"] as? [String: Any])
            #expect(citation["title"] as? String == "Falcon wing assembly")
            #expect(citation["section"] as? [String] == ["Attachment"])
            #expect(citation["url"] as? String == "https://documents.example/sample/secret/falcon.md")
            let range = try #require(citation["byte_range"] as? [String: Int])
            let source = Array(try #require(SampleEnclave.documents["documents/secret/falcon.md"]).utf8)
            let text = try #require(hit["text"] as? String)
            #expect(Array(source[range["start"]!..<range["end"]!]) == Array(text.utf8))
            #expect((citation["sha256"] as? String)?.count == 64)
            #expect((hit["attributes"] as? [String: Any])?["projects"] as? [String] == ["falcon"])
            // `categories` is not visible.
            #expect((hit["attributes"] as? [String: Any])?["categories"] == nil)
        }
    }

    @Test("A public paragraph of a secret document carries neither its title nor its address")
    func titleFollowsItsOwnDecision() async throws {
        try await TestServer.with(SampleEnclave()) { server in
            let hit = try #require(
                await server.ask("carol", "Where was the wing tested during summer?").first {
                    ($0["text"] as? String)?.contains("open hall") == true
                })
            let citation = try #require(hit["citation"] as? [String: Any])
            #expect(citation["title"] is NSNull)
            #expect(citation["url"] is NSNull)
            #expect(hit["marking"] as? String == "P")
            let whole = try await server.post(
                "/v1/retrieve", #"{"query": "wing tested", "k": 50, "purpose": "work"}"#, token: server.token("carol"))
            #expect(!whole.text.contains("fatigue") && !whole.text.contains("Falcon"))
        }
    }

    @Test("Absent and forbidden are the same bytes")
    func absentIsForbidden() async throws {
        try await TestServer.with(SampleEnclave()) { server in
            let hit = try #require(
                await server.ask("alice", Self.question).first { ($0["text"] as? String)?.contains("118") == true })
            let passage = try #require(hit["id"] as? String)
            let document = try #require((hit["citation"] as? [String: Any])?["document_id"] as? String)
            let (alice, carol) = (try await server.token("alice"), try await server.token("carol"))
            #expect(try await server.get("/v1/passages/\(passage)", token: alice).status == 200)
            #expect(try await server.get("/v1/documents/\(document)", token: alice).status == 200)
            let absent = String(repeating: "0", count: 32)
            for (kind, id) in [("passages", passage), ("documents", document)] {
                let forbidden = try await server.get("/v1/\(kind)/\(id)", token: carol)
                let missing = try await server.get("/v1/\(kind)/\(absent)", token: carol)
                let malformed = try await server.get("/v1/\(kind)/nonsense", token: carol)
                #expect(forbidden.status == 404)
                #expect(forbidden.body == missing.body && forbidden.body == malformed.body)
                #expect(forbidden.headers.filter { $0.key != "date" } == missing.headers.filter { $0.key != "date" })
            }
        }
    }

    @Test("A document shows what its reader may read of it")
    func documentByReader() async throws {
        try await TestServer.with(SampleEnclave()) { server in
            let hit = try #require(await server.ask("bob", "Who signs the hall register at the gate?").first)
            let document = try #require((hit["citation"] as? [String: Any])?["document_id"] as? String)
            let bob = try await server.get("/v1/documents/\(document)", token: server.token("bob", purposes: ["work"]))
            let text = bob.text
            #expect(text.contains("open hall") && text.contains("hall register"))
            #expect(!text.contains("9000 cycles") && !text.contains("fatigue"))
            let alice = try await server.get("/v1/documents/\(document)", token: server.token("alice"))
            #expect(alice.text.contains("9000 cycles") && alice.text.contains("fatigue report"))
        }
    }

    @Test("A filter narrows and never widens")
    func filters() async throws {
        try await TestServer.with(SampleEnclave()) { server in
            let eq = #", "filter": {"type": "eq", "key": "classification", "value": "secret"}"#
            let secret = try await server.ask("alice", Self.question, k: 50, more: eq)
            #expect(!secret.isEmpty && secret.allSatisfy { $0["marking"] as? String != "P" })
            #expect(try await server.ask("carol", Self.question, k: 50, more: eq).isEmpty)
            let atMost = #", "filter": {"type": "lte", "key": "classification", "value": "internal"}"#
            let low = try await server.ask("alice", Self.question, k: 50, more: atMost)
            #expect(!low.isEmpty && low.allSatisfy { ["P", "I"].contains($0["marking"] as? String) })
            let project = #"""
                , "filter": {"type": "and", "filters": [{"type": "in", "key": "projects", "value": ["falcon", "heron"]},
                  {"type": "ne", "key": "classification", "value": "public"}]}
                """#
            #expect(try await server.ask("alice", Self.question, k: 50, more: project).isEmpty == false)
        }
    }

    @Test("A hidden attribute and one that does not exist are refused in the same words")
    func hiddenAttribute() async throws {
        try await TestServer.with(SampleEnclave()) { server in
            func refusal(_ key: String) async throws -> TestServer.Response {
                try await server.post(
                    "/v1/retrieve",
                    #"{"query": "x", "purpose": "work", "filter": {"type": "eq", "key": "\#(key)", "value": "FATIGUE"}}"#,
                    token: server.token("alice"))
            }
            let hidden = try await refusal("categories")
            #expect(hidden.status == 400)
            #expect(hidden.body == (try await refusal("nonexistent")).body)
        }
    }

    @Test("The content tag names what the caller may read, and nothing else")
    func contentTag() async throws {
        let enclave = try SampleEnclave()
        let engine = try await Engine(folder: enclave.url, create: true, embedder: HashingEmbedder())
        _ = try await engine.ingest { _ in }
        try await TestServer.with(engine) { server in
            func tag(_ person: String) async throws -> String {
                let response = try await server.post(
                    "/v1/retrieve", #"{"query": "wing", "purpose": "work"}"#, token: server.token(person))
                return try #require(try response.json()["content_tag"] as? String)
            }
            let (alice, carol) = (try await tag("alice"), try await tag("carol"))
            #expect(alice != carol)
            try enclave.write(
                "# More\n\nThe Falcon rudder bolt takes 12 newton metres.\n", to: "documents/secret/more.md")
            _ = try await engine.ingest { _ in }
            #expect(try await tag("alice") != alice)
            #expect(try await tag("carol") == carol)
        }
    }

    @Test("A changed principal is obeyed at the next request")
    func changedPrincipal() async throws {
        let enclave = try SampleEnclave()
        let engine = try await Engine(folder: enclave.url, create: true, embedder: HashingEmbedder())
        _ = try await engine.ingest { _ in }
        try await TestServer.with(engine) { server in
            #expect(
                try await server.ask("alice", Self.question).contains {
                    ($0["text"] as? String)?.contains("118") == true
                })
            let lowered = try #require(SampleEnclave.settings["principals.yaml"])
                .replacing(
                    "attributes: {clearance: 2, projects: [falcon]}", with: "attributes: {clearance: 1, projects: []}")
            try enclave.write(lowered, to: "principals.yaml")
            try await engine.reload()
            #expect(
                try await server.ask("alice", Self.question, k: 50)
                    .allSatisfy { ($0["text"] as? String)?.contains("118") == false })
            // What does not load changes nothing.
            try enclave.write("people: [", to: "principals.yaml")
            await #expect(throws: (any Error).self) { try await engine.reload() }
            #expect(try await server.ask("bob", Self.question).isEmpty == false)
        }
    }

    @Test("Health and readiness need no token")
    func health() async throws {
        try await TestServer.with(SampleEnclave()) { server in
            let (health, readiness) = (
                try await server.get("/healthz", token: nil), try await server.get("/readyz", token: nil)
            )
            #expect(health.text == #"{"status":"ok"}"#)
            #expect(readiness.text == #"{"status":"ready"}"#)
        }
    }
}
