import Foundation
import TestSupport
import Testing

@Suite("portcullis cedar run")
struct CedarRunTests {
    private static let good = """
        {"name": "n", "policies": "permit(principal, action, resource);", "entities": [], "request": {"context": {}, \
        "principal": {"type": "U", "id": "u"}, "action": {"type": "Action", "id": "a"}, \
        "resource": {"type": "R", "id": "r"}}}
        """

    private func run(_ content: String) async throws -> Program.Outcome {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let file = try folder.write(content, to: "cases.jsonl")
        return try await Program.run("cedar", "run", file.path)
    }

    @Test("Each request has its line")
    func verdicts() async throws {
        let outcome = try await run(Self.good + "\n" + Self.good + "\n")
        let answer = #""validates":null,"decision":"allow","reason":["policy0"],"errors":0}"#
        let line = #"{"name":"n","request":0,"# + answer + "\n"
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        #expect(outcome.output == line + line)
    }

    @Test("A line that is no case is named and passed over")
    func noCase() async throws {
        let outcome = try await run("{}\n" + Self.good + "\n")
        #expect(outcome.status == 3)
        #expect(outcome.errors.contains("case 1: case:1:1: error: `policies` is missing"))
        #expect(outcome.output.split(separator: "\n").count == 1)
    }

    @Test("A file that is not there is said to be missing")
    func noFile() async throws {
        let outcome = try await Program.run("cedar", "run", "/nonexistent/cases.jsonl.gz")
        #expect(outcome.status == 1 && outcome.output.isEmpty)
        #expect(outcome.errors.hasPrefix("portcullis: /nonexistent/cases.jsonl.gz: "))
    }
}
