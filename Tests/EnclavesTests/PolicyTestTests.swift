import AccessControl
import Cedar
import Foundation
import TestSupport
import Testing

@testable import Enclaves

@Suite("The policy tests of enclaves")
struct PolicyTestTests {
    static let corpus = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(path: "corpus")

    /// Every sample enclave of the repository.
    static let samples = ((try? FileManager.default.contentsOfDirectory(atPath: corpus.path)) ?? []).sorted().filter {
        FileManager.default.fileExists(atPath: corpus.appending(path: "\($0)/portcullis.yaml").path)
    }

    private func disagreements(in folder: URL) throws -> (count: Int, found: [String]) {
        let run = try PolicyTestRun(Enclave(folder: folder))
        return (run.outcomes.count, run.failures.map { "\($0.test.location) \($0.test.name): \($0.result)" })
    }

    @Test("Those of the sample enclaves pass", arguments: samples)
    func samplesPass(name: String) throws {
        let (count, found) = try disagreements(in: Self.corpus.appending(path: name))
        #expect(count > 0, "\(name) has no policy tests")
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }

    @Test("Those of the sample enclaves show both sides of every policy", arguments: samples)
    func bothSides(name: String) throws {
        let enclave = try Enclave(folder: Self.corpus.appending(path: name))
        let run = try PolicyTestRun(enclave)
        #expect(run.untested.isEmpty, "\(run.untested) decide nothing in any test")
        var applied: Set<CedarString> = []
        var held: Set<CedarString> = []
        let authorizer = Authorizer(policies: enclave.policies)
        for outcome in run.outcomes {
            for policy in authorizer.outcomes(of: outcome.test.request, entities: outcome.test.entities) {
                switch policy.kind {
                case .applies: applied.insert(policy.policy.name)
                case .condition: held.insert(policy.policy.name)
                case .otherScope: break
                case .fault: Issue.record("\(policy.policy.name) fails in \(outcome.test.name)")
                }
            }
        }
        for policy in enclave.policies.policies {
            #expect(applied.contains(policy.name), "\(policy.name) applies in no test")
            #expect(
                held.contains(policy.name) || policy.conditions.isEmpty,
                "the conditions of \(policy.name) hold in every test that is about it")
        }
    }

    @Test("The policies of the samples and of a new enclave are laid out as `policy fmt` does it")
    func layout() throws {
        let new = try NewFolder()
        for folder in Self.samples.map({ Self.corpus.appending(path: $0) }) + [new.url] {
            #expect(try PolicyLayout(folder: folder).changed.map(\.file) == [], "\(folder.lastPathComponent)")
        }
    }

    @Test("No permit of the samples and of a new enclave leaves the action open, and all state who erases and holds")
    func actions() throws {
        let new = try NewFolder()
        for folder in Self.samples.map({ Self.corpus.appending(path: $0) }) + [new.url] {
            let enclave = try Enclave(folder: folder)
            #expect(enclave.warnings.isEmpty, "\(folder.lastPathComponent): \(enclave.warnings)")
            let tests = try PolicyTestRun(enclave).outcomes.map(\.test)
            for action in AdministrativeAction.allCases {
                #expect(enclave.schema.action(action.uid) != nil, "\(folder.lastPathComponent): \(action)")
                let decisions = Set(tests.filter { $0.request.action == action.uid }.map(\.decision))
                #expect(decisions == [.allow, .deny], "\(folder.lastPathComponent): \(action)")
            }
        }
    }

    @Test("There are sample enclaves")
    func thereAreSamples() {
        #expect(Self.samples.contains("aerospace"))
    }

    @Test("Those of a new enclave pass, and show both sides of every policy")
    func newEnclave() throws {
        let folder = try NewFolder()
        let (count, found) = try disagreements(in: folder.url)
        #expect(count >= 14)
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
        let enclave = try Enclave(folder: folder.url)
        let cases = try PolicyTestRun(enclave).outcomes.map(\.test)
        for policy in enclave.policies.policies {
            let id = policy.name
            let own = cases.filter { $0.name.description.hasPrefix("\(id):") }
            let applies: Decision = policy.effect == .permit ? .allow : .deny
            #expect(own.contains { $0.decision == applies && $0.reasons == [id] }, "\(id) never decides")
            #expect(own.contains { $0.decision != applies }, "\(id) always decides")
        }
    }

    @Test("A policy that is loosened fails its tests")
    func loosened() throws {
        for (file, strict, loose) in [
            ("policies/limits.cedar", "unless { context.mfa }", "unless { true }"),
            ("policies/limits.cedar", "principal.until <= context.now", "principal.until < context.now"),
            ("policies/erasure.cedar", "when { context.mfa }", "when { true }"),
            ("policies/erasure.cedar", #"Group::"management""#, #"Group::"staff""#),
            ("policies/erasure.cedar", #"action == Action::"erase""#, #"action == Action::"hold""#),
            (
                "policies/limits.cedar", "forbid (principal, action, resource)",
                #"forbid (principal, action == Action::"retrieve", resource)"#
            ),
            ("policies/reading.cedar", #"principal.clearance == "confidential" &&"#, ""),
        ] {
            let folder = try NewFolder()
            let text = try String(contentsOf: folder.url.appending(path: file), encoding: .utf8)
            try #require(text.contains(strict))
            try text.replacing(strict, with: loose)
                .write(to: folder.url.appending(path: file), atomically: true, encoding: .utf8)
            #expect(try !disagreements(in: folder.url).found.isEmpty, "\(strict) can go unnoticed")
        }
    }
}

/// A new enclave in a temporary folder.
struct NewFolder {
    private let folder: TemporaryFolder
    var url: URL { folder.url.appending(path: "mine") }

    init() throws {
        folder = try TemporaryFolder()
        try NewEnclave(
            folder: folder.url.appending(path: "mine"), name: nil, model: folder.url.appending(path: "model"),
            current: folder.url
        ).write()
    }
}
