import GRDB

/// The tables of the index file. `docs/index-format.md` describes them.
enum IndexSchema {
    /// The first migration of indexes from before sealing. They are not converted: their texts lay in the clear, and
    /// would in what is left of the file.
    static let unsealedVersion = "v1"

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("sealed 1") { db in
            try db.execute(
                sql: """
                    CREATE TABLE meta (
                        key TEXT PRIMARY KEY NOT NULL,
                        value BLOB NOT NULL
                    ) STRICT, WITHOUT ROWID;

                    CREATE TABLE labels (
                        label_id INTEGER PRIMARY KEY,
                        digest BLOB NOT NULL UNIQUE,
                        key_id BLOB NOT NULL,
                        body BLOB NOT NULL
                    ) STRICT;

                    CREATE TABLE sources (
                        source_id BLOB PRIMARY KEY NOT NULL,
                        content_digest BLOB NOT NULL,
                        label_digest BLOB NOT NULL
                    ) STRICT, WITHOUT ROWID;

                    CREATE TABLE taken (
                        source_id BLOB PRIMARY KEY NOT NULL,
                        key_id BLOB NOT NULL,
                        body BLOB NOT NULL
                    ) STRICT;

                    CREATE TABLE documents (
                        document_row INTEGER PRIMARY KEY,
                        document_id BLOB NOT NULL UNIQUE,
                        source_id BLOB NOT NULL,
                        source_digest BLOB NOT NULL,
                        generation INTEGER NOT NULL,
                        key_id BLOB NOT NULL,
                        body BLOB NOT NULL,
                        labels BLOB NOT NULL
                    ) STRICT;
                    CREATE INDEX documents_by_source ON documents (source_id);

                    CREATE TABLE vectors (
                        document_row INTEGER PRIMARY KEY REFERENCES documents ON DELETE CASCADE,
                        body BLOB NOT NULL
                    ) STRICT;

                    CREATE TABLE headings (
                        document_row INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
                        ordinal INTEGER NOT NULL,
                        body BLOB NOT NULL,
                        PRIMARY KEY (document_row, ordinal)
                    ) STRICT, WITHOUT ROWID;

                    CREATE TABLE passages (
                        document_row INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
                        ordinal INTEGER NOT NULL,
                        passage_id BLOB NOT NULL,
                        embedding_digest BLOB NOT NULL,
                        body BLOB NOT NULL
                    ) STRICT;
                    CREATE UNIQUE INDEX passages_by_document ON passages (document_row, ordinal);
                    CREATE INDEX passages_by_id ON passages (passage_id);
                    CREATE INDEX passages_by_embedding ON passages (embedding_digest);
                    """)
        }
        return migrator
    }

    /// Keys of `meta`.
    enum Meta {
        static let enclave = "enclave"
        static let model = "model"
        static let state = "state"
    }
}
