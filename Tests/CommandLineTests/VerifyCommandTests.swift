import Foundation
import TestSupport
import Testing

@Suite("Verification on the command line")
struct VerifyCommandTests {
    private func ingested() async throws -> SampleEnclave {
        let schema = try #require(SampleEnclave.settings["policies/schema.cedarschema"])
        let enclave = try Program.enclave(files: [
            "policies/schema.cedarschema": schema.replacing(
                "action retrieve appliesTo", with: "action retrieve, verify appliesTo"),
            "policies/verification.cedar":
                #"permit (principal == Person::"alice", action == Action::"verify", resource) when { context.mfa };"#,
        ])
        let outcome = try await Program.run("ingest", enclave.url.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return enclave
    }

    private func expectNoText(_ outcome: Program.Outcome) {
        for word in ["torque", "lighthouse", "newton", "wrench", "Falcon", "Kestrel", "fatigue", "brochure"] {
            #expect(!(outcome.output + outcome.errors).contains(word), "\(word): \(outcome.output)\(outcome.errors)")
        }
    }

    @Test("Everybody, one principal, and what is printed")
    func verify() async throws {
        let enclave = try await ingested()
        defer { withExtendedLifetime(enclave) {} }
        let path = enclave.url.path
        let all = try await Program.run("verify", path, "--all", "--as", "alice")
        #expect(all.status == 0, "\(all.output)\(all.errors)")
        // Bob has two purposes, the others one.
        for person in ["alice", "bob", "carol", "dan", "kiosk"] { #expect(all.output.contains("\n\(person) ")) }
        #expect(all.output.hasPrefix("PRINCIPAL  PURPOSE  MAY READ"), "\(all.output)")
        #expect(try #require(all.output.firstMatch(of: /([0-9]+) of ([0-9]+) responses are identical/)).1 != "0")
        #expect(all.errors.contains(#"by=Person::"alice""#) && all.errors.contains("verification"), "\(all.errors)")
        expectNoText(all)

        let json = try await Program.run("verify", path, "--principal", "bob", "--seed", "9", "--as", "alice", "--json")
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any], "\(json.errors)")
        let rows = try #require(report["rows"] as? [[String: Any]])
        #expect(rows.map { $0["purpose"] as? String } == ["audit", "work"] && report["seed"] as? Int == 9)
        #expect(rows.allSatisfy { $0["identical"] as? Int == $0["responses"] as? Int })
        expectNoText(json)
    }

    @Test("Questions from a file; one that is none is named")
    func queries() async throws {
        let enclave = try await ingested()
        let path = enclave.url.path
        try enclave.folder.write(
            "How tight is the bolt of the wing?\n{\"query\": \"lighthouse\", \"k\": 50}\n", to: "questions.txt")
        let file = enclave.folder.url.appending(path: "questions.txt").path
        let good = try await Program.run("verify", path, "--principal", "carol", "--queries", file, "--as", "alice")
        #expect(
            good.status == 0 && good.output.contains("2 of 2 responses are identical"), "\(good.output)\(good.errors)")
        try enclave.folder.write("How tight?\n{\"query\": \"lighthouse\"\n", to: "questions.txt")
        let bad = try await Program.run("verify", path, "--queries", file, "--as", "alice")
        #expect(bad.status == 1 && bad.errors.contains("questions.txt, line 2: "), "\(bad.errors)")
        expectNoText(bad)
    }

    @Test("Who may not is refused; wrong arguments")
    func refused() async throws {
        let enclave = try await ingested()
        defer { withExtendedLifetime(enclave) {} }
        let path = enclave.url.path
        let refused = try await Program.run("verify", path, "--as", "bob", "--purpose", "work")
        #expect(refused.status == 1 && refused.errors.contains("verify is refused"), "\(refused.errors)")
        #expect(refused.output.isEmpty)
        expectNoText(refused)
        let unknown = try await Program.run("verify", path, "--principal", "nobody", "--as", "alice")
        #expect(unknown.status == 1 && unknown.errors.contains("nobody"))
        for wrong in [["--all", "--principal", "bob", "--as", "alice"], [], ["--seed", "x", "--as", "alice"]] {
            #expect(try await Program.run(["verify", path] + wrong, environment: [:]).status == 64)
        }
    }

    @Test("While the server runs, it verifies itself, and its log has it on record")
    func served() async throws {
        let enclave = try await ingested()
        defer { withExtendedLifetime(enclave) {} }
        let path = enclave.url.path
        let server = try Program.start(["serve", path])
        defer { server.process.terminate() }
        _ = try await server.wait(for: "listening on http://127.0.0.1:")
        let outcome = try await Program.run("verify", path, "--principal", "dan", "--as", "alice")
        #expect(outcome.status == 0 && outcome.output.contains("\ndan "), "\(outcome.output)\(outcome.errors)")
        #expect(!outcome.errors.contains("notice"), "the server has it on record, not the command")
        let refused = try await Program.run("verify", path, "--as", "dan")
        #expect(refused.status == 1 && refused.errors.contains("verify is refused"), "\(refused.errors)")
        #expect(server.errors.contains(#"by=Person::"alice""#), "\(server.errors)")
        expectNoText(outcome)
        expectNoText(Program.Outcome(status: 0, output: "", errors: server.errors))
    }
}
