import GRDB

/// The SQLite library of this process.
package struct SQLiteLibrary: Sendable {
    /// For instance 3.40.1.
    package let version: String
    /// What the index needs and this library lacks; empty where all is well.
    package let lacks: [String]

    /// Strict tables came with 3.37.
    package static let earliestVersion = [3, 37, 0]
    private static let needed = [
        "OMIT_WAL": "write-ahead logging", "OMIT_FOREIGN_KEY": "foreign keys", "THREADSAFE=0": "use by several threads",
        "OMIT_SECURE_DELETE": "secure deletion",
    ]

    package init() throws {
        let (version, options) = try DatabaseQueue().read { db in
            (
                try String.fetchOne(db, sql: "SELECT sqlite_version()") ?? "",
                try String.fetchAll(db, sql: "PRAGMA compile_options")
            )
        }
        self.init(version: version, options: options)
    }

    init(version: String, options: [String]) {
        self.version = version
        let numbers = version.split(separator: ".").map { Int($0) ?? 0 }
        let isOld = numbers.lexicographicallyPrecedes(Self.earliestVersion)
        lacks = options.compactMap { Self.needed[$0] }.sorted() + (isOld ? ["strict tables (3.37)"] : [])
    }
}
