import GRDB

/// The tables of the key store. `docs/index-format.md` describes them.
enum KeyStoreSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("keys 1") { db in
            try db.execute(
                sql: """
                    CREATE TABLE meta (
                        key TEXT PRIMARY KEY NOT NULL,
                        value BLOB NOT NULL
                    ) STRICT, WITHOUT ROWID;

                    CREATE TABLE epochs (
                        epoch INTEGER PRIMARY KEY,
                        created INTEGER NOT NULL
                    ) STRICT;

                    CREATE TABLE epoch_wraps (
                        epoch INTEGER NOT NULL REFERENCES epochs,
                        root_id BLOB NOT NULL,
                        wrapped BLOB NOT NULL,
                        PRIMARY KEY (epoch, root_id)
                    ) STRICT, WITHOUT ROWID;

                    CREATE TABLE data_keys (
                        key_id BLOB PRIMARY KEY NOT NULL,
                        epoch INTEGER NOT NULL REFERENCES epochs,
                        wrapped BLOB NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX data_keys_by_epoch ON data_keys (epoch);

                    CREATE TABLE register (
                        entry_id BLOB PRIMARY KEY NOT NULL,
                        kind INTEGER NOT NULL,
                        body BLOB NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    """)
        }
        return migrator
    }

    /// Keys of `meta`.
    enum Meta {
        static let enclave = "enclave"
        static let state = "state"
    }
}
