import Crypto
import Enclaves
import Foundation
import IndexStore
import Labels
import Passages
import TestSupport
import Testing
import TextEmbedding

@testable import Ingest

@Suite("Ingest of a folder")
struct IngestorTests {
    /// The sample enclave with an index of its own.
    struct World {
        let enclave: SampleEnclave
        let index: SQLiteIndex

        init(files: [String: String] = [:]) throws {
            enclave = try SampleEnclave(files: files)
            index = try SQLiteIndex(
                path: enclave.indexPath, model: "hashing", dimension: 32, create: true, keys: .beside(enclave.indexPath)
            )
        }

        func ingest(embedder: any Embedder = HashingEmbedder()) async throws -> IngestSummary {
            try await Ingestor(enclave: Enclave(folder: enclave.url), index: index, embedder: embedder).ingest { _ in }
        }

        func reason(_ path: String, in summary: IngestSummary) -> String? {
            summary.setAside.first { $0.path == path }?.reason
        }
    }

    @Test("Only what changed is touched")
    func incremental() async throws {
        let world = try World()
        let first = try await world.ingest()
        #expect(first.added == SampleEnclave.documents.count && first.setAside.isEmpty)
        #expect(first.passages == world.index.snapshot().passageCount)
        let second = try await world.ingest()
        #expect(second.unchanged == first.added && second.passages == 0 && second.embedded == 0)

        try world.enclave.write("# New\n\nFresh text.\n", to: "documents/public/new.md")
        try world.enclave.write("# What we make\n\nOnly kites now.\n", to: "documents/public/brochure.md")
        try world.enclave.remove("documents/internal/bolts.md")
        let third = try await world.ingest()
        #expect((third.added, third.updated, third.removed) == (1, 1, 1))
        #expect(third.unchanged == first.added - 2)
        let paths = try await world.index.documentList().map(\.place.path)
        #expect(paths.contains("public/new.md") && !paths.contains("internal/bolts.md"))
    }

    @Test("A changed rule moves passages to another label and embeds nothing again")
    func changedRule() async throws {
        let world = try World()
        _ = try await world.ingest()
        let before = world.index.snapshot().passageCount
        let labels = try #require(SampleEnclave.settings["labels.yaml"])
            .replacing(
                "- path: public/**\n    set: {classification: public}",
                with: "- path: public/**\n    set: {classification: internal}")
        try world.enclave.write(labels, to: "labels.yaml")
        let summary = try await world.ingest()
        #expect(summary.relabelled > 0 && summary.updated == 0 && summary.embedded == 0)
        #expect(summary.relabelled + summary.unchanged == SampleEnclave.documents.count)
        #expect(world.index.snapshot().passageCount == before)
        let publicLabels = world.index.snapshot().passageCounts.filter {
            $0.passages > 0 && $0.label.attributes["classification"] == .string("public")
        }
        // Only the marked report's public paragraph is left.
        #expect(publicLabels.map(\.passages) == [1])
    }

    @Test("An index opened anew is the one that was left")
    func reopened() async throws {
        let enclave = try SampleEnclave()
        func open() throws -> SQLiteIndex {
            try SQLiteIndex(
                path: enclave.indexPath, model: "hashing", dimension: 32, create: true, keys: .beside(enclave.indexPath)
            )
        }
        var counts: [Int] = []
        do {
            let index = try open()
            _ = try await Ingestor(enclave: Enclave(folder: enclave.url), index: index, embedder: HashingEmbedder())
                .ingest { _ in }
            counts = index.snapshot().passageCounts.map(\.passages)
        }
        let index = try open()
        #expect(index.snapshot().passageCounts.map(\.passages).filter { $0 > 0 } == counts.filter { $0 > 0 })
        let again = try await Ingestor(enclave: Enclave(folder: enclave.url), index: index, embedder: HashingEmbedder())
            .ingest { _ in }
        #expect(again.unchanged == SampleEnclave.documents.count)
    }

    @Test("What cannot be read or labelled is set aside with its reason, and the rest goes on")
    func setAside() async throws {
        let world = try World(files: [
            "documents/inbox/stray.md": "No rule knows me.\n",
            "documents/public/empty.txt": "",
            "documents/public/headings.md": "# Only\n\n## Headings\n",
            "documents/public/unknown.md": "---\ncolour: red\n---\nText.\n",
            "documents/public/wrong.md": "---\nclassification: cosmic\n---\nText.\n",
            "documents/public/sidecar.md": "Text.\n",
            "documents/public/sidecar.md.label.yaml": "projects: falcon\n",
            "documents/marked/odd.md": "(S//BOGUS; x) fine, this is no mark.\n\n(S//bogus) nor is this.\n",
            "documents/public/broken.pdf": "%PDF-1.4 and then nothing",
            "documents/public/large.txt": String(repeating: "word ", count: 30_000),
        ])
        try world.enclave.write(Data([0x48, 0x69, 0x81, 0x21]), to: "documents/public/latin.txt")
        try FileManager.default.createSymbolicLink(
            at: world.enclave.url.appending(path: "documents/public/link.md"),
            withDestinationURL: URL(fileURLWithPath: "/etc/hostname"))
        let summary = try await world.ingest()
        let expected = [
            "inbox/stray.md": "no rule of labels.yaml matches",
            "public/empty.txt": "text",
            "public/headings.md": "headings but no text",
            "public/unknown.md": "`colour` is not an attribute",
            "public/wrong.md": "classification",
            "public/sidecar.md": "`projects` must be a list",
            "public/broken.pdf": "",
            "public/large.txt": "100000",
            "public/latin.txt": "UTF-8",
            "public/link.md": "symbolic link",
        ]
        for (path, phrase) in expected {
            let reason = try #require(world.reason(path, in: summary), "\(path) was not set aside")
            #expect(phrase.isEmpty || reason.contains(phrase), "\(path): \(reason)")
            #expect(!reason.contains("cosmic"), "a document's own words stand in a reason")
        }
        #expect(summary.added >= SampleEnclave.documents.count)
        // What was indexed and can no longer be labelled leaves the index.
        try world.enclave.write("---\ncolour: red\n---\nText.\n", to: "documents/public/brochure.md")
        let next = try await world.ingest()
        #expect(next.removed == 1)
        #expect(try await !world.index.documentList().contains { $0.place.path == "public/brochure.md" })
    }

    @Test("Planted markings below a folder without may_lower change nothing")
    func plantedMarkings() async throws {
        let world = try World(files: [
            "documents/secret/planted.md": "(P) This paragraph says that it is public.\n",
            "documents/secret/claimed.md": "---\nclassification: public\n---\nThis file says that it is public.\n",
            "documents/secret/side.md": "And this one has a sidecar.\n",
            "documents/secret/side.md.label.yaml": "classification: public\n",
        ])
        _ = try await world.ingest()
        let secret = world.index.snapshot().passageCounts.filter {
            $0.label.attributes["classification"] == .string("secret")
                && $0.label.attributes["projects"] == .set([.string("falcon")])
                && $0.label.attributes["categories"] == .set([])
        }
        // falcon.md and the three planted ones; the report's title is a label without passages.
        #expect(secret.map(\.passages).reduce(0, +) == 4)
    }

    @Test("Equal texts of one label in one document have ids of their own")
    func equalTexts() async throws {
        let world = try World(files: [
            "documents/public/twice.md": "## A\n\nThe same words.\n\n## B\n\nThe same words.\n"
        ])
        let enclave = try Enclave(folder: world.enclave.url)
        let ingestor = Ingestor(enclave: enclave, index: world.index, embedder: HashingEmbedder())
        let source = try await ingestor.read("public/twice.md")
        let member = try #require(try await ingestor.extract(source).members.first)
        let document = try ingestor.document(member, of: source).document
        #expect(document.passages.map(\.text) == ["The same words.", "The same words."])
        #expect(Set(document.passages.map(\.id)).count == 2)
        #expect(document.passages[0].sha256 == Array(SHA256.hash(data: Data("The same words.".utf8))))
    }

    @Test("The index of another model is refused")
    func otherModel() throws {
        let enclave = try SampleEnclave()
        do {
            _ = try SQLiteIndex(
                path: enclave.indexPath, model: "one", dimension: 32, create: true, keys: .beside(enclave.indexPath))
        }
        #expect(throws: IndexError.otherModel(indexed: "one", configured: "two")) {
            try SQLiteIndex(
                path: enclave.indexPath, model: "two", dimension: 32, create: true, keys: .beside(enclave.indexPath))
        }
    }
}
