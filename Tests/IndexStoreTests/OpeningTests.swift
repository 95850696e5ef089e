import Foundation
import GRDB
import Glibc
import Labels
import Sealing
import TestSupport
import Testing

@testable import IndexStore

@Suite("Opening an index")
struct OpeningTests {
    /// A closed index with one document, and its folder.
    private func closedIndex(documents: Int = 1) async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let index = try Fixture.open(folder)
        for number in 0..<documents {
            try await index.commit(
                Fixture.document(index, "d\(number).md", [("open", "the bolt takes 40 newton metres, says \(number)")]))
        }
        return folder
    }

    private func refusal(_ folder: TemporaryFolder, create: Bool = false, model: String = Fixture.model) -> IndexError?
    {
        do {
            _ = try Fixture.open(folder, create: create, model: model)
            return nil
        } catch {
            return error as? IndexError
        }
    }

    private func queue(_ folder: TemporaryFolder) throws -> DatabaseQueue {
        try DatabaseQueue(path: Fixture.path(folder))
    }

    @Test("What several threads open and lay out is what the running index held, and damage in any of it is found")
    func severalBatches() async throws {
        let seed = SeededGenerator.newSeed("severalBatches")
        var generator = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        var index: SQLiteIndex? = try Fixture.open(folder)
        // A record of vectors is 64 bytes a passage here.
        let passages = OpeningLine.batchBytes / 64 + 100
        for number in 0..<6 {
            let texts = (0..<passages).map { passage in
                (level: ByteText(["x", "y", "z"].randomElement(using: &generator)!), text: "\(number), \(passage)")
            }
            try await #require(index).commit(Fixture.document(#require(index), "d\(number)", texts))
        }
        try await #require(index).commit(Fixture.document(#require(index), "small", [("x", "one")]))
        let before = MemoryImage(try #require(index).snapshot())
        index = nil
        for _ in 0..<3 { #expect(try MemoryImage(reading: Fixture.open(folder, create: false).snapshot()) == before) }

        let row = Int.random(in: 1...7, using: &generator)
        try await queue(folder).write { db in
            let body = try #require(
                try Data.fetchOne(db, sql: "SELECT body FROM vectors WHERE document_row = ?", arguments: [row]))
            var changed = body
            changed[changed.startIndex + changed.count / 2] ^= 1
            try db.execute(sql: "UPDATE vectors SET body = ? WHERE document_row = ?", arguments: [changed, row])
        }
        let error = refusal(folder)
        guard case .damaged(let what)? = error else {
            Issue.record("row \(row): \(error.map { "\($0)" } ?? "it opened")")
            return
        }
        #expect(what.contains("vectors of document"))
    }

    @Test("Where there is none, none is made unless asked for")
    func missing() throws {
        let folder = try TemporaryFolder()
        #expect(refusal(folder) == .missing(path: Fixture.path(folder)))
        #expect(!FileManager.default.fileExists(atPath: Fixture.path(folder) + ".keys"))
        #expect(refusal(folder, create: true) == nil)
    }

    @Test("Only its owner can read the files")
    func modes() async throws {
        let folder = try await closedIndex()
        for suffix in ["", ".keys", ".root", ".lock"] {
            var status = stat()
            #expect(lstat(Fixture.path(folder) + suffix, &status) == 0)
            #expect(status.st_mode & 0o077 == 0, "\(suffix)")
        }
    }

    @Test("An index of another model is refused, and says both names")
    func otherModel() async throws {
        let folder = try await closedIndex()
        let error = refusal(folder, model: "another")
        #expect(error == .otherModel(indexed: Fixture.model, configured: "another"))
        #expect(error?.description.contains("another") == true && error?.description.contains(Fixture.model) == true)
        #expect(refusal(folder) == nil)
    }

    @Test("Without its root key, or with one that others can read or that is damaged, it stays closed")
    func rootKey() async throws {
        let folder = try await closedIndex()
        let root = Fixture.root(folder)
        let key = try Data(contentsOf: URL(filePath: root))
        #expect(key.count == 32)
        func refusal() -> KeyError? {
            do {
                _ = try Fixture.open(folder, create: false)
                return nil
            } catch {
                return error as? KeyError
            }
        }
        for mode: mode_t in [0o640, 0o604, 0o666] {
            #expect(chmod(root, mode) == 0)
            #expect(refusal() == .exposed(path: root, mode: String(mode, radix: 8)))
        }
        chmod(root, 0o600)
        #expect(self.refusal(folder) == nil)
        for damaged in [Data(), key.dropLast(), key + [0]] {
            try damaged.write(to: URL(filePath: root))
            chmod(root, 0o600)
            #expect(refusal() == .damaged(path: root, bytes: damaged.count))
        }
        try FileManager.default.removeItem(atPath: root)
        for create in [false, true] {
            #expect(self.refusal(folder, create: create) == .noRootKey(source: "file \(root)"))
        }
        let elsewhere = try folder.write(key, to: "elsewhere")
        chmod(elsewhere.path, 0o600)
        #expect(symlink(elsewhere.path, root) == 0)
        guard case .exposed? = refusal() else {
            Issue.record("a link was taken for the key file")
            return
        }
    }

    @Test("The root key of another enclave does not open it, and both keys are named")
    func otherRootKey() async throws {
        let folder = try await closedIndex()
        let root = Fixture.root(folder)
        try Data(repeating: 7, count: 32).write(to: URL(filePath: root))
        chmod(root, 0o600)
        guard case .otherRootKey(let path, let given, let ids, let wanted)? = refusal(folder) else {
            Issue.record("opened with the wrong key")
            return
        }
        #expect(path == Fixture.path(folder) + ".keys" && given == "file \(root)")
        #expect(ids.count == 1 && wanted.count == 1 && ids != wanted)
    }

    @Test("Without its key store, with another enclave's or an older one, it stays closed")
    func keyStore() async throws {
        let (folder, other) = (try await closedIndex(), try await closedIndex())
        let store = URL(filePath: Fixture.path(folder) + ".keys")
        let good = try Data(contentsOf: store)
        try FileManager.default.removeItem(at: store)
        for create in [false, true] {
            #expect(refusal(folder, create: create) == .keyStoreMissing(path: store.path))
        }
        try FileManager.default.copyItem(atPath: Fixture.path(other) + ".keys", toPath: store.path)
        let root = try Data(contentsOf: URL(filePath: Fixture.root(folder)))
        try Data(contentsOf: URL(filePath: Fixture.root(other))).write(to: URL(filePath: Fixture.root(folder)))
        #expect(refusal(folder) == .otherEnclave(path: Fixture.path(folder)))
        try root.write(to: URL(filePath: Fixture.root(folder)))
        try good.write(to: store)
        var index: SQLiteIndex? = try Fixture.open(folder, create: false)
        try await index?.commit(Fixture.document(try #require(index), "new.md", [("open", "new")]))
        index = nil
        let newer = try Data(contentsOf: store)
        try good.write(to: store)
        guard case .olderKeyStore? = refusal(folder) else {
            Issue.record("an older key store was taken: \(String(describing: refusal(folder)))")
            return
        }
        try newer.write(to: store)
        #expect(refusal(folder) == nil)
    }

    @Test("An older copy of the index is refused, and says which commit was expected")
    func olderIndex() async throws {
        let folder = try await closedIndex()
        let file = URL(filePath: Fixture.path(folder))
        let older = try Data(contentsOf: file)
        var index: SQLiteIndex? = try Fixture.open(folder, create: false)
        try await index?.commit(Fixture.document(try #require(index), "d0.md", [("closed", "the same text")]))
        index = nil
        let newer = try Data(contentsOf: file)
        try older.write(to: file)
        guard case .otherState(_, let generation, let expected)? = refusal(folder) else {
            Issue.record("an older index was taken")
            return
        }
        #expect(generation == expected - 1)
        try newer.write(to: file)
        #expect(refusal(folder) == nil)
    }

    @Test("An index from before sealing is refused, with what to do")
    func unsealed() async throws {
        let folder = try await closedIndex()
        try await queue(folder).write { db in
            try db.execute(sql: "UPDATE grdb_migrations SET identifier = 'v1'")
        }
        #expect(refusal(folder) == .unsealed(path: Fixture.path(folder)))
        #expect("\(IndexError.unsealed(path: "x"))".contains("ingest again"))
    }

    @Test("An index that a newer version migrated is refused and left alone")
    func newer() async throws {
        let folder = try await closedIndex()
        try await queue(folder).write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('v9')") }
        let before = try await dump(folder)
        #expect(refusal(folder) == .newer(path: Fixture.path(folder)))
        #expect(try await dump(folder) == before)
    }

    private func dump(_ folder: TemporaryFolder) async throws -> [String] {
        try await queue(folder).read { db in
            try String.fetchAll(db, sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
                + String.fetchAll(db, sql: "SELECT identifier FROM grdb_migrations ORDER BY 1")
                + String.fetchAll(db, sql: "SELECT key || hex(value) FROM meta ORDER BY 1")
        }
    }

    @Test("What is no index is refused: an empty file, text, another database")
    func notAnIndex() async throws {
        for content in ["", "not a database, but a text of some length that stands where an index should be"] {
            let folder = try TemporaryFolder()
            let file = try folder.write(content, to: "index.sqlite")
            for create in [false, true] {
                #expect(refusal(folder, create: create) == .notAnIndex(path: file.path))
            }
            #expect(try Data(contentsOf: file) == Data(content.utf8))
        }
        let folder = try TemporaryFolder()
        try await queue(folder).write { try $0.execute(sql: "CREATE TABLE other (a)") }
        #expect(refusal(folder) == .notAnIndex(path: Fixture.path(folder)))
    }

    @Test("A file that ends too soon is refused")
    func truncated() async throws {
        let folder = try await closedIndex(documents: 40)
        let whole = try Data(contentsOf: URL(filePath: Fixture.path(folder)))
        for length in [100, 4_096, whole.count / 2, whole.count - 4_096] {
            try whole.prefix(length).write(to: URL(filePath: Fixture.path(folder)))
            let error = try #require(refusal(folder), "\(length) of \(whole.count) bytes")
            switch error {
            case .damaged, .notAnIndex, .file: break
            default: Issue.record("\(length) of \(whole.count) bytes: \(error)")
            }
        }
    }

    @Test("The check finds a page that was changed")
    func flippedPage() async throws {
        let folder = try await closedIndex(documents: 40)
        let file = URL(filePath: Fixture.path(folder))
        let whole = try Data(contentsOf: file)
        let pageSize = 4_096
        var noticed = 0
        for page in stride(from: pageSize, to: whole.count, by: pageSize) {
            // The head of a page says how its cells lie.
            var changed = whole
            for offset in 0..<8 { changed[page + offset] ^= 0xFF }
            try changed.write(to: file)
            do {
                let index = try Fixture.open(folder, create: false)
                let problems = try await index.integrityProblems()
                if !problems.isEmpty { noticed += 1 }
            } catch {
                noticed += 1
            }
        }
        #expect(noticed == whole.count / pageSize - 1)
        try whole.write(to: file)
        #expect(try await Fixture.open(folder, create: false).integrityProblems().isEmpty)
    }

    @Test("The check finds references to what is not there")
    func danglingReference() async throws {
        let folder = try await closedIndex()
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: Fixture.path(folder), configuration: configuration)
        try await queue.write { try $0.execute(sql: "INSERT INTO headings SELECT 99, 0, body FROM headings") }
        try queue.close()
        #expect(try await Fixture.open(folder, create: false).integrityProblems().count == 1)
    }

    @Test("The check finds a record that does not open, and names its place")
    func unopened() async throws {
        for (change, place) in [
            ("UPDATE passages SET body = CAST(x'0204' || randomblob(60) AS BLOB)", "passage 0 of document"),
            ("UPDATE headings SET ordinal = 5", "heading 0 of document"),
            ("UPDATE documents SET body = zeroblob(80)", "document"),
        ] {
            let folder = try await closedIndex()
            let queue = try queue(folder)
            try await queue.write { try $0.execute(sql: change) }
            try queue.close()
            let problems = try await Fixture.open(folder, create: false).integrityProblems()
            #expect(problems.count == 1 && problems[0].contains(place), "\(change): \(problems)")
        }
    }

    @Test("A second owner is refused, and the first one's end lets the next one in")
    func ownedTwice() throws {
        let folder = try TemporaryFolder()
        var first: SQLiteIndex? = try Fixture.open(folder)
        #expect(first != nil)
        #expect(refusal(folder) == .owned(path: Fixture.path(folder) + ".lock", process: "\(getpid())"))
        first = nil
        #expect(refusal(folder) == nil)
    }

    @Test("Another process that owns the enclave is named")
    func ownedElsewhere() async throws {
        let folder = try await closedIndex()
        let lock = Fixture.path(folder) + ".lock"
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", #"exec 9<>"$1"; flock 9; echo $$ > "$1"; echo ready; read line"#, "sh", lock]
        let (input, output) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        #expect(output.fileHandleForReading.availableData == Data("ready\n".utf8))
        #expect(refusal(folder) == .owned(path: lock, process: "\(process.processIdentifier)"))
        // However it ends, the kernel releases the lock.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(refusal(folder) == nil)
    }

    @Test("The columns are those that the format's page describes, and none is for searching in texts")
    func columns() async throws {
        let folder = try await closedIndex()
        let columns = try await queue(folder).read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT m.name || '.' || c.name || ' ' || c.type FROM sqlite_master AS m, pragma_table_info(m.name) AS c
                    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> 'grdb_migrations'
                    """)
        }
        #expect(
            Set(columns) == [
                "meta.key TEXT", "meta.value BLOB", "labels.label_id INTEGER", "labels.digest BLOB",
                "labels.key_id BLOB", "labels.body BLOB", "sources.source_id BLOB", "sources.content_digest BLOB",
                "sources.label_digest BLOB", "documents.document_row INTEGER", "documents.document_id BLOB",
                "documents.source_id BLOB", "documents.source_digest BLOB", "documents.generation INTEGER",
                "documents.key_id BLOB", "documents.body BLOB", "documents.labels BLOB",
                "taken.source_id BLOB", "taken.key_id BLOB", "taken.body BLOB",
                "vectors.document_row INTEGER", "vectors.body BLOB", "headings.document_row INTEGER",
                "headings.ordinal INTEGER", "headings.body BLOB", "passages.document_row INTEGER",
                "passages.ordinal INTEGER", "passages.passage_id BLOB", "passages.embedding_digest BLOB",
                "passages.body BLOB",
            ])
    }

    @Test("Texts, titles, paths and attributes stand nowhere in the clear")
    func nothingInTheClear() async throws {
        let folder = try await closedIndex()
        for suffix in ["", ".keys"] {
            let file = try Data(contentsOf: URL(filePath: Fixture.path(folder) + suffix))
            for secret in ["bolt", "d0.md", "Title", "Heading", "open"] {
                #expect(file.range(of: Data(secret.utf8)) == nil, "\(secret) in \(suffix)")
            }
            let vector = Fixture.vector("the bolt takes 40 newton metres, says 0")
            #expect(file.range(of: vector.withUnsafeBytes { Data($0) }) == nil)
        }
    }

    @Test(
        "The digest of a set of rows does not depend on their order, and what goes leaves nothing",
        arguments: UInt64(1)...5)
    func multisetDigest(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let elements = (0..<20).map { _ in
            (0..<32).map { _ in
                UInt8.random(in: Bool.random(using: &generator) ? 250...255 : 0...255, using: &generator)
            }
        }
        func digest(_ elements: [[UInt8]]) -> MultisetDigest {
            var sum = MultisetDigest()
            for element in elements { sum += MultisetDigest(element: element) }
            return sum
        }
        #expect(digest(elements) == digest(elements.shuffled(using: &generator)))
        #expect(digest(elements) != digest(Array(elements.dropLast())))
        var rest = digest(elements)
        for element in elements.dropFirst(3).shuffled(using: &generator) { rest -= MultisetDigest(element: element) }
        #expect(rest == digest(Array(elements.prefix(3))))
        #expect(MultisetDigest(element: elements[0]).bytes == elements[0])
    }
}
