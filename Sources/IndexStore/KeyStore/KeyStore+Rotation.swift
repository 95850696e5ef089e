import Foundation
import GRDB
import Passages
package import Sealing

/// Rotation while serving: a new epoch takes over from the old ones, a new root key from the old one. Each step is one
/// transaction, and what a kill leaves half-way the next call goes on with. Data and their sealed forms are not touched.
extension KeyStore {
    /// Begins a new epoch. Data keys of older ones stay as they are until `rewrap`.
    package func beginEpoch(root: RootKey) throws {
        let key = try SecretKey()
        let epoch = ring.currentEpoch + 1
        let rows: [StoredRow] = [
            .epoch(epoch, created: Int64(Date().timeIntervalSince1970)), try wrap(key, epoch: epoch, root),
        ]
        try change { change in
            for row in rows {
                try row.insert(in: change.db)
                change.added(row)
            }
        } committed: {
            ring.addEpoch(epoch, key)
        }
    }

    /// Wraps up to `limit` data keys of older epochs under the current one.
    ///
    /// - Returns: How many are left.
    package func rewrap(limit: Int = 1_000) throws -> Int {
        let current = ring.currentEpoch
        var moved: [(DataKeyID, WrappedKey)] = []
        var left = 0
        try change { change in
            let rows = try Row.fetchAll(
                change.db, sql: "SELECT key_id, epoch, wrapped FROM data_keys WHERE epoch < ? LIMIT ?",
                arguments: [current, limit])
            for row in rows {
                guard let id = DataKeyID(try row.data(at: 0)) else {
                    throw IndexError.keyStoreDamaged(path: path, what: "a key has no name")
                }
                let old = try row.wrappedKey(path: path, at: 1)
                let new = ring.wrap(try ring.unwrap(old, as: id), as: id)
                change.removed(.dataKey(id, old))
                change.added(.dataKey(id, new))
                try change.db.execute(
                    sql: "UPDATE data_keys SET epoch = ?, wrapped = ? WHERE key_id = ?",
                    arguments: [new.epoch, new.bytes, Data(id.bytes)])
                moved.append((id, new))
            }
            left = try Self.staleKeys(change.db, before: current)
        }
        for (id, key) in moved where id != .secret { ring.replace(key, as: id) }
        return left
    }

    /// Removes epochs that no data key is of any more, from the file and from memory.
    package func retireEpochs() throws {
        let current = ring.currentEpoch
        var retired: [Int64] = []
        try change { change in
            let rows = try StoredRow.all(in: change.db, path: path)
            let used = Set(rows.compactMap { if case .dataKey(_, let key) = $0 { key.epoch } else { nil } })
            for row in rows {
                switch row {
                case .epochWrap(let epoch, _, _) where epoch < current && !used.contains(epoch):
                    try row.delete(in: change.db)
                    change.removed(row)
                default: continue
                }
            }
            for case .epoch(let epoch, let created) in rows where epoch < current && !used.contains(epoch) {
                let row = StoredRow.epoch(epoch, created: created)
                try row.delete(in: change.db)
                change.removed(row)
                retired.append(epoch)
            }
        } committed: {
            for epoch in retired { ring.removeEpoch(epoch) }
        }
        // Also where nothing was left to retire: an earlier call may have come to its end before this.
        try rewrite()
    }

    /// Wraps every epoch key under one more root key. Those that it wraps already are passed over.
    package func addRoot(_ root: RootKey) throws {
        let id = try root.id().bytes
        let keys = ring.epochKeys()
        try change { change in
            let known = StoredRow.epochs(of: try StoredRow.wraps(in: change.db), wrappedBy: id)
            for (epoch, key) in keys.sorted(by: { $0.key < $1.key }) where !known.contains(epoch) {
                let row = try wrap(key, epoch: epoch, root)
                try row.insert(in: change.db)
                change.added(row)
            }
        }
    }

    /// Whether this root key wrapped every epoch, so that it opens the key store alone.
    package func isWrapped(by root: RootKey) throws -> Bool {
        let id = try root.id().bytes
        do {
            let wraps = try file.pool.read { db in try StoredRow.wraps(in: db) }
            return StoredRow.epochs(of: wraps, wrappedBy: id) == Set(ring.epochKeys().keys)
        } catch {
            throw IndexError.translated(error, path: path, .keyStore)
        }
    }

    /// Removes what other root keys than this one wrapped.
    ///
    /// - Throws: `rootKeyIncomplete` where this one did not wrap all.
    package func removeRoots(except root: RootKey) throws {
        let id = try root.id()
        try change { change in
            let wraps = try StoredRow.wraps(in: change.db)
            guard StoredRow.epochs(of: wraps, wrappedBy: id.bytes) == Set(ring.epochKeys().keys) else {
                throw IndexError.rootKeyIncomplete(path: path, root: id.description)
            }
            for row in wraps {
                if case .epochWrap(_, id.bytes, _) = row { continue }
                try row.delete(in: change.db)
                change.removed(row)
            }
        }
        try rewrite()
    }

    private func wrap(_ key: SecretKey, epoch: Int64, _ root: RootKey) throws -> StoredRow {
        .epochWrap(
            epoch, root: try root.id().bytes,
            wrapped: try root.wrap(key, context: KeyRing.epochContext(enclave, epoch)))
    }

    private static func staleKeys(_ db: Database, before epoch: Int64) throws -> Int {
        try Int.fetchOne(db, sql: "SELECT count(*) FROM data_keys WHERE epoch < ?", arguments: [epoch]) ?? 0
    }
}

extension StoredRow {
    fileprivate static func epochs(of wraps: [StoredRow], wrappedBy root: [UInt8]) -> Set<Int64> {
        Set(wraps.compactMap { if case .epochWrap(let epoch, root, _) = $0 { epoch } else { nil } })
    }
}

/// What there is to know about the keys of an enclave.
package struct KeyStatus: Sendable, Encodable {
    package struct Epoch: Sendable, Encodable {
        package let epoch: Int64
        /// Seconds since 1970.
        package let created: Int64
        /// How many data keys are wrapped under it.
        package let keys: Int
        /// The root keys that wrapped it.
        package let roots: [String]
    }

    package let path: String
    package let enclave: String
    package let epochs: [Epoch]
    /// Data keys that a rotation has yet to wrap anew.
    package let waiting: Int
}

extension KeyStore {
    package func status() throws -> KeyStatus {
        do {
            return try file.pool.read { db in
                let wraps = try StoredRow.wraps(in: db)
                let epochs = try Row.fetchAll(
                    db,
                    sql: """
                        SELECT epochs.epoch, created, count(key_id) AS keys
                        FROM epochs LEFT JOIN data_keys USING (epoch) GROUP BY epochs.epoch ORDER BY epochs.epoch
                        """
                ).map { row in
                    let epoch = try row.number("epoch")
                    return KeyStatus.Epoch(
                        epoch: epoch, created: try row.number("created"), keys: Int(try row.number("keys")),
                        roots: wraps.compactMap { wrap in
                            if case .epochWrap(epoch, let root, _) = wrap {
                                RootKeyID(bytes: root).description
                            } else {
                                nil
                            }
                        })
                }
                return KeyStatus(
                    path: path, enclave: Hexadecimal.text(enclave), epochs: epochs,
                    waiting: try Self.staleKeys(db, before: ring.currentEpoch))
            }
        } catch {
            throw IndexError.translated(error, path: path, .keyStore)
        }
    }
}
