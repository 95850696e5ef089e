import Synchronization

extension KeyStore {
    /// Destroys keys and puts the erasure on record, in one transaction: from here on it is certain.
    ///
    /// - Returns: What is to be overwritten.
    func erase(_ ids: [DataKeyID], _ erasure: Erasure) throws -> [StoredRow] {
        var destroyed: [StoredRow] = []
        try change { change in
            destroyed = try destroy(ids, in: &change)
            try put(erasure, in: &change)
        }
        ring.remove(ids)
        registerState.withLock { $0.put(erasure) }
        return destroyed
    }

    /// Notes that an erasure is through.
    func complete(_ id: RegisterID) throws {
        guard var erasure = register.erasures[id] else { return }
        erasure.isComplete = true
        try put(erasure)
    }
}
