package import Foundation

/// The key that wraps epoch keys. It lies where its source says and never in what Portcullis writes.
package enum RootKey: Sendable {
    /// In this process's memory: from a file or a credential.
    case local(SecretKey)
    /// In a token, which wraps and unwraps.
    case token(TokenKey)
}

/// Tells root keys apart. Of a local key it is a digest, of a key in a token its CKA_ID: the time when the key was made,
/// then random bytes.
package struct RootKeyID: Hashable, Sendable, CustomStringConvertible {
    package static let length = 16

    package let bytes: [UInt8]

    package init(bytes: [UInt8]) {
        precondition(bytes.count == Self.length)
        self.bytes = bytes
    }

    /// Its last bytes: the first ones of keys in a token differ little.
    package var description: String {
        bytes.suffix(4).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}

extension RootKeyID {
    /// For a key that a token makes at a time, milliseconds since 1970: that in eight bytes, then random ones.
    init(madeAt time: UInt64) {
        var random = SystemRandomNumberGenerator()
        let head = withUnsafeBytes(of: time.bigEndian) { Array($0) }
        self.init(bytes: head + (head.count..<Self.length).map { _ in UInt8.random(in: 0...255, using: &random) })
    }

    /// Whether it is of a key that was made before the other one's. Keys of earlier versions have random ids and count as
    /// made before all others, whose ids begin with two zero bytes until the year 10889.
    func isOlder(than other: RootKeyID) -> Bool {
        hasTime == other.hasTime ? bytes.lexicographicallyPrecedes(other.bytes) : other.hasTime
    }

    private var hasTime: Bool { bytes.starts(with: [0, 0]) }
}

extension RootKey {
    package func id() throws(KeyError) -> RootKeyID {
        switch self {
        case .local(let key):
            RootKeyID(
                bytes: try KeyedDigest(secret: key, purpose: "portcullis root key id")([], length: RootKeyID.length))
        case .token(let key): key.id
        }
    }

    package func wrap(_ key: SecretKey, context: [UInt8]) throws(KeyError) -> Data {
        switch self {
        case .local(let root): Cipher.wrap(key, with: root, context: context)
        case .token(let root): try root.wrap(key, context: context)
        }
    }

    /// nil where this root key did not wrap it, or in another context.
    package func unwrap(_ wrapped: Data, context: [UInt8]) throws(KeyError) -> SecretKey? {
        switch self {
        case .local(let root): try Cipher.unwrap(wrapped, with: root, context: context)
        case .token(let root): try root.unwrap(wrapped, context: context)
        }
    }
}
