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
    @Test("No page of an older state is taken", arguments: SealedFiles.File.allCases)
    func pages(file: SealedFiles.File) async throws {
        let history = try await IndexHistory()
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
        let history = try await IndexHistory()
        var files = history.today
        files.index = history.older.index
        try files.put(into: history.folder)
        guard
            case .refused(.otherState(_, let generation, let expected)) =
                await Attempt.reading(history.folder, truth: history.truth)
        else {
            Issue.record("an older index was taken")
            return
        }
        #expect(generation < expected)
        files = history.today
        files.keyStore = history.older.keyStore
        try files.put(into: history.folder)
        guard
            case .refused(.olderKeyStore(_, let generation, let expected)) =
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
        Table(file: .index, name: "sources", key: ["source_id"]),
        Table(file: .index, name: "taken", key: ["source_id"]),
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
        let history = try await IndexHistory()
        let old = try history.older.copied(withRootOf: history.folder)
        let oldPath = Fixture.path(old) + table.file.rawValue
        let keys = table.key.joined(separator: ", ")
        // Of both states, the keys of rows that the other one does not have like that.
        let (older, newer): ([[DatabaseValue]], [[DatabaseValue]]) = try await DatabaseQueue(
            path: Fixture.path(history.folder) + table.file.rawValue
        )
        .writeWithoutTransaction { db in
            try db.execute(sql: "ATTACH ? AS old", arguments: [oldPath])
            func different(_ one: String, _ other: String) throws -> [[DatabaseValue]] {
                try Row.fetchAll(
                    db,
                    sql:
                        """
                        SELECT \(keys) FROM
                        (SELECT * FROM \(one).\(table.name) EXCEPT SELECT * FROM \(other).\(table.name))
                        """
                ).map { Array($0.databaseValues) }
            }
            return (try different("old", "main"), try different("main", "old"))
        }
        try history.today.put(into: history.folder)
        let condition = table.key.map { "\($0) = ?" }.joined(separator: " AND ")
        var refused = 0
        let changes =
            older.map {
                ("INSERT OR REPLACE INTO main.\(table.name) SELECT * FROM old.\(table.name) WHERE \(condition)", $0)
            }
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
        print(
            "\(table.file) \(table.name): \(older.count) old rows put back, "
                + "\(newer.count) new ones left out, \(refused) refused"
        )
        #expect(!changes.isEmpty && refused > 0)
    }
}
