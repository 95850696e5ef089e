import AccessControl
import Foundation
import GRDB
import Labels
import LexicalSearch
import Passages
import Synchronization
import TestSupport
import Testing

@testable import IndexStore

/// How a document comes into quarantine, how it comes out, and what waits for that.
@Suite("Documents in quarantine")
struct QuarantineTests {
    private final class Reports: Sendable {
        let all = Mutex<[String]>([])
    }

    /// Documents of one label in an index that reads vectors from its file.
    private struct Scene {
        let folder: TemporaryFolder
        let index: SQLiteIndex
        let documents: [IndexedDocument]
        let reports: Reports

        init(documents count: Int = 3, passages: Int = 2, pageSize: Int? = nil) async throws {
            let (folder, reports) = (try TemporaryFolder(), Reports())
            let index = try Fixture.open(folder, keepsVectors: false, pageSize: pageSize)
            let documents = (0..<count).map { number in
                Fixture.document(
                    index, "d\(number)", (0..<passages).map { (level: "open", text: "wing \($0) of \(number)") })
            }
            for document in documents { try await Fixture.store(document, in: index) }
            index.reportDamage { report in reports.all.withLock { $0.append(report) } }
            (self.folder, self.index, self.documents, self.reports) = (folder, index, documents, reports)
        }

        /// The passages of all documents but one.
        func passages(but number: Int? = nil) -> Set<PassageID> {
            Set(documents.enumerated().filter { $0.offset != number }.flatMap { $0.element.passages.map(\.id) })
        }

        /// What is near to something, once damage has been dealt with.
        func found() async throws -> Set<PassageID> {
            for _ in 0..<5 {
                do {
                    let snapshot = index.snapshot()
                    let near = try await snapshot.nearest(
                        to: Fixture.vector("query"), among: Fixture.permitted(snapshot), limit: 1_000, minimumScore: -2)
                    return Set(near.map(\.id))
                } catch IndexError.outdated {}
            }
            throw IndexError.outdated
        }

        /// What is found by a word that every passage has.
        func foundByWord() async throws -> Set<PassageID> {
            let snapshot = try await index.lexicalSnapshot()
            let found = try await snapshot.matching(
                LexicalQuery("wing"), among: Fixture.permitted(snapshot), limit: 1_000, minimumScore: 0)
            return Set(found.map(\.id))
        }

        /// Changes a bit of a document's vectors, or changes it back.
        func flip(_ document: IndexedDocument) async throws {
            try await index.database.pool.write { db in
                let row = try #require(try DocumentRecord.fetch(document.id, in: db)).row
                var body = try #require(
                    try Data.fetchOne(db, sql: "SELECT body FROM vectors WHERE document_row = ?", arguments: [row]))
                body[body.startIndex + body.count / 2] ^= 1
                try db.execute(sql: "UPDATE vectors SET body = ? WHERE document_row = ?", arguments: [body, row])
            }
        }
    }

    @Test("The next ingest makes one again, also where its vectors open by then; an equal commit brings it back")
    func madeAgain() async throws {
        let scene = try await Scene()
        let (damaged, other) = (scene.documents[1], scene.documents[0])
        #expect(try await scene.index.source(damaged.source)?.isWhole == true)
        try await scene.flip(damaged)
        #expect(try await scene.found() == scene.passages(but: 1))
        try await scene.flip(damaged)
        let sources = try await scene.index.sources()
        for source in [try await scene.index.source(damaged.source), sources[damaged.source]] {
            let source = try #require(source)
            #expect(source.contentDigest.isEmpty && source.documents == [damaged.id: []])
        }
        // Else it would be taken for what its file gives, and not committed.
        await #expect(throws: IndexError.self) { try await scene.index.outline(of: damaged.id) }
        #expect(sources[other.source]?.isWhole == true)
        #expect(sources[other.source]?.documents == [other.id: other.sourceDigest])
        #expect(try await scene.found() == scene.passages(but: 1))
        try await scene.index.commit(damaged)
        #expect(scene.index.snapshot().quarantined.isEmpty)
        #expect(try await scene.found() == scene.passages())
        #expect(try await scene.index.source(damaged.source)?.isWhole == true)
        #expect(scene.reports.all.withLock { $0.count } == 1)
        #expect(try await scene.index.integrityProblems().isEmpty)
    }

    @Test("A document whose vectors open is left where it is, whatever was read of it once")
    func healthy() async throws {
        let scene = try await Scene()
        let damage = DamagedVectors(document: scene.documents[1].id, problem: .damaged(what: "read badly"))
        try await scene.index.snapshot().quarantine.admit(damage)
        #expect(scene.index.snapshot().quarantined.isEmpty && scene.reports.all.withLock(\.isEmpty))
        #expect(try await scene.found() == scene.passages())
    }

    @Test("One whose pages SQLite cannot read is found by nobody, and all others are")
    func unreadable() async throws {
        let scene = try await Scene(passages: 40, pageSize: 512)
        let damaged = scene.documents[1]
        // On the writer's connection, which has the pages in its memory after that, as others do not.
        let body = try await scene.index.database.pool.writeWithoutTransaction { db in
            try #require(
                try Data.fetchOne(
                    db,
                    sql: "SELECT vectors.body FROM vectors JOIN documents USING (document_row) WHERE document_id = ?",
                    arguments: [Data(damaged.id.bytes)]))
        }
        try scene.index.database.truncateLog()
        let file = try Data(contentsOf: URL(filePath: Fixture.path(scene.folder)))
        // Far behind what the page of its row holds of it: in one that holds nothing else, and begins with the number
        // of the next. One of two neighbouring pieces lies in one page.
        let place = [1_000, 1_016].lazy.compactMap { file.range(of: body.dropFirst($0).prefix(16)) }.first
        let page = try #require(place).lowerBound / 512 * 512
        try SealedFiles.overwrite([0, 0, 0, 0], at: page, of: .index, in: scene.folder)
        #expect(try await scene.found() == scene.passages(but: 1))
        let reports = scene.reports.all.withLock { $0 }
        #expect(reports.count == 1 && reports.first?.contains("\(damaged.id) cannot be read, SQLite error") == true)
    }

    @Test("Another label for one of its passages brings none of its words back")
    func named() async throws {
        let scene = try await Scene()
        #expect(try await scene.foundByWord() == scene.passages())
        try await scene.flip(scene.documents[1])
        _ = try await scene.found()
        #expect(try await scene.foundByWord() == scene.passages(but: 1))
        // The title had the label of both passages, and has that of the second alone from then on.
        try await scene.index.distinguishing(
            ResourceNames([
                EntityReference(type: "Passage", id: ByteText(scene.documents[1].passages[0].id.description))
            ]))
        #expect(try await scene.foundByWord() == scene.passages(but: 1))
        #expect(try await scene.found() == scene.passages(but: 1))
    }

    @Test("Words that are being read while it comes into quarantine are not found afterwards")
    func wordsBeingRead() async throws {
        let scene = try await Scene(documents: 100)
        try await scene.flip(scene.documents[0])
        async let words = scene.index.lexicalSnapshot()
        #expect(try await scene.found() == scene.passages(but: 0))
        _ = try await words
        #expect(try await scene.foundByWord() == scene.passages(but: 0))
    }

    @Test("No backup is made of an index that lacks one, and the error says what to do")
    func backup() async throws {
        let scene = try await Scene()
        let damaged = scene.documents[1]
        func backUp() async throws -> MadeBackup {
            try await scene.index.backUp(
                name: "enclave", to: scene.folder.url.appending(path: "backups"),
                keysTo: scene.folder.url.appending(path: "keys"), keyDays: 30, recoveryKey: nil)
        }
        try await scene.flip(damaged)
        _ = try await scene.found()
        let refusal = IndexError.quarantined(document: damaged.id.description, others: 0)
        #expect("\(refusal)".contains("the document \(damaged.id), whose") && "\(refusal)".contains("ingest"))
        await #expect(throws: refusal) { try await backUp() }
        // Nor is there a copy of the key store on record that never was.
        #expect(scene.index.keyStore.register.backups.isEmpty)
        try await scene.index.commit(damaged)
        #expect(try await backUp().manifest.documents == 3)
    }
}
