import Enclaves
import Foundation
import IndexStore
import Synchronization
import TestSupport
import Testing
import TextEmbedding

@testable import Ingest
@testable import QueryService

/// Who may read a passage by its name, and not its title.
@Suite("Non-interference: the scores of a passage that a policy names")
struct NamedPassageScoreTests {
    private static let path = "documents/secret/second.md"
    private static let embedder = HashingEmbedder(dimension: 256)

    /// One title and section, the same passages.
    private static func text(title: String, section: String) -> String {
        """
        # \(title)

        ## \(section)

        The tail is painted grey after assembly.

        ## Attachment

        The tail bolt torque is 61 newton metres.
        """
    }

    private static func enclave(title: String, section: String) throws -> SampleEnclave {
        try SampleEnclave(files: NamedResourcesTests.files.merging([path: text(title: title, section: section)]) { $1 })
    }

    private static func engine(_ enclave: SampleEnclave, like other: Engine? = nil) async throws -> Engine {
        if let other {
            let path = enclave.indexPath
            // With the same secret, so that ids are the same.
            let index = try SQLiteIndex(
                path: path, model: embedder.model.identity, dimension: embedder.model.dimension, create: true,
                keys: .beside(path, secret: other.index.secret))
            try index.close()
        }
        return try await Engine(folder: enclave.url, create: true, embedder: embedder, logger: TestServer.quiet)
    }

    /// Id, score and text of what somebody finds, in each mode.
    private static func found(_ person: String, _ engine: Engine) async throws -> [[String]] {
        var found: [[String]] = []
        try await TestServer.with(engine) { server in
            for mode in ["hybrid", "vector", "lexical", "approximate"] {
                let hits = try await server.ask(
                    person, "falcon kestrel tail painted hangar", k: 50, more: #", "mode": "\#(mode)""#)
                found.append(hits.map { "\($0["id"] ?? "") \($0["score"] ?? "") \($0["text"] ?? "")" })
            }
        }
        return found
    }

    private static func scores(of text: String, _ found: [[String]]) -> [[String]] {
        found.map { $0.filter { $0.contains(text) } }
    }

    /// The id of the passage about paint, in what somebody finds.
    private static func painted(_ found: [[String]]) throws -> Substring {
        let hit = try #require(found[0].first { $0.contains("painted grey") })
        return try #require(hit.split(separator: " ").first)
    }

    /// Lets dan read one passage.
    private static func policy(naming id: Substring) -> String {
        #"permit (principal == Person::"dan", action, resource == Passage::"\#(id)");"#
    }

    /// An enclave whose embedder can be made to wait, and a policy about it that is not there yet.
    private struct Staged {
        private typealias Tests = NamedPassageScoreTests

        let enclave: SampleEnclave
        let embedder: StagedEmbedder
        let engine: Engine
        /// What alice finds.
        let alice: [[String]]
        private let policy: String

        init(section: String) async throws {
            enclave = try Tests.enclave(title: "Falcon", section: section)
            embedder = StagedEmbedder()
            engine = try await Engine(
                folder: enclave.url, create: true, embedder: embedder, logger: TestServer.quiet)
            _ = try await engine.ingest { _ in }
            alice = try await Tests.found("alice", engine)
            policy = try Tests.policy(naming: Tests.painted(alice))
        }

        /// Puts a policy into the folder that lets dan read the passage about paint.
        func name() throws { try enclave.write(policy, to: "policies/named.cedar") }
    }

    @Test("They are the same, bit for bit, whatever title and headings say, before and after ingests")
    func scores() async throws {
        let titles = [
            ("Falcon kestrel hangar", "Falcon paint"), ("Soup", "Kestrel feathers in the hangar and elsewhere"),
        ]
        var engines: [Engine] = []
        var enclaves: [SampleEnclave] = []
        for (title, section) in titles {
            enclaves.append(try Self.enclave(title: title, section: section))
            engines.append(try await Self.engine(enclaves[enclaves.count - 1], like: engines.first))
            _ = try await engines[engines.count - 1].ingest { _ in }
        }
        // Who may read the titles too gets scores that they shaped: else this would show nothing.
        let alice = try await engines.asyncMap { try await Self.found("alice", $0) }
        #expect(Self.scores(of: "painted grey", alice[0]) != Self.scores(of: "painted grey", alice[1]))
        #expect(try await Self.found("dan", engines[0]).allSatisfy { $0.allSatisfy { !$0.contains("tail") } })

        let id = try Self.painted(alice[0])
        #expect(alice[1][0].contains { $0.hasPrefix(id) })
        for (enclave, engine) in zip(enclaves, engines) {
            try enclave.write(Self.policy(naming: id), to: "policies/named.cedar")
            try await engine.reload()
        }
        let named = try await engines.asyncMap { try await Self.found("dan", $0) }
        #expect(named[0] == named[1])
        #expect(named[0].allSatisfy { $0.contains { $0.contains("painted grey") } })

        for (enclave, engine) in zip(enclaves, engines) {
            // Other rules, so that every document is compared with what the index has.
            let rules = try #require(SampleEnclave.settings["labels.yaml"])
            try enclave.write(
                rules + "\n  - path: nowhere/**\n    set: {classification: public}\n", to: "labels.yaml")
            let again = try await engine.ingest { _ in }
            #expect((again.embedded, again.changes.count) == (0, 0), "\(again.changes)")
            #expect(again.setAside.isEmpty)
            // An edit: the passage is embedded as it is named, from the start.
            try enclave.remove(Self.path)
            _ = try await engine.ingest { _ in }
        }
        for ((title, section), (enclave, engine)) in zip(titles, zip(enclaves, engines)) {
            try enclave.write(Self.text(title: title, section: section), to: Self.path)
            #expect(try await engine.ingest { _ in }.embedded == 2)
            #expect(try await engine.ingest { _ in }.embedded == 0)
            #expect(try await engine.index.integrityProblems() == [])
        }
        #expect(try await Self.found("dan", engines[0]) == named[0])
        #expect(try await Self.found("dan", engines[1]) == named[0])
    }

    @Test("A policy that names a passage while its document is being embedded: the draft is not stored as it was")
    func whileIngesting() async throws {
        let staged = try await Staged(section: "Kestrel hangar")
        let (enclave, engine) = (staged.enclave, staged.engine)
        let text = Self.text(title: "Falcon", section: "Kestrel hangar")
        try enclave.remove(Self.path)
        _ = try await engine.ingest { _ in }
        try enclave.write(text, to: Self.path)
        staged.embedder.next.withLock {
            $0 = {
                try staged.name()
                try await engine.reload()
            }
        }
        #expect(try await engine.ingest { _ in }.setAside.isEmpty)
        let raced = try await Self.found("dan", engine)
        #expect(raced.allSatisfy { $0.contains { $0.contains("painted grey") } })
        // As it comes out where nothing happens meanwhile.
        try enclave.remove(Self.path)
        _ = try await engine.ingest { _ in }
        try enclave.write(text, to: Self.path)
        _ = try await engine.ingest { _ in }
        #expect(try await Self.found("dan", engine) == raced)
    }

    @Test("Where the model fails, a policy that names a passage is not taken over, and the one before stays in force")
    func noModel() async throws {
        let staged = try await Staged(section: "Paint")
        let engine = staged.engine
        try staged.name()
        let version = engine.current.enclave.policyVersion
        struct NoModel: Error {}
        staged.embedder.next.withLock { $0 = { throw NoModel() } }
        await #expect(throws: NoModel.self) { try await engine.reload() }
        #expect(engine.current.enclave.policyVersion == version)
        #expect(try await Self.found("alice", engine) == staged.alice)
        #expect(try await Self.found("dan", engine).allSatisfy { $0.allSatisfy { !$0.contains("tail") } })
        try await engine.reload()
        #expect(try await Self.found("dan", engine).allSatisfy { $0.contains { $0.contains("painted grey") } })
    }
}

/// An embedder before whose next call something happens.
private final class StagedEmbedder: Embedder {
    let base = HashingEmbedder(dimension: 256)
    let next = Mutex<(@Sendable () async throws -> Void)?>(nil)
    var model: EmbeddingModel { base.model }

    func countTokens(_ text: String) -> Int { base.countTokens(text) }

    func embed(_ texts: [String]) async throws -> [[Float]] {
        let next = next.withLock { next in
            defer { next = nil }
            return next
        }
        try await next?()
        return try await base.embed(texts)
    }
}

extension Array {
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async throws -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
