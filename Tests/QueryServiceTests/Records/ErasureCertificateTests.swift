import Dispatch
import Enclaves
import Foundation
import Labels
import Passages
import TestSupport
import Testing
import VectorSearch

@testable import IndexStore
@testable import QueryService

@Suite("Every erasure has its certificate")
struct ErasureCertificateTests {
    private func erase(_ path: ByteText, _ engine: Engine) async throws -> Erasure? {
        let id = engine.index.keys.documentID(path: path)
        let desk = try await RecordsDesk(engine: engine, identity: .person("alice"), purpose: "work")
        let outcome = try await desk.erase(.document(id.description), reason: "over", includesShared: false)
        return if case .erased(let erasure) = outcome { erasure } else { nil }
    }

    private func path(_ erasure: RegisterID, _ engine: Engine) -> String {
        ErasureCertificate.path(of: erasure, settings: engine.current.enclave.settings)
    }

    private func isCertified(_ erasure: RegisterID, _ engine: Engine) -> Bool {
        FileManager.default.fileExists(atPath: path(erasure, engine))
    }

    private func certificate(_ erasure: RegisterID, _ engine: Engine) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(filePath: path(erasure, engine)))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// Has Alice ask for an erasure that takes two people.
    private func request(_ path: ByteText, _ engine: Engine) async throws -> RegisterID {
        _ = try await erase(path, engine)
        return try #require(engine.index.keyStore.register.requests.keys.first)
    }

    private static func confirm(_ request: RegisterID, _ engine: Engine) async throws -> Erasure? {
        let desk = try await RecordsDesk(engine: engine, identity: .person("dan"), purpose: "work")
        let outcome = try await desk.confirm(request.description)
        return if case .erased(let erasure) = outcome { erasure } else { nil }
    }

    // MARK: - Readers that stay

    @Test("A request is carried out and certified although a reader stays")
    func confirmed() async throws {
        let enclave = try RecordsScene.enclave(settings: "erasure: {second_person: true}\n")
        let engine = try await RecordsScene.ingested(enclave)
        let request = try await request("public/brochure.md", engine)
        let reader = engine.index.snapshot()
        let confirming = Task { try await Self.confirm(request, engine) }
        for _ in 0..<2_000 where engine.index.keyStore.register.erasures.values.first?.isComplete != true {
            try await Task.sleep(for: .milliseconds(5))
        }
        // Nobody waits for the reader any longer.
        confirming.cancel()
        let erasure = try #require(try await confirming.value)
        #expect(erasure.readersRemain && isCertified(erasure.id, engine))
        #expect(engine.index.keyStore.register.requests.isEmpty)
        withExtendedLifetime((reader, enclave)) {}
    }

    @Test("The command ends well, with the certificate and a warning, when a reader stays for half a minute")
    func warning() async throws {
        let enclave = try RecordsScene.enclave()
        let engine = try await RecordsScene.ingested(enclave)
        let id = engine.index.keys.documentID(path: "public/brochure.md")
        let reader = engine.index.snapshot()
        let outcome = await RecordsScene.run(
            .erase(
                .init(
                    scope: .document(id.description), reason: "over", includesShared: false,
                    identity: .person("alice"), purpose: "work", json: true)), engine)
        #expect(outcome.status == ExitStatus.success)
        #expect(outcome.diagnostics == RecordsPage.warningOfReaders)
        let erasure = try #require(engine.index.keyStore.register.erasures.keys.first)
        #expect(try outcome.output == String(contentsOfFile: path(erasure, engine), encoding: .utf8))
        withExtendedLifetime((reader, enclave)) {}
    }

    @Test("A sweep goes on with the next rule when a reader stays, and certificates say what the rules said")
    func sweep() async throws {
        let labels = """
            retention:
              - retain: 1y after document.date
              - where: {classification: internal}
                retain: 2y after document.date
            """
        let enclave = try RecordsScene.enclave(
            labels: labels,
            files: [
                "documents/public/old.md": "---\ndate: 2001-02-03\n---\n# Old\n\nThe tower was painted green.\n",
                "documents/internal/old.md": "---\ndate: 2001-02-03\n---\n# Old\n\nThe tower was painted blue.\n",
            ])
        let engine = try await RecordsScene.ingested(enclave)
        let held = engine.index.snapshot().partitions.values
            .filter { $0.label.attributes["classification"] == AttributeValue.string("public") }
            .flatMap { $0.rows.chunks }
        #expect(!held.isEmpty)
        let outcome = await RecordsScene.run(.sweep(isDryRun: false, json: false), engine)
        #expect(outcome.status == ExitStatus.success && outcome.output.contains("2 were erased"), "\(outcome)")
        #expect(outcome.diagnostics == RecordsPage.warningOfReaders)
        let register = engine.index.keyStore.register
        #expect(register.erasures.values.allSatisfy { $0.isComplete && $0.scope == .retention })
        let certificates = try register.erasures.keys.map { try certificate($0, engine) }
        #expect(
            Set(certificates.compactMap { $0["reason"] as? String }) == [
                "retain: 1y after document.date",
                "retain: 2y after document.date, where: {classification: internal}",
            ])
        for certificate in certificates {
            #expect(certificate["scope"] as? [String: String] == ["kind": "retention"])
            #expect((certificate["by"] as? String)?.hasPrefix("retention: labels.yaml:") == true)
        }
        withExtendedLifetime((held, enclave)) {}
    }

    // MARK: - What fails

    @Test("Where overwriting fails, who confirmed is told that it is erased; it is certified, and opening finishes it")
    func unfinished() async throws {
        let enclave = try RecordsScene.enclave(settings: "erasure: {second_person: true}\n")
        let erased = try await eraseBesideReader(enclave)
        let engine = try await RecordsScene.open(enclave)
        #expect(engine.index.keyStore.register.erasures[erased]?.isComplete == true)
        #expect(isCertified(erased, engine))
        withExtendedLifetime(enclave) {}
    }

    /// A transaction that reads keeps the log from being emptied.
    private func eraseBesideReader(_ enclave: SampleEnclave) async throws -> RegisterID {
        let engine = try await RecordsScene.ingested(enclave)
        let request = try await request("public/brochure.md", engine)
        let id = engine.index.keys.documentID(path: "public/brochure.md")
        let database = engine.index.database
        let (began, beginning) = AsyncStream<Void>.makeStream()
        let gate = DispatchSemaphore(value: 0)
        let reading = Task {
            try await database.read { db in
                _ = try DocumentRecord.fetch(id, in: db)
                beginning.yield()
                gate.wait()
            }
        }
        for await _ in began { break }
        let error = await #expect(throws: UnfinishedErasure.self) { _ = try await Self.confirm(request, engine) }
        gate.signal()
        try await reading.value
        let register = engine.index.keyStore.register
        let erasure = try #require(register.erasures.values.first)
        #expect(error?.id == erasure.id && error?.description.contains("erased for good") == true)
        #expect(!erasure.isComplete && register.requests.isEmpty && isCertified(erasure.id, engine))
        engine.close()
        return erasure.id
    }

    @Test("An erasure that was interrupted before its certificate has one when the enclave is open again")
    func opening() async throws {
        let enclave = try RecordsScene.enclave()
        let erased = try await eraseUncertified(enclave)
        let engine = try await RecordsScene.open(enclave)
        #expect(try certificate(erased, engine)["erasure"] as? String == erased.description)
        withExtendedLifetime(enclave) {}
    }

    private func eraseUncertified(_ enclave: SampleEnclave) async throws -> RegisterID {
        let engine = try await RecordsScene.ingested(enclave)
        let id = engine.index.keys.documentID(path: "public/brochure.md")
        // As where the process is killed right after it.
        let erasure = try await engine.index.erase(
            [id], scope: .document(id.description), authority: .retention(rule: "test"), reason: "over",
            subjects: "subjects", now: Clock.now)
        #expect(!isCertified(erasure.id, engine))
        engine.close()
        return erasure.id
    }

    @Test("What could not be written is written with the next one; certificates that are there stay as they are")
    func missing() async throws {
        let enclave = try RecordsScene.enclave()
        let engine = try await RecordsScene.ingested(enclave)
        let settings = engine.current.enclave.settings
        let folder = settings.index.path + ".erasures"
        try Data("in the way".utf8).write(to: URL(filePath: folder))
        let error = await #expect(throws: UncertifiedErasure.self) { _ = try await erase("public/brochure.md", engine) }
        #expect(error?.description.contains("erased for good") == true)
        try FileManager.default.removeItem(atPath: folder)
        let second = try #require(try await erase("internal/bolts.md", engine))
        let register = engine.index.keyStore.register
        #expect(register.erasures.count == 2)
        func contents() throws -> [RegisterID: Data] {
            try register.erasures.mapValues { try Data(contentsOf: URL(filePath: path($0.id, engine))) }
        }
        let before = try contents()
        try ErasureCertificate.writeMissing(of: register, settings: settings)
        #expect(try contents() == before)
        try FileManager.default.removeItem(atPath: path(second.id, engine))
        try ErasureCertificate.writeMissing(of: register, settings: settings)
        let after = try contents()
        #expect(after.filter { $0.key != second.id } == before.filter { $0.key != second.id })
        let attributes = try FileManager.default.attributesOfItem(atPath: path(second.id, engine))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        withExtendedLifetime(enclave) {}
    }

    // MARK: - Copies of the key store

    @Test("A copy of the key store that was made after the person asked, and before the keys went, is counted")
    func backups() async throws {
        let enclave = try RecordsScene.enclave()
        let engine = try await RecordsScene.ingested(enclave)
        let id = engine.index.keys.documentID(path: "public/brochure.md")
        let desk = try await RecordsDesk(engine: engine, identity: .person("alice"), purpose: "work")
        try await Task.sleep(for: .milliseconds(20))
        _ = try await engine.index.backUp(
            name: "sample", to: enclave.folder.url.appending(path: "backups"),
            keysTo: enclave.folder.url.appending(path: "key-backups"), keyDays: 7, recoveryKey: nil)
        _ = try await desk.erase(.document(id.description), reason: "over", includesShared: false)
        let erasure = try #require(engine.index.keyStore.register.erasures.keys.first)
        let copies = try certificate(erasure, engine)["key_store_backups"] as? [String: Any]
        #expect(copies?["copies"] as? Int == 1)
        withExtendedLifetime(enclave) {}
    }
}
