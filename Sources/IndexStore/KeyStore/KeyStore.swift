import Dispatch
import Foundation
import GRDB
import Passages
import Sealing
import Synchronization

/// The file of wrapped keys beside an index: a root key wraps a few epoch keys, an epoch key wraps one data key for each
/// document and label. Without it the index is noise, and a key that is gone from it takes its document along.
///
/// What must outlive a restored index stands here too: erasures, legal holds, where backups went (`Register`).
package final class KeyStore: Sendable {
    package let path: String
    /// Names the enclave: 16 random bytes, also in its index. Part of every context.
    let enclave: [UInt8]
    let file: DatabaseFile
    let ring: KeyRing
    /// The key that look-up keys and digests are derived from.
    let secret: SecretKey
    let rowDigest: KeyedDigest
    let stateDigest: KeyedDigest
    let registerKey: SecretKey
    let registerState: Mutex<Register>
    private let current: Mutex<KeyStoreState>

    static func path(ofIndex path: String) -> String { path + ".keys" }

    /// Opens the key store of the index at `indexPath`.
    ///
    /// - Parameters:
    ///   - roots: The root keys that there are; one of them wrapped the epochs.
    ///   - rootName: What the settings call their source, for errors.
    convenience init(indexPath: String, roots: [RootKey], rootName: String) throws {
        let path = Self.path(ofIndex: indexPath)
        let file = try DatabaseFile(.keyStore, path: path, create: false)
        try self.init(file) { rows, enclave in
            try Self.epochKeys(rows, enclave: enclave, path: path, roots: roots, rootName: rootName)
        }
    }

    /// Opens a key store whose epoch keys are known.
    convenience init(_ file: DatabaseFile, epochs: [Int64: SecretKey]) throws {
        try self.init(file) { _, _ in epochs }
    }

    private init(
        _ file: DatabaseFile, epochs: (_ rows: [StoredRow], _ enclave: [UInt8]) throws -> [Int64: SecretKey]
    ) throws {
        path = file.path
        self.file = file
        do {
            let loaded = try file.pool.read { db in try Self.load(db, path: file.path, epochs: epochs) }
            enclave = loaded.enclave
            ring = loaded.ring
            secret = loaded.secret
            rowDigest = loaded.rowDigest
            stateDigest = loaded.stateDigest
            registerKey = loaded.registerKey
            registerState = Mutex(loaded.register)
            current = Mutex(loaded.state)
        } catch {
            throw IndexError.translated(error, path: path, .keyStore)
        }
    }

    /// What the key store says about itself and about the index.
    var state: KeyStoreState { current.withLock { $0 } }

    // MARK: - Changes

    /// Rows that a change removes and adds, as its digest sees them.
    struct Change {
        let db: Database
        fileprivate var rows: MultisetDigest
        private let digest: KeyedDigest

        fileprivate init(db: Database, rows: MultisetDigest, digest: KeyedDigest) {
            self.db = db
            self.rows = rows
            self.digest = digest
        }

        mutating func added(_ row: StoredRow) { rows += MultisetDigest(element: digest(row.bytes)) }
        mutating func removed(_ row: StoredRow) { rows -= MultisetDigest(element: digest(row.bytes)) }
    }

    /// One durable transaction. Where it fails, nothing changed.
    ///
    /// - Parameters:
    ///   - anchors: What is said of the index from now on; what was said before where nil.
    ///   - committed: What memory makes of it, before anybody else reads or changes the file.
    /// - Returns: The generation of the key store.
    @discardableResult
    func change(
        anchors: (previous: IndexAnchor, next: IndexAnchor)? = nil, _ body: (inout Change) throws -> Void,
        committed: () -> Void = {}
    ) throws -> Int64 {
        do {
            return try file.pool.writeWithoutTransaction { db in
                var state = self.state
                try db.inTransaction(.immediate) {
                    var change = Change(db: db, rows: state.rows, digest: rowDigest)
                    try body(&change)
                    state.generation += 1
                    state.rows = change.rows
                    if let anchors { (state.previous, state.next) = anchors }
                    try db.execute(
                        sql: "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
                        arguments: [KeyStoreSchema.Meta.state, state.bytes(stateDigest)])
                    return .commit
                }
                current.withLock { $0 = state }
                committed()
                return state.generation
            }
        } catch {
            throw IndexError.translated(error, path: path, .keyStore)
        }
    }

    /// Writes the file anew, so that nothing is left of keys that were deleted. O(keys)
    func rewrite() throws {
        do {
            try file.rewrite()
        } catch {
            throw IndexError.translated(error, path: path, .keyStore)
        }
    }

    /// A digest under a key of its own, which nothing else has.
    func digest(for purpose: String) throws -> KeyedDigest { try KeyedDigest(secret: secret, purpose: purpose) }
}

// MARK: - Making

extension KeyStore {
    /// Makes the key store of an index that is to be made: one epoch, wrapped by `root`. One that is there stays.
    ///
    /// - Parameter secret: For an index that gives the same ids as another; a random one where nil.
    static func make(indexPath: String, root: RootKey, secret: SecretKey? = nil, pageSize: Int? = nil) throws {
        let path = path(ofIndex: indexPath)
        let file = try DatabaseFile(.keyStore, path: path, create: true, pageSize: pageSize)
        do {
            try file.pool.writeWithoutTransaction { db in
                try db.inTransaction(.immediate) {
                    // The file gets its content in one transaction after it got its name, so it may lack it.
                    let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM meta")
                    guard count == 0 else { return .rollback }
                    try fill(db, root: root, secret: secret ?? SecretKey())
                    return .commit
                }
            }
        } catch {
            throw IndexError.translated(error, path: path, .keyStore)
        }
    }

    private static func fill(_ db: Database, root: RootKey, secret: SecretKey) throws {
        let enclave = DataKeyID.random().bytes
        let epochKey = try SecretKey()
        let (rootID, epoch, created) = (try root.id(), Int64(1), Int64(Date().timeIntervalSince1970))
        let ring = KeyRing(enclave: enclave, epochs: [epoch: epochKey], current: epoch)
        let rows: [StoredRow] = [
            .epoch(epoch, created: created),
            .epochWrap(
                epoch, root: rootID.bytes,
                wrapped: try root.wrap(epochKey, context: KeyRing.epochContext(enclave, epoch))),
            .dataKey(.secret, ring.wrap(secret, as: .secret)),
        ]
        let digest = try KeyedDigest(secret: secret, purpose: Self.rowPurpose)
        var state = KeyStoreState()
        state.generation = 1
        for row in rows {
            try row.insert(in: db)
            state.rows += MultisetDigest(element: digest(row.bytes))
        }
        let seal = try KeyedDigest(secret: secret, purpose: Self.statePurpose)
        try db.execute(
            sql: "INSERT INTO meta (key, value) VALUES (?, ?), (?, ?)",
            arguments: [KeyStoreSchema.Meta.enclave, Data(enclave), KeyStoreSchema.Meta.state, state.bytes(seal)])
    }

    private static var rowPurpose: String { "portcullis key store rows 1" }
    private static var statePurpose: String { "portcullis key store state 1" }
}

// MARK: - Opening

extension KeyStore {
    private struct Loaded {
        let enclave: [UInt8]
        let ring: KeyRing
        let secret: SecretKey
        let rowDigest: KeyedDigest
        let stateDigest: KeyedDigest
        let registerKey: SecretKey
        let register: Register
        let state: KeyStoreState
    }

    /// Everything, checked against the digest of all rows. O(keys).
    private static func load(
        _ db: Database, path: String, epochs: (_ rows: [StoredRow], _ enclave: [UInt8]) throws -> [Int64: SecretKey]
    ) throws -> Loaded {
        func meta(_ key: String) throws -> Data? {
            try Data.fetchOne(db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [key])
        }
        guard let enclave = try meta(KeyStoreSchema.Meta.enclave).map(Array.init),
            let storedState = try meta(KeyStoreSchema.Meta.state)
        else { throw IndexError.keyStoreDamaged(path: path, what: "it is not whole") }
        let rows = try StoredRow.all(in: db, path: path)
        let epochs = try epochs(rows, enclave)
        guard let current = epochs.keys.max() else {
            throw IndexError.keyStoreDamaged(path: path, what: "it has no epoch")
        }
        let ring = KeyRing(enclave: enclave, epochs: epochs, current: current)
        ring.add(rows)
        guard let secret = try ring.key(.secret) else {
            throw IndexError.keyStoreDamaged(path: path, what: "the key of the look-up keys is missing")
        }
        ring.remove([.secret])
        let rowDigest = try KeyedDigest(secret: secret, purpose: rowPurpose)
        let stateDigest = try KeyedDigest(secret: secret, purpose: statePurpose)
        guard let state = KeyStoreState(storedState, stateDigest) else {
            throw IndexError.keyStoreDamaged(path: path, what: "what it says about itself has another digest")
        }
        guard digest(of: rows, rowDigest) == state.rows else {
            throw IndexError.keyStoreDamaged(
                path: path, what: "its rows are not those of its last commit, \(state.generation)")
        }
        let registerKey = try secret.derived(for: "portcullis register 1")
        return Loaded(
            enclave: enclave, ring: ring, secret: secret, rowDigest: rowDigest, stateDigest: stateDigest,
            registerKey: registerKey,
            register: try register(rows, enclave: enclave, key: registerKey, path: path), state: state)
    }

    /// The sum over all rows, taken on all processors.
    private static func digest(of rows: [StoredRow], _ rowDigest: KeyedDigest) -> MultisetDigest {
        let prepared = rowDigest.prepared()
        let sum = Mutex(MultisetDigest())
        let stretch = 1_000
        DispatchQueue.concurrentPerform(iterations: (rows.count + stretch - 1) / stretch) { number in
            var part = MultisetDigest()
            for row in rows[number * stretch..<min((number + 1) * stretch, rows.count)] {
                part += MultisetDigest(element: prepared(row.bytes))
            }
            sum.withLock { $0 += part }
        }
        return sum.withLock { $0 }
    }

    /// Every epoch key, unwrapped once.
    private static func epochKeys(
        _ rows: [StoredRow], enclave: [UInt8], path: String, roots: [RootKey], rootName: String
    ) throws -> [Int64: SecretKey] {
        var known: [[UInt8]: RootKey] = [:]
        for root in roots { known[try root.id().bytes] = root }
        var keys: [Int64: SecretKey] = [:]
        for case .epochWrap(let epoch, let root, let wrapped) in rows where keys[epoch] == nil {
            guard let root = known[root] else { continue }
            let key = try root.unwrap(wrapped, context: KeyRing.epochContext(enclave, epoch))
            guard let key else {
                throw IndexError.keyStoreDamaged(path: path, what: "the key of epoch \(epoch) does not open")
            }
            keys[epoch] = key
        }
        for case .epoch(let epoch, _) in rows where keys[epoch] == nil {
            let wrappers = rows.compactMap { row in
                if case .epochWrap(epoch, let root, _) = row { RootKeyID(bytes: root).description } else { nil }
            }
            throw IndexError.otherRootKey(
                path: path, given: rootName, givenIDs: try roots.map { try $0.id().description },
                wanted: wrappers.sorted())
        }
        return keys
    }
}
