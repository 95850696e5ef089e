import Foundation
import TestSupport
import Testing

@Suite("Erasure, holds and retention on the command line")
struct RecordsCommandTests {
    private func ingested(settings: String = "", files: [String: String] = [:]) async throws -> SampleEnclave {
        let enclave = try Program.recordsEnclave(settings: settings, files: files)
        let outcome = try await Program.run("ingest", enclave.url.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return enclave
    }

    private static let people = [
        "documents/public/one.md": "# One\n\nThe gate opens at seven.\n",
        "documents/public/one.md.label.yaml": "subjects: [P-1]\n",
        "documents/public/both.md": "# Both\n\nThe gate closes at nine.\n",
        "documents/public/both.md.label.yaml": "subjects: [P-1, P-2]\n",
    ]

    private func id(_ path: String, _ enclave: SampleEnclave) async throws -> String {
        let json = try await Program.run("explain", enclave.url.path, path, "--json").output
        return String(try #require(json.firstMatch(of: /"document_id":"([0-9a-f]{32})"/)?.1, "\(json)"))
    }

    private func finds(_ text: String, _ question: String, _ enclave: SampleEnclave) async throws -> Bool {
        try await Program.run("retrieve", enclave.url.path, "--as", "alice", "--purpose", "work", question)
            .output.contains(text)
    }

    @Test("A document is erased, certified, and not taken in again, nor a copy of it")
    func erase() async throws {
        let enclave = try await ingested()
        let path = enclave.url.path
        #expect(try await finds("lighthouse", "Where are the harbour works?", enclave))
        let document = try await id("public/brochure.md", enclave)
        let refused = try await Program.run(
            "erase", path, "--document", document, "--reason", "over", "--as", "carol")
        #expect(refused.status == 1 && refused.errors.contains("erase"), "\(refused.errors)")
        let erased = try await Program.run(
            "erase", path, "--document", document, "--reason", "over", "--as", "alice")
        #expect(erased.status == 0 && erased.output.contains("erased 1 document"), "\(erased.errors)")
        let certificate = try #require(erased.output.firstMatch(of: /certificate: (\S+)/)?.1)
        let text = try String(contentsOfFile: String(certificate), encoding: .utf8)
        #expect(text.contains(#""by":"Person::\"alice\"""#) && text.contains(#""reason":"over""#), "\(text)")
        #expect(!text.contains("brochure") && !text.contains(document))
        #expect(try await !finds("lighthouse", "Where are the harbour works?", enclave))

        let again = try await Program.run("ingest", path)
        #expect(again.status == 3 && again.output.contains("was erased on"), "\(again.output)")
        let source = try String(
            contentsOf: enclave.url.appending(path: "documents/public/brochure.md"), encoding: .utf8)
        try enclave.write(source, to: "documents/internal/copy.md")
        let copy = try await Program.run("ingest", path)
        #expect(copy.status == 3 && copy.output.contains("internal/copy.md"), "\(copy.output)")
        #expect(try await !finds("lighthouse", "Where are the harbour works?", enclave))
        let list = try await Program.run("erasures", path)
        #expect(list.output.contains("over") && list.output.contains("alice"))
        let unknown = try await Program.run(
            "erase", path, "--document", document, "--reason", "over", "--as", "alice")
        #expect(unknown.status == 1 && unknown.errors.contains("holds nothing of"), "\(unknown.errors)")
    }

    @Test("A subject's documents go; those about others too only when asked for; what is on hold stays")
    func subject() async throws {
        let enclave = try await ingested(files: Self.people)
        let path = enclave.url.path
        let shared = try await Program.run(
            "erase", path, "--subject", "P-1", "--reason", "asked for", "--as", "alice")
        #expect(shared.status == 1 && shared.errors.contains("public/both.md"), "\(shared.errors)")
        let hold = try await Program.run(
            "hold", path, "--subject", "P-2", "--reason", "a claim", "--as", "alice", "--json")
        #expect(hold.status == 0, "\(hold.errors)")
        let holdID = String(try #require(hold.output.firstMatch(of: /"id":"([0-9a-f]{16})"/)?.1))
        let held = try await Program.run(
            "erase", path, "--subject", "P-1", "--reason", "asked for", "--include-shared", "--as", "alice")
        #expect(
            held.status == 1 && held.errors.contains("legal hold") && held.errors.contains(holdID), "\(held.errors)")
        #expect(try await finds("closes at nine", "When does the gate close?", enclave))
        let denied = try await Program.run(
            "hold", path, "--release", holdID, "--reason", "settled", "--as", "carol")
        #expect(denied.status == 1)
        let released = try await Program.run(
            "hold", path, "--release", holdID, "--reason", "settled", "--as", "alice")
        #expect(released.status == 0, "\(released.errors)")
        let erased = try await Program.run(
            "erase", path, "--subject", "P-1", "--reason", "asked for", "--include-shared", "--as", "alice")
        #expect(erased.status == 0 && erased.output.contains("erased 2 documents"), "\(erased.errors)")
        #expect(try await !finds("closes at nine", "When does the gate close?", enclave))
        let list = try await Program.run("hold", path, "--list")
        #expect(list.output.contains(holdID) && list.output.contains("a claim"))
    }

    @Test("Where it takes two people, one alone erases and releases nothing")
    func secondPerson() async throws {
        let enclave = try await ingested(settings: "erasure: {second_person: true}\n", files: Self.people)
        let path = enclave.url.path
        let document = try await id("public/one.md", enclave)
        let asked = try await Program.run(
            "erase", path, "--document", document, "--reason", "over", "--as", "alice")
        #expect(asked.status == 0 && asked.output.contains("second person"), "\(asked.errors)")
        let request = String(try #require(asked.output.firstMatch(of: /--confirm ([0-9a-f]{16})/)?.1))
        #expect(try await finds("opens at seven", "When does the gate open?", enclave))
        let same = try await Program.run("erase", path, "--confirm", request, "--as", "alice")
        #expect(same.status == 1 && same.errors.contains("another person"), "\(same.errors)")
        let refused = try await Program.run("erase", path, "--confirm", request, "--as", "carol")
        #expect(refused.status == 1)
        let unknown = try await Program.run("erase", path, "--confirm", "0123456789abcdef", "--as", "dan")
        #expect(unknown.status == 1 && unknown.errors.contains("no request"), "\(unknown.errors)")
        let confirmed = try await Program.run("erase", path, "--confirm", request, "--as", "dan", "--json")
        #expect(confirmed.status == 0 && confirmed.output.contains("confirmed_by"), "\(confirmed.errors)")
        #expect(confirmed.output.contains("alice") && confirmed.output.contains("dan"))
        #expect(try await !finds("opens at seven", "When does the gate open?", enclave))
        let twice = try await Program.run("erase", path, "--confirm", request, "--as", "dan")
        #expect(twice.status == 1 && twice.errors.contains("no request"))

        let hold = try await Program.run(
            "hold", path, "--subject", "P-2", "--reason", "a claim", "--as", "alice", "--json")
        let holdID = String(try #require(hold.output.firstMatch(of: /"id":"([0-9a-f]{16})"/)?.1))
        let release = try await Program.run(
            "hold", path, "--release", holdID, "--reason", "settled", "--as", "alice")
        let pending = String(try #require(release.output.firstMatch(of: /--confirm ([0-9a-f]{16})/)?.1))
        #expect(try await Program.run("hold", path, "--list", "--json").output.contains("release") == false)
        let done = try await Program.run("erase", path, "--confirm", pending, "--as", "dan")
        #expect(done.status == 0 && done.output.contains("was released"), "\(done.errors)")
    }

    @Test("Retention erases what is over, after a dry run that changes nothing, and keeps what is held or undated")
    func retention() async throws {
        let labels = """

            retention:
              - retain: 1y after document.date
            """
        var files = Self.people
        files["documents/public/old.md"] = "---\ndate: 2001-02-03\n---\n# Old\n\nThe tower was painted green.\n"
        files["documents/public/older.md"] = "---\ndate: 2000-02-03\n---\n# Older\n\nThe tower was painted blue.\n"
        files["documents/public/new.md"] = "---\ndate: 2999-02-03\n---\n# New\n\nThe tower will be painted red.\n"
        let enclave = try Program.recordsEnclave(files: files)
        let path = enclave.url.path
        let old = try String(contentsOf: enclave.url.appending(path: "labels.yaml"), encoding: .utf8)
        try enclave.write(
            old.replacing("metadata: [author]", with: "metadata: [author, date]") + labels, to: "labels.yaml")
        #expect(try await Program.run("ingest", path).status == 0)
        let document = try await id("public/older.md", enclave)
        _ = try await Program.run("hold", path, "--document", document, "--reason", "claim", "--as", "alice")
        let dry = try await Program.run("retention", path, "--dry-run")
        #expect(
            dry.status == 0 && dry.output.contains("Would be erased:\n  public/old.md"), "\(dry.output)\(dry.errors)")
        #expect(dry.output.contains("Kept by a legal hold:\n  public/older.md"), "\(dry.output)")
        #expect(dry.output.contains("no document.date") && !dry.output.contains("new.md"))
        #expect(try await finds("painted green", "What colour had the tower?", enclave))
        let swept = try await Program.run("retention", path)
        #expect(swept.status == 0 && swept.output.contains("1 were erased"), "\(swept.output)")
        #expect(try await !finds("painted green", "What colour had the tower?", enclave))
        #expect(try await finds("painted blue", "What colour had the tower?", enclave))
        #expect(try await Program.run("erasures", path).output.contains("retention"))
    }

    @Test("A file that is taken leaves the folder, obeys rules that change, and goes when it is erased")
    func take() async throws {
        let enclave = try Program.recordsEnclave()
        let path = enclave.url.path
        let taken = try await Program.run("ingest", path, "--take")
        #expect(taken.status == 0 && taken.output.contains("taken out of the folder"), "\(taken.output)\(taken.errors)")
        let file = enclave.url.appending(path: "documents/secret/falcon.md").path
        #expect(!FileManager.default.fileExists(atPath: file))
        let again = try await Program.run("ingest", path)
        #expect(again.status == 0 && again.output.contains(/removed +0/) && again.output.contains(/unchanged +5/))
        #expect(try await finds("118", "What torque has the Falcon bolt?", enclave))
        let labels = try String(contentsOf: enclave.url.appending(path: "labels.yaml"), encoding: .utf8)
        try enclave.write(labels.replacing("projects: [falcon]", with: "projects: [kestrel]"), to: "labels.yaml")
        let relabelled = try await Program.run("relabel", path)
        #expect(relabelled.status == 0 && relabelled.output.contains(/relabelled +2/), "\(relabelled.output)")
        #expect(try await !finds("118", "What torque has the Falcon bolt?", enclave))
        let document = try await id("secret/falcon.md", enclave)
        let erased = try await Program.run(
            "erase", path, "--document", document, "--reason", "over", "--as", "dan")
        #expect(erased.status == 0, "\(erased.errors)")
        let last = try await Program.run("ingest", path)
        #expect(last.status == 0 && last.output.contains(/unchanged +4/), "\(last.output)")
        #expect(try await Program.run("check", path).status == 0)
    }
}
