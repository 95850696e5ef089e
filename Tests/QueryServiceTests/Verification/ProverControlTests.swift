import Cedar
import Crypto
import Enclaves
import Foundation
import IndexStore
import Labels
import Passages
import Retrieval
import TestSupport
import Testing

@testable import AccessControl
@testable import QueryService

/// A prover that cannot fail proves nothing: leaks and wrong decisions on purpose, each of which it must find.
@Suite("Verification: what leaks is found")
struct ProverControlTests {
    /// What the command says of a service that is wrong, as text and as JSON, must hold no word of a document.
    private func expectNoText(_ report: VerificationReport, _ texts: [String]) throws {
        let said = report.text(ProverTests.page) + (try CommandRunner.json(report))
        let words = Set(texts.flatMap { $0.split { !$0.isLetter } }.filter { $0.count > 4 }.map { $0.lowercased() })
        let own: Set = [
            "words", "passage", "passages", "heading", "document", "request", "requests", "filter", "filters", "under",
            "policy", "version", "there", "lowest", "score", "field", "header", "index", "whole", "first", "response",
            "status", "place", "question", "refused", "identical", "should",
        ]
        let found = Set(said.split { !$0.isLetter }.map { $0.lowercased() }).intersection(words).subtracting(own)
        #expect(found.isEmpty, "\(found.sorted()) in: \(said)")
    }

    @Test("Every leak that the tests of non-interference know; and the same service without one passes")
    func plantedLeaks() async throws {
        var missed = Set(Plant.allCases).subtracting([.nothing])
        for seed in PlantedLeakTests.seeds where !missed.isEmpty {
            let world = try RandomWorld(seed: seed)
            let engine = try await Engine(
                folder: world.url, create: true, embedder: HashingEmbedder(), logger: TestServer.quiet)
            _ = try await engine.ingest { _ in }
            // One who may read a part, for he has something to lose.
            let honest = try await report(.nothing, engine, world, principal: nil, seed: seed)
            #expect(honest.status == .success, "\(honest.text(ProverTests.page))")
            guard
                let row = honest.rows.max(by: {
                    $0.passages * ($0.wholeIndex - $0.passages) < $1.passages * ($1.wholeIndex - $1.passages)
                })
            else { continue }
            for plant in missed.sorted(by: { $0.rawValue < $1.rawValue }) {
                let report = try await report(plant, engine, world, principal: row.principal, seed: seed)
                guard report.status == .incomplete else { continue }
                missed.remove(plant)
                let first = try #require(report.rows.compactMap(\.firstDifference).first)
                print("\(plant): found in world \(seed), \(first.request): \(first.difference.part)")
                try expectNoText(report, world.sources.map(\.rendered.text))
            }
        }
        withKnownIssue("a BLAS library that computes every row alike leaks nothing", isIntermittent: true) {
            #expect(!missed.contains(.scoresFromBLAS))
        } when: {
            missed.contains(.scoresFromBLAS) && !Plant.libraryComputesRowsInTiles
        }
        missed.remove(.scoresFromBLAS)
        #expect(missed.isEmpty, "not found in \(PlantedLeakTests.seeds.count) worlds")
    }

    private func report(
        _ plant: Plant, _ engine: Engine, _ world: RandomWorld, principal: String?, seed: UInt64
    ) async throws -> VerificationReport {
        try await ProverTests.prover(engine, seed: seed) { access, address, onRunning in
            do {
                return try LeakyRoutes(engine: engine, plant: plant, policies: world.policies, access: access)
                    .application(at: address, logger: TestServer.quiet) { _ in await onRunning() }
            } catch {
                preconditionFailure("\(error)")
            }
        }.run(principal: principal) { _, _, _ in }
    }

    /// A service whose decisions are those of another authorizer.
    private func report(_ engine: Engine, deciding authorizer: LabelAuthorizer) async throws -> VerificationReport {
        let enclave = engine.current.enclave
        let retriever = Retriever(
            index: engine.index, embedder: engine.embedder, authorizer: authorizer, scheme: enclave.labelScheme,
            policyVersion: enclave.policyVersion, citationBaseURL: enclave.settings.citationBase)
        return try await ProverTests.prover(engine, as: "alice") { access, address, onRunning in
            QueryApplication(
                access: {
                    let access = access()
                    return Engine.Access(
                        replaying: access, retriever: retriever, tokens: access.tokens,
                        circumstances: .init(network: .loopback, now: Clock.now))
                }, logger: TestServer.quiet
            ).application(at: address) { _ in await onRunning() }
        }.run(principal: "bob") { _, _, _ in }
    }

    @Test("A decision that permits too much, and one that permits too little")
    func wrongDecisions() async throws {
        let scene = try VerificationScene.enclave()
        defer { withExtendedLifetime(scene) {} }
        let engine = try await RecordsScene.ingested(scene)
        let enclave = engine.current.enclave
        func authorizer(_ policies: String) throws -> LabelAuthorizer {
            try LabelAuthorizer(
                policies: PolicySet(parsing: policies), schema: enclave.schema, entities: enclave.principals.entities)
        }
        let right = try await report(engine, deciding: enclave.authorizer)
        #expect(right.status == .success && right.answers > 0)
        let all = #"permit (principal, action == Action::"retrieve", resource);"#
        for wrong in [
            all, all + #"forbid (principal, action, resource) when { resource.classification != "public" };"#,
        ] {
            let report = try await report(engine, deciding: authorizer(wrong))
            #expect(report.status == .incomplete && report.identical < report.responses)
            try expectNoText(report, Array(SampleEnclave.documents.values))
        }
    }

    @Test("A wrong permit that was kept: what one may read is found under another's name")
    func wrongCache() async throws {
        let scene = try VerificationScene.enclave()
        defer { withExtendedLifetime(scene) {} }
        let engine = try await RecordsScene.ingested(scene)
        let authorizer = engine.current.enclave.authorizer
        let before = try await ProverTests.prover(engine, as: "alice").run(principal: "bob") { _, _, _ in }
        #expect(before.status == .success)
        func request(_ person: String) throws -> AccessRequest {
            try Caller(developmentIdentity: person, enclave: engine.current.enclave)
                .accessRequest(purpose: "work", network: .loopback, now: Clock.now)
        }
        let (alice, bob) = (try request("alice"), try request("bob"))
        let decisions = try authorizer.decided(
            engine.index.snapshot().labels, for: alice, context: alice.context, authorizer.newRecords())
        authorizer.cache.store(
            decisions, for: .init(principal: bob.principal, context: authorizer.plan.relevant(bob.context)))
        let after = try await ProverTests.prover(engine, as: "alice").run(principal: "bob") { _, _, _ in }
        let row = try #require(after.rows.first { $0.purpose == "work" })
        #expect(row.identical < row.responses && after.status == .incomplete)
        #expect(row.passages == before.rows.first { $0.purpose == "work" }?.passages)
        try expectNoText(after, Array(SampleEnclave.documents.values))
    }

    @Test("A difference of one byte, of a header field, and of the status")
    func comparison() throws {
        func response(_ body: String, status: Int = 200, _ headers: [(name: String, value: String)]) -> ReplayedResponse
        {
            ReplayedResponse(status: status, headers: headers, body: Data(body.utf8))
        }
        let key = SymmetricKey(size: .bits256)
        func difference(_ live: ReplayedResponse, _ oracle: ReplayedResponse) -> ResponseDifference? {
            ResponseDifference(live: live, oracle: oracle, key: key)
        }
        let headers = [(name: "content-type", value: "application/json"), (name: "date", value: "now")]
        let left = response("{\"a\":1}", headers)
        let later = [headers[0], (name: "Date", value: "later")]
        #expect(difference(left, response("{\"a\":1}", later)) == nil)
        let body = try #require(difference(left, response("{\"a\":2}", headers)))
        #expect(body.part == .body(offset: 5) && body.liveBody != body.oracleBody && body.liveBody.count == 64)
        // Who knows a body cannot find its digest, nor compare those of two reports.
        let plain = Hexadecimal.text(Array(SHA256.hash(data: left.body)))
        #expect(body.liveBody != plain && difference(left, response("", headers))?.liveBody == body.liveBody)
        let other = ResponseDifference(
            live: left, oracle: response("", headers), key: SymmetricKey(size: .bits256))
        #expect(other?.liveBody != body.liveBody)
        let longer = try #require(difference(left, response("{\"a\":1} ", headers)))
        #expect(longer.part == .body(offset: 7))
        let status = try #require(difference(left, response("{\"a\":1}", status: 404, headers)))
        #expect(status.part == .status(live: 200, oracle: 404))
        let more = headers + [(name: "x-total", value: "7")]
        let field = try #require(difference(left, response("{\"a\":1}", more)))
        #expect(field.part == .header(name: "x-total"))
        let type = [(name: "content-type", value: "text/plain"), headers[1]]
        #expect(
            difference(left, response("{\"a\":1}", type))?.part == .header(name: "content-type"))
    }
}
