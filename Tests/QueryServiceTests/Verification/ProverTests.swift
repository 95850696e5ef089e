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

/// The prover of the command `verify`, on indexes that do not leak.
@Suite("Verification: what does not leak is proved")
struct ProverTests {
    static func prover(
        _ engine: Engine, as person: String = "p0", purpose: String? = "work", queries: QueryFile? = nil,
        seed: UInt64 = 1, live: TwinServices.Builder? = nil
    ) -> Prover {
        Prover(
            engine: engine, identity: .person(person), purpose: purpose, queries: queries, seed: seed, live: live)
    }

    static let page = PageStyle(colour: false, width: 100)

    @Test("Every principal of a random world, also where policies name documents", arguments: Worlds.seeds(2))
    func worlds(seed: UInt64) async throws {
        // In some worlds nobody may read anything. They must pass too, but show nothing, so another one follows.
        for world in UInt64(0)..<10 where try await somebodyReads(inWorld: seed &+ world << 32) { return }
        Issue.record("PORTCULLIS_SEED=\(seed): nobody may read anything in any of ten worlds")
    }

    private func somebodyReads(inWorld seed: UInt64) async throws -> Bool {
        var world = try RandomWorld(seed: seed)
        let embedder = HashingEmbedder()
        let engine = try await Engine(folder: world.url, create: true, embedder: embedder, logger: TestServer.quiet)
        _ = try await engine.ingest { _ in }
        var reads: [Bool] = []
        for what in ["policies about labels", "policies that name documents and passages"] {
            let report = try await Self.prover(engine, seed: seed).run(principal: nil) { _, _, _ in }
            #expect(report.status == .success, "PORTCULLIS_SEED=\(seed), \(what): \(report.text(Self.page))")
            #expect(report.rows.count == 2 * world.people.count)
            reads.append(report.rows.contains { $0.passages > 0 } && report.answers > 0)
            try world.name(try await TwoIndexes.documents(of: world, index: engine.index, embedder: embedder))
            try await engine.reload()
        }
        return reads.allSatisfy { $0 }
    }

    @Test("Every principal of the sample enclaves", arguments: CorpusEnclave.Name.allCases)
    func samples(name: CorpusEnclave.Name) async throws {
        let enclave = try await CorpusEnclave.shared(name)
        let (person, purpose) = name == .aerospace ? ("noor.haddad", "security") : ("grace.okafor", "operations")
        let report = try await Self.prover(enclave.engine, as: person, purpose: purpose).run(principal: nil) {
            _, _, _ in
        }
        #expect(report.status == .success, "\(report.text(Self.page))")
        let principals = enclave.engine.current.enclave.principals.principals
        #expect(Set(report.rows.map(\.principal)).count == principals.count)
        #expect(report.rows.allSatisfy { $0.wholeIndex == enclave.summary.passages })
        #expect(Set(report.rows.map(\.passages)).count > 8, "they may read different parts")
    }

    @Test("The same seed makes the same requests, and another one others")
    func seeds() async throws {
        let enclave = try VerificationScene.enclave()
        let engine = try await RecordsScene.ingested(enclave)
        let samples = try await VerificationScene.samples(engine, seed: 7)
        let again = try await VerificationScene.samples(engine, seed: 7)
        let others = try await VerificationScene.samples(engine, seed: 8)
        func requests(_ samples: [PassageSample], seed: UInt64) -> [String] {
            var generator = ReplayGenerator(seed: seed, for: "bob, work")
            return GeneratedRequests(
                enclave: engine.current.enclave, labels: engine.index.snapshot().passageCounts.map(\.label),
                purpose: "work"
            ).requests(shared: samples, own: [], using: &generator).map { "\($0.method) \($0.path) \($0.body ?? "")" }
        }
        #expect(requests(samples, seed: 7) == requests(again, seed: 7))
        #expect(requests(samples, seed: 7) != requests(others, seed: 8))
        // Of each label, before a second one of any.
        let labels = engine.index.snapshot().passageCounts.count { $0.passages > 0 }
        #expect(Set(samples.map(\.id)).count == samples.count && samples.count >= min(labels, 8))
    }

    @Test("A change that comes in between is no difference")
    func overtaken() async throws {
        let enclave = try VerificationScene.enclave()
        let engine = try await RecordsScene.ingested(enclave)
        let changes = Task {
            for number in 0..<6 {
                try enclave.write("# Note \(number)\n\nThe bolt of wing \(number).\n", to: "documents/public/note.md")
                _ = try await engine.ingest { _ in }
                try await Task.sleep(for: .milliseconds(60))
            }
        }
        let report = try await Self.prover(engine, as: "alice").run(principal: nil) { _, _, _ in }
        try await changes.value
        #expect(report.status == .success, "\(report.text(Self.page))")
    }

    @Test("Who may not verify is refused, and so is everyone where the schema has no such action")
    func refused() async throws {
        let enclave = try VerificationScene.enclave()
        defer { withExtendedLifetime(enclave) {} }
        let engine = try await RecordsScene.ingested(enclave)
        await #expect(throws: ActionRefused.self) {
            _ = try await Self.prover(engine, as: "carol").run(principal: "bob") { _, _, _ in }
        }
        let without = try SampleEnclave()
        defer { withExtendedLifetime(without) {} }
        let plain = try await RecordsScene.ingested(without)
        await #expect(throws: ActionRefused.self) {
            _ = try await Self.prover(plain, as: "alice").run(principal: "bob") { _, _, _ in }
        }
        await #expect(throws: UnknownPerson.self) {
            _ = try await Self.prover(engine, as: "alice").run(principal: "nobody") { _, _, _ in }
        }
    }

    @Test("A label that came after it was decided that somebody may verify is not read for that")
    func laterLabel() async throws {
        let enclave = try VerificationScene.enclave()
        let engine = try await RecordsScene.ingested(enclave)
        let authorization = try VerificationScene.authorization(engine)
        try enclave.write(
            "# Late\n\nThis came later.\n", to: "documents/secret/late.md")
        try enclave.write("categories: [LATE]\n", to: "documents/secret/late.md.label.yaml")
        _ = try await engine.ingest { _ in }
        let later = engine.index.snapshot()
        let generator = ReplayGenerator(seed: 1, for: "everybody")
        await #expect(throws: IndexError.self) {
            _ = try await later.sample(8, for: authorization, using: generator)
        }
        await #expect(throws: IndexError.self) {
            _ = try await later.oracle(for: authorization, using: generator) { _, _, _ in true }
        }
    }

    @Test("Who may verify some labels and not others is refused")
    func refusedInPart() async throws {
        let enclave = try VerificationScene.enclave(when: #"resource.classification != "secret""#)
        defer { withExtendedLifetime(enclave) {} }
        let engine = try await RecordsScene.ingested(enclave)
        await #expect(throws: ActionRefused.self) {
            _ = try await Self.prover(engine, as: "alice").run(principal: "bob") { _, _, _ in }
        }
    }
}

/// The small enclave, in which Alice may verify.
enum VerificationScene {
    static func enclave(when condition: String = "true") throws -> SampleEnclave {
        let schema = try #require(SampleEnclave.settings["policies/schema.cedarschema"])
        return try SampleEnclave(files: [
            "policies/schema.cedarschema": schema.replacing(
                "action retrieve appliesTo", with: "action retrieve, verify appliesTo"),
            "policies/verification.cedar":
                #"permit (principal == Person::"alice", action == Action::"verify", resource) when { \#(condition) };"#,
        ])
    }

    /// Of Alice, on every label that there is now.
    static func authorization(_ engine: Engine) throws -> AuthorizedAction {
        let enclave = engine.current.enclave
        let caller = try Caller(developmentIdentity: "alice", enclave: enclave)
        return try enclave.authorizer.authorization(
            of: .verify, on: Set(engine.index.snapshot().passageCounts.map(\.label)),
            for: caller.accessRequest(purpose: nil, network: .loopback, now: Clock.now))
    }

    static func samples(_ engine: Engine, seed: UInt64) async throws -> [PassageSample] {
        try await engine.index.snapshot().sample(
            8, for: authorization(engine), using: ReplayGenerator(seed: seed, for: "everybody"))
    }
}
