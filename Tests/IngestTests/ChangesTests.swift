import Enclaves
import Foundation
import IndexStore
import Labels
import Passages
import Synchronization
import TestSupport
import Testing
import TextEmbedding

@testable import Ingest

@Suite("Changes of a folder and its rules")
struct ChangesTests {
    /// Counts what is embedded.
    final class CountingEmbedder: Embedder {
        let base = HashingEmbedder()
        let texts = Mutex<[String]>([])
        var model: EmbeddingModel { base.model }

        func embed(_ texts: [String]) async throws -> [[Float]] {
            self.texts.withLock { $0 += texts }
            return try await base.embed(texts)
        }

        func countTokens(_ text: String) -> Int { base.countTokens(text) }
    }

    /// An enclave with an index, and what was embedded for it.
    struct World {
        let enclave: SampleEnclave
        let index: SQLiteIndex
        let embedder = CountingEmbedder()

        init(files: [String: String] = [:]) throws {
            enclave = try SampleEnclave(files: files)
            index = try SQLiteIndex(
                path: enclave.indexPath, model: "hashing", dimension: 32, create: true, keys: .beside(enclave.indexPath)
            )
        }

        func ingest(
            _ scope: IngestScope = .everything, isDryRun: Bool = false, takes: Bool = false
        ) async throws -> IngestSummary {
            try await Ingestor(enclave: Enclave(folder: enclave.url), index: index, embedder: embedder)
                .ingest(scope, isDryRun: isDryRun, takes: takes)
        }

        func move(_ from: String, _ to: String) throws {
            let target = enclave.url.appending(path: to)
            try FileManager.default.createDirectory(
                at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
            try FileManager.default.moveItem(at: enclave.url.appending(path: from), to: target)
        }

        func levels(of path: String) async throws -> Set<String> {
            let outline = try await index.outline(of: index.keys.documentID(DocumentPlace(path: path)))
            return Set((outline?.passages ?? []).compactMap { $0.label.attributes["classification"]?.description })
        }
    }

    @Test("A file that is moved takes the label of its new place and is not embedded again")
    func moved() async throws {
        let world = try World()
        _ = try await world.ingest()
        try world.move("documents/public/brochure.md", "documents/secret/old/leaflet.md")
        let summary = try await world.ingest()
        #expect((summary.added, summary.removed, summary.updated, summary.embedded) == (1, 1, 0, 0))
        #expect(try await world.levels(of: "public/brochure.md").isEmpty)
        #expect(try await world.levels(of: "secret/old/leaflet.md") == ["secret"])
    }

    @Test("Text that goes from one document to a later one in the same pass is not embedded again")
    func textMovesToAnotherDocument() async throws {
        let world = try World()
        try world.enclave.write("# Title\n\nThe kite flies.\n", to: "documents/public/a.md")
        _ = try await world.ingest()
        try world.enclave.write("# Title\n\nThe lamp shines.\n", to: "documents/public/a.md")
        try world.enclave.write("# Title\n\nThe kite flies.\n", to: "documents/public/b.md")
        let summary = try await world.ingest()
        #expect((summary.added, summary.updated, summary.embedded) == (1, 1, 1))
    }

    @Test("A pass over labels relabels; new files wait, and an edited one only where its label is not in question")
    func relabel() async throws {
        let world = try World()
        _ = try await world.ingest()
        try world.enclave.write("Fresh text.\n", to: "documents/internal/new.md")
        try world.enclave.write("# Other words\n\nAbout kites.\n", to: "documents/public/brochure.md")
        let first = try await world.ingest(.labels)
        #expect((first.relabelled, first.updated, first.added, first.waiting) == (0, 0, 0, 2))
        let labels = try #require(SampleEnclave.settings["labels.yaml"])
            .replacing("set: {classification: public}", with: "set: {classification: secret, projects: [falcon]}")
        try world.enclave.write(labels, to: "labels.yaml")
        let second = try await world.ingest(.labels)
        // Nobody knows the label that the old text of the edited file would have now, so its new text is taken up.
        #expect((second.added, second.waiting) == (0, 1) && second.updated == 1)
        #expect(try await world.levels(of: "public/brochure.md") == ["secret"])
        #expect(try await world.levels(of: "internal/new.md").isEmpty)
    }

    @Test("A changed sidecar relabels its document alone")
    func sidecar() async throws {
        let world = try World()
        _ = try await world.ingest()
        try world.enclave.write("classification: secret\n", to: "documents/public/brochure.md.label.yaml")
        let summary = try await world.ingest(.labels)
        #expect((summary.relabelled, summary.embedded) == (1, 0))
        #expect(summary.unchanged == SampleEnclave.documents.count - 1)
        #expect(try await world.levels(of: "public/brochure.md") == ["secret"])
    }

    @Test("A dry run says what would change and changes nothing")
    func dryRun() async throws {
        let world = try World()
        _ = try await world.ingest()
        try world.enclave.write("Fresh text.\n", to: "documents/public/new.md")
        try world.enclave.write("# Edited\n\nAbout kites.\n", to: "documents/public/brochure.md")
        try world.enclave.remove("documents/internal/bolts.md")
        try world.enclave.write("classification: secret\n", to: "documents/public/brochure.md.label.yaml")
        let before = try await contents(world.index)
        let embedded = world.embedder.texts.withLock { $0.count }
        let dry = try await world.ingest(isDryRun: true)
        #expect(try await contents(world.index) == before)
        #expect(world.embedder.texts.withLock { $0.count } == embedded)
        #expect(
            dry.changes.map { "\($0.kind.rawValue) \($0.path) \($0.from) \($0.to)" } == [
                #"remove internal/bolts.md ["I"] []"#,
                #"update public/brochure.md ["P"] ["S"]"#,
                #"add public/new.md [] ["P"]"#,
            ])
        let real = try await world.ingest()
        #expect(
            (real.added, real.updated, real.removed, real.relabelled, real.unchanged)
                == (dry.added, dry.updated, dry.removed, dry.relabelled, dry.unchanged))
        #expect(try await world.ingest(isDryRun: true).changes.isEmpty)
    }

    @Test("After any history the index is the one that a fresh ingest makes, and nothing was embedded twice")
    func histories() async throws {
        let seed = SeededGenerator.newSeed()
        print("histories of changes: seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<6 {
            let world = try World()
            _ = try await world.ingest()
            for _ in 0..<8 {
                for _ in 0...Int.random(in: 0...3, using: &generator) { try change(world, &generator) }
                let held = Set(try await contents(world.index).flatMap(\.value.passages).map(\.embeddingDigest))
                world.embedder.texts.withLock { $0 = [] }
                _ = try await world.ingest()
                let texts = world.embedder.texts.withLock { $0 }
                #expect(Set(texts).count == texts.count, "a text was embedded twice in one pass")
                let digests = texts.map { world.index.keys.embeddingDigest(of: $0, model: world.index.model) }
                #expect(held.isDisjoint(with: digests), "a text that had a vector was embedded again")
                try await expectFresh(world)
            }
        }
    }

    /// One random change of the folder or its rules.
    private func change(_ world: World, _ generator: inout SeededGenerator) throws {
        let folders = ["public", "internal", "secret", "kestrel", "marked", "nowhere"]
        let folder = folders.randomElement(using: &generator)!
        let name = "documents/\(folder)/\("abcd".randomElement(using: &generator)!).md"
        let all =
            FileManager.default.enumerator(atPath: world.enclave.url.appending(path: "documents").path)?
            .compactMap { $0 as? String }.filter { $0.hasSuffix(".md") }.sorted() ?? []
        switch Int.random(in: 0..<6, using: &generator) {
        case 0, 1:
            let words = ["bolt", "kite", "wing", "glue", "lamp"]
            let paragraphs = (0...Int.random(in: 0...3, using: &generator)).map { _ in
                "\(["", "(P) ", "(S) "].randomElement(using: &generator)!)"
                    + "The \(words.randomElement(using: &generator)!) is \(words.randomElement(using: &generator)!)."
            }
            try world.enclave.write("# Title\n\n\(paragraphs.joined(separator: "\n\n"))\n", to: name)
        case 2:
            if let path = all.randomElement(using: &generator) { try world.enclave.remove("documents/\(path)") }
        case 3:
            if let path = all.randomElement(using: &generator), !all.contains(String(name.dropFirst(10))) {
                try world.move("documents/\(path)", name)
            }
        case 4:
            if let path = all.randomElement(using: &generator) {
                let level = ["public", "secret"].randomElement(using: &generator)!
                try world.enclave.write("classification: \(level)\n", to: "documents/\(path).label.yaml")
            }
        default:
            let level = ["public", "internal"].randomElement(using: &generator)!
            let labels = SampleEnclave.settings["labels.yaml"]!
                .replacing("set: {classification: public}", with: "set: {classification: \(level)}")
            try world.enclave.write(labels, to: "labels.yaml")
        }
    }

    private func expectFresh(_ world: World) async throws {
        let folder = try TemporaryFolder()
        let fresh = try SQLiteIndex(
            path: folder.url.appending(path: "fresh.sqlite").path, model: "hashing", dimension: 32, create: true,
            keys: .beside(folder.url.appending(path: "fresh.sqlite").path, secret: world.index.secret))
        _ = try await Ingestor(
            enclave: Enclave(folder: world.enclave.url), index: fresh, embedder: HashingEmbedder()
        ).ingest()
        let (left, right) = (try await contents(world.index), try await contents(fresh))
        #expect(left == right)
        let digests = right.flatMap { $0.value.passages.map(\.embeddingDigest) }
        #expect(try await world.index.vectors(of: digests) == fresh.vectors(of: digests))
    }

    private func contents(_ index: SQLiteIndex) async throws -> [DocumentID: DocumentOutline] {
        var contents: [DocumentID: DocumentOutline] = [:]
        for document in try await index.documentList() {
            contents[document.id] = try await index.outline(of: document.id)
        }
        return contents
    }
}
