import AccessControl
import Foundation
import GRDB
import Labels
import Passages
import Sealing
import TestSupport
import Testing

@testable import IndexStore

/// Parts of an earlier state of the files, each of which was right in its time, put in the place of those of today.
@Suite("Older states put back, and records in each other's places")
struct OlderStateTests {
    /// The files of two states of one index, and what the later one gives.
    private struct History {
        let folder: TemporaryFolder
        let older: SealedFiles
        let today: SealedFiles
        let truth: FullReading
    }

    private func history() async throws -> History {
        let folder = try TemporaryFolder()
        var index: SQLiteIndex? = try Fixture.open(folder, pageSize: 512)
        let texts: [(String, [(level: ByteText, text: String)])] = [
            ("a", [("x", "one"), ("y", "two"), ("x", "more")]), ("b", [("y", "three"), ("x", "four")]), ("c", [("x", "five")]),
            ("d", [("z", "six")]),
        ]
        if let index {
            for (path, texts) in texts {
                let document = Fixture.document(index, path, texts, title: "Title \(path)")
                try await index.commit(document)
                try await index.complete(
                    IndexedSource(
                        id: document.source, contentDigest: [1], labelDigest: [2],
                        documents: [document.id: document.sourceDigest]))
                try await index.take(TakenSource(id: document.source, path: path, bytes: [7], sidecar: [8]))
            }
            try await index.record(LegalHold(time: 1, scope: .subject("s"), principal: "p", reason: "r"))
        }
        index = nil
        let older = try SealedFiles(folder)
        index = try Fixture.open(folder, create: false)
        if let index {
            let first = Fixture.document(index, "a", [("x", "one"), ("y", "two"), ("x", "other")], title: "New title")
            try await index.commit(first)
            try await index.complete(
                IndexedSource(
                    id: first.source, contentDigest: [3], labelDigest: [2], documents: [first.id: first.sourceDigest]))
            try await index.take(TakenSource(id: first.source, path: "a", bytes: [9], sidecar: nil))
            let second = index.keys.documentID(path: "b")
            try await index.distinguish(
                ResourceNames([EntityReference(type: "Document", id: ByteText(second.description))]))
            try await index.remove([index.keys.documentID(path: "c")])
            try await index.commit(Fixture.document(index, "e", [("w", "seven")]))
            var hold = try #require(index.keyStore.register.holds.values.first)
            hold.release = .init(time: 2, principal: "q", confirmedBy: nil, reason: "s")
            try await index.record(hold)
            let root = try #require(try RootKeySource.file(path: Fixture.root(folder)).candidates().first)
            try index.keyStore.beginEpoch(root: root)
            _ = try index.keyStore.rewrap()
            try index.keyStore.retireEpochs()
        }
        index = nil
        let today = try SealedFiles(folder)
        let truth = try await FullReading(Fixture.open(folder, create: false))
        try today.put(into: folder)
        return History(folder: folder, older: older, today: today, truth: truth)
    }

    @Test("No page of an older state is taken", arguments: SealedFiles.File.allCases)
    func pages(file: SealedFiles.File) async throws {
        let history = try await history()
        let size = history.today.pageSize
        let (older, today) = (history.older[file], history.today[file])
        var (tried, refused) = (0, 0)
        for start in stride(from: 0, to: min(older.count, today.count), by: size) {
            let page = older[start..<start + size]
            guard page != today[start..<start + size] else { continue }
            try SealedFiles.overwrite(page, at: start, of: file, in: history.folder)
            let attempt = await Attempt.reading(history.folder, truth: history.truth)
            if let problem = attempt.problem { Issue.record("page \(start / size) of the \(file): \(problem)") }
            tried += 1
            if attempt.error != nil { refused += 1 }
            try history.today.put(into: history.folder)
        }
        print("pages of the \(file): \(tried) differ, \(refused) refused")
        #expect(tried > 10 && refused > tried / 2)
    }

    @Test("A whole file of an older state is refused, and which of the two is the older is told")
    func wholeFiles() async throws {
        let history = try await history()
        var files = history.today
        files.index = history.older.index
        try files.put(into: history.folder)
        guard case .refused(.otherState(_, let generation, let expected)) =
            await Attempt.reading(history.folder, truth: history.truth)
        else {
            Issue.record("an older index was taken")
            return
        }
        #expect(generation < expected)
        files = history.today
        files.keyStore = history.older.keyStore
        try files.put(into: history.folder)
        guard case .refused(.olderKeyStore(_, let generation, let expected)) =
            await Attempt.reading(history.folder, truth: history.truth)
        else {
            Issue.record("an older key store was taken")
            return
        }
        #expect(generation < expected)
        try history.today.put(into: history.folder)
        #expect(await Attempt.reading(history.folder, truth: history.truth) == .truth)
    }

    // MARK: - Rows

    /// - Parameter isRead: Whether all rows are: of others, those that nothing refers to lie there unread.
    struct Table: CustomTestStringConvertible {
        let file: SealedFiles.File
        let name: String
        let key: [String]
        var isRead = true

        var testDescription: String { name }
    }

    static let tables = [
        Table(file: .index, name: "meta", key: ["key"]), Table(file: .index, name: "labels", key: ["label_id"]),
        Table(file: .index, name: "sources", key: ["source_id"]), Table(file: .index, name: "taken", key: ["source_id"]),
        Table(file: .index, name: "documents", key: ["document_id"]),
        Table(file: .index, name: "vectors", key: ["document_row"], isRead: false),
        Table(file: .index, name: "headings", key: ["document_row", "ordinal"], isRead: false),
        Table(file: .index, name: "passages", key: ["document_row", "ordinal"], isRead: false),
        Table(file: .keyStore, name: "meta", key: ["key"]), Table(file: .keyStore, name: "epochs", key: ["epoch"]),
        Table(file: .keyStore, name: "epoch_wraps", key: ["epoch", "root_id"]),
        Table(file: .keyStore, name: "data_keys", key: ["key_id"]),
        Table(file: .keyStore, name: "register", key: ["entry_id"]),
    ]

    @Test("No row of an older state is taken, and none that was added since can be left out", arguments: tables)
    func rows(of table: Table) async throws {
        let history = try await history()
        let old = try history.older.copied(withRootOf: history.folder)
        let oldPath = Fixture.path(old) + table.file.rawValue
        let keys = table.key.joined(separator: ", ")
        // Of both states, the keys of rows that the other one does not have like that.
        let (older, newer): ([[DatabaseValue]], [[DatabaseValue]]) = try await DatabaseQueue(path: Fixture.path(history.folder) + table.file.rawValue)
            .writeWithoutTransaction { db in
                try db.execute(sql: "ATTACH ? AS old", arguments: [oldPath])
                func different(_ one: String, _ other: String) throws -> [[DatabaseValue]] {
                    try Row.fetchAll(
                        db,
                        sql: "SELECT \(keys) FROM (SELECT * FROM \(one).\(table.name) EXCEPT SELECT * FROM \(other).\(table.name))"
                    ).map { Array($0.databaseValues) }
                }
                return (try different("old", "main"), try different("main", "old"))
            }
        try history.today.put(into: history.folder)
        let condition = table.key.map { "\($0) = ?" }.joined(separator: " AND ")
        var refused = 0
        let changes =
            older.map { ("INSERT OR REPLACE INTO main.\(table.name) SELECT * FROM old.\(table.name) WHERE \(condition)", $0) }
            + newer.map { ("DELETE FROM main.\(table.name) WHERE \(condition)", $0) }
        for (sql, row) in changes {
            try SealedFiles.edit(table.file, in: history.folder) { db in
                try db.execute(sql: "ATTACH ? AS old", arguments: [oldPath])
                try db.execute(sql: sql, arguments: StatementArguments(row))
            }
            let attempt = await Attempt.reading(history.folder, truth: history.truth)
            if let problem = attempt.problem { Issue.record("\(sql): \(problem)") }
            if attempt.error != nil { refused += 1 }
            if table.isRead { #expect(attempt.error != nil, "\(sql)") }
            try history.today.put(into: history.folder)
        }
        print("\(table.file) \(table.name): \(older.count) old rows put back, \(newer.count) new ones left out, \(refused) refused")
        #expect(!changes.isEmpty && refused > 0)
    }

    // MARK: - Places

    private static func document(_ number: Int) -> String { "(SELECT document_row FROM documents ORDER BY 1 LIMIT 1 OFFSET \(number))" }

    /// Changes of rows, and the place that the error names.
    static let exchanges: [(sql: String, place: String)] = [
        (exchange("passages", "body", "document_row = \(document(0)) AND ordinal = 0", "document_row = \(document(0)) AND ordinal = 1"), "passage"),
        (exchange("passages", "body", "document_row = \(document(0)) AND ordinal = 0", "document_row = \(document(1)) AND ordinal = 0"), "passage"),
        (exchange("passages", "passage_id", "document_row = \(document(0)) AND ordinal = 0", "document_row = \(document(0)) AND ordinal = 1"), "passage"),
        (exchange("passages", "embedding_digest", "document_row = \(document(0)) AND ordinal = 0", "document_row = \(document(0)) AND ordinal = 1"), "passage"),
        (exchange("headings", "body", "document_row = \(document(0))", "document_row = \(document(1))"), "heading"),
        (exchange("vectors", "body", "document_row = \(document(0))", "document_row = \(document(1))"), "vectors of document"),
        (exchange("documents", "body", "document_row = \(document(0))", "document_row = \(document(1))"), "document"),
        (exchange("documents", "labels", "document_row = \(document(0))", "document_row = \(document(1))"), "labels of document"),
        (exchange("documents", "key_id", "document_row = \(document(0))", "document_row = \(document(1))"), "document"),
        (exchange("documents", "source_digest", "document_row = \(document(0))", "document_row = \(document(1))"), "records"),
        (exchange("labels", "body", "label_id = 1", "label_id = 2"), "label"),
        (exchange("labels", "key_id", "label_id = 1", "label_id = 2"), "label"),
        (exchange("taken", "body", "rowid = (SELECT min(rowid) FROM taken)", "rowid = (SELECT max(rowid) FROM taken)"), "file"),
        ("UPDATE labels SET label_id = label_id + 10 WHERE label_id = 1; UPDATE labels SET label_id = 1 WHERE label_id = 2; "
            + "UPDATE labels SET label_id = 2 WHERE label_id = 11", "records"),
        ("UPDATE passages SET ordinal = ordinal + 10; UPDATE passages SET ordinal = 1 - (ordinal - 10) WHERE ordinal < 12; "
            + "UPDATE passages SET ordinal = 2 WHERE ordinal = 12", "passage"),
        ("UPDATE documents SET body = labels", "document"), ("UPDATE documents SET labels = body", "labels of document"),
        ("UPDATE documents SET body = (SELECT body FROM vectors WHERE vectors.document_row = documents.document_row)",
            "document"),
        ("UPDATE passages SET body = (SELECT body FROM headings WHERE headings.document_row = passages.document_row)",
            "passage"),
        ("UPDATE headings SET body = (SELECT body FROM documents WHERE documents.document_row = headings.document_row)",
            "heading"),
        // The byte that tells the field in front is changed along: what binds it is not that byte alone.
        ("UPDATE headings SET body = (SELECT CAST(x'0203' || substr(body, 3) AS BLOB) FROM documents "
            + "WHERE documents.document_row = headings.document_row)", "heading"),
        ("UPDATE documents SET generation = generation - 1", "records"), ("UPDATE documents SET source_id = x'00'", "source_id"),
        ("DELETE FROM passages WHERE ordinal = 1", "passage"), ("DELETE FROM headings", "heading"),
        ("DELETE FROM vectors", "vectors"), ("DELETE FROM taken", "records"), ("DELETE FROM documents", "records"),
        ("UPDATE meta SET value = x'00' WHERE key = 'state'", "commit"),
    ]

    private static func exchange(_ table: String, _ column: String, _ one: String, _ other: String) -> String {
        """
        CREATE TEMP TABLE held AS SELECT \(column) AS value FROM \(table) WHERE \(one);
        UPDATE \(table) SET \(column) = (SELECT \(column) FROM \(table) WHERE \(other)) WHERE \(one);
        UPDATE \(table) SET \(column) = (SELECT value FROM held) WHERE \(other);
        """
    }

    @Test("A record opens in its own place alone, and the error names the place")
    func exchanged() async throws {
        let history = try await history()
        for (sql, place) in Self.exchanges {
            try SealedFiles.edit(.index, in: history.folder) { try $0.execute(sql: sql) }
            switch await Attempt.reading(history.folder, truth: history.truth) {
            case .refused(.damaged(let what)): #expect(what.contains(place), "\(sql): \(what)")
            case let attempt: Issue.record("\(sql): \(attempt)")
            }
            try history.today.put(into: history.folder)
        }
        print("\(Self.exchanges.count) exchanges")
    }

    @Test("A trigger that would keep a destroyed key is noticed before anything is done")
    func trigger() async throws {
        let history = try await history()
        for (file, sql) in [
            (SealedFiles.File.keyStore, "CREATE TRIGGER t BEFORE DELETE ON data_keys BEGIN SELECT RAISE(IGNORE); END"),
            (.index, "CREATE TRIGGER t BEFORE DELETE ON documents BEGIN SELECT RAISE(IGNORE); END"),
            (.index, "DROP INDEX passages_by_id"), (.index, "CREATE TABLE more (a)"),
        ] {
            try SealedFiles.edit(file, in: history.folder) { try $0.execute(sql: sql) }
            let attempt = await Attempt.reading(history.folder, truth: history.truth)
            #expect(attempt.error.map { "\($0)".contains("its tables are not those") } == true, "\(sql): \(attempt)")
            try history.today.put(into: history.folder)
        }
    }
}
