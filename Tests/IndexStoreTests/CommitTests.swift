import AccessControl
import Foundation
import GRDB
import Labels
import Passages
import TestSupport
import Testing

@testable import IndexStore

@Suite("Changes of an index")
struct CommitTests {
    private static func texts(_ number: Int, using generator: inout SeededGenerator) -> [(
        level: ByteText, text: String
    )] {
        (0..<Int.random(in: 1...6, using: &generator)).map { _ in
            (
                ["open", "closed", "sealed"].randomElement(using: &generator)!,
                "text \(Int.random(in: 0..<9, using: &generator)) of \(number)"
            )
        }
    }

    @Test("What was committed is found, with everything that belongs to it")
    func commit() async throws {
        let folder = try TemporaryFolder()
        let index = try Fixture.open(folder)
        try await index.commit(Fixture.document(index, "a.md", [("open", "one"), ("closed", "two")]))
        let snapshot = index.snapshot()
        let all = try Fixture.permitted(snapshot)
        let found = try await snapshot.nearest(to: Fixture.vector("two"), among: all, limit: 1, minimumScore: -1)
        let passage = try #require(try await snapshot.passages(found, permitted: all).first)
        #expect(passage.text == "two" && passage.label == Fixture.label("closed"))
        #expect(passage.title?.place.path == "a.md" && passage.section.map(\.text) == ["Heading of a.md"])
        #expect(found[0].score > 0.999_999)
        let document = try #require(try await snapshot.document(passage.document, permitted: all))
        #expect(document.passages.map(\.text) == ["one", "two"])
        #expect(try await snapshot.passage(passage.id, permitted: all)?.text == "two")
    }

    @Test("A document whose labels alone are others gets them, and nothing of its text is sealed again")
    func relabel() async throws {
        let folder = try TemporaryFolder()
        let index = try Fixture.open(folder)
        let texts: [(level: ByteText, text: String)] = [("open", "one"), ("closed", "two")]
        try await index.commit(Fixture.document(index, "a.md", texts))
        try await index.commit(Fixture.document(index, "b.md", texts))
        func sealed() async throws -> [Data] {
            try await index.database.read { db in
                try [
                    "SELECT body FROM passages", "SELECT body FROM vectors", "SELECT body FROM headings",
                    "SELECT body FROM documents", "SELECT key_id FROM documents",
                ].flatMap { try Data.fetchAll(db, sql: $0) }
            }
        }
        let before = try await sealed()
        let relabelled = Fixture.document(index, "a.md", [("sealed", "one"), ("open", "two")])
        try await index.commit(relabelled)
        #expect(try await sealed() == before)
        #expect(try await index.outline(of: relabelled.id) == relabelled.outline)
        let other = try TemporaryFolder()
        let fresh = try Fixture.open(other, secret: index.secret)
        try await fresh.commit(relabelled)
        try await fresh.commit(Fixture.document(index, "b.md", texts))
        for level in ["open", "closed", "sealed"] {
            let condition = "resource.level == \"\(level)\""
            #expect(
                try await Contents(index.snapshot(), when: condition) == Contents(fresh.snapshot(), when: condition))
        }
        #expect(try await Contents(index.snapshot()) == Contents(fresh.snapshot()))
        // With another text it is sealed anew, under another key.
        try await index.commit(Fixture.document(index, "a.md", [("sealed", "one"), ("open", "three")]))
        let keys = try await index.database.read { db in
            try Data.fetchAll(db, sql: "SELECT key_id FROM documents")
        }
        #expect(keys.count == 2 && Set(keys).intersection(before).count == 1)
    }

    @Test("A document of which a text is damaged is sealed anew by its next commit")
    func damagedText() async throws {
        let folder = try TemporaryFolder()
        let index = try Fixture.open(folder)
        let document = Fixture.document(index, "a.md", [("open", "one"), ("closed", "two")])
        try await index.commit(document)
        try await index.database.pool.write { db in
            try db.execute(sql: "UPDATE passages SET body = zeroblob(60) WHERE ordinal = 1")
        }
        await #expect(throws: IndexError.self) { try await index.outline(of: document.id) }
        try await index.commit(document)
        #expect(try await index.outline(of: document.id) == document.outline)
        #expect(try await index.integrityProblems().isEmpty)
    }

    @Test("Title and headings follow their own labels")
    func hiddenTitle() async throws {
        let folder = try TemporaryFolder()
        let index = try Fixture.open(folder)
        try await index.commit(Fixture.document(index, "a.md", [("sealed", "one"), ("open", "two")]))
        let snapshot = index.snapshot()
        let open = try Fixture.permitted(snapshot, when: #"resource.level == "open""#)
        let document = try #require(
            try await snapshot.document(index.keys.documentID(path: "a.md"), permitted: open))
        #expect(document.title == nil && document.passages.map(\.text) == ["two"])
        #expect(document.passages[0].title == nil && document.passages[0].section.isEmpty)
        let hidden = index.keys.passageID(document: document.id, text: Array("one".utf8), ordinal: 0)
        #expect(try await snapshot.passage(hidden, permitted: open) == nil)
        let none = try Fixture.permitted(snapshot, when: "false")
        #expect(try await snapshot.document(document.id, permitted: none) == nil)
        #expect(try await snapshot.nearest(to: Fixture.vector("q"), among: none, limit: 9, minimumScore: -1).isEmpty)
    }

    @Test(
        "After any history an opened index holds what the running one holds, and a new one too",
        arguments: UInt64(1)...4)
    func history(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        var index: SQLiteIndex? = try Fixture.open(folder)
        var state: [Int: [(level: ByteText, text: String)]] = [:]
        for _ in 0..<30 {
            let number = Int.random(in: 0..<8, using: &generator)
            let open = try #require(index)
            if Int.random(in: 0..<3, using: &generator) == 0 {
                state[number] = nil
                try await open.remove([open.keys.documentID(path: ByteText("d\(number).md"))])
            } else {
                let texts = Self.texts(number, using: &generator)
                state[number] = texts
                try await open.commit(Fixture.document(open, "d\(number).md", texts))
            }
        }
        let before = try await Contents(try #require(index?.snapshot()))
        let partly = try await Contents(try #require(index?.snapshot()), when: #"resource.level != "sealed""#)
        index = nil
        let reopened = try Fixture.open(folder, create: false)
        #expect(try await Contents(reopened.snapshot()) == before)
        #expect(try await Contents(reopened.snapshot(), when: #"resource.level != "sealed""#) == partly)
        #expect(try await reopened.integrityProblems().isEmpty)

        let other = try TemporaryFolder()
        let fresh = try Fixture.open(
            other, secret: reopened.secret)
        for (number, texts) in state.shuffled(using: &generator) {
            try await fresh.commit(Fixture.document(fresh, "d\(number).md", texts))
        }
        #expect(try await Contents(fresh.snapshot()) == before)
    }

    @Test("The content tag names what is permitted, and nothing hidden enters it")
    func contentTag() async throws {
        let folder = try TemporaryFolder()
        let index = try Fixture.open(folder)
        func tags() throws -> [ContentTag] {
            let snapshot = index.snapshot()
            return try ["true", #"resource.level == "open""#].map {
                snapshot.contentTag(of: try Fixture.permitted(snapshot, when: $0))
            }
        }
        try await index.commit(Fixture.document(index, "a.md", [("open", "one")]))
        let first = try tags()
        #expect(first[0] == first[1])
        try await index.commit(Fixture.document(index, "b.md", [("closed", "two")]))
        let second = try tags()
        #expect(second[1] == first[1] && second[0] != first[0])
        try await index.commit(Fixture.document(index, "b.md", [("open", "two")]))
        let relabelled = try tags()
        #expect(relabelled[0] != second[0] && relabelled[1] != second[1])
        try await index.remove([index.keys.documentID(path: "b.md"), index.keys.documentID(path: "never.md")])
        #expect(try tags() == first)
    }

    @Test("A reader sees one generation: what it would find changed it does not get")
    func oneGeneration() async throws {
        let folder = try TemporaryFolder()
        let index = try Fixture.open(folder)
        try await index.commit(Fixture.document(index, "a.md", [("open", "one")]))
        try await index.commit(Fixture.document(index, "b.md", [("open", "two")]))
        let old = index.snapshot()
        let permitted = try Fixture.permitted(old)
        let found = try await old.nearest(to: Fixture.vector("one"), among: permitted, limit: 9, minimumScore: -1)
        let before = try await old.passages(found, permitted: permitted)
        #expect(before.count == 2)
        // The same text under another label: the old decision does not hold for it.
        try await index.commit(Fixture.document(index, "a.md", [("closed", "one")]))
        await #expect(throws: IndexError.outdated) { try await old.passages(found, permitted: permitted) }
        let a = index.keys.documentID(path: "a.md")
        await #expect(throws: IndexError.outdated) { try await old.document(a, permitted: permitted) }
        await #expect(throws: IndexError.outdated) { try await old.passage(before[0].id, permitted: permitted) }
        // The scan itself goes on in the generation that it began with, and what did not change is still there.
        #expect(
            try await old.nearest(to: Fixture.vector("one"), among: permitted, limit: 9, minimumScore: -1) == found)
        #expect(try await old.passages([found[1]], permitted: permitted).map(\.text) == ["two"])
        // The same text under the same label, in a new commit, is another generation too.
        let newer = index.snapshot()
        try await index.commit(Fixture.document(index, "b.md", [("open", "two")]))
        await #expect(throws: IndexError.outdated) {
            try await newer.passages([found[1]], permitted: Fixture.permitted(newer))
        }
        try await index.remove([a])
        await #expect(throws: IndexError.outdated) {
            try await newer.passage(before[0].id, permitted: Fixture.permitted(newer))
        }
    }

    @Test("A commit that fails changes neither the file nor what is served")
    func failedCommit() async throws {
        let folder = try TemporaryFolder()
        var index: SQLiteIndex? = try Fixture.open(folder)
        let open = try #require(index)
        try await open.commit(Fixture.document(open, "a.md", [("open", "one")]))
        let before = try await Contents(open.snapshot())
        let good = Fixture.document(open, "a.md", [("open", "two"), ("new label", "three")])
        let twice = IndexedDocument(
            id: good.id, place: good.place, sourceDigest: good.sourceDigest, title: good.title, headings: good.headings,
            passages: good.passages + [good.passages[0]])
        await #expect(throws: IndexError.duplicatePassage) { try await open.commit(twice) }
        #expect(try await Contents(open.snapshot()) == before)
        // The label that came with the failed commit can come again.
        try await open.commit(good)
        let after = try await Contents(open.snapshot())
        index = nil
        _ = consume open
        #expect(try await Contents(Fixture.open(folder, create: false).snapshot()) == after)
    }

    @Test("A vector that is not finite is refused, and the index goes on")
    func badVector() async throws {
        let folder = try TemporaryFolder()
        let index = try Fixture.open(folder)
        let good = Fixture.document(index, "a.md", [("open", "one")])
        let passage = good.passages[0]
        for vector in [[Float.nan, 0, 0, 0], [1, 0, 0]] {
            let bad = IndexedPassage(
                id: passage.id, label: passage.label, text: passage.text, sha256: passage.sha256, range: passage.range,
                page: nil, section: [], embeddingDigest: passage.embeddingDigest, vector: vector)
            await #expect(throws: (any Error).self) {
                try await index.commit(
                    IndexedDocument(
                        id: good.id, place: good.place, sourceDigest: good.sourceDigest, title: good.title,
                        headings: good.headings, passages: [bad]))
            }
        }
        try await index.commit(good)
        #expect(index.snapshot().passageCount == 1)
    }

    @Test("A vector that was made before is found by what was embedded")
    func knownVectors() async throws {
        let folder = try TemporaryFolder()
        let index = try Fixture.open(folder)
        try await index.commit(Fixture.document(index, "a.md", [("open", "one")]))
        let (known, unknown) = (
            index.keys.embeddingDigest(of: "one", model: Fixture.model),
            index.keys.embeddingDigest(of: "one", model: "another")
        )
        #expect(try await index.vectors(of: [known, unknown]) == [known: Fixture.vector("one")])
        #expect(try await index.documentList().map(\.place.path) == ["a.md"])
        #expect(try await index.sources().count == 1)
    }
}
