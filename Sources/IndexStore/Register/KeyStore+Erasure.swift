import Synchronization

extension KeyStore {
    /// Destroys keys and puts the erasure on record, in one transaction: from here on it is certain.
    func erase(_ ids: [DataKeyID], _ erasure: Erasure) throws {
        try change { change in
            try destroy(ids, in: &change)
            try put(erasure, in: &change)
        }
        ring.remove(ids)
        registerState.withLock { $0.put(erasure) }
    }

    /// Notes that an erasure is through.
    func complete(_ id: RegisterID) throws {
        guard var erasure = register.erasures[id] else { return }
        erasure.isComplete = true
        try put(erasure)
    }
}
