package import Foundation

/// The key that wraps epoch keys. It lies where its source says and never in what Portcullis writes.
package enum RootKey: Sendable {
    /// In this process's memory: from a file or a credential.
    case local(SecretKey)
    /// In a token, which wraps and unwraps.
    case token(TokenKey)
}

/// Tells root keys apart. Of a local key it is a digest, of a key in a token its CKA_ID.
package struct RootKeyID: Hashable, Sendable, CustomStringConvertible {
    package static let length = 16

    package let bytes: [UInt8]

    package init(bytes: [UInt8]) {
        precondition(bytes.count == Self.length)
        self.bytes = bytes
    }

    package var description: String {
        bytes.prefix(4).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
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
