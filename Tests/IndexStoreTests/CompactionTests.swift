import Labels
import Passages
import TestSupport
import Testing
import VectorSearch

@testable import IndexStore

@Suite("Holes in memory")
struct CompactionTests {
    private static func document(_ index: SQLiteIndex, _ number: Int, _ levels: [ByteText]) -> IndexedDocument {
        Fixture.document(
            index, "d\(number)", (0..<30).map { (level: levels[$0 % levels.count], text: "text \($0) of \(number)") })
    }

    @Test("They are closed while documents come and go, and every answer stays what it is")
    func compaction() async throws {
        let seed = SeededGenerator.newSeed("compaction")
        var generator = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        let index = try Fixture.open(folder)
        let documents = (0..<600).map { Self.document(index, $0, ["open", ByteText("group \($0 % 150)")]) }
        try await index.change { change in for document in documents { try change.insert(document, ingested: 0) } }
        let removed = documents.map(\.id).shuffled(using: &generator).prefix(500)
        for start in stride(from: 0, to: removed.count, by: 25) {
            try await index.remove(Array(removed[start..<start + 25]))
        }
        let old = index.snapshot()
        let before = try await Contents(old)
        let steps = try await index.compact()
        #expect(steps > 0)
        #expect(index.snapshot().generation == old.generation)
        #expect(try await Contents(index.snapshot()) == before)
        // Who began before it goes on with what he has.
        #expect(try await Contents(old) == before)
        #expect(try await index.compact() == 0)

        // Side by side with changes, each of which is in force when it returns.
        let back = removed.prefix(120).compactMap { id in documents.first { $0.id == id } }
        async let compacted: Int = {
            var steps = 0
            for _ in 0..<50 { steps += try await index.compact() }
            return steps
        }()
        for document in back {
            try await index.commit(document)
            #expect(try await index.outline(of: document.id) == document.outline)
        }
        for document in back { try await index.remove([document.id]) }
        print("\(steps) steps, then \(try await compacted) beside changes")
        #expect(try await Contents(index.snapshot()).passages == before.passages)
        #expect(try await index.integrityProblems().isEmpty)
    }
}
