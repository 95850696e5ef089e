import GRDB

/// The tables of the index file. `docs/index-format.md` describes them.
enum IndexSchema {
    /// "PCIX", in the header of the SQLite file.
    static let applicationID: Int32 = 0x5043_4958

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1") { db in
            try db.execute(
                sql: """
                    CREATE TABLE meta (
                        key TEXT PRIMARY KEY NOT NULL,
                        value BLOB NOT NULL
                    ) STRICT, WITHOUT ROWID;

                    CREATE TABLE labels (
                        label_id INTEGER PRIMARY KEY,
                        digest BLOB NOT NULL UNIQUE,
                        body BLOB NOT NULL
                    ) STRICT;

                    CREATE TABLE documents (
                        document_row INTEGER PRIMARY KEY,
                        document_id BLOB NOT NULL UNIQUE,
                        source_digest BLOB NOT NULL,
                        generation INTEGER NOT NULL,
                        title_label INTEGER NOT NULL REFERENCES labels,
                        body BLOB NOT NULL
                    ) STRICT;

                    CREATE TABLE headings (
                        document_row INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
                        ordinal INTEGER NOT NULL,
                        label_id INTEGER NOT NULL REFERENCES labels,
                        body BLOB NOT NULL,
                        PRIMARY KEY (document_row, ordinal)
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX headings_by_label ON headings (label_id);

                    CREATE TABLE passages (
                        passage_row INTEGER PRIMARY KEY,
                        passage_id BLOB NOT NULL,
                        document_row INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
                        ordinal INTEGER NOT NULL,
                        label_id INTEGER NOT NULL REFERENCES labels,
                        revision BLOB NOT NULL,
                        embedding_digest BLOB NOT NULL,
                        body BLOB NOT NULL,
                        vector BLOB NOT NULL,
                        UNIQUE (passage_id, label_id)
                    ) STRICT;
                    CREATE INDEX passages_by_document ON passages (document_row, ordinal);
                    CREATE INDEX passages_by_label ON passages (label_id);
                    CREATE INDEX passages_by_embedding ON passages (embedding_digest);
                    """)
        }
        migrator.registerMigration("v2") { db in
            // One file may hold several documents: a record each, or a message and what is attached to it.
            try db.execute(
                sql: """
                    CREATE TABLE sources (
                        source_id BLOB PRIMARY KEY NOT NULL,
                        content_digest BLOB NOT NULL,
                        label_digest BLOB NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    ALTER TABLE documents ADD COLUMN source_id BLOB NOT NULL DEFAULT x'';
                    UPDATE documents SET source_id = document_id;
                    CREATE INDEX documents_by_source ON documents (source_id);
                    """)
        }
        return migrator
    }

    /// Keys of `meta`.
    enum Meta {
        static let model = "model"
        static let generation = "generation"
    }
}
