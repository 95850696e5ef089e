import CSealing
package import Foundation

/// A root key in a PKCS#11 token (v2.40): it is made there and never leaves it.
package final class TokenKey: Sendable {
    /// Its CKA_ID.
    package let id: RootKeyID
    private let session: TokenSession

    private init(id: RootKeyID, session: TokenSession) {
        self.id = id
        self.session = session
    }

    /// The keys of the source's label that the token holds, the newest last.
    /// - Throws: Also where there is none.
    package static func all(of source: TokenSource) throws(KeyError) -> [TokenKey] {
        let keys = try present(in: source)
        guard !keys.isEmpty else {
            throw .token(
                what: "cannot use token \"\(source.token)\"",
                reason:
                    "it has no secret key with the label \"\(source.key)\" and a CKA_ID of \(RootKeyID.length) bytes",
                remedy: "run `portcullis keys init` for a new enclave, or correct the key's label in the settings")
        }
        return keys
    }

    /// The same, or none.
    static func present(in source: TokenSource) throws(KeyError) -> [TokenKey] {
        let session = try TokenSession(source)
        let ids = try session.use("cannot look for root keys in token \"\(source.token)\"") {
            session throws(TokenFault) in try session.rootKeys(label: source.key)
        }
        return ids.map { TokenKey(id: $0, session: session) }
    }

    /// Makes a new key in the token, with the source's label and a CKA_ID that begins with the time.
    package static func generate(in source: TokenSource) throws(KeyError) -> TokenKey {
        let id = try TokenSession(source, writable: true).use("cannot make a root key in token \"\(source.token)\"") {
            session throws(TokenFault) in try session.generate(label: source.key)
        }
        return TokenKey(id: id, session: try TokenSession(source))
    }

    package func wrap(_ key: SecretKey, context: [UInt8]) throws(KeyError) -> Data {
        try session.use("cannot wrap a key in token \"\(session.source.token)\"") {
            [id, label = session.source.key] session throws(TokenFault) in
            let object = try session.object(id, label: label)
            return try key.withBytes { bytes throws(TokenFault) in
                Data(try session.encrypt(bytes, with: object, context: context))
            }
        }
    }

    /// nil where this key did not wrap it, or in another context.
    package func unwrap(_ wrapped: Data, context: [UInt8]) throws(KeyError) -> SecretKey? {
        guard wrapped.count == SecretKey.length + Cipher.overhead else { return nil }
        return try session.use("cannot unwrap a key in token \"\(session.source.token)\"") {
            [id, label = session.source.key] session throws(TokenFault) -> SecretKey? in
            let object = try session.object(id, label: label)
            guard var bytes = try session.text(of: Array(wrapped), with: object, context: context) else { return nil }
            defer { bytes.wipe() }
            do throws(KeyError) {
                return try SecretKey(copying: bytes)
            } catch {
                throw .refusal(error)
            }
        }
    }
}

extension OpenSession {
    /// The text for its reader to wipe, or nil where the key, the context or a single bit is not what it was.
    fileprivate func text(
        of sealed: [UInt8], with object: CK_OBJECT_HANDLE, context: [UInt8]
    ) throws(TokenFault) -> [UInt8]? {
        do {
            return try decrypt(sealed, with: object, context: context)
        } catch  where error.refusesText {
            return nil
        } catch  where error.isVague && works(with: object, context: context) {
            // Some modules, SoftHSM among them, say no more about a wrong tag than about a broken device. Where the
            // token opens a text of its own and still not this one, it is the text.
            do {
                return try decrypt(sealed, with: object, context: context)
            } catch  where error.refusesText || error.isVague {
                return nil
            }
        }
    }
}
