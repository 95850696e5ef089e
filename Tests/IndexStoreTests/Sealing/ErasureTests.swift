import AccessControl
import Cedar
import Foundation
import GRDB
import Labels
import Passages
import Sealing
import TestSupport
import Testing
import VectorSearch

@testable import IndexStore

@Suite("Erasing documents")
struct ErasureTests {
    /// Documents a to d; only a has the label "own". The file f has two members, and the index holds it.
    static func fill(_ index: SQLiteIndex) async throws {
        for (path, texts) in [
            ("a", [("own", "one"), ("x", "two")]), ("b", [("x", "three")]), ("c", [("y", "four")]),
            ("d", [("y", "five")]),
        ] as [(String, [(level: ByteText, text: String)])] {
            try await Fixture.store(Fixture.document(index, path, texts, title: "Title \(path)"), in: index)
        }
        for member in members { try await index.commit(Self.member(index, member)) }
        try await index.take(
            TakenSource(
                id: index.keys.documentID(path: "f"), path: "f", bytes: Array(repeating: 5, count: 40), sidecar: nil))
    }

    static let members = ["1", "2"]

    static func member(_ index: SQLiteIndex, _ name: String) -> IndexedDocument {
        let place = DocumentPlace(path: "f", member: name)
        let whole = Fixture.document(
            index, place.path + "\0" + name, [("y", "record \(name)")], title: "Record \(name)")
        return IndexedDocument(
            id: whole.id, source: index.keys.documentID(path: "f"), place: place, sourceDigest: whole.sourceDigest,
            title: whole.title, headings: whole.headings, passages: whole.passages)
    }

    @discardableResult
    static func erase(
        _ documents: [DocumentID], of index: SQLiteIndex, authority: ErasureAuthority = .retention(rule: "test")
    ) async throws -> Erasure {
        try await index.erase(
            documents, scope: .document(documents.first?.description ?? ""), authority: authority, reason: "test",
            subjects: "level", now: 1_000)
    }

    static func filled(pageSize: Int? = nil) async throws -> (folder: TemporaryFolder, index: SQLiteIndex) {
        let folder = try TemporaryFolder()
        let index = try Fixture.open(folder, pageSize: pageSize)
        try await Self.fill(index)
        return (folder, index)
    }

    @Test("Nothing of an erased document is found by any door, nor in any file", arguments: [512, 4_096])
    func gone(pageSize: Int) async throws {
        let (folder, index) = try await Self.filled(pageSize: pageSize)
        let (a, member) = (index.keys.documentID(path: "a"), Self.member(index, "1").id)
        let remains = try ErasureRemains(of: [a, member], levels: ["own"], in: index)
        #expect(remains.bytes.count > 25)
        #expect(try Set(remains.found(in: folder).keys) == Set(remains.bytes.keys))
        let keys = try await index.database.read { db in
            try [a, member].compactMap { try DocumentRecord.fetch($0, in: db)?.keyID }
        }
        #expect(try keys.allSatisfy { try index.keyStore.ring.key($0) != nil })
        let before = try await FullReading(index)
        #expect(before.passages.passages.contains { $0.contains(" one ") })
        let (labels, ringCount) = (index.snapshot().labels.count, index.keyStore.ring.ids.count)

        let erasure = try await Self.erase([a, member, a], of: index)
        #expect(try remains.found(in: folder) == [:])
        #expect(Set(erasure.documents.map(\.document)) == [a.description, member.description])
        #expect(index.keyStore.register.erasures[erasure.id]?.isComplete == true)
        #expect(try keys.allSatisfy { try index.keyStore.ring.key($0) == nil })
        // Two documents, the label that only one of them had, and the file.
        #expect(index.keyStore.ring.ids.count == ringCount - 4)
        let snapshot = index.snapshot()
        #expect(snapshot.labels.count == labels - 1 && snapshot.partitions.count == labels - 1)
        for id in [a, member] {
            #expect(try await index.outline(of: id) == nil)
            #expect(try await snapshot.document(id, permitted: FullReading.permitted(snapshot)) == nil)
        }
        let after = try await FullReading(index)
        #expect(after.documents.documents.keys.sorted() == ["b", "c", "d", "f#2"])
        for gone in ["one", "two", "Title a", "record 1", "Record 1"] {
            #expect(!"\(after.passages.passages) \(after.titles)".contains(gone))
        }
        #expect(
            before.passages.passages.filter { !$0.contains(a.description) && !$0.contains(member.description) }
                == after.passages.passages)
        #expect(try await index.takenPaths().isEmpty)
        #expect(try await index.integrityProblems().isEmpty)
    }

    @Test("Pages that were split and merged keep nothing of what was erased", arguments: [512, 4_096])
    func slack(pageSize: Int) async throws {
        let seed = SeededGenerator.newSeed("slack, \(pageSize)")
        var generator = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        let index = try Fixture.open(folder, pageSize: pageSize)
        let documents = (0..<240).map {
            Fixture.document(index, "d\($0)", [("x", "text \($0)"), ("y", "more \($0)")], title: "Title \($0)")
        }.shuffled(using: &generator)
        for start in stride(from: 0, to: documents.count, by: 20) {
            try await index.change { change in
                for document in documents[start..<start + 20] { try change.insert(document, ingested: 0) }
            }
        }
        // What was replaced is overwritten as well, but for copies that SQLite left when it moved cells.
        let replaced = Array(documents.map(\.id).shuffled(using: &generator).prefix(60))
        let old = try ErasureRemains(of: replaced, in: index)
        for start in stride(from: 0, to: replaced.count, by: 6) {
            try await index.remove(Array(replaced[start..<start + 6]))
        }
        let ids = documents.map(\.id).filter { !replaced.contains($0) }.shuffled(using: &generator)
        let erased = Array(ids.prefix(60))
        let remains = try ErasureRemains(of: erased, in: index)
        #expect(try remains.found(in: folder).count == remains.bytes.count)
        try await Self.erase(erased, of: index)
        let (found, oldFound) = (try remains.found(in: folder), try old.found(in: folder))
        print(
            "pages of \(pageSize) bytes: \(remains.bytes.count) records erased, \(found.count) found; "
                + "\(old.bytes.count) removed, \(oldFound.count) found")
        #expect(found == [:])
        #expect(oldFound.count * 100 < old.bytes.count)
        #expect(try await index.documentList().count == 120)
    }

    @Test(
        "A copy that SQLite left between cells goes with what it is a copy of", arguments: [512, 4_096],
        ["passages.embedding_digest 0", "passages.body 0", "vectors.body 0", "documents.labels 0", "the file of"])
    func copiesInGaps(pageSize: Int, what: String) async throws {
        let folder = try TemporaryFolder()
        var index: SQLiteIndex? = try Fixture.open(folder, pageSize: pageSize)
        try await Self.fill(#require(index))
        let id = Self.member(try #require(index), "1").id
        let remains = try ErasureRemains(of: [id], in: #require(index))
        index = nil
        let copies: [(file: SealedFiles.File, bytes: Data)] = try [("wrapped key", .keyStore), (what, .index)].map {
            name, file in (file, try #require(remains.bytes.first { $0.key.hasPrefix(name) }).value)
        }
        let files = try SealedFiles(folder)
        for (file, bytes) in copies {
            let path = Fixture.path(folder) + file.rawValue
            #expect(try !PageGaps(path: path).hold(anyOf: [bytes]))
            let gaps = DatabasePages(files[file], size: files.pageSize).unused
            let place = try #require(gaps.first { start in (start..<start + bytes.count).allSatisfy(gaps.contains) })
            try SealedFiles.overwrite(Array(bytes)[...], at: place, of: file, in: folder)
            #expect(try PageGaps(path: path).hold(anyOf: [Data(repeating: 7, count: 16), bytes]))
        }
        index = try Fixture.open(folder, create: false)
        try await Self.erase([id], of: #require(index))
        #expect(try remains.found(in: folder) == [:])
        #expect(try await #require(index).integrityProblems().isEmpty)
    }

    @Test("An erased document does not come back, under whatever path its text does")
    func comingBack() async throws {
        let (folder, index) = try await Self.filled()
        let document = Fixture.document(index, "a", [("own", "one"), ("x", "two")])
        let empty = Fixture.document(index, "empty", [])
        try await index.commit(empty)
        let erasure = try await Self.erase([document.id, empty.id], of: index)
        let error = IndexError.erased(erasure: erasure.id.description, time: erasure.time)
        func check(_ index: SQLiteIndex) async throws {
            for document in [
                document, Fixture.document(index, "a", [("x", "quite another text")]),
                Fixture.document(index, "copy", [("y", "one"), ("y", "two")]),
            ] {
                #expect(index.refusal(of: document) == error)
                await #expect(throws: error) { try await index.commit(document) }
            }
            #expect(try await index.documentList().count == 5)
        }
        try await check(index)
        let next = Fixture.document(index, "new", [("own", "another"), ("x", "two")])
        #expect(index.refusal(of: next) == nil)
        // Documents without a text are not all one.
        let other = Fixture.document(index, "another empty one", [])
        #expect(index.refusal(of: other) == nil)
        try await index.commit(next)
        try await index.commit(other)
        try await index.remove([next.id, other.id])
        _ = folder
        try await check(index)
    }

    @Test("A hold keeps its documents until it is released")
    func holds() async throws {
        let (folder, index) = try await Self.filled()
        let (b, c) = (index.keys.documentID(path: "b"), index.keys.documentID(path: "c"))
        let before = try await FullReading(index)
        var holds = [
            LegalHold(time: 1, scope: .document(b.description), principal: "p", reason: "r"),
            LegalHold(time: 1, scope: .subject("x"), principal: "p", reason: "r"),
        ]
        for hold in holds { try await index.record(hold) }
        let held = IndexError.held(holds: holds.map(\.id.description).sorted(), documents: 1)
        await #expect(throws: held) { try await Self.erase([b, c], of: index) }
        #expect(try await FullReading(index) == before && index.keyStore.register.erasures.isEmpty)
        for number in holds.indices {
            holds[number].release = .init(time: 2, principal: "q", confirmedBy: nil, reason: "s")
            try await index.record(holds[number])
            if number == 0 {
                await #expect(throws: IndexError.held(holds: [holds[1].id.description], documents: 1)) {
                    try await Self.erase([b], of: index)
                }
            }
        }
        try await Self.erase([b, c], of: index)
        #expect(try await index.documentList().map(\.place.description) == ["a", "d", "f#1", "f#2"])
        _ = folder
    }

    private final class Reader: Sendable {
        let snapshot: IndexSnapshot
        init(_ snapshot: IndexSnapshot) { self.snapshot = snapshot }
    }

    private struct Weak { weak var chunk: PartitionChunk? }

    @Test("It waits for who began to read before, and then their memory has nothing of it")
    func readers() async throws {
        let (folder, index) = try await Self.filled()
        let id = index.keys.documentID(path: "a")
        var reader: Reader? = Reader(index.snapshot())
        let chunks = index.snapshot().partitions.values.filter { $0.label == Fixture.label("own") }
            .flatMap { $0.rows.chunks.map(Weak.init) }
        #expect(!chunks.isEmpty)
        let erasing = Task { try await Self.erase([id], of: index) }
        while index.keyStore.register.erasures.values.first?.isComplete != true {
            try await Task.sleep(for: .milliseconds(5))
        }
        try await Task.sleep(for: .milliseconds(200))
        #expect(chunks.allSatisfy { $0.chunk != nil })
        if let snapshot = reader?.snapshot {
            // It still finds the rows, and not the texts.
            let permitted = try Fixture.permitted(snapshot)
            await #expect(throws: IndexError.outdated) {
                let found = try await snapshot.nearest(
                    to: Fixture.vector("one"), among: permitted, limit: 10, minimumScore: -2)
                _ = try await snapshot.passages(found, permitted: permitted)
            }
        }
        reader = nil
        let start = Date()
        _ = try await erasing.value
        #expect(-start.timeIntervalSinceNow < 10)
        #expect(chunks.allSatisfy { $0.chunk == nil })
        _ = folder
    }

    @Test("It waits for the stretches of memory that it changed, and not for those of its labels that live on")
    func severalStretches() async throws {
        let folder = try TemporaryFolder()
        let index = try Fixture.open(folder)
        let texts = (0..<2 * PartitionChunk.rowLimit + 100).map { (level: ByteText("x"), text: "text \($0)") }
        try await index.commit(Fixture.document(index, "long", texts))
        let short = Fixture.document(index, "short", [("x", "a short one")])
        try await index.commit(short)
        let chunks = index.snapshot().partitions.values.flatMap { $0.rows.chunks.map(Weak.init) }
        #expect(chunks.count > 2)
        try await Self.erase([short.id], of: index)
        #expect(1..<chunks.count ~= chunks.count { $0.chunk == nil })
        #expect(index.snapshot().passageCount == texts.count)
        _ = folder
    }

    // MARK: - Copies

    @Test("A copy of the index from before stays closed, and restored it has everything but the document")
    func copies() async throws {
        let folder = try TemporaryFolder()
        var index: SQLiteIndex? = try Fixture.open(folder)
        try await Self.fill(#require(index))
        let backup = try await #require(index).backUp(
            name: "b", to: folder.url.appending(path: "backups"), keysTo: folder.url.appending(path: "keys"),
            keyDays: 1,
            recoveryKey: nil)
        index = nil
        let earlier = try SealedFiles(folder)
        index = try Fixture.open(folder, create: false)
        let id = try #require(index).keys.documentID(path: "a")
        let before = try await IndexFileContents(#require(index))
        try await Self.erase([id], of: #require(index))
        index = nil
        var files = try SealedFiles(folder)
        let today = files
        files.index = earlier.index
        try files.put(into: folder)
        guard case .otherState? = error({ try Fixture.open(folder, create: false) }) else {
            Issue.record("an index from before the erasure opened")
            return
        }
        try today.put(into: folder)
        try FileManager.default.removeItem(atPath: Fixture.path(folder))
        let restore = IndexRestore(path: Fixture.path(folder), root: .file(path: Fixture.root(folder)))
        let outcome = try await restore.restore(backup.folder, keyStore: nil, recoveryKey: nil)
        #expect(outcome.left == 1 && outcome.documents == before.documents.count - 1)
        index = try Fixture.open(folder, create: false)
        let restored = try await IndexFileContents(#require(index))
        #expect(restored.documents == before.documents.filter { $0.key != "a" })
        #expect(try await #require(index).integrityProblems().isEmpty)
        let document = Fixture.document(try #require(index), "a", [("own", "one"), ("x", "two")])
        #expect(try #require(index).refusal(of: document) != nil)
        index = nil
    }

    private func error(_ body: () throws -> SQLiteIndex) -> IndexError? {
        do {
            _ = try body()
            return nil
        } catch {
            return error as? IndexError
        }
    }
}
