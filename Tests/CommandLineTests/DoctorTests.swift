import Foundation
import Glibc
import TestSupport
import Testing

@Suite("portcullis doctor")
struct DoctorTests {
    private struct Report: Decodable {
        struct Section: Decodable {
            let title: String
            let findings: [Finding]
        }

        struct Finding: Decodable {
            let subject, status, detail: String
            let remedy: String?
        }

        let status: String
        let problems, warnings: Int
        let sections: [Section]

        var found: [Finding] { sections.flatMap(\.findings) }
        var problemSubjects: [String] { found.filter { $0.status == "problem" }.map(\.subject) }

        func finding(_ subject: String, of section: String) -> Finding? {
            sections.first { $0.title == section }?.findings.first { $0.subject == subject }
        }
    }

    private func doctor(_ path: String, environment: [String: String?] = [:]) async throws -> (Report, Program.Outcome)
    {
        let outcome = try await Program.run(["doctor", path, "--json"], environment: environment)
        return (try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8)), outcome)
    }

    /// An enclave with an index.
    private func ingested() async throws -> SampleEnclave {
        let enclave = try Program.enclave()
        let outcome = try await Program.run("ingest", enclave.url.path)
        try #require(outcome.status == 0, "\(outcome.errors)")
        return enclave
    }

    private func mode(_ file: String, _ mode: mode_t) throws {
        try #require(chmod(file, mode) == 0)
    }

    @Test("A healthy enclave: no problem, every check there, and nothing changed by looking")
    func healthy() async throws {
        let enclave = try await ingested()
        let files = try FileManager.default.contentsOfDirectory(atPath: enclave.folder.url.path).sorted()
        let bytes = try Data(contentsOf: URL(fileURLWithPath: enclave.indexPath))
        let (report, outcome) = try await doctor(enclave.url.path)
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.output)")
        #expect(report.problems == 0 && report.status != "problem")
        #expect(
            report.sections.map(\.title) == ["machine", "libraries and programs", "model", "clock", "enclave", "index"])
        #expect(
            report.found.map(\.subject) == [
                "architecture", "kernels", "memory", "open files", "core dumps", "BLAS", "SQLite", "pdftotext",
                "pdfinfo",
                "prlimit", "confinement", "unzip", "all-MiniLM-L6-v2", "time", "synchronised", "opens", "mode",
                "permissions", "folder", "space", "owner", "permissions", "key", "integrity",
            ])
        #expect(report.warnings == report.found.count { $0.status == "warning" })
        for finding in report.found {
            #expect(["ok", "warning", "problem"].contains(finding.status))
            #expect((finding.status == "ok") == (finding.remedy == nil), "\(finding)")
        }
        #expect(report.finding("mode", of: "enclave")?.status == "warning")
        #expect(report.finding("owner", of: "index")?.detail == "no process")
        #expect(try Data(contentsOf: URL(fileURLWithPath: enclave.indexPath)) == bytes)
        #expect(try FileManager.default.contentsOfDirectory(atPath: enclave.folder.url.path).sorted() == files)

        let page = try await Program.run("doctor", enclave.url.path)
        #expect(page.status == 0 && page.output.contains("no problems, "))
        #expect(!page.output.contains("\u{1b}"), "colour without a terminal")
    }

    @Test("An enclave that is served can be looked at; its owner is told and not disturbed")
    func served() async throws {
        let enclave = try await ingested()
        let server = try Program.start(["serve", enclave.url.path])
        defer { server.process.terminate() }
        _ = try await server.wait(for: "listening on")
        let (report, outcome) = try await doctor(enclave.url.path)
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(
            report.finding("owner", of: "index")?.detail
                == "process \(server.process.processIdentifier), which serves and carries commands out")
        let retrieve = try await Program.run("retrieve", enclave.url.path, "--as", "carol", "Where are the works?")
        #expect(retrieve.status == 0, "\(retrieve.errors)")
        server.process.terminate()
        #expect(try await server.outcome(within: 30).status == 0)
    }

    @Test("A model with one other byte, or without a file, is a problem that says what to do")
    func model() async throws {
        let enclave = try Program.enclave()
        let folder = enclave.folder.url.appending(path: "model")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        let settings = try #require(SampleEnclave.settings["portcullis.yaml"])
        try enclave.write(settings, to: "portcullis.yaml")
        let missing = try await doctor(enclave.url.path)
        #expect(missing.1.status == 3 && missing.0.problemSubjects == ["all-MiniLM-L6-v2"])
        #expect(missing.0.finding("all-MiniLM-L6-v2", of: "model")?.detail.contains("make model") == true)

        try FileManager.default.createSymbolicLink(
            at: folder.appending(path: "model.safetensors"),
            withDestinationURL: Program.model.appending(path: "model.safetensors"))
        var vocabulary = try Data(contentsOf: Program.model.appending(path: "vocab.txt"))
        try vocabulary.write(to: folder.appending(path: "vocab.txt"))
        #expect(try await doctor(enclave.url.path).1.status == 0)
        vocabulary[vocabulary.count / 2] ^= 1
        try vocabulary.write(to: folder.appending(path: "vocab.txt"))
        let changed = try await doctor(enclave.url.path)
        #expect(changed.1.status == 3 && changed.0.problemSubjects == ["all-MiniLM-L6-v2"])
        #expect(changed.0.finding("all-MiniLM-L6-v2", of: "model")?.detail.contains("vocab.txt") == true)
    }

    @Test("The caller's PATH decides about unzip alone: readers of documents come from fixed folders")
    func path() async throws {
        let enclave = try Program.enclave()
        let (report, outcome) = try await doctor(enclave.url.path, environment: ["PATH": enclave.folder.url.path])
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(report.finding("pdftotext", of: "libraries and programs")?.status == "ok")
        #expect(report.finding("unzip", of: "libraries and programs")?.status == "warning")
    }

    @Test("A key, an index or a policy that others can reach is a problem")
    func permissions() async throws {
        let enclave = try await ingested()
        try mode(enclave.indexPath + ".root", 0o644)
        let key = try await doctor(enclave.url.path)
        #expect(key.1.status == 3 && key.0.problemSubjects == ["key"])
        #expect(key.0.finding("key", of: "index")?.detail.contains("chmod 600") == true)
        try mode(enclave.indexPath + ".root", 0o600)

        try mode(enclave.indexPath, 0o640)
        let index = try await doctor(enclave.url.path)
        #expect(index.1.status == 3 && index.0.problemSubjects == ["permissions"])
        #expect(index.0.finding("permissions", of: "index")?.detail.contains("has mode 640") == true)
        // SQLite gives its log the mode of the index.
        for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: enclave.indexPath + suffix) {
            try mode(enclave.indexPath + suffix, 0o600)
        }

        try mode(enclave.url.appending(path: "policies/reading.cedar").path, 0o666)
        let policy = try await doctor(enclave.url.path)
        #expect(policy.1.status == 3 && policy.0.problemSubjects == ["permissions"])
        #expect(policy.0.finding("permissions", of: "enclave")?.detail.contains("policies/reading.cedar") == true)
    }

    @Test("A broken policy is a problem with its place, and the index is not looked at")
    func brokenPolicy() async throws {
        let enclave = try await ingested()
        let good = try #require(SampleEnclave.settings["policies/reading.cedar"])
        try enclave.write(
            good + "\npermit (principal, action, resource) when { resource.classification = };\n",
            to: "policies/reading.cedar")
        let (report, outcome) = try await doctor(enclave.url.path)
        #expect(outcome.status == 3 && report.problemSubjects == ["opens"])
        #expect(report.finding("opens", of: "enclave")?.detail.contains("policies/reading.cedar:19:69:") == true)
        #expect(!report.sections.contains { $0.title == "index" })
        let page = try await Program.run("doctor", enclave.url.path)
        #expect(page.status == 3 && page.output.contains("^") && page.output.contains("1 problem, "))
    }

    @Test("A damaged index is a problem, and so is a folder that is not there")
    func damage() async throws {
        let enclave = try await ingested()
        let index = URL(fileURLWithPath: enclave.indexPath)
        let bytes = try Data(contentsOf: index)
        try bytes.prefix(bytes.count / 2).write(to: index)
        try mode(index.path, 0o600)
        let cut = try await doctor(enclave.url.path)
        #expect(cut.1.status == 3 && cut.0.problemSubjects == ["integrity"])

        let absent = try await doctor(enclave.url.path + "-absent")
        #expect(absent.1.status == 3 && absent.0.problemSubjects.contains("opens"))
    }
}
