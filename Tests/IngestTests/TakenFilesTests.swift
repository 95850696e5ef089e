import Enclaves
import Foundation
import IndexStore
import Labels
import Passages
import TestSupport
import Testing

@testable import Ingest

@Suite("Files that an ingest takes out of the folder")
struct TakenFilesTests {
    private typealias World = ChangesTests.World

    private let file = "documents/public/brochure.md"

    private func lies(_ path: String, in world: World) -> Bool {
        FileManager.default.fileExists(atPath: world.enclave.url.appending(path: path).path)
    }

    private func taken(_ world: World) async throws -> [String] {
        try await world.index.takenPaths().map(\.path).sorted()
    }

    @Test("One that new rules set aside stays in the index, sealed, until rules label it again")
    func setAside() async throws {
        let world = try World()
        _ = try await world.ingest(takes: true)
        #expect(try await taken(world).contains("public/brochure.md") && !lies(file, in: world))
        let rules = try #require(SampleEnclave.settings["labels.yaml"])
        try world.enclave.write(
            rules.replacing("path: public/**", with: "path: elsewhere/**"), to: "labels.yaml")
        for scope in [IngestScope.labels, .everything] {
            let summary = try await world.ingest(scope)
            #expect(scope == .everything || summary.setAside.map(\.path).contains("public/brochure.md"))
            #expect(try await world.levels(of: "public/brochure.md").isEmpty)
            #expect(try await taken(world).contains("public/brochure.md"))
        }
        try world.enclave.write(rules, to: "labels.yaml")
        _ = try await world.ingest()
        #expect(try await world.levels(of: "public/brochure.md") == ["public"])
        #expect(try await world.index.integrityProblems().isEmpty)
    }

    @Test("A file that lies in the folder takes the place of one that was taken, for good")
    func superseded() async throws {
        let world = try World()
        _ = try await world.ingest(takes: true)
        try world.enclave.write("# Brochure\n\nA second edition about kites.\n", to: file)
        // Rules alone do not take it up.
        _ = try await world.ingest(.labels)
        #expect(try await taken(world).contains("public/brochure.md"))
        _ = try await world.ingest(isDryRun: true)
        #expect(try await taken(world).contains("public/brochure.md"))
        _ = try await world.ingest()
        #expect(try await !taken(world).contains("public/brochure.md") && lies(file, in: world))
        try FileManager.default.removeItem(at: world.enclave.url.appending(path: file))
        let summary = try await world.ingest()
        #expect(summary.removed == 1)
        #expect(try await world.levels(of: "public/brochure.md").isEmpty)
        // With --take the second edition would have been taken instead.
        try world.enclave.write("# Brochure\n\nA third edition about kites.\n", to: file)
        _ = try await world.ingest(takes: true)
        try world.enclave.write("# Brochure\n\nA fourth edition about kites.\n", to: file)
        _ = try await world.ingest(takes: true)
        #expect(try await taken(world).contains("public/brochure.md") && !lies(file, in: world))
        let id = world.index.keys.documentID(path: "public/brochure.md")
        let held = try #require(try await world.index.takenSource(id))
        #expect(String(decoding: held.bytes, as: UTF8.self).contains("fourth"))
    }

    @Test("A label file that an interruption left behind is removed, another one is not")
    func leftSidecar() async throws {
        let world = try World()
        let sidecar = file + DocumentFolder.sidecarSuffix
        try world.enclave.write("classification: internal\n", to: sidecar)
        _ = try await world.ingest(takes: true)
        #expect(!lies(sidecar, in: world))
        #expect(try await world.levels(of: "public/brochure.md") == ["internal"])
        try world.enclave.write("classification: secret\n", to: sidecar)
        let other = try await world.ingest(takes: true)
        #expect(lies(sidecar, in: world) && other.setAside.count == 1)
        try world.enclave.write("classification: internal\n", to: sidecar)
        let plain = try await world.ingest()
        #expect(lies(sidecar, in: world) && plain.setAside.count == 1)
        let cleared = try await world.ingest(takes: true)
        #expect(!lies(sidecar, in: world) && cleared.setAside.isEmpty)
        #expect(try await world.levels(of: "public/brochure.md") == ["internal"])
    }

    @Test("What is written to a file after it was read is not removed")
    func changedMeanwhile() throws {
        let folder = try TemporaryFolder()
        let documents = DocumentFolder(url: folder.url)
        try folder.write("first", to: "a.md")
        let state = try #require(documents.state(of: "a.md"))
        try folder.write("other", to: "a.md")
        #expect(try !documents.remove("a.md", unlessOtherThan: state))
        try folder.write("a label", to: "a.md" + DocumentFolder.sidecarSuffix)
        let bare = try #require(documents.state(of: "a.md"))
        try folder.write("b label", to: "a.md" + DocumentFolder.sidecarSuffix)
        #expect(try !documents.remove("a.md", unlessOtherThan: bare))
        let now = try #require(documents.state(of: "a.md"))
        #expect(try documents.remove("a.md", unlessOtherThan: now))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
        #expect(documents.state(of: "a.md") == nil)
    }
}
