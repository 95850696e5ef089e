import Foundation
import FoundationXML
import TestSupport
import Testing

@Suite("Policies on the command line")
struct PolicyCommandTests {
    @Test("A sound enclave is checked; a policy that is wrong is shown where it is")
    func check() async throws {
        let enclave = try Program.enclave()
        let sound = try await Program.run("policy", "check", enclave.url.path)
        #expect(sound.status == 0 && sound.output.contains("policies are strictly valid"), "\(sound.errors)")
        let level = try await Program.run("policy", "check", enclave.url.path, "--level", "1")
        #expect(level.status == 0, "\(level.errors)")
        let none = try await Program.run("policy", "check", enclave.url.path, "--level", "0")
        #expect(none.status == 3 && none.errors.contains("policies/"), "\(none.errors)")
        #expect(try await Program.run("policy", "check", enclave.url.path, "--level=-1").status == 64)
        let text = try #require(SampleEnclave.settings["policies/reading.cedar"])
        try enclave.write(
            text + "\npermit (principal, action, resource) when { resource.clasification == \"P\" };\n",
            to: "policies/reading.cedar")
        let wrong = try await Program.run("policy", "check", enclave.url.path)
        #expect(wrong.status == 1 && wrong.output.isEmpty)
        #expect(wrong.errors.contains("policies/reading.cedar:") && wrong.errors.contains("^"), "\(wrong.errors)")
    }

    @Test("Policy tests that pass, one that fails, one that cannot be read, and none")
    func tests() async throws {
        let folder = try TemporaryFolder()
        let made = try await Program.run("init", folder.url.appending(path: "mine").path)
        try #require(made.status == 0, "\(made.errors)")
        let enclave = folder.url.appending(path: "mine")
        let report = folder.url.appending(path: "report.xml")
        let passed = try await Program.run("policy", "test", enclave.path, "--junit", report.path)
        #expect(passed.status == 0 && passed.output.hasSuffix(" tests, 0 failed\n"), "\(passed.output)\(passed.errors)")
        #expect(try String(contentsOf: report, encoding: .utf8).contains("failures=\"0\""))

        let file = enclave.appending(path: "policies/tests/reading.json")
        let text = try String(contentsOf: file, encoding: .utf8)
        try text.replacing(#""decision": "allow""#, with: #""decision": "deny""#, maxReplacements: 1)
            .write(to: file, atomically: true, encoding: .utf8)
        let failed = try await Program.run("policy", "test", enclave.path, "--junit", report.path)
        #expect(failed.status == 3)
        #expect(failed.output.contains("  - decision: deny\n  + decision: allow\n"), "\(failed.output)")
        #expect(try XMLDocument(data: Data(contentsOf: report)).nodes(forXPath: "//failure").count == 1)

        try "[{\"name\": \"x\"}]".write(to: file, atomically: true, encoding: .utf8)
        let broken = try await Program.run("policy", "test", enclave.path)
        #expect(broken.status == 1 && broken.errors.contains("policies/tests/reading.json:1:2"), "\(broken.errors)")

        try FileManager.default.removeItem(at: enclave.appending(path: "policies/tests"))
        let none = try await Program.run("policy", "test", enclave.path)
        #expect(none.status == 3 && none.output.hasSuffix("0 tests, 0 failed\n"))
    }

    @Test("A document is explained for one who may read it and one who may not")
    func explain() async throws {
        let enclave = try Program.enclave()
        let path = enclave.url.path
        try #require(try await Program.run("ingest", path).status == 0)
        func explain(_ person: String) async throws -> Program.Outcome {
            try await Program.run(
                "policy", "explain", path, "--as", person, "--purpose", "work", "--document", "marked/report.md")
        }
        let alice = try await explain("alice")
        #expect(alice.status == 0 && alice.output.contains("may read  "), "\(alice.output)\(alice.errors)")
        #expect(!alice.output.contains("may not read"))
        let carol = try await explain("carol")
        #expect(carol.status == 3 && carol.output.contains("may not read  "), "\(carol.output)\(carol.errors)")
        #expect(carol.output.contains("policies/reading.cedar:"))
        let nobody = try await explain("nobody")
        #expect(nobody.status == 1)
    }

    @Test("Files are laid out once, with their comments; what does not parse stays")
    func format() async throws {
        let enclave = try Program.enclave()
        try enclave.write(
            "// who\npermit(principal,action,resource)when{resource.classification==\"P\"}; // end\n",
            to: "policies/extra.cedar")
        let path = enclave.url.path
        let check = try await Program.run("policy", "fmt", path, "--check")
        #expect(check.status == 3 && check.output.contains("policies/extra.cedar\n"), "\(check.output)\(check.errors)")
        #expect(try await Program.run("policy", "fmt", path).status == 0)
        let text = try String(contentsOf: enclave.url.appending(path: "policies/extra.cedar"), encoding: .utf8)
        #expect(text.hasPrefix("// who\npermit (principal, action, resource)\n") && text.contains("// end"), "\(text)")
        let again = try await Program.run("policy", "fmt", path, "--check")
        #expect(again.status == 0 && again.output.isEmpty && again.errors.contains("0 of "))

        try enclave.write("permit(principal,", to: "policies/extra.cedar")
        let broken = try await Program.run("policy", "fmt", path)
        #expect(broken.status == 1 && broken.errors.contains("policies/extra.cedar:1:"), "\(broken.errors)")
    }

    @Test("A copy without its permits takes every label from everyone; an equal copy changes nothing")
    func diff() async throws {
        let enclave = try Program.enclave()
        let path = enclave.url.path
        try #require(try await Program.run("ingest", path).status == 0)
        let folder = try TemporaryFolder()
        let other = folder.url.appending(path: "other")
        try FileManager.default.copyItem(at: enclave.url, to: other)
        let same = try await Program.run("policy", "diff", path, other.path)
        #expect(same.status == 0 && same.output.contains("nobody gains or loses"), "\(same.output)\(same.errors)")

        try "forbid (principal, action, resource);\n".write(
            to: other.appending(path: "policies/reading.cedar"), atomically: true, encoding: .utf8)
        let less = try await Program.run("policy", "diff", path, other.path, "--json")
        #expect(less.status == 3, "\(less.errors)")
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(less.output.utf8)) as? [String: Any])
        let rows = try #require(json["rows"] as? [[String: Any]])
        #expect(rows.count >= 3 && rows.allSatisfy { $0["is_gained"] as? Bool == false })
        let more = try await Program.run("policy", "diff", path, other.path)
        #expect(more.output.contains("-  alice") && more.output.contains("\ngained: 0 labels"), "\(more.output)")
    }
}
