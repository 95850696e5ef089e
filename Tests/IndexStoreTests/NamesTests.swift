import Foundation
import IndexStore
import Labels
import Passages
import TestSupport
import Testing

@testable import AccessControl
@testable import Cedar

@Suite("Labels of their own for what policies name")
struct NamesTests {
    private static func documents(_ index: SQLiteIndex) -> [IndexedDocument] {
        [
            Fixture.document(index, "a.md", [("open", "one"), ("closed", "two"), ("closed", "one")]),
            Fixture.document(index, "b.md", [("open", "three"), ("open", "three")]),
            Fixture.document(index, "c.md", [("sealed", "four")]),
        ]
    }

    private static func names(_ documents: [IndexedDocument]) -> ResourceNames {
        ResourceNames([
            EntityReference(type: "Document", id: ByteText(documents[1].id.description)),
            // In two passages, under two labels.
            EntityReference(type: "Passage", id: ByteText(documents[0].passages[0].id.description)),
            EntityReference(type: "Passage", id: ByteText(String(repeating: "0", count: 32))),
        ])
    }

    /// What somebody who may read everything is told of it.
    private func everything(_ index: SQLiteIndex) async throws -> [String] {
        let snapshot = index.snapshot()
        let all = try Fixture.permitted(snapshot)
        var lines = [snapshot.contentTag(of: all).description]
        for document in Self.documents(index) {
            let stored = try #require(try await snapshot.document(document.id, permitted: all))
            lines.append("\(stored.title?.label.parents.count ?? -1)")
            for passage in stored.passages {
                let parents = passage.label.parents.map { "\($0.type) \($0.id)" }.sorted()
                lines.append("\(passage.id) \(passage.text) \(passage.label.attributes) \(parents) \(passage.revision)")
            }
            let found = try await snapshot.nearest(
                to: Fixture.vector(document.passages[0].text), among: all, limit: 9, minimumScore: -1)
            lines += found.map { "\($0.id) \($0.score)" }
        }
        return lines
    }

    @Test("It is the same whether the names or the documents came first, and after opening again")
    func order() async throws {
        let folders = [try TemporaryFolder(), try TemporaryFolder()]
        var first: SQLiteIndex? = try Fixture.open(folders[0])
        let second = try Fixture.open(folders[1], secret: first?.secret)
        let documents = Self.documents(second)
        for document in documents { try await first?.commit(document) }
        let before = try await everything(try #require(first))
        try await first?.distinguishing(Self.names(documents))
        try await second.distinguishing(Self.names(documents))
        for document in documents { try await second.commit(second.distinguished(document)) }
        let told = try await everything(second)
        #expect(try await everything(try #require(first)) == told && told != before)
        #expect(told.count { $0.contains("Passage ") } == 2 && told.count { $0.contains("Document ") } == 2)
        #expect(try await first?.integrityProblems() == [])
        first = nil
        let reopened = try Fixture.open(folders[0], create: false)
        #expect(try await everything(reopened) == told)
        // What has its label already is not written again.
        let size = try await reopened.documentList().count
        try await reopened.distinguishing(Self.names(documents))
        #expect(try await everything(reopened) == told && size == 3)
        try await reopened.commit(documents[1])
        #expect(try await everything(reopened) == told)
    }

    @Test("A new label is prepared for the one who decides before it shows")
    func prepared() async throws {
        let index = try Fixture.open(TemporaryFolder())
        try await index.commit(Fixture.document(index, "a.md", [("open", "one")]))
        let authorizer = try Fixture.authorizer(when: #"resource.level == "open""#)
        func levels() -> Int { authorizer.records.interner.counts[1] - 1 }
        #expect(levels() == 0)
        index.prepareLabels(for: authorizer)
        #expect(levels() == 1)
        try await index.commit(Fixture.document(index, "b.md", [("closed", "two"), ("open", "three")]))
        #expect(levels() == 2)
        try await index.commit(Fixture.document(index, "c.md", [("closed", "four")]))
        #expect(levels() == 2)
    }
}
