import Foundation
import Sealing
import Synchronization

/// The keys of an open enclave: epoch keys in locked memory, data keys as they are wrapped, each unwrapped for one use.
final class KeyRing: Sendable {
    private struct State {
        var epochs: [Int64: SecretKey]
        var current: Int64
        var wrapped = WrappedKeys()
    }

    /// Part of the context of every key, so that one of another enclave does not open here.
    private let enclave: [UInt8]
    private let state: Mutex<State>

    init(enclave: [UInt8], epochs: [Int64: SecretKey], current: Int64) {
        self.enclave = enclave
        state = Mutex(State(epochs: epochs, current: current))
    }

    /// The epoch that new data keys are wrapped under.
    var currentEpoch: Int64 { state.withLock { $0.current } }

    /// Wraps a data key under the current epoch.
    func wrap(_ key: SecretKey, as id: DataKeyID) -> WrappedKey {
        let (epoch, epochKey) = state.withLock { ($0.current, $0.epochs[$0.current]) }
        guard let epochKey else { preconditionFailure("the current epoch has a key") }
        return WrappedKey(
            epoch: epoch, bytes: Cipher.wrap(key, with: epochKey, context: Self.context(enclave, epoch, id)))
    }

    /// A key of the ring; nil where it is not there (any more).
    /// - Throws: `damaged` where it is not what was stored.
    func key(_ id: DataKeyID) throws -> SecretKey? {
        // Both at one moment: in between a rotation could wrap it anew and retire the epoch.
        let found = state.withLock { state in
            state.wrapped[id].map { ($0, state.epochs[$0.epoch]) }
        }
        return try found.map { try unwrap($0, with: $1, as: id) }
    }

    func contains(_ id: DataKeyID) -> Bool { state.withLock { $0.wrapped[id] != nil } }

    func unwrap(_ wrapped: WrappedKey, as id: DataKeyID) throws -> SecretKey {
        try unwrap(wrapped, with: state.withLock { $0.epochs[wrapped.epoch] }, as: id)
    }

    private func unwrap(_ wrapped: WrappedKey, with epochKey: SecretKey?, as id: DataKeyID) throws -> SecretKey {
        guard let epochKey else {
            throw IndexError.damaged(what: "the key store has no epoch \(wrapped.epoch), which one of its keys is of")
        }
        let key = try Cipher.unwrap(wrapped.bytes, with: epochKey, context: Self.context(enclave, wrapped.epoch, id))
        guard let key else { throw IndexError.damaged(what: "a data key of the key store does not open") }
        return key
    }

    /// Takes a key in, in place of the one it has of that name.
    func add(_ wrapped: WrappedKey, as id: DataKeyID) { state.withLock { $0.wrapped[id] = wrapped } }

    /// Takes in every data key of the store.
    func add(_ rows: [StoredRow]) {
        state.withLock { state in
            state.wrapped.reserve(rows.count)
            for case .dataKey(let id, let wrapped) in rows { state.wrapped[id] = wrapped }
        }
    }

    /// The same key under another epoch; nothing where the key is gone meanwhile.
    func replace(_ wrapped: WrappedKey, as id: DataKeyID) {
        state.withLock { state in if state.wrapped[id] != nil { state.wrapped[id] = wrapped } }
    }

    /// Forgets keys, and wipes what it had of them.
    func remove(_ ids: some Sequence<DataKeyID>) {
        state.withLock { state in for id in ids { state.wrapped[id] = nil } }
    }

    func addEpoch(_ epoch: Int64, _ key: SecretKey) {
        state.withLock { state in
            state.epochs[epoch] = key
            state.current = max(state.current, epoch)
        }
    }

    func removeEpoch(_ epoch: Int64) { state.withLock { $0.epochs[epoch] = nil } }

    func epochKeys() -> [Int64: SecretKey] { state.withLock { $0.epochs } }

    var ids: [DataKeyID] { state.withLock { Array($0.wrapped.ids) } }

    static func context(_ enclave: [UInt8], _ epoch: Int64, _ id: DataKeyID) -> [UInt8] {
        var context = Array("portcullis data key 1".utf8)
        context += enclave
        context.append(bigEndian: epoch)
        context += id.bytes
        return context
    }

    /// What an epoch key is wrapped in, by the root key.
    static func epochContext(_ enclave: [UInt8], _ epoch: Int64) -> [UInt8] {
        var context = Array("portcullis epoch key 1".utf8) + enclave
        context.append(bigEndian: epoch)
        return context
    }
}

/// A data key under an epoch key.
struct WrappedKey: Equatable, Sendable {
    static let length = SecretKey.length + Cipher.overhead

    let epoch: Int64
    let bytes: Data
}

/// Wrapped data keys by name, 76 bytes each and the look-up: a million take about 150 MB.
private struct WrappedKeys {
    private static let stride = 8 + WrappedKey.length

    private var places: [DataKeyID: Int] = [:]
    private var free: [Int] = []
    private var bytes: [UInt8] = []

    var ids: Dictionary<DataKeyID, Int>.Keys { places.keys }

    subscript(id: DataKeyID) -> WrappedKey? {
        get {
            places[id].map { place in
                let start = place * Self.stride
                return bytes.withUnsafeBytes { all in
                    WrappedKey(
                        epoch: Int64(bigEndian: all.loadUnaligned(fromByteOffset: start, as: Int64.self)),
                        bytes: Data(all[start + 8..<start + Self.stride]))
                }
            }
        }
        set {
            if let newValue {
                let place = places[id] ?? free.popLast() ?? room()
                places[id] = place
                write(newValue.epoch, newValue.bytes, at: place)
            } else if let place = places.removeValue(forKey: id) {
                write(0, Data(count: WrappedKey.length), at: place)
                free.append(place)
            }
        }
    }

    mutating func reserve(_ count: Int) {
        places.reserveCapacity(places.count + count)
        bytes.reserveCapacity((places.count + count) * Self.stride)
    }

    private mutating func room() -> Int {
        bytes.append(contentsOf: repeatElement(0, count: Self.stride))
        return bytes.count / Self.stride - 1
    }

    private mutating func write(_ epoch: Int64, _ key: Data, at place: Int) {
        precondition(key.count == WrappedKey.length, "a wrapped key has \(WrappedKey.length) bytes")
        let start = place * Self.stride
        bytes.withUnsafeMutableBytes { all in
            all.storeBytes(of: epoch.bigEndian, toByteOffset: start, as: Int64.self)
            let target = UnsafeMutableRawBufferPointer(rebasing: all[start + 8..<start + Self.stride])
            key.withUnsafeBytes { target.copyMemory(from: $0) }
        }
    }
}
