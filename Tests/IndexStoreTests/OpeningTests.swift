import Foundation
import GRDB
import Glibc
import Labels
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

    @Test("Where there is none, none is made unless asked for")
    func missing() throws {
        let folder = try TemporaryFolder()
        #expect(refusal(folder) == .missing(path: Fixture.path(folder)))
        #expect(!FileManager.default.fileExists(atPath: Fixture.path(folder) + ".key"))
        #expect(refusal(folder, create: true) == nil)
    }

    @Test("Only its owner can read the files")
    func modes() async throws {
        let folder = try await closedIndex()
        for suffix in ["", ".key", ".lock"] {
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

    @Test("Without its key file, or with one that others can read or that is damaged, it stays closed")
    func keyFile() async throws {
        let folder = try await closedIndex()
        let key = Fixture.path(folder) + ".key"
        let secret = try Data(contentsOf: URL(filePath: key))
        #expect(secret.count == 32)
        for mode: mode_t in [0o640, 0o604, 0o666] {
            #expect(chmod(key, mode) == 0)
            #expect(refusal(folder) == .keyExposed(path: key, mode: String(mode, radix: 8)))
        }
        chmod(key, 0o600)
        #expect(refusal(folder) == nil)
        for damaged in [Data(), secret.dropLast(), secret + [0]] {
            try damaged.write(to: URL(filePath: key))
            chmod(key, 0o600)
            #expect(refusal(folder) == .keyDamaged(path: key))
        }
        try FileManager.default.removeItem(atPath: key)
        for create in [false, true] { #expect(refusal(folder, create: create) == .keyMissing(path: key)) }
        let elsewhere = try folder.write(secret, to: "elsewhere")
        chmod(elsewhere.path, 0o600)
        #expect(symlink(elsewhere.path, key) == 0)
        guard case .keyExposed? = refusal(folder) else {
            Issue.record("a link was taken for the key file")
            return
        }
    }

    @Test("The key of another index does not open it")
    func otherKey() async throws {
        let folder = try await closedIndex()
        let key = Fixture.path(folder) + ".key"
        try Data(repeating: 7, count: 32).write(to: URL(filePath: key))
        chmod(key, 0o600)
        guard case .damaged(let what)? = refusal(folder) else {
            Issue.record("opened with the wrong key")
            return
        }
        #expect(what.contains("key file"))
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
            let key = try folder.write(Data(repeating: 1, count: 32), to: "index.sqlite.key")
            chmod(key.path, 0o600)
            for create in [false, true] {
                #expect(refusal(folder, create: create) == .notAnIndex(path: file.path))
            }
            #expect(try Data(contentsOf: file) == Data(content.utf8))
        }
        let folder = try TemporaryFolder()
        let key = try folder.write(Data(repeating: 1, count: 32), to: "index.sqlite.key")
        chmod(key.path, 0o600)
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
        try await queue.write { try $0.execute(sql: "UPDATE headings SET label_id = 99") }
        try queue.close()
        #expect(try await Fixture.open(folder, create: false).integrityProblems().count == 1)
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
                "meta.key TEXT", "meta.value BLOB", "labels.label_id INTEGER", "labels.digest BLOB", "labels.body BLOB",
                "sources.source_id BLOB",
                "sources.content_digest BLOB", "sources.label_digest BLOB", "documents.source_id BLOB",
                "documents.document_row INTEGER", "documents.document_id BLOB", "documents.source_digest BLOB",
                "documents.generation INTEGER", "documents.title_label INTEGER", "documents.body BLOB",
                "headings.document_row INTEGER", "headings.ordinal INTEGER", "headings.label_id INTEGER",
                "headings.body BLOB", "passages.passage_row INTEGER", "passages.passage_id BLOB",
                "passages.document_row INTEGER", "passages.ordinal INTEGER", "passages.label_id INTEGER",
                "passages.revision BLOB", "passages.embedding_digest BLOB", "passages.body BLOB",
                "passages.vector BLOB",
            ])
    }

    @Test("Texts, titles, paths and attributes stand in bodies alone, behind the codec")
    func onlyBodiesHoldContent() async throws {
        let folder = try await closedIndex()
        try await queue(folder).read { db in
            for table in ["meta", "labels", "sources", "documents", "headings", "passages"] {
                for row in try Row.fetchAll(db, sql: "SELECT * FROM \(table)") {
                    for (column, value) in row {
                        guard let data = Data.fromDatabaseValue(value), table != "meta" else { continue }
                        if ["body", "vector"].contains(column) {
                            #expect(data.prefix(1) == Data([1]), "\(table).\(column)")
                            continue
                        }
                        for secret in ["bolt", "d0.md", "Title", "Heading", "open"] {
                            #expect(data.range(of: Data(secret.utf8)) == nil, "\(table).\(column)")
                        }
                    }
                }
            }
        }
    }

    @Test("A deleted text leaves no trace in the file")
    func secureDelete() async throws {
        let folder = try await closedIndex()
        let index = try Fixture.open(folder, create: false)
        try await index.remove([index.keys.documentID(path: "d0.md")])
        _ = consume index
        let file = try Data(contentsOf: URL(filePath: Fixture.path(folder)))
        #expect(file.range(of: Data("newton metres".utf8)) == nil)
    }

    @Test("A record of one kind is not taken for another, nor a newer codec for this one")
    func codec() throws {
        let codec = RecordCodec()
        let data = codec.encode([1, 2, 3], as: .heading)
        #expect(Array(data) == [1, 3, 1, 2, 3])
        #expect(try Array(codec.decode(data, as: .heading)) == [1, 2, 3])
        for (bytes, field) in [
            (Array(data), RecordField.label), ([2, 3, 1], .heading), ([], .heading), ([1], .heading),
        ] {
            #expect(throws: IndexError.self) { try codec.decode(Data(bytes), as: field) }
        }
        let vector: [Float] = [1, -0.5, .leastNonzeroMagnitude]
        #expect(try codec.decode(vector: codec.encode(vector: vector)) == vector)
        #expect(throws: IndexError.self) { try codec.decode(vector: codec.encode([1, 2, 3], as: .vector)) }
        // A slice of other data, as GRDB hands it out.
        #expect(try Array(codec.decode((Data([9, 9]) + data).dropFirst(2), as: .heading)) == [1, 2, 3])
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
