import Foundation
import GRDB
import Glibc
import Labels
import TestSupport
import Testing

@testable import IndexStore

@Suite("Looking at an index from outside")
struct InspectionTests {
    private func inspection(_ folder: TemporaryFolder) -> IndexInspection {
        IndexInspection(path: Fixture.path(folder))
    }

    @Test("The holder of the lock is told, and looking does not take it")
    func holder() throws {
        let folder = try TemporaryFolder()
        let path = Fixture.path(folder)
        #expect(EnclaveLock.holder(indexPath: path) == .nobody)
        #expect(!FileManager.default.fileExists(atPath: path + ".lock"))
        do {
            let lock = try EnclaveLock(indexPath: path)
            #expect(EnclaveLock.holder(indexPath: path) == .process(Int(getpid())))
            withExtendedLifetime(lock) {}
        }
        // The file stays, and names a process that has nothing any more.
        #expect(FileManager.default.fileExists(atPath: path + ".lock"))
        #expect(EnclaveLock.holder(indexPath: path) == .nobody)
        _ = try EnclaveLock(indexPath: path)
    }

    @Test("A sound index has no problems, beside its owner too; a damaged one and another file have")
    func quickCheck() async throws {
        let folder = try TemporaryFolder()
        do {
            let index = try Fixture.open(folder)
            for number in 0..<200 {
                try await index.commit(
                    Fixture.document(index, "d\(number).md", [("open", "the bolt takes \(number) newton metres")]))
            }
            #expect(try inspection(folder).quickProblems() == [])
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
        #expect(try inspection(folder).quickProblems() == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted() == files)

        let path = Fixture.path(folder)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        for page in stride(from: 8 * 4096, to: bytes.count - 4096, by: 4096) {
            bytes.replaceSubrange(page..<page + 64, with: repeatElement(0xEE, count: 64))
        }
        try bytes.write(to: URL(fileURLWithPath: path))
        let found = (try? inspection(folder).quickProblems()) ?? ["it does not open"]
        #expect(!found.isEmpty)

        try await DatabaseQueue(path: folder.url.appending(path: "other.sqlite").path).write { db in
            try db.execute(sql: "CREATE TABLE t (x)")
        }
        let other = IndexInspection(path: folder.url.appending(path: "other.sqlite").path)
        #expect(throws: IndexError.notAnIndex(path: other.path)) { try other.quickProblems() }
    }

    @Test("A file that others can read is told with its mode")
    func exposure() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("x", to: "key").path
        for (mode, expected): (mode_t, String?) in [
            (0o600, nil), (0o400, nil), (0o644, "has mode 644"), (0o620, "has mode 620"),
        ] {
            #expect(chmod(file, mode) == 0)
            #expect(IndexInspection.exposure(of: file) == expected)
        }
        #expect(IndexInspection.exposure(of: file + "-absent") == nil)
        #expect(IndexInspection.exposure(of: folder.url.path) == "is not a plain file")
    }

    @Test("Space is told for a folder that is not there yet")
    func space() throws {
        let folder = try TemporaryFolder()
        let inspection = IndexInspection(path: folder.url.appending(path: "a/b/c.sqlite").path)
        #expect(try #require(inspection.freeBytes) > 0)
        #expect(inspection.unwritableFolder == nil)
    }

    @Test("What SQLite lacks is told in words")
    func sqlite() throws {
        #expect(try SQLiteLibrary().lacks == [])
        #expect(SQLiteLibrary(version: "3.36.0", options: []).lacks == ["strict tables (3.37)"])
        #expect(SQLiteLibrary(version: "3.40.1", options: ["THREADSAFE=1"]).lacks == [])
        #expect(
            SQLiteLibrary(version: "3.40.1", options: ["OMIT_WAL", "THREADSAFE=0"]).lacks
                == ["use by several threads", "write-ahead logging"])
    }
}
