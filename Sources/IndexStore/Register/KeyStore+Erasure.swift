import Synchronization

extension KeyStore {
    /// Destroys keys and puts the erasure on record, in one transaction: from here on it is certain.
    ///
    /// - Parameter request: What is carried out by it, and is taken off the record.
    func erase(_ ids: [DataKeyID], _ erasure: Erasure, request: RegisterID?) throws {
        try change { change in
            try destroy(ids, in: &change)
            try put(erasure, in: &change)
            if let request { try delete(request, in: &change) }
        }
        ring.remove(ids)
        registerState.withLock { register in
            register.put(erasure)
            if let request { register.remove(request) }
        }
    }

    /// Notes that an erasure is through.
    func complete(_ id: RegisterID) throws {
        guard var erasure = register.erasures[id] else { return }
        erasure.isComplete = true
        try put(erasure)
    }
}
