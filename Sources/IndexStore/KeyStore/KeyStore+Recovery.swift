import Foundation
import GRDB
import Passages
import Sealing

extension KeyStore {
    private static func recoveryContext(_ enclave: [UInt8]) -> [UInt8] {
        Array("portcullis recovery 1".utf8) + enclave
    }

    /// The epoch keys, for who has the private recovery key: number (8 bytes) and key (32) of each.
    func recovery(publicKeyFile path: String) throws -> Data {
        var payload = Data()
        defer { payload.resetBytes(in: 0..<payload.count) }
        for (epoch, key) in ring.epochKeys().sorted(by: { $0.key < $1.key }) {
            payload.append(bigEndian: epoch)
            key.withBytes { payload.append(contentsOf: $0) }
        }
        return try RecoveryKey.seal(payload, publicKeyFile: path, context: Self.recoveryContext(enclave))
    }

    /// Gives a key store whose root key is lost another one, made where there is none.
    static func recover(
        indexPath: String, _ sealed: Data, privateKeyFile: String, root source: RootKeySource
    ) throws {
        let path = path(ofIndex: indexPath)
        let file = try DatabaseFile(.keyStore, path: path, create: false)
        let enclave = try file.pool.read { db in
            try Data.fetchOne(
                db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [KeyStoreSchema.Meta.enclave])
        }
        guard let enclave else { throw IndexError.keyStoreDamaged(path: path, what: "it is not whole") }
        var payload = try RecoveryKey.open(
            sealed, privateKeyFile: privateKeyFile, context: recoveryContext(Array(enclave)))
        defer { payload.resetBytes(in: 0..<payload.count) }
        let stride = 8 + SecretKey.length
        guard payload.count % stride == 0 else {
            throw IndexError.keyStoreDamaged(path: path, what: "what the recovery key opens cannot be read")
        }
        var epochs: [Int64: SecretKey] = [:]
        for start in Swift.stride(from: payload.startIndex, to: payload.endIndex, by: stride) {
            let number = payload[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            epochs[Int64(bitPattern: number)] = try SecretKey(copying: payload[start + 8..<start + stride])
        }
        let store = try KeyStore(file, epochs: epochs)
        let root = try source.make()
        try store.addRoot(root)
        try store.removeRoots(except: root)
        try file.close()
    }
}
