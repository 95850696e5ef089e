import AccessControl
import Enclaves
import Foundation
import IndexStore
import Labels
import Passages
import TestSupport
import Testing

@testable import QueryService

@Suite("Who may erase, hold and release")
struct RecordsDeskTests {
    private static let people = [
        "documents/public/one.md": "# One\n\nThe gate opens at seven.\n",
        "documents/public/one.md.label.yaml": "subjects: [P-1]\n",
        "documents/public/both.md": "# Both\n\nThe gate closes at nine.\n",
        "documents/public/both.md.label.yaml": "subjects: [P-1, P-2]\n",
        "documents/internal/own.md": "# Own\n\nThe gate has a bell.\n",
        "documents/internal/own.md.label.yaml": "subjects: [P-1]\n",
    ]

    private func desk(_ person: String, _ engine: Engine) async throws -> RecordsDesk {
        try await RecordsDesk(engine: engine, identity: .person(person), purpose: "work")
    }

    @Test("A hold is released only while both who asked and who confirms may")
    func bothAreDecidedAbout() async throws {
        let enclave = try RecordsScene.enclave(settings: "erasure: {second_person: true}\n", files: Self.people)
        let engine = try await RecordsScene.ingested(enclave)
        let hold = try await desk("alice", engine).hold(.subject("P-1"), reason: "a claim").hold
        let outcome = try await desk("alice", engine).release("\(hold.id)", reason: "settled")
        guard case .waiting(let pending) = outcome else {
            Issue.record("one person alone released a hold")
            return
        }
        let principals = try #require(SampleEnclave.settings["principals.yaml"])
        for (old, new, error) in [
            ("clearance: 2, projects: [falcon]", "clearance: 0, projects: [falcon]", .notPermitted(action: "hold")),
            ("  alice:\n", "  alicia:\n", .askerGone(principal: pending.principal)),
        ] as [(String, String, RecordsError)] {
            try enclave.write(principals.replacing(old, with: new), to: "principals.yaml")
            try await engine.reload()
            await #expect(throws: error) { _ = try await desk("dan", engine).confirm("\(pending.id)") }
            #expect(engine.index.keyStore.register.holds[hold.id]?.isInForce == true)
        }
        // She may hold what is public, and no more: not all that the hold is on.
        try enclave.write(
            principals.replacing("clearance: 2, projects: [falcon]", with: "clearance: 0, projects: [falcon]"),
            to: "principals.yaml")
        try enclave.write(
            """
            permit (principal == Person::"alice", action == Action::"hold", resource)
            when { resource.classification == "public" };
            """, to: "policies/alice.cedar")
        try await engine.reload()
        await #expect(throws: ActionRefused.self) { _ = try await desk("dan", engine).confirm("\(pending.id)") }
        #expect(engine.index.keyStore.register.holds[hold.id]?.isInForce == true)

        try enclave.write(principals, to: "principals.yaml")
        try await engine.reload()
        guard case .released = try await desk("dan", engine).confirm("\(pending.id)") else {
            Issue.record("the hold was not released")
            return
        }
        let register = engine.index.keyStore.register
        #expect(register.holds[hold.id]?.isInForce == false && register.requests.isEmpty)
        withExtendedLifetime(enclave) {}
    }

    @Test("A hold is set before the first document comes, and released after the last one went")
    func holdOnNothing() async throws {
        let enclave = try RecordsScene.enclave()
        let engine = try await RecordsScene.ingested(enclave)
        let refused = RecordsError.notPermitted(action: "hold")
        await #expect(throws: refused) { _ = try await desk("carol", engine).hold(.subject("P-9"), reason: "a claim") }
        let set = await RecordsScene.run(
            .hold(
                scope: .subject("P-9"), reason: "a claim", identity: .person("alice"), purpose: "work", json: false),
            engine)
        #expect(set.status == ExitStatus.success && set.output.contains("is in force"), "\(set)")
        #expect(set.diagnostics == RecordsPage.warning(ofNothingHeld: .subject("P-9")))
        let hold = try #require(engine.index.keyStore.register.holds.values.first)

        let files = [
            "documents/public/nine.md": "# Nine\n\nThe gate is new.\n",
            "documents/public/nine.md.label.yaml": "subjects: [P-9]\n",
        ]
        for (path, text) in files { try enclave.write(text, to: path) }
        _ = try await engine.ingest { _ in }
        await #expect(throws: IndexError.held(holds: ["\(hold.id)"], documents: 1)) {
            _ = try await desk("alice", engine).erase(.subject("P-9"), reason: "over", includesShared: false)
        }
        for path in files.keys { try enclave.remove(path) }
        _ = try await engine.ingest { _ in }
        await #expect(throws: refused) { _ = try await desk("carol", engine).release("\(hold.id)", reason: "settled") }
        guard case .released = try await desk("alice", engine).release("\(hold.id)", reason: "settled") else {
            Issue.record("the hold was not released")
            return
        }
        #expect(engine.index.keyStore.register.holds[hold.id]?.isInForce == false)
        withExtendedLifetime(enclave) {}
    }

    @Test("Of a file that was taken in and is set aside nothing is claimed, and it is erased by its id")
    func setAside() async throws {
        let enclave = try RecordsScene.enclave(files: Self.people)
        let engine = try await RecordsScene.open(enclave, create: true)
        _ = try await engine.ingest(takes: true) { _ in }
        let rules = try String(contentsOf: enclave.url.appending(path: "labels.yaml"), encoding: .utf8)
        try enclave.write(rules.replacing("path: internal/**", with: "path: elsewhere/**"), to: "labels.yaml")
        _ = try await engine.ingest { _ in }
        let file = engine.index.keys.documentID(path: "internal/own.md")
        let lone = try await engine.index.unlabelledFiles().filter { $0.id == file }
        #expect(lone.map(\.place.description) == ["internal/own.md"])
        let all = try await engine.index.unlabelledFiles().map(\.id.description).sorted()
        await #expect(throws: RecordsError.unlabelled(files: all)) {
            _ = try await desk("alice", engine).erase(.subject("P-1"), reason: "over", includesShared: true)
        }
        await #expect(throws: RecordsError.notPermitted(action: "erase")) {
            _ = try await desk("carol", engine).erase(.document("\(file)"), reason: "over", includesShared: true)
        }
        let hold = try await desk("alice", engine).hold(.document("\(file)"), reason: "a claim").hold
        await #expect(throws: IndexError.held(holds: ["\(hold.id)"], documents: 1)) {
            _ = try await desk("alice", engine).erase(.document("\(file)"), reason: "over", includesShared: true)
        }
        _ = try await desk("alice", engine).release("\(hold.id)", reason: "settled")
        for id in all {
            guard
                case .erased(let erasure) = try await desk("alice", engine).erase(
                    .document(id), reason: "over", includesShared: false)
            else {
                Issue.record("it waits for somebody")
                return
            }
            #expect(erasure.documents.map(\.document) == [id])
        }
        #expect(try await engine.index.unlabelledFiles().isEmpty)
        #expect(try await engine.index.integrityProblems().isEmpty)
        // The rules of before bring nothing back, and nothing stands in the way of the subject any more.
        try enclave.write(rules, to: "labels.yaml")
        _ = try await engine.ingest { _ in }
        #expect(try await engine.index.summaries().allSatisfy { !$0.place.description.hasPrefix("internal/") })
        guard
            case .erased = try await desk("alice", engine).erase(
                .subject("P-1"), reason: "over", includesShared: true)
        else {
            Issue.record("it waits for somebody")
            return
        }
        withExtendedLifetime(enclave) {}
    }

    @Test("Paths of documents about others are told only to who may erase them all")
    func decisionBeforePaths() async throws {
        var files = Self.people
        files["policies/carol.cedar"] = """
            permit (principal == Person::"carol", action == Action::"erase", resource)
            when { resource.classification == "public" };
            """
        let enclave = try RecordsScene.enclave(files: files)
        let engine = try await RecordsScene.ingested(enclave)
        await #expect(throws: RecordsError.shared(documents: ["public/both.md"])) {
            _ = try await desk("alice", engine).erase(.subject("P-1"), reason: "over", includesShared: false)
        }
        await #expect(throws: ActionRefused.self) {
            _ = try await desk("carol", engine).erase(.subject("P-1"), reason: "over", includesShared: false)
        }
        #expect(engine.index.keyStore.register.erasures.isEmpty)
        withExtendedLifetime(enclave) {}
    }

    @Test("Who is to confirm is told the option that works in this mode")
    func option() {
        let pending = PendingRequest(time: 0, scope: .subject("P-1"), principal: "p", reason: "r", documents: [])
        let development = RecordsPage.text(pending, mode: .development)
        let production = RecordsPage.text(pending, mode: .production)
        #expect(development.contains("--confirm \(pending.id) --as PERSON\n"))
        #expect(production.contains("--confirm \(pending.id) --token-file FILE\n") && !production.contains("--as"))
    }
}
