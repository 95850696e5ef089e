import GRDB
import Sealing

/// A data key that was made for something that is about to be stored.
struct NewKey: Sendable {
    let id: DataKeyID
    let key: SecretKey

    init() throws {
        id = .random()
        key = try SecretKey()
    }
}

extension KeyStore {
    /// Says what the index is about to be, and stores the keys that it will need. They are in the ring when this returns.
    ///
    /// - Returns: The generation of the key store.
    func announce(_ next: IndexAnchor, after previous: IndexAnchor, storing new: [NewKey]) throws -> Int64 {
        do {
            return try change(anchors: (previous, next)) { change in
                // Within the transaction, so that no rotation comes between: it could retire the epoch.
                for new in new {
                    let key = ring.wrap(new.key, as: new.id)
                    let row = StoredRow.dataKey(new.id, key)
                    try row.insert(in: change.db)
                    change.added(row)
                    ring.add(key, as: new.id)
                }
            }
        } catch {
            ring.remove(new.map(\.id))
            throw error
        }
    }

    /// Says what the index is, and destroys the keys that it needs no more.
    func confirm(_ anchor: IndexAnchor, destroying old: [DataKeyID]) throws {
        try change(anchors: (anchor, anchor)) { try destroy(old, in: &$0) }
        ring.remove(old)
    }

    /// Deletes keys from the file. Those that are not there are passed over.
    func destroy(_ ids: [DataKeyID], in change: inout Change) throws {
        for id in ids {
            guard let row = try StoredRow.dataKey(id, in: change.db, path: path) else { continue }
            try row.delete(in: change.db)
            change.removed(row)
        }
    }
}
