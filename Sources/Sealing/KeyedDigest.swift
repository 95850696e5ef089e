import Crypto
package import Foundation

/// Keyed digests, HMAC-SHA256 (RFC 2104), under a key that is derived for one purpose (HKDF, RFC 5869).
package struct KeyedDigest: Sendable {
    package static let length = 32

    private let key: SecretKey

    /// - Parameter purpose: A digest of one purpose says nothing about another.
    package init(secret: SecretKey, purpose: String) throws(KeyError) {
        key = try secret.derived(for: purpose)
    }

    /// The first `length` bytes of the digest.
    package func callAsFunction(_ message: some DataProtocol, length: Int = Self.length) -> [UInt8] {
        let code = key.withBytes { HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: $0)) }
        return Array(code.prefix(length))
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
