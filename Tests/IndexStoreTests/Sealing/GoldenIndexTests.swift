import Foundation
import Glibc
import Labels
import Passages
import Sealing
import TestSupport
import Testing

@testable import IndexStore

/// An index of each format that was ever released, kept for ever: what it holds is read by every later version.
///
/// `GOLDEN_INDEX_WRITE=folder` makes those of today's format there.
@Suite("Golden indexes")
struct GoldenIndexTests {
    private static let folder = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Golden")
    private static let names = ["index.sqlite": "", "index.sqlite.keys": ".keys", "root": ".root"]

    private static func make(_ index: SQLiteIndex) async throws {
        for (path, texts) in [
            ("a.md", [("open", "The bolt takes 40 newton metres."), ("closed", "The wing takes 118.")]),
            ("b.md", [("open", "Ä ö ü — 試験.")]),
        ] as [(String, [(level: ByteText, text: String)])] {
            try await Fixture.store(
                Fixture.document(index, path, texts, title: "Title of \(path)"), in: index,
                contentDigest: Array(repeating: 1, count: 32), labelDigest: Array(repeating: 2, count: 32))
        }
        let taken = index.keys.documentID(path: "b.md")
        try await index.take(
            TakenSource(id: taken, path: "b.md", bytes: Array("bytes".utf8), sidecar: Array("side".utf8)))
        let gone = Fixture.document(index, "gone.md", [("gone", "This was erased.")])
        try await index.commit(gone)
        _ = try await index.erase(
            [gone.id], scope: .document(gone.id.description), authority: .retention(rule: "golden"), reason: "golden",
            subjects: "level", now: 1_700_000_000_000)
        try await index.record(
            LegalHold(time: 1_700_000_000_000, scope: .subject("somebody"), principal: "p", reason: "golden"))
    }

    /// Everything that the index holds, in lines that people can read.
    private static func lines(_ index: SQLiteIndex) async throws -> [String] {
        var lines: [String] = []
        let snapshot = index.snapshot()
        let permitted = try FullReading.permitted(snapshot)
        for (id, place, _) in try await index.documentList() {
            let outline = try #require(try await index.outline(of: id))
            let vectors = try await index.vectors(of: [id])
            let document = try #require(try await snapshot.document(id, permitted: permitted))
            lines.append("document \(id) \(place): \(outline.title.text), \(level(outline.title.label))")
            lines += outline.headings.map { "  heading: \($0.text), \(level($0.label))" }
            for (passage, stored) in zip(outline.passages, document.passages) {
                let vector = (vectors[passage.embeddingDigest] ?? []).map { String($0.bitPattern, radix: 16) }
                lines.append("  passage \(passage.id), \(level(passage.label)), \(passage.range): \(stored.text)")
                lines.append(
                    "    sha256 \(Hexadecimal.text(passage.sha256)), revision \(Hexadecimal.text(stored.revision))")
                lines.append("    vector \(vector.joined(separator: " "))")
            }
        }
        for source in try await index.sources().values.sorted(by: { $0.id < $1.id }) {
            lines.append(
                "source \(source.id): \(Hexadecimal.text(source.contentDigest)) "
                    + "\(Hexadecimal.text(source.labelDigest)) \(source.documents.keys.sorted().map(\.description))")
        }
        for (id, _) in try await index.takenPaths() {
            guard let taken = try await index.takenSource(id) else { continue }
            lines.append(
                "taken \(id) \(taken.path): \(String(decoding: taken.bytes, as: UTF8.self)), "
                    + String(decoding: taken.sidecar ?? [], as: UTF8.self))
        }
        let register = index.keyStore.register
        lines += register.erasures.values.map { "erasure of \($0.documents.map(\.document)) by \($0.authority)" }
        lines += register.holds.values.map { "hold on \($0.scope)" }
        return lines
    }

    private static func level(_ label: Label) -> String {
        if case .string(let level)? = label.attributes["level"] { level.string } else { "–" }
    }

    @Test("An index of every format opens with all that was put into it", arguments: ["sealed-1"])
    func opens(format: String) async throws {
        let golden = Self.folder.appending(path: format)
        let folder = try TemporaryFolder()
        for (name, suffix) in Self.names {
            let bytes = try Data(contentsOf: golden.appending(path: name))
            try SealedFiles.write(Array(bytes), to: Fixture.path(folder) + suffix)
        }
        let index = try Fixture.open(folder, create: false)
        let expected = try String(contentsOf: golden.appending(path: "contents.txt"), encoding: .utf8)
        #expect(try await Self.lines(index).joined(separator: "\n") + "\n" == expected)
        #expect(try await index.integrityProblems().isEmpty)
        // It can be changed, and what was erased stays out.
        #expect(index.refusal(of: Fixture.document(index, "gone.md", [("gone", "Another text.")])) != nil)
        try await index.commit(Fixture.document(index, "c.md", [("open", "One more.")]))
        #expect(try await index.documentList().count == 3)
    }

    private static let target = ProcessInfo.processInfo.environment["GOLDEN_INDEX_WRITE"]

    @Test("Writes the golden index of today's format", .enabled(if: target != nil))
    func write() async throws {
        let target = URL(filePath: try #require(Self.target))
        let folder = try TemporaryFolder()
        var index: SQLiteIndex? = try Fixture.open(folder, pageSize: 512)
        try await Self.make(#require(index))
        index = nil
        index = try Fixture.open(folder, create: false)
        let lines = try await Self.lines(#require(index))
        try #require(index).close()
        index = nil
        try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
        for (name, suffix) in Self.names {
            try Data(contentsOf: URL(filePath: Fixture.path(folder) + suffix)).write(to: target.appending(path: name))
        }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: target.appending(path: "contents.txt"))
    }
}
