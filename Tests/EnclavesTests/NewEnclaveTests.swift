import Foundation
import Glibc
import Labels
import TestSupport
import Testing

@testable import Enclaves

@Suite("A new enclave")
struct NewEnclaveTests {
    private func entries(_ folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    private func new(_ path: String, in folder: TemporaryFolder, name: String? = nil) throws -> NewEnclave {
        try NewEnclave(
            folder: folder.url.appending(path: path), name: name, model: folder.url.appending(path: "models/mini"),
            current: folder.url)
    }

    private func refusal(_ path: String, in folder: TemporaryFolder, name: String? = nil) -> NewEnclaveError? {
        do {
            try new(path, in: folder, name: name).write()
            return nil
        } catch {
            return error as? NewEnclaveError
        }
    }

    @Test("It opens without warnings, from a folder that was not there and from one that was empty")
    func opens() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            at: folder.url.appending(path: "empty"), withIntermediateDirectories: false)
        for path in ["absent", "empty"] {
            try new(path, in: folder).write()
            let enclave = try Enclave(folder: folder.url.appending(path: path))
            #expect(enclave.settings.name == path)
            #expect(enclave.warnings.isEmpty)
            #expect(enclave.settings.index.path.hasSuffix("/\(path)/index/\(path).sqlite"))
            #expect(enclave.settings.embedding.folder == folder.url.appending(path: "models/mini").path)
            #expect(enclave.principals.principals.count == 5)
        }
        #expect(try entries(folder.url) == ["absent", "empty"])
        #expect(
            try entries(folder.url.appending(path: "absent")) == entries(folder.url.appending(path: "empty")))
        var status = stat()
        #expect(stat(folder.url.appending(path: "absent").path, &status) == 0 && status.st_mode & 0o777 == 0o700)
    }

    @Test("Every document has a label, and every rule a document")
    func labels() throws {
        let folder = try NewFolder()
        let rules = try Enclave(folder: folder.url).labelRules.rules
        let paths = EnclaveTemplate.documents.map { $0.path.dropFirst("documents/".count) }
        #expect((6...8).contains(paths.count))
        func applies(_ rule: LabelRule, to path: Substring) -> Bool {
            rule.patterns.contains { $0.matches(ByteText(String(path))) }
        }
        for path in paths {
            #expect(rules.contains { applies($0, to: path) }, "\(path)")
        }
        for rule in rules {
            #expect(paths.contains { applies(rule, to: $0) }, "the rule of line \(rule.line)")
        }
    }

    @Test("A model below the current folder is written relative, another one absolute, with care for YAML")
    func modelPath() throws {
        let folder = try TemporaryFolder()
        try new("mine", in: folder).write()
        let settings = try String(contentsOf: folder.url.appending(path: "mine/portcullis.yaml"), encoding: .utf8)
        #expect(settings.contains("\n  model: ../models/mini\n"))
        for path in ["/far/it's #1: here", "/- x"] {
            let target = folder.url.appending(path: UUID().uuidString)
            try NewEnclave(folder: target, name: "other", model: URL(filePath: path), current: folder.url).write()
            #expect(try Enclave(folder: target).settings.embedding.folder == path)
        }
    }

    @Test("Names come from the folder's, or are given, and must be names")
    func names() throws {
        let folder = try TemporaryFolder()
        #expect(try new("My Works (2)", in: folder).name == "my-works-2")
        #expect(try new("x", in: folder, name: "works").name == "works")
        #expect(refusal("x", in: folder, name: "Works") == .badName("Works"))
        #expect(refusal("x", in: folder, name: "") == .badName(""))
        #expect(refusal("…", in: folder) == .noName("…"))
        #expect(try entries(folder.url).isEmpty)
    }

    @Test("Where something is already, nothing is written")
    func refuses() throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "full/.hidden")
        try folder.write("x", to: "file")
        try FileManager.default.createSymbolicLink(
            atPath: folder.url.appending(path: "lost").path, withDestinationPath: "nowhere")
        func path(_ name: String) -> String { folder.url.appending(path: name).path }
        #expect(refusal("full", in: folder) == .notEmpty(path("full"), entries: 1))
        #expect(refusal("file", in: folder) == .notAFolder(path("file")))
        #expect(refusal("lost", in: folder) == .notAFolder(path("lost")))
        #expect(refusal("no/where", in: folder) == .noParent(path("no")))
        #expect(try entries(folder.url) == ["file", "full", "lost"])
        #expect(try entries(folder.url.appending(path: "full")) == [".hidden"])
    }

    @Test("What goes wrong while writing leaves nothing behind")
    func takesBack() throws {
        let folder = try TemporaryFolder()
        let empty = folder.url.appending(path: "empty")
        try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: false)
        let late = try new("empty", in: folder)
        // Someone else is faster.
        try folder.write("x", to: "empty/questions.jsonl")
        #expect(throws: NewEnclaveError.self) { try late.write() }
        #expect(try entries(empty) == ["questions.jsonl"])
        #expect(try String(contentsOf: empty.appending(path: "questions.jsonl"), encoding: .utf8) == "x")
    }
}

extension EnclaveSettings.Embedding {
    /// Of a model in this process.
    fileprivate var folder: String? {
        if case .model(let folder, _) = self { folder.path } else { nil }
    }
}
