import Foundation
import TestSupport
import Testing

@Suite("Changes from the command line")
struct ChangeCommandTests {
    private static let question = "How tight must the bolt of the wing be?"

    private func ask(_ person: String, _ path: String) async throws -> String {
        let outcome = try await Program.run("retrieve", path, "--as", person, "--purpose", "work", Self.question)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.output
    }

    @Test("A dry run shows what a changed rule does; relabel does it, and the next question obeys")
    func relabel() async throws {
        let enclave = try Program.enclave()
        let path = enclave.url.path
        _ = try await Program.run("ingest", path)
        #expect(try await ask("carol", path).contains("moderate torque"))
        let labels = try #require(SampleEnclave.settings["labels.yaml"])
            .replacing("set: {classification: public}", with: "set: {classification: internal}")
        try enclave.write(labels, to: "labels.yaml")
        for command in ["relabel", "ingest"] {
            let dry = try await Program.run(command, path, "--dry-run")
            #expect(dry.status == 0 && dry.output.contains("P → I") && dry.output.contains("relabel"), "\(dry.output)")
            #expect(dry.output.contains("Nothing was changed"))
        }
        #expect(try await ask("carol", path).contains("moderate torque"))
        let relabelled = try await Program.run("relabel", path)
        #expect(relabelled.status == 0, "\(relabelled.errors)")
        #expect(try await !ask("carol", path).contains("moderate torque"))
    }

    @Test("What a running server is told is in force when the command ends")
    func reload() async throws {
        let enclave = try Program.enclave()
        let path = enclave.url.path
        _ = try await Program.run("ingest", path)
        let server = try Program.start(["serve", path])
        defer { server.process.terminate() }
        _ = try await server.wait(for: "listening on ")
        #expect(try await ask("alice", path).contains("118 newton"))
        let people = try #require(SampleEnclave.settings["principals.yaml"])
        try enclave.write(
            people.replacing("clearance: 2, projects: [falcon]", with: "clearance: 1, projects: []"),
            to: "principals.yaml")
        #expect(try await ask("alice", path).contains("118 newton"))
        let reload = try await Program.run("reload", path)
        #expect(reload.status == 0 && reload.output.contains("in force: policy version"), "\(reload.errors)")
        #expect(try await !ask("alice", path).contains("118 newton"))
        // What does not load leaves in force what is.
        try enclave.write("people: [", to: "principals.yaml")
        let broken = try await Program.run("reload", path)
        #expect(broken.status == 1 && broken.errors.contains("principals.yaml:"), "\(broken.errors)")
        try enclave.write(people, to: "principals.yaml")
        // A second server is refused; the first goes on.
        let second = try await Program.run("serve", path)
        #expect(second.status == 1 && second.errors.contains("\(server.process.processIdentifier)"), "\(second.errors)")
    }

    @Test("Watch keeps step with documents and rules, and a mistake ends nothing")
    func watch() async throws {
        let enclave = try Program.enclave()
        let path = enclave.url.path
        let watcher = try Program.start(["watch", path])
        defer { watcher.process.terminate() }
        func eventually(_ holds: () async throws -> Bool) async throws -> Bool {
            for _ in 0..<60 {
                if try await holds() { return true }
                try await Task.sleep(for: .milliseconds(500))
            }
            return false
        }
        /// The paths and markings of a dry run: none when the index is in step.
        func differences() async throws -> Int? {
            let outcome = try await Program.run("ingest", path, "--dry-run", "--json")
            let json = try? JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
            return (json?["changes"] as? [Any])?.count
        }
        #expect(try await eventually { try await differences() == 0 }, "\(watcher.errors)")
        try enclave.write("# Kites\n\nThe kite needs a string of 40 metres.\n", to: "documents/public/new/kites.md")
        #expect(try await eventually { try await differences() == 0 }, "\(watcher.errors)")
        try enclave.write("attributes: [", to: "labels.yaml")
        _ = try await watcher.wait(for: "labels.yaml:")
        let labels = try #require(SampleEnclave.settings["labels.yaml"])
            .replacing("set: {classification: public}", with: "set: {classification: internal}")
        try enclave.write(labels, to: "labels.yaml")
        #expect(
            try await eventually {
                // While the watcher has the enclave, others are refused.
                let labels = try await Program.run("labels", path)
                guard labels.status == 0 else { return false }
                return !labels.output.contains("classification=public  projects=[]")
            }, "\(watcher.errors)")
        #expect(try await eventually { try await differences() == 0 }, "\(watcher.errors)")
        #expect(watcher.process.isRunning)
    }
}
