import AccessControl
import Foundation
import GRDB
import Labels
import Passages
import TestSupport
import Testing
import VectorSearch

@testable import IndexStore

/// Vectors were made of a passage and the title and heading above it, and then a policy names the passage.
@Suite("Vectors of passages that policies name")
struct NamedVectorTests {
    private static let texts: [(level: ByteText, text: String)] = [
        ("open", "wing bolt"), ("open", "rudder"), ("closed", "keel"),
    ]

    /// Title and heading are embedded with the passages of their label, which is that of the first.
    private static func document(_ index: SQLiteIndex, _ path: String = "a.md", title: String = "Falcon")
        -> IndexedDocument
    {
        let document = Fixture.document(index, path, texts, title: title)
        let embedded = document.passages.map { passage in
            EmbeddingText.ofWords.of(
                passage.text, label: passage.label, title: document.title,
                section: passage.section.map { document.headings[$0] })
        }
        return document.with(
            embeddingDigests: embedded.map { index.keys.embeddingDigest(of: $0, model: Fixture.model) }
        ).with(vectors: embedded.map(Fixture.vector))
    }

    private static func naming(_ passages: PassageID...) -> ResourceNames {
        ResourceNames(Set(passages.map { EntityReference(type: "Passage", id: ByteText($0.description)) }))
    }

    private struct Stored: Equatable {
        let key: DataKeyID
        let ingested: Int64
        let document: [String]
    }

    /// What the file has of a document.
    private static func stored(_ index: SQLiteIndex, _ path: String = "a.md") async throws -> Stored {
        let snapshot = index.snapshot()
        return try await index.database.read { db in
            let id = index.keys.documentID(path: ByteText(path))
            let record = try #require(try DocumentRecord.fetch(id, in: db))
            let reader = DocumentReader(db: db, snapshot: snapshot)
            let opened = try reader.opened(record, snapshot.labels(of: record))
            let document = try reader.document(of: opened)
            return Stored(
                key: record.keyID, ingested: try reader.body(of: opened).ingested,
                document: [
                    "\(document.source) \(document.place) \(document.sourceDigest) \(document.title) \(document.headings)"
                ]
                    + document.passages.map {
                        "\($0.id) \($0.text) \($0.sha256) \($0.range) \($0.section) \($0.embeddingDigest) \($0.vector)"
                    })
        }
    }

    /// The vector that a scan reads.
    private static func vector(_ index: SQLiteIndex, _ id: PassageID) throws -> [Float] {
        let partitions = index.snapshot().partitions.values.filter { $0.rows.contains(RowKey(id)) }
        #expect(partitions.count == 1)
        return try #require(partitions.first?.rows.vector(of: RowKey(id)))
    }

    @Test("It is made anew of its text alone, the others stay; what the old one was sealed under is destroyed")
    func madeAnew() async throws {
        let folder = try TemporaryFolder()
        var index = try Fixture.open(folder) as SQLiteIndex?
        let document = Self.document(try #require(index))
        try await index?.commit(document)
        let before = try await Self.stored(#require(index))
        let named = document.passages[0]
        #expect(try Self.vector(#require(index), named.id) != Fixture.vector(named.text))
        try await index?.distinguishing(Self.naming(named.id))
        let after = try await Self.stored(#require(index))
        #expect(try Self.vector(#require(index), named.id) == Fixture.vector(named.text))
        for other in document.passages.dropFirst() {
            #expect(try Self.vector(#require(index), other.id) == other.vector)
        }
        // Everything else of the document is what it was.
        #expect(after.document[0] == before.document[0] && after.ingested == before.ingested)
        #expect(after.document.dropFirst(2) == before.document.dropFirst(2) && after.document[1] != before.document[1])
        #expect(after.key != before.key)
        #expect(try #require(index).keyStore.ring.contains(before.key) == false)
        #expect(try await index?.vectors(of: [named.embeddingDigest]).isEmpty == true)
        #expect(try await index?.integrityProblems() == [])
        try index?.close()
        index = nil
        let reopened = try Fixture.open(folder, create: false)
        try await reopened.distinguish(Self.naming(named.id), embeddingText: .ofWords) { _ in
            Issue.record("embedded again")
            return []
        }
        #expect(try await Self.stored(reopened) == after)
    }

    @Test("A named document keeps its vectors: its titles have its name too")
    func document() async throws {
        let index = try Fixture.open(TemporaryFolder())
        let document = Self.document(index)
        try await index.commit(document)
        try await index.distinguish(
            ResourceNames([EntityReference(type: "Document", id: ByteText(document.id.description))]),
            embeddingText: .ofWords
        ) { _ in
            Issue.record("embedded again")
            return []
        }
        for passage in document.passages { #expect(try Self.vector(index, passage.id) == passage.vector) }
        #expect(index.snapshot().labels.names.documents.count == 1)
    }

    @Test("An index whose names came before this rule gets the vectors when it is opened")
    func older() async throws {
        let index = try Fixture.open(TemporaryFolder())
        let document = Self.document(index)
        let names = Self.naming(document.passages[0].id)
        // Labels of its own, and vectors of the title nevertheless.
        try await index.commit(document.distinguished(by: names))
        #expect(try Self.vector(index, document.passages[0].id) == document.passages[0].vector)
        try await index.distinguishing(names)
        #expect(try Self.vector(index, document.passages[0].id) == Fixture.vector(document.passages[0].text))
    }

    @Test("Where embedding fails nothing is named, and nothing of the document changes")
    func failing() async throws {
        struct NoModel: Error {}
        let index = try Fixture.open(TemporaryFolder())
        let document = Self.document(index)
        try await index.commit(document)
        let (before, generation) = (try await Self.stored(index), index.snapshot().generation)
        await #expect(throws: NoModel.self) {
            try await index.distinguish(Self.naming(document.passages[0].id), embeddingText: .ofWords) { _ in
                throw NoModel()
            }
        }
        // Too few vectors are no vectors.
        await #expect(throws: IndexError.outdated) {
            try await index.distinguish(Self.naming(document.passages[0].id), embeddingText: .ofWords) { _ in [] }
        }
        #expect(try await Self.stored(index) == before)
        #expect(index.snapshot().generation == generation && index.snapshot().labels.names.isEmpty)
    }

    @Test("A document that comes while texts are embedded is not missed, and one drafted before is drafted again")
    func meanwhile() async throws {
        let index = try Fixture.open(TemporaryFolder())
        let (first, second) = (Self.document(index), Self.document(index, "b.md"))
        try await index.commit(first)
        var calls: [[String]] = []
        try await index.distinguish(
            Self.naming(first.passages[0].id, second.passages[1].id), embeddingText: .ofWords
        ) { texts in
            calls.append(texts)
            if calls.count == 1 { try await index.commit(second) }
            return texts.map(Fixture.vector)
        }
        #expect(calls == [["wing bolt"], ["rudder"]])
        #expect(try Self.vector(index, first.passages[0].id) == Fixture.vector("wing bolt"))
        #expect(try Self.vector(index, second.passages[1].id) == Fixture.vector("rudder"))
        #expect(try Self.vector(index, second.passages[0].id) == second.passages[0].vector)

        let before = try await Self.stored(index)
        await #expect(throws: IndexError.outdated) { try await index.commit(first) }
        #expect(try await Self.stored(index) == before)
        try await index.remove([first.id])
        await #expect(throws: IndexError.outdated) { try await index.commit(first) }
    }

    @Test("Damage: a passage that gets its name is refused, and one that has it keeps no index closed")
    func damage() async throws {
        let folder = try TemporaryFolder()
        var index = try Fixture.open(folder) as SQLiteIndex?
        let (first, second) = (Self.document(index!), Self.document(index!, "b.md"))
        try await index?.commit(first)
        try await index?.commit(second)
        try await index?.distinguishing(Self.naming(first.passages[0].id))
        try await index?.database.pool.write { db in
            try db.execute(sql: "UPDATE passages SET body = zeroblob(60) WHERE ordinal = 0")
        }
        try index?.close()
        index = nil
        let reopened = try Fixture.open(folder, create: false)
        try await reopened.readVectors()
        try await reopened.distinguishing(Self.naming(first.passages[0].id))
        #expect(try Self.vector(reopened, first.passages[0].id) == Fixture.vector("wing bolt"))
        await #expect {
            try await reopened.distinguishing(Self.naming(second.passages[0].id))
        } throws: { error in
            if case IndexError.damaged = error { true } else { false }
        }
        #expect(try Self.vector(reopened, second.passages[0].id) == second.passages[0].vector)
        #expect(reopened.snapshot().labels.names == Self.naming(first.passages[0].id))
    }
}
