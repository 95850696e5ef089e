package import Foundation

/// A root key in a PKCS#11 token (v2.40): it is made there and never leaves it.
package final class TokenKey: Sendable {
    package let id: RootKeyID

    init(id: RootKeyID) { self.id = id }

    /// The keys of `source`'s label that the token holds.
    package static func all(of source: TokenSource) throws(KeyError) -> [TokenKey] { [] }

    /// Makes a new key in the token, with the source's label and a random CKA_ID.
    package static func generate(in source: TokenSource) throws(KeyError) -> TokenKey {
        throw .token(what: "", reason: "", remedy: "")
    }

    package func wrap(_ key: SecretKey, context: [UInt8]) throws(KeyError) -> Data { Data() }

    package func unwrap(_ wrapped: Data, context: [UInt8]) throws(KeyError) -> SecretKey? { nil }
}
