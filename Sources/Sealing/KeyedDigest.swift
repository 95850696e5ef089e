import Crypto
package import Foundation

/// Keyed digests, HMAC-SHA256 (RFC 2104), under a key that is derived for one purpose (HKDF, RFC 5869).
package struct KeyedDigest: Sendable {
    package static let length = 32
    /// Bytes that SHA-256 takes at once.
    private static let blockLength = 64

    private let key: SecretKey
    /// What SHA-256 makes of the key, for the inner hash and the outer one.
    private var states: (inner: SHA256, outer: SHA256)?

    /// - Parameter purpose: A digest of one purpose says nothing about another.
    package init(secret: SecretKey, purpose: String) throws(KeyError) {
        key = try secret.derived(for: purpose)
    }

    /// The same, for many digests in a row: the key is made ready once (RFC 2104, section 4). What it is made into does not
    /// lie in locked memory, so it is not to be kept.
    package func prepared() -> KeyedDigest {
        var prepared = self
        prepared.states = key.withBytes { key in (Self.state(key, pad: 0x36), Self.state(key, pad: 0x5c)) }
        return prepared
    }

    private static func state(_ key: UnsafeRawBufferPointer, pad: UInt8) -> SHA256 {
        var block = [UInt8](repeating: pad, count: blockLength)
        defer { block.wipe() }
        for (index, byte) in key.enumerated() { block[index] ^= byte }
        var hash = SHA256()
        hash.update(data: block)
        return hash
    }

    /// The first `length` bytes of the digest.
    package func callAsFunction(_ message: some ContiguousBytes, length: Int = Self.length) -> [UInt8] {
        message.withUnsafeBytes { digest(of: $0, length: length) }
    }

    private func digest(of message: UnsafeRawBufferPointer, length: Int) -> [UInt8] {
        guard var (inner, outer) = states else {
            let code = key.withBytes { HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: $0)) }
            return code.withUnsafeBytes { Array($0.prefix(length)) }
        }
        inner.update(bufferPointer: message)
        inner.finalize().withUnsafeBytes { outer.update(bufferPointer: $0) }
        return outer.finalize().withUnsafeBytes { Array($0.prefix(length)) }
    }
}

extension SecretKey {
    /// A key for one purpose, from this one (HKDF, RFC 5869).
    package func derived(for purpose: String) throws(KeyError) -> SecretKey {
        let derived = withBytes { bytes in
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: bytes), info: Data(purpose.utf8),
                outputByteCount: SecretKey.length)
        }
        return try SecretKey(copying: derived)
    }
}
