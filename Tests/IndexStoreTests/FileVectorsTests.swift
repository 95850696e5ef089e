import AccessControl
import Foundation
import GRDB
import Labels
import LexicalSearch
import Passages
import Synchronization
import TestSupport
import Testing
import VectorSearch

@testable import IndexStore

@Suite("Vectors that stay in the file")
struct FileVectorsTests {
    private static let levels: [ByteText] = ["open", "closed", "secret"]
    private static let next: [ByteText: ByteText] = ["open": "secret", "secret": "closed", "closed": "open"]

    /// - Parameter levels: Of each of its passages.
    private static func document(_ index: SQLiteIndex, _ number: Int, _ levels: [ByteText]) -> IndexedDocument {
        Fixture.document(
            index, "d\(number)",
            levels.enumerated().map { (level: $1, text: "text \($0) of \(number), word\($0)") })
    }

    /// Everything that a search can bring out of a snapshot.
    private struct Answers: Equatable {
        var contents: Contents
        var approximate: [ScoredPassage]
        var expectedRecall: Double
        var candidates: [String]
        var similarities: [[Double]]

        init(_ snapshot: IndexSnapshot, when condition: String) async throws {
            let permitted = try Fixture.permitted(snapshot, when: condition)
            contents = try await Contents(snapshot, when: condition)
            let found = try await snapshot.approximatelyNearest(
                to: Fixture.vector("query"), among: permitted, limit: 5, minimumScore: -2)
            (approximate, expectedRecall) = (found.passages.map(Self.named), found.expectedRecall)
            let both = try await snapshot.candidates(
                vector: Fixture.vector("query"), words: LexicalQuery("word1 text of"), among: permitted, depth: 4)
            candidates = both.candidates.map { "\($0.id) \($0.vectorScore) \($0.lexicalScore)" }
            similarities = try await snapshot.similarities(among: found.passages)
        }

        /// Labels have numbers in the order in which they came.
        private static func named(_ passage: ScoredPassage) -> ScoredPassage {
            ScoredPassage(id: passage.id, label: LabelID(0), score: passage.score)
        }
    }

    @Test("Whatever happens to an index, every answer is what it is with vectors in memory")
    func history() async throws {
        let seed = SeededGenerator.newSeed("file vectors")
        var generator = SeededGenerator(seed: seed)
        let (folder, otherFolder) = (try TemporaryFolder(), try TemporaryFolder())
        let kept = try Fixture.open(folder)
        var lean: SQLiteIndex? = try Fixture.open(otherFolder, secret: kept.secret, keepsVectors: false)
        for step in 0..<80 {
            let (number, action) = (
                Int.random(in: 0..<12, using: &generator), Int.random(in: 0..<10, using: &generator)
            )
            if action == 1 {
                try lean?.close()
                // Nobody has it any more when it is opened again.
                lean = nil
                // Its vectors may be in memory later, and are not yet.
                let keepsVectors = Bool.random(using: &generator)
                lean = try Fixture.open(otherFolder, create: false, keepsVectors: keepsVectors)
                let hasVectors = try #require(lean).snapshot().hasVectors
                #expect(!hasVectors || lean?.snapshot().passageCount == 0, "step \(step), seed \(seed)")
            }
            let index = try #require(lean)
            switch action {
            case 0:
                for index in [kept, index] {
                    try await index.remove([index.keys.documentID(path: ByteText("d\(number)"))])
                }
            case 1: break
            case 3:
                try await index.readVectors()
                let snapshot = index.snapshot()
                #expect(snapshot.hasVectors == snapshot.arena.keepsVectors || snapshot.passageCount == 0)
            case 2:
                _ = try await index.compact()
            default:
                let count = Int.random(in: 1...6, using: &generator)
                let levels = (0..<count).map { _ in Self.levels.randomElement(using: &generator)! }
                for index in [kept, index] {
                    try await index.commit(Self.document(index, number, levels))
                    // The same texts, each under another label.
                    if step % 2 == 0 {
                        try await index.commit(Self.document(index, number, levels.map { Self.next[$0]! }))
                    }
                }
            }
            for condition in ["true", "resource.level != \"secret\"", "resource.level == \"open\""] {
                let (one, other) = (try await kept.lexicalSnapshot(), try await index.lexicalSnapshot())
                #expect(
                    try await Answers(other, when: condition) == Answers(one, when: condition),
                    "step \(step), seed \(seed)")
            }
        }
        #expect(try #require(lean).snapshot().passageCount > 0)
    }

    @Test("Vectors are read into memory while documents change, and what is there at the end is what the file has")
    func readBesideChanges() async throws {
        let seed = SeededGenerator.newSeed("vectors read beside changes")
        var generator = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        var made: SQLiteIndex? = try Fixture.open(folder)
        for number in 0..<300 {
            let levels = (0..<4).map { _ in Self.levels.randomElement(using: &generator)! }
            let index = try #require(made)
            try await index.commit(Self.document(index, number, levels))
        }
        try made?.close()
        made = nil
        let index = try Fixture.open(folder, create: false)
        #expect(!index.snapshot().hasVectors)
        // Some are relabelled, replaced or gone before, some while vectors are read.
        let numbers = (0..<300).shuffled(using: &generator).prefix(60)
        func change(_ number: Int) async throws {
            switch number % 3 {
            case 0: try await index.remove([index.keys.documentID(path: ByteText("d\(number)"))])
            case 1: try await index.commit(Self.document(index, number, ["open", "open", "closed", "secret"]))
            default: try await index.commit(Self.document(index, number, ["secret", "open"]))
            }
        }
        for number in numbers.prefix(20) { try await change(number) }
        let reading = Task { try await index.readVectors() }
        for number in numbers.dropFirst(20) {
            try await change(number)
            if number % 4 == 0 { _ = try await Contents(index.snapshot()) }
        }
        try await reading.value
        let snapshot = index.snapshot()
        #expect(snapshot.hasVectors)
        let rows = snapshot.partitions.flatMap { id, partition in
            partition.rows.keys.map { LabelledRow(key: $0, label: id) }
        }
        let inMemory = rows.map { snapshot.partitions[$0.label]?.rows.vector(of: $0.key) ?? [] }
        let inFile = try await index.database.read { db in
            var reader = DocumentReader(db: db, snapshot: snapshot)
            return try reader.vectors(of: rows)
        }
        #expect(inMemory == inFile && rows.count == snapshot.passageCount, "seed \(seed)")
    }

    @Test("A document whose vectors do not open when they are read into memory is found by nobody, and all others are")
    func damageWhileRead() async throws {
        let folder = try TemporaryFolder()
        var made: SQLiteIndex? = try Fixture.open(folder)
        for number in 0..<5 {
            let index = try #require(made)
            try await index.commit(Self.document(index, number, ["open", "closed"]))
        }
        try made?.close()
        made = nil
        let index = try Fixture.open(folder, create: false)
        let reports = Mutex<[String]>([])
        index.reportDamage { report in reports.withLock { $0.append(report) } }
        let damaged = index.keys.documentID(path: ByteText("d2"))
        try await index.database.pool.write { db in
            try db.execute(
                sql: """
                    UPDATE vectors SET body = zeroblob(length(body)) WHERE document_row =
                    (SELECT document_row FROM documents WHERE document_id = ?)
                    """, arguments: [Data(damaged.bytes)])
        }
        try await index.readVectors()
        let snapshot = index.snapshot()
        #expect(snapshot.hasVectors && snapshot.quarantined == [damaged] && snapshot.passageCount == 8)
        #expect(reports.withLock { $0.count } == 1)
        #expect(try await Contents(snapshot).passages.count == 8)
        try await index.commit(Self.document(index, 2, ["open", "closed"]))
        #expect(index.snapshot().hasVectors && index.snapshot().passageCount == 10)
    }

    @Test("Who holds an older generation is told so, and not given a later one's vectors")
    func outdated() async throws {
        let folder = try TemporaryFolder()
        let index = try Fixture.open(folder, keepsVectors: false)
        let document = Fixture.document(index, "a", [("open", "one"), ("open", "two")])
        try await index.commit(document)
        let old = index.snapshot()
        _ = try await Contents(old)
        try await index.commit(Fixture.document(index, "a", [("secret", "one"), ("open", "two")]))
        let permitted = try Fixture.permitted(old)
        await #expect(throws: IndexError.outdated) {
            try await old.nearest(to: Fixture.vector("query"), among: permitted, limit: 5, minimumScore: -2)
        }
        #expect(try await Contents(index.snapshot()).passages.count == 2)
    }

    @Test(
        "A document whose vectors do not open any more is found by nobody, and all others are; it comes back with a commit"
    )
    func damage() async throws {
        let folder = try TemporaryFolder()
        let index = try Fixture.open(folder, keepsVectors: false)
        let documents = (0..<3).map { number in
            var texts: [(level: ByteText, text: String)] = [
                ("open", "one of \(number)"), ("secret", "two of \(number)"),
            ]
            if number != 1 { texts.append((level: "aside", text: "three of \(number)")) }
            return Fixture.document(index, "d\(number)", texts)
        }
        for document in documents { try await index.commit(document) }
        _ = try await index.lexicalSnapshot()
        let reports = Mutex<[String]>([])
        index.reportDamage { report in reports.withLock { $0.append(report) } }
        try await index.database.pool.write { db in
            let row = try Int64.fetchOne(
                db, sql: "SELECT document_row FROM documents WHERE document_id = ?",
                arguments: [Data(documents[1].id.bytes)])
            var body = try #require(
                try Data.fetchOne(db, sql: "SELECT body FROM vectors WHERE document_row = ?", arguments: [row]))
            body[body.startIndex + body.count / 2] ^= 1
            try db.execute(sql: "UPDATE vectors SET body = ? WHERE document_row = ?", arguments: [body, row])
        }
        // Who may read nothing of it notices nothing.
        let before = index.snapshot()
        let aside = try await before.nearest(
            to: Fixture.vector("query"), among: Fixture.permitted(before, when: "resource.level == \"aside\""),
            limit: 9, minimumScore: -2)
        #expect(Set(aside.map(\.id)) == [documents[0].passages[2].id, documents[2].passages[2].id])
        #expect(reports.withLock(\.isEmpty) && index.snapshot().quarantined.isEmpty)
        await #expect(throws: IndexError.outdated) {
            try await before.nearest(
                to: Fixture.vector("query"), among: Fixture.permitted(before), limit: 9, minimumScore: -2)
        }
        let after = try await index.lexicalSnapshot()
        let permitted = try Fixture.permitted(after)
        let found = try await after.nearest(
            to: Fixture.vector("query"), among: permitted, limit: 9, minimumScore: -2)
        let wanted = Set([documents[0], documents[2]].flatMap { $0.passages.map(\.id) })
        #expect(Set(found.map(\.id)) == wanted)
        let words = try await after.matching(
            LexicalQuery("one"), among: permitted, limit: 9, minimumScore: 0)
        #expect(words.count == 2)
        #expect(try await after.document(documents[1].id, permitted: permitted) == nil)
        #expect(try await after.passage(documents[1].passages[0].id, permitted: permitted) == nil)
        #expect(reports.withLock { $0.count } == 1)
        #expect(reports.withLock { $0[0].contains("the vectors of document \(documents[1].id)") })
        // Another label reaches it all the same, and nothing of it shows for that.
        try await index.distinguishing(
            ResourceNames([
                EntityReference(type: "Document", id: ByteText(documents[1].id.description)),
                EntityReference(type: "Passage", id: ByteText(documents[1].passages[1].id.description)),
            ]))
        #expect(try await Contents(index.snapshot()).passages.count == 6)
        try await index.commit(documents[1])
        let whole = try await Contents(index.snapshot())
        #expect(whole.passages.count == 8 && index.snapshot().quarantined.isEmpty)
        #expect(try await index.integrityProblems().isEmpty)
    }
}
