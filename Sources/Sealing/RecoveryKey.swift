import Crypto
package import Foundation
import Glibc

/// A key for the day on which the root key is lost: backups of the key store are readable with it too. The server has its
/// public half alone; the private one lies in a safe.
///
/// HPKE (RFC 9180) in base mode with P-256, HKDF-SHA256 and AES-256-GCM.
package enum RecoveryKey {
    private static let suite = HPKE.Ciphersuite.P256_SHA256_AES_GCM_256

    /// Makes a pair: the private key in a file for its owner alone, the public one beside it with `.pub` behind its name.
    ///
    /// - Throws: `file` where the private file is there already.
    package static func make(at path: String) throws(KeyError) {
        guard access(path, F_OK) != 0 else { throw .file(path: path, reason: "there is a file of that name") }
        let key = P256.KeyAgreement.PrivateKey()
        _ = try KeyFile.contents(at: path) { Data((key.pemRepresentation + "\n").utf8) }
        do {
            try DurableFile.write(Array((key.publicKey.pemRepresentation + "\n").utf8), to: path + ".pub")
        } catch {
            throw .file(path: error.path, reason: error.reason)
        }
    }

    /// Seals `payload` for who has the private key of the public one in the file at `path`.
    package static func seal(_ payload: Data, publicKeyFile path: String, context: [UInt8]) throws(KeyError) -> Data {
        guard let pem = FileManager.default.contents(atPath: path),
            let key = try? P256.KeyAgreement.PublicKey(pemRepresentation: String(decoding: pem, as: UTF8.self))
        else { throw .file(path: path, reason: "it holds no public recovery key (PEM, P-256)") }
        do {
            var sender = try HPKE.Sender(recipientKey: key, ciphersuite: suite, info: Data(context))
            return try sender.encapsulatedKey + sender.seal(payload)
        } catch {
            throw .file(path: path, reason: "nothing can be sealed for this recovery key")
        }
    }

    /// - Throws: `file` where the private key in the file at `path` is not the one that `sealed` is for.
    package static func open(_ sealed: Data, privateKeyFile path: String, context: [UInt8]) throws(KeyError) -> Data {
        let pem = try KeyFile.contents(at: path, orMake: nil)
        guard let key = try? P256.KeyAgreement.PrivateKey(pemRepresentation: String(decoding: pem, as: UTF8.self))
        else {
            throw .file(path: path, reason: "it holds no private recovery key (PEM, P-256)")
        }
        do {
            var recipient = try HPKE.Recipient(
                privateKey: key, ciphersuite: suite, info: Data(context),
                encapsulatedKey: sealed.prefix(encapsulatedLength))
            return try recipient.open(sealed.dropFirst(encapsulatedLength))
        } catch {
            throw .file(path: path, reason: "the backup was not made for this recovery key, or it is damaged")
        }
    }

    /// An uncompressed point of P-256.
    private static let encapsulatedLength = 65
}
