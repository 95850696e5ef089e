import AccessControl
import Foundation
import GRDB
import Labels
import LexicalSearch
import Passages
import Sealing
import Synchronization
import TestSupport
import Testing

@testable import IndexStore

@Suite("Words of an index")
struct LexicalTests {
    private static let levels: [ByteText] = ["open", "closed", "sealed"]
    private static let words = [
        "wing", "bolt", "torque", "rudder", "AC-2(3)", "crew", "paint", "seal", "frame", "spar",
    ]

    private static func document(
        _ index: SQLiteIndex, _ number: Int, using generator: inout SeededGenerator
    ) -> IndexedDocument {
        let texts = (0..<Int.random(in: 1...5, using: &generator)).map { passage in
            (
                level: levels.randomElement(using: &generator)!,
                text: (0..<Int.random(in: 3...12, using: &generator)).map { _ in words.randomElement(using: &generator)!
                }
                .joined(separator: " ") + " \(passage)"
            )
        }
        return Fixture.document(index, "d\(number)", texts, title: words.randomElement(using: &generator)!)
    }

    /// Every hit of some questions, for somebody of one clearance.
    private static func hits(_ snapshot: IndexSnapshot, when condition: String) async throws -> [String] {
        let permitted = try Fixture.permitted(snapshot, when: condition)
        var said: [String] = []
        for question in [
            "wing", "bolt torque", "ac-2(3) crew", "\"paint seal\"", "Title heading of spar", "nothing here",
        ] {
            let found = try await snapshot.matching(
                LexicalQuery(question), among: permitted, limit: 1_000, minimumScore: 0)
            said.append(question)
            said += found.map { "\($0.id) \(snapshot.partitions[$0.label]!.digest.bytes) \($0.score)" }
            let both = try await snapshot.candidates(
                vector: Fixture.vector(question), words: LexicalQuery(question), among: permitted, depth: 7)
            said.append("\(both.lexicalBound)")
            said += both.candidates.map { "\($0.id) \($0.vectorScore) \($0.lexicalScore)" }
        }
        return said
    }

    /// What the index finds, and what it finds once it is opened anew and has read its texts again.
    private static func compare(_ index: SQLiteIndex, _ copies: TemporaryFolder, _ what: String) async throws {
        let snapshot = try await index.lexicalSnapshot()
        let path = copies.url.appending(path: "\(Int.random(in: 0..<Int.max)).sqlite").path
        let fresh = try SQLiteIndex(
            path: path, model: Fixture.model, dimension: Fixture.dimension, create: true,
            keys: .init(.file(path: path + ".root"), makesKeys: true, secret: index.secret))
        for document in try await index.everyDocument() { try await fresh.commit(document) }
        let truth = try await fresh.lexicalSnapshot()
        for condition in ["true", "resource.level == \"open\"", "resource.level != \"open\"", "false"] {
            #expect(try await hits(snapshot, when: condition) == hits(truth, when: condition), "\(what), \(condition)")
        }
    }

    @Test("They follow every change, and are what a new index of the same documents has", arguments: 0..<3)
    func followsChanges(number: Int) async throws {
        let seed = SeededGenerator.newSeed("words, \(number)")
        var generator = SeededGenerator(seed: seed &+ UInt64(number))
        let (folder, copies) = (try TemporaryFolder(), try TemporaryFolder())
        let index = try Fixture.open(folder)
        for number in 0..<20 { try await index.commit(Self.document(index, number, using: &generator)) }
        try await Self.compare(index, copies, "loaded")
        for step in 0..<30 {
            let number = Int.random(in: 0..<25, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0, 1:
                // What was erased is not taken in again.
                let document = Self.document(index, number, using: &generator)
                if index.refusal(of: document) == nil { try await index.commit(document) }
            case 2: try await index.remove([index.keys.documentID(path: ByteText("d\(number)"))])
            case 3:
                // The same texts under other labels.
                guard let document = try await index.everyDocument().randomElement(using: &generator) else { continue }
                let level = Self.levels.randomElement(using: &generator)!
                try await index.commit(document.under(Fixture.label(level)))
            case 4:
                guard let document = try await index.everyDocument().randomElement(using: &generator) else { continue }
                _ = try await index.erase(
                    [document.id], scope: .document(document.id.description), authority: .retention(rule: "test"),
                    reason: "test", subjects: "level", now: 1_000)
            default: try await index.compact()
            }
            if step % 10 == 9 { try await Self.compare(index, copies, "step \(step)") }
        }
        try await index.compact()
        try await Self.compare(index, copies, "compacted")
    }

    @Test("What is committed while they are read is there in the end")
    func loadingBesideChanges() async throws {
        let seed = SeededGenerator.newSeed("loading")
        var generator = SeededGenerator(seed: seed)
        let (folder, copies) = (try TemporaryFolder(), try TemporaryFolder())
        let index = try Fixture.open(folder)
        for number in 0..<300 { try await index.commit(Self.document(index, number, using: &generator)) }
        let changes = (0..<60).map { _ in
            Self.document(index, Int.random(in: 0..<330, using: &generator), using: &generator)
        }
        // In parts, as a large index is read.
        async let loaded: Void = index.lexicalLoading.load(index, passagesOfPart: 100)
        for (number, document) in changes.enumerated() {
            if number % 3 == 0 { try await index.remove([document.id]) } else { try await index.commit(document) }
        }
        try await loaded
        try await Self.compare(index, copies, "loaded beside changes")
    }

    @Test("Who is let read a passage by its name does not search the title with it; a named document keeps its titles")
    func names() async throws {
        let folder = try TemporaryFolder()
        var index = try Fixture.open(folder) as SQLiteIndex?
        let document = Fixture.document(
            try #require(index), "a", [("open", "wing bolt"), ("open", "rudder")], title: "Assembly")
        try await index?.commit(document)
        let before = try await Self.scores(#require(index).lexicalSnapshot())
        #expect(before.count == 2)
        try await index?.distinguishing(
            ResourceNames([EntityReference(type: "Document", id: ByteText(document.id.description))]))
        #expect(try await Self.scores(#require(index).lexicalSnapshot()) == before)
        let named = document.passages[1].id
        try await index?.distinguishing(
            ResourceNames([EntityReference(type: "Passage", id: ByteText(named.description))]))
        let after = try await Self.scores(#require(index).lexicalSnapshot())
        #expect(after.count == 1 && after[named] == nil)
        index = nil
        let reopened = try Fixture.open(folder, create: false)
        #expect(try await Self.scores(reopened.lexicalSnapshot()) == after)
    }

    /// What is found by a word of the title, which stands above both passages.
    private static func scores(_ snapshot: IndexSnapshot) async throws -> [PassageID: Double] {
        let found = try await snapshot.matching(
            LexicalQuery("assembly wing"), among: Fixture.permitted(snapshot), limit: 9, minimumScore: 0)
        return Dictionary(uniqueKeysWithValues: found.map { ($0.id, $0.score) })
    }

    @Test("What is damaged under one label changes nothing for another; a damaged passage is found by no word")
    func damage() async throws {
        let folder = try TemporaryFolder()
        let index = try Fixture.open(folder)
        try await index.commit(
            Fixture.document(
                index, "a", [("closed", "wing bolt"), ("open", "rudder bolt"), ("open", "bolt")], title: "Falcon"))
        try await index.commit(Fixture.document(index, "b", [("open", "bolt of a crew")], title: "Falcon"))
        let open = "resource.level == \"open\""
        func found(_ index: SQLiteIndex, _ words: String) async throws -> [Double] {
            let snapshot = try await index.lexicalSnapshot()
            return try await snapshot.matching(
                LexicalQuery(words), among: Fixture.permitted(snapshot, when: open), limit: 9, minimumScore: 0
            ).map(\.score)
        }
        // Of the document a, title, heading and first passage are closed.
        try await index.database.pool.write { db in
            try db.execute(sql: "UPDATE passages SET body = zeroblob(60) WHERE ordinal = 0 AND document_row = 1")
            try db.execute(sql: "UPDATE headings SET body = zeroblob(60) WHERE document_row = 1")
            try db.execute(sql: "UPDATE documents SET body = zeroblob(60) WHERE document_row = 1")
        }
        let other = try TemporaryFolder()
        let whole = try Fixture.open(other, secret: index.secret)
        try await whole.commit(
            Fixture.document(
                whole, "a", [("closed", "wing bolt"), ("open", "rudder bolt"), ("open", "bolt")], title: "Falcon"))
        try await whole.commit(Fixture.document(whole, "b", [("open", "bolt of a crew")], title: "Falcon"))
        for words in ["bolt", "rudder", "falcon crew"] {
            #expect(try await found(index, words) == found(whole, words), "\(words)")
        }
        #expect(try await found(index, "bolt").count == 3)
        // One that may be read, when the index is opened anew.
        try await whole.database.pool.write { db in
            try db.execute(sql: "UPDATE passages SET body = zeroblob(60) WHERE ordinal = 1 AND document_row = 1")
        }
        let again = try await whole.reread()
        #expect(try await found(again, "bolt").count == 2)
        #expect(try await found(again, "rudder").isEmpty)
    }

    @Test("An erasure returns when the words are gone from memory, and not before a reader is done with them")
    func erasure() async throws {
        let folder = try TemporaryFolder()
        let index = try Fixture.open(folder)
        let documents = (0..<40).map { Fixture.document(index, "d\($0)", [("open", "wing bolt \($0)")]) }
        for document in documents.dropLast() { try await index.commit(document) }
        _ = try await index.lexicalSnapshot()
        // The words of the last one are by themselves, and leave force with it.
        try await index.commit(documents[39])
        for (number, document) in [documents[39], documents[3]].enumerated() {
            // Words alone, as who searches with a plan of them may have.
            var words = index.snapshot().lexical
            let segment = WeakReference(words!.segments.last!)
            let isDone = Mutex(false)
            let erasing = Task {
                defer { isDone.withLock { $0 = true } }
                return try await index.erase(
                    [document.id], scope: .document(document.id.description), authority: .retention(rule: "test"),
                    reason: "test", subjects: "level", now: 1_000)
            }
            // All of it is done but the waiting.
            while isDone.withLock({ !$0 }),
                index.keyStore.register.erasures.values.count(where: \.isComplete) <= number
            {
                try await Task.sleep(for: .milliseconds(5))
            }
            try await Task.sleep(for: .milliseconds(300))
            #expect(isDone.withLock { $0 } == false)
            #expect(segment.object != nil)
            words = nil
            #expect(try await erasing.value.readersRemain == false)
            #expect(segment.object == nil)
        }
        let after = try await index.lexicalSnapshot()
        let found = try await after.matching(
            LexicalQuery("wing"), among: Fixture.permitted(after), limit: 99, minimumScore: 0)
        #expect(found.count == 38)
    }

    @Test("A title of another label is not searched with a passage")
    func titlesOfOthers() async throws {
        let folder = try TemporaryFolder()
        let index = try Fixture.open(folder)
        try await index.commit(
            Fixture.document(index, "a", [("closed", "wing bolt"), ("open", "rudder")], title: "Falcon"))
        let snapshot = try await index.lexicalSnapshot()
        for (condition, count) in [("true", 1), ("resource.level == \"open\"", 0)] {
            let found = try await snapshot.matching(
                LexicalQuery("falcon"), among: Fixture.permitted(snapshot, when: condition), limit: 9, minimumScore: 0)
            #expect(found.count == count)
        }
    }
}

private struct WeakReference: @unchecked Sendable {
    weak var object: AnyObject?

    init(_ object: AnyObject) { self.object = object }
}

extension SQLiteIndex {
    /// The same index with its words read again.
    fileprivate func reread() async throws -> SQLiteIndex {
        var snapshot = snapshot().again()
        snapshot.lexical = nil
        publish(snapshot)
        return self
    }

    /// Every document as it was committed.
    fileprivate func everyDocument() async throws -> [IndexedDocument] {
        let snapshot = snapshot()
        return try await database.read { db in
            let reader = DocumentReader(db: db, snapshot: snapshot)
            let records = try Row.fetchAll(db, sql: "SELECT \(DocumentRecord.columns) FROM documents")
            return try records.map(DocumentRecord.init).map { record in
                let opened = try reader.opened(record, try snapshot.labels(of: record))
                let outline = try reader.outline(of: record)
                let vectors = try snapshot.vectors(of: record, in: db)
                return IndexedDocument(
                    id: record.id, source: record.source, place: outline.place, sourceDigest: record.sourceDigest,
                    date: outline.date, title: outline.title, headings: outline.headings,
                    passages: try outline.passages.enumerated().map { ordinal, passage in
                        IndexedPassage(
                            id: passage.id, label: passage.label,
                            text: try reader.passageBody(ordinal, of: opened).body.text, sha256: passage.sha256,
                            range: passage.range, page: passage.page, section: passage.section,
                            embeddingDigest: passage.embeddingDigest, vector: vectors.vector(ordinal))
                    })
            }
        }
    }
}

extension IndexedDocument {
    /// The same with its title, headings and every other passage under one label.
    fileprivate func under(_ label: Label) -> IndexedDocument {
        IndexedDocument(
            id: id, source: source, place: place, sourceDigest: sourceDigest, date: date,
            title: Heading(text: title.text, label: label), headings: headings,
            passages: passages.enumerated().map { ordinal, passage in
                IndexedPassage(
                    id: passage.id, label: ordinal % 2 == 0 ? label : passage.label, text: passage.text,
                    sha256: passage.sha256, range: passage.range, page: passage.page, section: passage.section,
                    embeddingDigest: passage.embeddingDigest, vector: passage.vector)
            })
    }
}
