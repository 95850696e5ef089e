import Foundation
import FoundationNetworking
import TestSupport
import Testing

@Suite("The command line")
struct CommandTests {
    @Test("Ingest once, again, and after changes; ask as several people")
    func ingestAndRetrieve() async throws {
        let enclave = try Program.enclave(files: ["documents/public/odd.xyz": "what is this?"])
        let path = enclave.url.path
        func summary() async throws -> [String: Any] {
            let outcome = try await Program.run("ingest", path, "--json")
            #expect(outcome.status == 3, "\(outcome.errors)")
            return try #require(
                try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        }
        let first = try await summary()
        #expect(first["added"] as? Int == SampleEnclave.documents.count)
        #expect(((first["set_aside"] as? [[String: Any]])?.first?["path"] as? String) == "public/odd.xyz")
        let second = try await summary()
        #expect(second["unchanged"] as? Int == SampleEnclave.documents.count && second["passages"] as? Int == 0)

        let question = "How tight must the bolt of the wing be?"
        for (person, phrase) in [("alice", "118 newton"), ("bob", "40 newton"), ("carol", "moderate torque")] {
            let outcome = try await Program.run("retrieve", path, "--as", person, "--purpose", "work", question)
            #expect(outcome.status == 0 && outcome.output.contains(phrase), "\(person): \(outcome.output)")
            #expect(outcome.output.contains("sha256 ") && outcome.output.contains("https://documents.example/sample/"))
        }
        let json = try await Program.run(
            "retrieve", path, "--as", "alice", "-k", "1", "--json", "--filter",
            #"{"type":"eq","key":"classification","value":"public"}"#, question)
        #expect(json.output.contains(#""marking":"P""#), "\(json.output)\(json.errors)")

        let labels = try await Program.run("labels", path)
        #expect(labels.output.contains("PASSAGES") && labels.output.contains("S//FATIGUE"))
        let check = try await Program.run("check", path)
        #expect(check.status == 0 && check.output.contains("the index is sound"))
        let explained = try await Program.run("explain", path, "marked/report.md")
        #expect(explained.output.contains("labels.yaml line") && explained.output.contains("portion marks"))
        let missing = try await Program.run("explain", path, "public/odd.xyz")
        #expect(missing.status == 1 && missing.errors.contains("is set aside"))
    }

    @Test("Mistakes end with a message that says what to do, and with status 1")
    func mistakes() async throws {
        let enclave = try Program.enclave()
        let path = enclave.url.path
        let unborn = try await Program.run("retrieve", path, "--as", "alice", "x")
        #expect(unborn.status == 1 && unborn.errors.contains("run `portcullis ingest`"), "\(unborn.errors)")
        let nowhere = try await Program.run("ingest", path + "-missing")
        #expect(nowhere.status == 1 && nowhere.errors.contains("no such folder"), "\(nowhere.errors)")
        let usage = try await Program.run("retrieve", path)
        #expect(usage.status == 64)

        let good = try #require(SampleEnclave.settings["policies/reading.cedar"])
        try enclave.write(
            good + "\npermit (principal, action, resource) when { resource.classification = };\n",
            to: "policies/reading.cedar")
        for command in ["ingest", "serve"] {
            let outcome = try await Program.run(command, path)
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("policies/reading.cedar:19:69:"), "\(outcome.errors)")
            #expect(outcome.errors.contains("^"), "\(outcome.errors)")
        }
        try enclave.write(good, to: "policies/reading.cedar")

        let settings = try #require(SampleEnclave.settings["portcullis.yaml"])
        try enclave.write(settings, to: "portcullis.yaml")
        let noModel = try await Program.run("ingest", path)
        #expect(noModel.status == 1 && noModel.errors.contains("make model"), "\(noModel.errors)")
    }

    @Test("In production there are no development identities")
    func production() async throws {
        let enclave = try Program.enclave()
        let path = enclave.url.path
        _ = try await Program.run("ingest", path)
        let settings =
            try String(contentsOf: enclave.url.appending(path: "portcullis.yaml"), encoding: .utf8)
            .replacing("mode: development", with: "mode: production")
            .replacing("  audience: sample", with: "  audience: sample\n  key_set: keys.jwks.json")
            + "\nkeys: {root: {file: ../keys/root}}\n"
        let keys = enclave.folder.url.appending(path: "keys")
        try FileManager.default.createDirectory(at: keys, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: enclave.indexPath + ".root", toPath: keys.appending(path: "root").path)
        try enclave.write(settings, to: "portcullis.yaml")
        try enclave.write(#"{"keys": []}"#, to: "keys.jwks.json")
        let retrieve = try await Program.run("retrieve", path, "--as", "alice", "--purpose", "work", "wing")
        #expect(retrieve.status == 1 && retrieve.errors.contains("mode: development"), "\(retrieve.errors)")
        let token = try await Program.run("token", path, "--as", "alice")
        #expect(token.status == 1 && token.output.isEmpty && token.errors.contains("mode: development"))
    }

    @Test("While a server runs it owns the enclave, carries out commands, and stops when it is told to")
    func serve() async throws {
        let enclave = try Program.enclave()
        let path = enclave.url.path
        _ = try await Program.run("ingest", path)
        let server = try Program.start(["serve", path])
        defer { server.process.terminate() }
        let port = try await server.wait(for: "listening on http://127.0.0.1:")
        #expect(server.errors.contains("DEVELOPMENT MODE"))

        let rival = try await Program.run("serve", path)
        #expect(rival.status == 1 && rival.errors.contains("owns the enclave"), "\(rival.errors)")

        let token = try await Program.run("token", path, "--as", "alice").output.filter { !$0.isNewline }
        func ask() async throws -> String {
            var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)/v1/retrieve")))
            request.httpMethod = "POST"
            request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
            request.httpBody = Data(#"{"query": "Where is the rudder cable stored?", "k": 1}"#.utf8)
            return String(decoding: try await URLSession.shared.data(for: request).0, as: UTF8.self)
        }
        #expect(try await !ask().contains("loft"))
        try enclave.write(
            "# Stores\n\nThe rudder cable is kept in the loft above hall two.\n", to: "documents/secret/stores.md")
        let ingest = try await Program.run("ingest", path)
        #expect(ingest.status == 0 && ingest.output.contains("added"), "\(ingest.errors)")
        #expect(try await ask().contains("loft"))
        let viaSocket = try await Program.run(
            "retrieve", path, "--as", "alice", "-k", "1", "Where is the rudder cable stored?")
        #expect(viaSocket.output.contains("loft"))

        server.process.terminate()
        let outcome = try await server.outcome(within: 30)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(!outcome.errors.contains("loft"), "passage text in the log")
    }
}
