import AccessControl
import Foundation
import GRDB
import Labels
import Passages
import Sealing
import TestSupport
import Testing

@testable import IndexStore

/// Records that were sealed with the right key for another place.
@Suite("Records in each other's places")
struct MisplacedRecordTests {
    private static func document(_ number: Int) -> String {
        "(SELECT document_row FROM documents ORDER BY 1 LIMIT 1 OFFSET \(number))"
    }

    /// Changes of rows, and the place that the error names.
    static let exchanges: [(sql: String, place: String)] = [
        (
            exchange(
                "passages", "body", "document_row = \(document(0)) AND ordinal = 0",
                "document_row = \(document(0)) AND ordinal = 1"), "passage"
        ),
        (
            exchange(
                "passages", "body", "document_row = \(document(0)) AND ordinal = 0",
                "document_row = \(document(1)) AND ordinal = 0"), "passage"
        ),
        (
            exchange(
                "passages", "passage_id", "document_row = \(document(0)) AND ordinal = 0",
                "document_row = \(document(0)) AND ordinal = 1"), "passage"
        ),
        (
            exchange(
                "passages", "embedding_digest", "document_row = \(document(0)) AND ordinal = 0",
                "document_row = \(document(0)) AND ordinal = 1"), "passage"
        ),
        (exchange("headings", "body", "document_row = \(document(0))", "document_row = \(document(1))"), "heading"),
        (
            exchange("vectors", "body", "document_row = \(document(0))", "document_row = \(document(1))"),
            "vectors of document"
        ),
        (exchange("documents", "body", "document_row = \(document(0))", "document_row = \(document(1))"), "document"),
        (
            exchange("documents", "labels", "document_row = \(document(0))", "document_row = \(document(1))"),
            "labels of document"
        ),
        (exchange("documents", "key_id", "document_row = \(document(0))", "document_row = \(document(1))"), "document"),
        (
            exchange("documents", "source_digest", "document_row = \(document(0))", "document_row = \(document(1))"),
            "records"
        ),
        (exchange("labels", "body", "label_id = 1", "label_id = 2"), "label"),
        (exchange("labels", "key_id", "label_id = 1", "label_id = 2"), "label"),
        (
            exchange(
                "taken", "body", "rowid = (SELECT min(rowid) FROM taken)", "rowid = (SELECT max(rowid) FROM taken)"),
            "file"
        ),
        (
            "UPDATE labels SET label_id = label_id + 10 WHERE label_id = 1; "
                + "UPDATE labels SET label_id = 1 WHERE label_id = 2; "
                + "UPDATE labels SET label_id = 2 WHERE label_id = 11", "records"
        ),
        (
            "UPDATE passages SET ordinal = ordinal + 10; "
                + "UPDATE passages SET ordinal = 1 - (ordinal - 10) WHERE ordinal < 12; "
                + "UPDATE passages SET ordinal = 2 WHERE ordinal = 12", "passage"
        ),
        ("UPDATE documents SET body = labels", "document"),
        ("UPDATE documents SET labels = body", "labels of document"),
        (
            "UPDATE documents SET body = (SELECT body FROM vectors "
                + "WHERE vectors.document_row = documents.document_row)",
            "document"
        ),
        (
            "UPDATE passages SET body = (SELECT body FROM headings "
                + "WHERE headings.document_row = passages.document_row)",
            "passage"
        ),
        (
            "UPDATE headings SET body = (SELECT body FROM documents "
                + "WHERE documents.document_row = headings.document_row)",
            "heading"
        ),
        // The byte that tells the field in front is changed along: what binds it is not that byte alone.
        (
            "UPDATE headings SET body = (SELECT CAST(x'0203' || substr(body, 3) AS BLOB) FROM documents "
                + "WHERE documents.document_row = headings.document_row)", "heading"
        ),
        ("UPDATE documents SET generation = generation - 1", "records"),
        ("UPDATE documents SET source_id = x'00'", "source_id"),
        ("DELETE FROM passages WHERE ordinal = 1", "passage"), ("DELETE FROM headings", "heading"),
        ("DELETE FROM vectors", "vectors"), ("DELETE FROM taken", "records"), ("DELETE FROM documents", "records"),
        ("UPDATE meta SET value = x'00' WHERE key = 'state'", "commit"),
        // Columns with what no record has.
        ("UPDATE passages SET ordinal = ordinal - 5", "passage"),
        ("UPDATE passages SET ordinal = 9223372036854775807 WHERE ordinal = 1", "passage"),
        ("UPDATE passages SET embedding_digest = x'01'", "passage"),
        ("UPDATE passages SET passage_id = x''", "passage_id"),
        ("UPDATE sources SET content_digest = zeroblob(300)", "records"),
        ("UPDATE documents SET document_id = x'00' WHERE document_row = \(document(0))", "document_id"),
        ("UPDATE taken SET key_id = zeroblob(16)", "file"), ("UPDATE taken SET key_id = x'07'", "key_id"),
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
        let history = try await IndexHistory()
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
        let history = try await IndexHistory()
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

    /// Nothing seals the indexes that SQLite finds rows by.
    @Test("An index of SQLite that hides a row or leads to another one is noticed")
    func lookups() async throws {
        let history = try await IndexHistory()
        var index: SQLiteIndex? = try Fixture.open(history.folder, create: false)
        let keys = try #require(index).keys
        let (document, label) = (keys.documentID(path: "d"), keys.labelDigest(Fixture.label("x")))
        // Two passages of one document under one label.
        let outline = try await #require(index).outline(of: keys.documentID(path: "a"))
        let passages = try #require(outline).passages
        let (first, second) = (passages[0].id.bytes, passages[2].id.bytes)
        index = nil
        try history.today.put(into: history.folder)
        let roots = try await DatabaseQueue(path: Fixture.path(history.folder)).read { db in
            try Row.fetchAll(db, sql: "SELECT name, rootpage FROM sqlite_master WHERE type = 'index'").reduce(
                into: [String: Int]()
            ) { $0[$1["name"]] = $1["rootpage"] }
        }
        /// Where bytes stand in an index of one page.
        func place(_ bytes: [UInt8], in name: String) throws -> Int {
            let (size, page) = (history.today.pageSize, try #require(roots[name]))
            let content = Data(history.today.index[(page - 1) * size..<page * size])
            return try (page - 1) * size + #require(content.range(of: Data(bytes))).lowerBound
        }
        for (name, bytes, table) in [
            ("sqlite_autoindex_documents_1", document.bytes, "table of documents"),
            ("documents_by_source", document.bytes, "table of documents"),
            ("sqlite_autoindex_labels_1", label.bytes, "table of labels"),
            ("sqlite_autoindex_taken_1", document.bytes, "file"),
        ] {
            var files = history.today
            files.index[try place(bytes, in: name) + bytes.count - 1] ^= 1
            try files.put(into: history.folder)
            let attempt = await Attempt.reading(history.folder, truth: history.truth)
            #expect(attempt.error.map { "\($0)".contains("the \(table)") } == true, "\(name): \(attempt)")
        }
        // Behind the id of a passage stands the number of its row.
        var files = history.today
        let (one, other) = (
            try place(first, in: "passages_by_id") + first.count, try place(second, in: "passages_by_id") + second.count
        )
        files.index.swapAt(one, other)
        try files.put(into: history.folder)
        let attempt = await Attempt.reading(history.folder, truth: history.truth)
        #expect(attempt.error.map { "\($0)".contains("is not where its index says") } == true, "\(attempt)")
    }
}
