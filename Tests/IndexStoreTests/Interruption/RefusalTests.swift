import Foundation
import GRDB
import Glibc
import Labels
import Sealing
import TestSupport
import Testing

@testable import IndexStore

/// What an index that cannot be used says, and that its files stay as they are.
@Suite("Refusing an index")
struct RefusalTests {
    private func closedIndex(documents: Int = 12) async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let index = try Fixture.open(folder)
        for number in 0..<documents {
            try await index.commit(
                Fixture.document(index, "d\(number).md", [("open", "one \(number)"), ("closed", "two \(number)")]))
        }
        return folder
    }

    private func refusal(_ folder: TemporaryFolder, create: Bool = false) -> IndexError? {
        do {
            _ = try Fixture.open(folder, create: create)
            return nil
        } catch {
            return error as? IndexError
        }
    }

    private func bytes(_ folder: TemporaryFolder, _ suffix: String = "") throws -> Data {
        try Data(contentsOf: URL(filePath: Fixture.path(folder) + suffix))
    }

    @Test("Wherever a file was cut off, it is refused, and left for whoever has a backup")
    func truncated() async throws {
        let folder = try await closedIndex()
        let file = URL(filePath: Fixture.path(folder))
        let (whole, keys) = (try bytes(folder), try bytes(folder, ".keys"))
        let lengths = [0, 10, 16, 99, 100, 1_000, 4_096, 4_097, whole.count / 2, whole.count - 4_096, whole.count - 1]
        for length in lengths {
            try whole.prefix(length).write(to: file)
            for create in [false, true] {
                let error = try #require(refusal(folder, create: create), "\(length) of \(whole.count) bytes")
                switch error {
                case .notAnIndex where length < 16: #expect("\(error)".contains("move the file away"))
                case .damaged where length >= 16: #expect("\(error)".contains("restore it from a backup"))
                default: Issue.record("\(length) of \(whole.count) bytes: \(error)")
                }
                #expect(try bytes(folder) == whole.prefix(length), "\(length) of \(whole.count) bytes")
                #expect(try bytes(folder, ".keys") == keys)
            }
        }
        try whole.write(to: file)
        #expect(refusal(folder) == nil)
    }

    @Test("A log that was cut off opens with every document or not at all")
    func truncatedLog() async throws {
        let seed = SeededGenerator.newSeed()
        var generator = SeededGenerator(seed: seed)
        let (folder, copy) = (try TemporaryFolder(), try TemporaryFolder())
        let index = try Fixture.open(folder)
        var states = [try await IndexFileContents(index)]
        for number in 0..<6 {
            try await index.commit(Fixture.document(index, "d\(number % 4).md", [("open", "text \(number)")]))
            states.append(try await IndexFileContents(index))
        }
        let (file, log) = (try bytes(folder), try bytes(folder, "-wal"))
        for suffix in [".keys", ".keys-wal", ".root"] {
            try bytes(folder, suffix).write(to: URL(filePath: Fixture.path(copy) + suffix))
            chmod(Fixture.path(copy) + suffix, 0o600)
        }
        var refused = 0
        for length in (0..<30).map({ _ in Int.random(in: 0...log.count, using: &generator) }) + [log.count] {
            try file.write(to: URL(filePath: Fixture.path(copy)))
            try log.prefix(length).write(to: URL(filePath: Fixture.path(copy) + "-wal"))
            do {
                let opened = try Fixture.open(copy, create: false)
                #expect(try await opened.integrityProblems().isEmpty)
                #expect(try await IndexFileContents(opened) == states[6], "\(length) of \(log.count) bytes")
            } catch let error as IndexError {
                // What was acknowledged and is not there any more, the key store knows of.
                switch error {
                case .otherState(_, let generation, let expected): #expect(generation < expected)
                // Cut before its first commit.
                case .lost: break
                default: Issue.record("\(length) of \(log.count) bytes: \(error)")
                }
                refused += 1
            }
        }
        #expect(refused > 10 && refused <= 30)
    }

    @Test("A newer version's index and another program's database are not written to")
    func foreign() async throws {
        let folder = try await closedIndex()
        let queue = try DatabaseQueue(path: Fixture.path(folder))
        try await queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('v9')") }
        try queue.close()
        let newer = try bytes(folder)
        for create in [false, true] {
            #expect(refusal(folder, create: create) == .newer(path: Fixture.path(folder)))
            #expect(try bytes(folder) == newer)
        }
        #expect("\(IndexError.newer(path: "x"))".contains("use that version"))

        let other = try TemporaryFolder()
        let database = try DatabaseQueue(path: Fixture.path(other))
        try await database.write { try $0.execute(sql: "CREATE TABLE other (a); INSERT INTO other VALUES (1)") }
        try database.close()
        let before = try bytes(other)
        #expect(refusal(other, create: true) == .notAnIndex(path: Fixture.path(other)))
        #expect(try bytes(other) == before)
    }

    @Test("A file and a folder that may only be read are named, and stay as they are")
    func readOnly() async throws {
        let folder = try await closedIndex()
        let path = Fixture.path(folder)
        func refusal() throws -> IndexError? {
            try Unprivileged.run {
                do {
                    _ = try SQLiteIndex(
                        path: path, model: Fixture.model, dimension: Fixture.dimension, create: true,
                        keys: .init(.file(path: path + ".root"), makesKeys: false))
                    return nil
                } catch {
                    return error as? IndexError
                }
            }
        }
        if geteuid() == 0 {
            for name in ["", "/index.sqlite", "/index.sqlite.lock", "/index.sqlite.keys", "/index.sqlite.root"] {
                #expect(chown(folder.url.path + name, Unprivileged.user, Unprivileged.user) == 0)
            }
        }
        #expect(try refusal() == nil)
        let before = try bytes(folder)
        chmod(path, 0o400)
        #expect(try refusal() == .readOnly(path: path))
        #expect("\(IndexError.readOnly(path: path))".contains("right to write"))
        chmod(path, 0o600)
        try FileManager.default.removeItem(atPath: path + ".lock")
        chmod(folder.url.path, 0o500)
        #expect(try refusal() == .file(path: path + ".lock", reason: "Permission denied"))
        chmod(folder.url.path, 0o700)
        #expect(try bytes(folder) == before)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
        #expect(Set(names) == ["index.sqlite", "index.sqlite.keys", "index.sqlite.root"])
        #expect(try refusal() == nil)
    }

    @Test("Where another program has the file locked, a change fails and can be made afterwards")
    func locked() async throws {
        let folder = try await closedIndex()
        let index = try Fixture.open(folder)
        try await index.readVectors()
        let before = MemoryImage(index.snapshot())
        var configuration = GRDB.Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: Fixture.path(folder), configuration: configuration)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let document = Fixture.document(index, "new.md", [("open", "new")])
        await #expect(throws: IndexError.locked(path: Fixture.path(folder))) { try await index.commit(document) }
        #expect(MemoryImage(index.snapshot()) == before)
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try await index.commit(document)
        #expect(index.snapshot().passageCount == 25)
        #expect("\(IndexError.locked(path: "x"))".contains("close it there"))
    }

    @Test("What a making that was cut short leaves is swept away, and the log of a deleted index too")
    func leftovers() async throws {
        let folder = try await closedIndex()
        var index: SQLiteIndex? = try Fixture.open(folder)
        try await index?.remove([try #require(index).keys.documentID(path: "d0.md")])
        let log = try bytes(folder, "-wal")
        index = nil
        try FileManager.default.removeItem(atPath: Fixture.path(folder))
        try log.write(to: URL(filePath: Fixture.path(folder) + "-wal"))
        for suffix in [".new", ".new-wal", ".new-journal", ".keys.new", ".root.draft"] {
            try folder.write("half of something", to: "index.sqlite" + suffix)
        }
        let root = try bytes(folder, ".root")
        // The keys of what was deleted are not destroyed by the way.
        guard case .lost? = refusal(folder, create: true) else {
            Issue.record("a new index in place of one that is lost")
            return
        }
        index = try Fixture.open(folder, beginsAnew: true)
        #expect(index?.snapshot().passageCount == 0)
        #expect(try await index?.integrityProblems().isEmpty == true)
        index = nil
        #expect(try bytes(folder, ".root") == root)
        try FileManager.default.removeItem(atPath: Fixture.path(folder))
        for suffix in [".keys", ".root"] {
            try FileManager.default.removeItem(atPath: Fixture.path(folder) + suffix)
        }
        #expect(refusal(folder, create: true) == nil)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
        #expect(Set(names) == ["index.sqlite", "index.sqlite.keys", "index.sqlite.root", "index.sqlite.lock"])
    }

    @Test("A value that is not what it must be is damage, not the end of the process")
    func oddValues() async throws {
        for change in [
            "UPDATE documents SET document_id = x'00'", "UPDATE vectors SET body = x'0105'",
            "UPDATE documents SET labels = x'02'", "UPDATE labels SET key_id = x'00'", "UPDATE meta SET value = x''",
        ] {
            let folder = try await closedIndex(documents: 1)
            let queue = try DatabaseQueue(path: Fixture.path(folder))
            try await queue.write { try $0.execute(sql: change) }
            try queue.close()
            #expect(throws: (any Error).self, "\(change)") { try Fixture.open(folder, create: false) }
        }
        let folder = try await closedIndex(documents: 1)
        let index = try Fixture.open(folder)
        try await index.snapshot().database.pool.write {
            try $0.execute(sql: "UPDATE documents SET document_id = x'00'")
        }
        await #expect(throws: IndexError.damaged(what: "a value of the column document_id")) {
            try await index.sources()
        }
    }
}
