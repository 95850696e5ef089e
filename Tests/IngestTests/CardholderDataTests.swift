import Enclaves
import Foundation
import IndexStore
import Passages
import Synchronization
import TestSupport
import Testing
import TextEmbedding

@testable import Ingest

/// The numbers are published test numbers.
@Suite("Documents with payment card numbers")
struct CardholderDataTests {
    /// What may nowhere stand: any five digits in a row of the numbers below.
    static let digits = ["41111", "11111", "55555", "82246", "37828", "10005", "54444"]

    static func holdsDigits(_ text: String) -> Bool { digits.contains { text.contains($0) } }

    /// Remembers what it was asked to embed.
    final class RecordingEmbedder: Embedder {
        private let hashing = HashingEmbedder()
        private let seen = Mutex<[String]>([])
        var model: EmbeddingModel { hashing.model }
        var texts: [String] { seen.withLock { $0 } }

        func embed(_ texts: [String]) async throws -> [[Float]] {
            seen.withLock { $0 += texts }
            return try await hashing.embed(texts)
        }

        func countTokens(_ text: String) -> Int { hashing.countTokens(text) }
    }

    @Test("are set aside with the place in the report, and nothing of them is embedded, stored or shown")
    func setAside() async throws {
        let world = try IngestorTests.World(files: [
            "documents/public/plain.txt": "First line.\n\nPaid by 4111 1111 1111 1111 and 5555-5555-5555-4444.\n",
            "documents/public/matter.md": "---\nauthor: Ada\n---\n# Note\n\nHéllo 378282246310005.\n",
            "documents/public/title.md": "---\ntitle: Card 4111111111111111\n---\n\nText.\n",
            "documents/public/author.md": "---\nauthor: [\"4111 1111 1111 1111\"]\n---\n\nText.\n",
            "documents/public/heading.md": "# Report\n\n## Card 4111**1111**11111111\n\nText.\n",
            "documents/public/side.md": "Text.\n",
            "documents/public/side.md.label.yaml": "# 4111 1111 1111 1111\nprojects: [falcon]\n",
            "documents/public/page.html": "<title>Card 4111111111111111</title><p>Text.</p>",
            "documents/public/table.html": "<p>Text.</p><p>4111<b> 1111 </b>1111&nbsp;1111</p>",
            "documents/public/many.txt": String(repeating: "4111111111111111\n", count: 40),
            "documents/public/statement-4111111111111111.md": "Text.\n",
            "documents/public/4111 1111 1111 1111/note.md": "Text.\n",
            "documents/public/scan.4111111111111111": "Text.\n",
            "documents/public/5555555555554444.md.label.yaml": "projects: [falcon]\n",
            "documents/public/4111111111111111.md": "---\n5555555555554444: x\n---\nText.\n",
            "documents/public/order.md": "Order 4111 1111 1111 1112, account A4111111111111111.\n",
        ])
        let embedder = RecordingEmbedder()
        let shown = Mutex<[String]>([])
        let summary = try await Ingestor(
            enclave: Enclave(folder: world.enclave.url), index: world.index, embedder: embedder
        ).ingest { progress in shown.withLock { $0.append(progress.path) } }

        let expected = [
            "public/plain.txt": "2 payment card numbers (line 3, column 9; line 3, column 33); take them out",
            "public/matter.md": "a payment card number (line 6, column 7); take it out",
            "public/title.md": "a payment card number (its front matter)",
            "public/author.md": "a payment card number (its front matter)",
            "public/heading.md": "a payment card number (heading 2)",
            "public/side.md": "a payment card number (its sidecar)",
            "public/page.html": "a payment card number (its title)",
            "public/table.html": "a payment card number (line 3 of its text, column 1)",
            "public/many.txt": "line 5, column 1; and 35 more)",
            "public/statement-[card number].md": "a payment card number (its path)",
            "public/[card number]/note.md": "a payment card number (its path)",
            "public/scan.[card number]": "files ending in .[card number] are not supported",
            "public/[card number].md.label.yaml": "beside no document",
            "public/[card number].md": "`[card number]` is not an attribute",
        ]
        for (path, phrase) in expected {
            let reason = try #require(world.reason(path, in: summary), "\(path) was not set aside")
            #expect(reason.contains(phrase), "\(path): \(reason)")
        }
        #expect(Set(summary.setAside.map(\.path)) == Set(expected.keys))
        #expect(summary.added == SampleEnclave.documents.count + 1)

        let report = String(decoding: try JSONEncoder().encode(summary), as: UTF8.self)
        #expect(!Self.holdsDigits(report), "\(report)")
        #expect(shown.withLock { $0.count } > expected.count - 3)
        #expect(!shown.withLock { $0.contains(where: Self.holdsDigits) })
        #expect(!embedder.texts.isEmpty)
        // The look-alikes of order.md stand in one passage; nothing else has such digits.
        #expect(embedder.texts.count { Self.holdsDigits($0) } == 1)
        let stored = try await world.index.documentList().map(\.place.path)
        #expect(stored.contains("public/order.md") && !stored.contains(where: Self.holdsDigits))
        let files = try FileManager.default.contentsOfDirectory(
            at: world.enclave.folder.url, includingPropertiesForKeys: nil)
        for file in files where file.lastPathComponent.hasPrefix("index.sqlite") {
            let bytes = try Data(contentsOf: file)
            for text in ["5555-5555-5555-4444", "378282246310005", "4111 1111 1111 1111"] {
                #expect(bytes.firstRange(of: Data(text.utf8)) == nil, "\(file.lastPathComponent) holds a card number")
            }
        }
    }

    @Test("leave the index when a number comes in, and enter when it is gone")
    func comesAndGoes() async throws {
        let world = try IngestorTests.World()
        _ = try await world.ingest()
        let clean = "# What we make\n\nKites, paid in advance.\n"
        try world.enclave.write(clean + "\nCard ４１１１ １１１１ １１１１ １１１１.\n", to: "documents/public/brochure.md")
        let found = try await world.ingest()
        #expect(found.removed == 1 && found.setAside.map(\.path) == ["public/brochure.md"])
        try world.enclave.write(clean + "\nCard 4111 11** **** 1111.\n", to: "documents/public/brochure.md")
        let gone = try await world.ingest()
        #expect(gone.added == 1 && gone.setAside.isEmpty)
    }

    @Test("are explained without digits")
    func explanation() async throws {
        let world = try IngestorTests.World(files: [
            "documents/public/statement-4111111111111111.md": "Paid by 5555 5555 5555 4444.\n"
        ])
        let ingestor = Ingestor(
            enclave: try Enclave(folder: world.enclave.url), index: world.index, embedder: HashingEmbedder())
        let error = await #expect(throws: ExplanationError.self) {
            try await ingestor.explanation(of: "public/statement-4111111111111111.md")
        }
        let text = try #require(error).description
        #expect(
            text.contains("public/statement-[card number].md is set aside: it holds 2 payment card numbers"), "\(text)")
        #expect(text.contains("(its path; line 1, column 9)") && !Self.holdsDigits(text), "\(text)")
    }

    @Test("of several pages name the page, and the line on it")
    func pages() {
        let text = "One.\nTwo.\n\u{0C}Three.\n\nCard 4111 1111 1111 1111\n\u{0C}4111111111111111\n"
        func block(_ start: String, page: Int) -> Block {
            let bytes = Array(text.utf8)
            let offset = bytes.firstRange(of: Array(start.utf8))?.lowerBound ?? 0
            return Block(kind: .paragraph, range: ByteRange(offset, offset + start.utf8.count), page: page)
        }
        let extracted = ExtractedText(
            text: Array(text.utf8), metadataTitle: nil,
            blocks: [
                block("One.\nTwo.", page: 1), block("Three.", page: 2), block("Card 4111 1111 1111 1111", page: 2),
                block("4111111111111111", page: 3),
            ])
        let check = CardholderDataCheck(path: "a.pdf", title: "a", frontMatter: nil, sidecar: nil)
        let error = #expect(throws: CardholderData.self) { try check.inspect(extracted) }
        #expect(error?.places == ["page 2, line 3, column 6", "page 3, line 1, column 1"])
    }
}
