import AccessControl
import Cedar
import Foundation
import IndexStore
import Ingest
import TestSupport
import Testing
import TextEmbedding

@testable import QueryService

@Suite("Policies that name one document or passage")
struct NamedResourcesTests {
    static let schema = SampleEnclave.settings["policies/schema.cedarschema"]!
        .replacing("entity Passage {", with: "entity Document;\nentity Passage in [Document] {")
    static let files = [
        "policies/schema.cedarschema": schema,
        "documents/secret/second.md": """
        # Falcon tail assembly

        ## Attachment

        The Falcon tail bolt torque is 61 newton metres.

        ## Paint

        The Falcon tail is painted grey after assembly.
        """,
    ]
    static let embedder = HashingEmbedder(dimension: 256)

    /// Everything that somebody reads, by text: id of the passage, id of the document.
    private func readable(_ person: String, _ server: TestServer) async throws -> [String: (
        id: String, document: String
    )] {
        var found: [String: (id: String, document: String)] = [:]
        for hit in try await server.ask(person, "assembly bolt torque", k: 50) {
            let citation = try #require(hit["citation"] as? [String: Any])
            found[try #require(hit["text"] as? String)] = (
                try #require(hit["id"] as? String), try #require(citation["document_id"] as? String)
            )
        }
        return found
    }

    private func named(_ text: String, in all: [String: (id: String, document: String)]) throws -> (
        id: String, document: String
    ) {
        try #require(all.first { $0.key.contains(text) }?.value)
    }

    @Test("A forbidden passage and a forbidden document are gone, and nothing else is")
    func forbidden() async throws {
        let enclave = try SampleEnclave(files: Self.files)
        try await TestServer.with(enclave) { server in
            let all = try await readable("alice", server)
            let (paint, torque) = (try named("painted grey", in: all), try named("61 newton", in: all))
            let tag = try await contentTag("bob", server)
            let passages = server.engine.index.snapshot().passageCount
            try enclave.write(
                #"forbid (principal, action, resource == Passage::"\#(paint.id)");"#, to: "policies/named.cedar")
            try await server.engine.reload()
            #expect(Set(try await readable("alice", server).keys) == Set(all.keys.filter { !$0.contains("painted") }))
            let token = try await server.token("alice")
            let (gone, absent) = (
                try await server.get("/v1/passages/\(paint.id)", token: token),
                try await server.get("/v1/passages/\(String(repeating: "0", count: 32))", token: token)
            )
            #expect(gone.status == 404 && gone.body == absent.body)
            #expect(try await server.get("/v1/passages/\(torque.id)", token: token).status == 200)
            #expect(try await !server.get("/v1/documents/\(torque.document)", token: token).text.contains("grey"))
            // Who could not read it before notices nothing.
            #expect(try await contentTag("bob", server) == tag)
            #expect(server.engine.index.snapshot().passageCount == passages)

            try enclave.write(
                #"forbid (principal, action, resource in Document::"\#(torque.document)") unless { context.purpose == "audit" };"#,
                to: "policies/named.cedar")
            try await server.engine.reload()
            #expect(
                Set(try await readable("alice", server).keys)
                    == Set(all.filter { $0.value.document != torque.document }.keys))
            #expect(try await server.get("/v1/documents/\(torque.document)", token: token).status == 404)

            try enclave.remove("policies/named.cedar")
            try await server.engine.reload()
            #expect(try await Set(readable("alice", server).keys) == Set(all.keys))
            #expect(try await server.engine.index.integrityProblems() == [])
        }
    }

    @Test("One document is permitted to one who may read no other like it, also after an edit and a restart")
    func permitted() async throws {
        let enclave = try SampleEnclave(files: Self.files)
        try await TestServer.with(enclave, embedder: Self.embedder) { server in
            let second = try named("61 newton", in: await readable("alice", server))
            #expect(try await !readable("dan", server).keys.contains { $0.contains("Falcon") })
            try enclave.write(
                #"permit (principal == Person::"dan", action, resource in Document::"\#(second.document)");"#,
                to: "policies/named.cedar")
            try await server.engine.reload()
            let falcon = try await readable("dan", server).filter { $0.key.contains("Falcon") }
            #expect(falcon.count == 2 && falcon.values.allSatisfy { $0.document == second.document })
            #expect(
                try await server.get("/v1/documents/\(second.document)", token: server.token("dan")).text
                    .contains("Falcon tail assembly"))

            let edited = try #require(Self.files["documents/secret/second.md"]).replacing("grey", with: "white")
            try enclave.write(edited, to: "documents/secret/second.md")
            let summary = try await server.engine.ingest { _ in }
            #expect(summary.embedded == 1)
            #expect(try await readable("dan", server).keys.contains { $0.contains("painted white") })
            #expect(try await !readable("dan", server).keys.contains { $0.contains("118 newton") })
            let again = try await server.engine.ingest { _ in }
            #expect(again.embedded == 0 && again.changes.isEmpty)
            // Not when the last connection lets go of it: the file is opened again below.
            server.engine.close()
        }
        let reopened = try await Engine(folder: enclave.url, create: false, embedder: Self.embedder)
        try await TestServer.with(reopened) { server in
            let falcon = try await readable("dan", server).keys.filter { $0.contains("Falcon") }
            #expect(falcon.count == 2 && !falcon.contains { $0.contains("118 newton") })
            // Other rules for the folder change the label, not its name.
            let rules = try #require(SampleEnclave.settings["labels.yaml"])
            try enclave.write(rules.replacing("projects: [falcon]}", with: "projects: [heron]}"), to: "labels.yaml")
            _ = try await server.engine.ingest(.labels) { _ in }
            #expect(try await readable("dan", server).keys.filter { $0.contains("Falcon") }.count == 2)
            #expect(try await !readable("alice", server).keys.contains { $0.contains("tail bolt") })
        }
    }

    @Test("A document that comes after the policy, and a schema that does not know documents any more")
    func laterAndNoMore() async throws {
        let enclave = try SampleEnclave(files: Self.files)
        try await TestServer.with(enclave) { server in
            let second = try named("61 newton", in: await readable("alice", server))
            let text = try #require(Self.files["documents/secret/second.md"])
            try enclave.remove("documents/secret/second.md")
            try enclave.write(
                #"forbid (principal, action, resource in Document::"\#(second.document)");"#, to: "policies/named.cedar"
            )
            _ = try await server.engine.ingest { _ in }
            try enclave.write(text, to: "documents/secret/second.md")
            _ = try await server.engine.ingest { _ in }
            #expect(try await !readable("alice", server).keys.contains { $0.contains("tail") })

            try enclave.remove("policies/named.cedar")
            try enclave.write(
                try #require(SampleEnclave.settings["policies/schema.cedarschema"]), to: "policies/schema.cedarschema")
            try await server.engine.reload()
            #expect(try await readable("alice", server).keys.contains { $0.contains("tail") })
        }
    }

    @Test("A change that is compared changes nothing that is in force; a document is explained by its own label")
    func compared() async throws {
        let enclave = try SampleEnclave(files: Self.files)
        try await TestServer.with(enclave) { server in
            let all = try await readable("alice", server)
            let (second, paint) = (try named("61 newton", in: all), try named("painted grey", in: all))
            let other = try SampleEnclave(files: Self.files)
            let (found, before) = (try await scores("alice", server), server.engine.index.snapshot())
            for (resource, passages) in [
                (#"in Document::"\#(second.document)""#, 2), (#"== Passage::"\#(paint.id)""#, 1),
            ] {
                try other.write(
                    #"@id("hold") forbid (principal, action, resource \#(resource));"#, to: "policies/named.cedar")
                let difference = await output(of: .comparePolicies(folder: other.url.path, json: true), server.engine)
                #expect(
                    difference.contains(#""passages":\#(passages)"#) && !difference.contains("gained\":true"),
                    "\(difference)")
                #expect(try await scores("alice", server) == found)
                let after = server.engine.index.snapshot()
                #expect(after.isSame(as: before) && after.labels.names.isEmpty)
            }
            try enclave.write(
                #"@id("hold") forbid (principal, action, resource in Document::"\#(second.document)");"#,
                to: "policies/named.cedar")
            try await server.engine.reload()
            let explained = await output(
                of: .explainDecision(person: "alice", path: "secret/second.md", purpose: "work", json: false),
                server.engine)
            #expect(explained.contains("may not read") && explained.contains("hold"), "\(explained)")
            let falcon = await output(
                of: .explainDecision(person: "alice", path: "secret/falcon.md", purpose: "work", json: false),
                server.engine)
            #expect(!falcon.contains("may not read"), "\(falcon)")
        }
    }

    /// Everything that somebody finds, with its score.
    private func scores(_ person: String, _ server: TestServer) async throws -> [String] {
        try await server.ask(person, "assembly bolt torque", k: 50).map { "\($0["id"] ?? "") \($0["score"] ?? "")" }
    }

    private func contentTag(_ person: String, _ server: TestServer) async throws -> String {
        let body = #"{"query": "bolt", "k": 1, "purpose": "work"}"#
        let answer = try await server.post("/v1/retrieve", body, token: server.token(person)).json()
        return try #require(answer["content_tag"] as? String)
    }

    private func output(of command: ControlCommand, _ engine: Engine) async -> String {
        var text = ""
        for await event in CommandRunner(engine: engine).events(of: command) {
            switch event {
            case .output(let part), .diagnostic(let part): text += part
            default: break
            }
        }
        return text
    }
}
