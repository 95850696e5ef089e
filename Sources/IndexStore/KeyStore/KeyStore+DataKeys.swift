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
        let wrapped = new.map { ($0.id, ring.wrap($0.key, as: $0.id)) }
        let generation = try change(anchors: (previous, next)) { change in
            for (id, key) in wrapped {
                let row = StoredRow.dataKey(id, key)
                try row.insert(in: change.db)
                change.added(row)
            }
        }
        for (id, key) in wrapped { ring.add(key, as: id) }
        return generation
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
