import Crypto
package import Foundation

/// Authenticated encryption, AES-256-GCM (NIST SP 800-38D), and the wrapping of keys with it.
///
/// This file, `KeyedDigest.swift` and `RecoveryKey.swift` are the seam: all cryptography on what is stored passes there, so
/// another module can take the place of swift-crypto by changing these three. A sealed text is nonce (12 bytes),
/// ciphertext, tag (16 bytes).
package enum Cipher {
    package static let nonceLength = 12
    package static let tagLength = 16
    /// What sealing adds to a text.
    package static let overhead = nonceLength + tagLength

    /// - Parameters:
    ///   - nonce: 12 bytes, never twice under one key. A random one where nil; then at most 2³² texts a key
    ///     (SP 800-38D, section 8.3).
    ///   - context: What the text belongs to; it opens under the same context alone.
    package static func seal(
        _ plaintext: some DataProtocol, with key: SecretKey, nonce: [UInt8]? = nil, context: [UInt8]
    ) -> Data {
        #if DEBUG
            if isOff { return Data(nonce ?? [UInt8](repeating: 0, count: nonceLength)) + plaintext + tagOfNothing }
        #endif
        do {
            let box = try AES.GCM.seal(
                plaintext, using: symmetric(key), nonce: nonce.map { try AES.GCM.Nonce(data: $0) },
                authenticating: context)
            guard let combined = box.combined else { preconditionFailure("a nonce has 12 bytes") }
            return combined
        } catch {
            preconditionFailure("sealing fails for no text: \(error)")
        }
    }

    /// The text, or nil where the key, the context or a single bit is not what it was.
    package static func open(_ sealed: some DataProtocol, with key: SecretKey, context: [UInt8]) -> Data? {
        #if DEBUG
            if isOff { return Data(sealed).dropFirst(nonceLength).dropLast(tagLength) }
        #endif
        guard let box = try? AES.GCM.SealedBox(combined: sealed) else { return nil }
        return try? AES.GCM.open(box, using: symmetric(key), authenticating: context)
    }

    #if DEBUG
        /// Whether nothing is sealed: for the test that must find everything then, to show that its search can. A release
        /// build has no such switch.
        private static let isOff = ProcessInfo.processInfo.environment["PORTCULLIS_SEALING"] == "off"
        private static let tagOfNothing = [UInt8](repeating: 0, count: tagLength)
    #endif

    /// A key under another one.
    package static func wrap(_ key: SecretKey, with other: SecretKey, context: [UInt8]) -> Data {
        key.withBytes { seal($0, with: other, context: context) }
    }

    /// nil where `wrapped` is not a key under this one in this context.
    package static func unwrap(
        _ wrapped: some DataProtocol, with other: SecretKey, context: [UInt8]
    ) throws(KeyError) -> SecretKey? {
        guard var bytes = open(wrapped, with: other, context: context), bytes.count == SecretKey.length else {
            return nil
        }
        defer { bytes.resetBytes(in: 0..<bytes.count) }
        return try SecretKey(copying: bytes)
    }

    /// swift-crypto wipes its copy when it lets go of it.
    private static func symmetric(_ key: SecretKey) -> SymmetricKey {
        key.withBytes { SymmetricKey(data: $0) }
    }
}
