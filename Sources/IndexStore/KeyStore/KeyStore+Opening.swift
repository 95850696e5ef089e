import Foundation
package import Sealing

extension KeyStore {
    /// The key store of the index at `indexPath`, made where the index is new and the source says so.
    static func opened(
        indexPath: String, _ source: SQLiteIndex.KeySource, isNew: Bool, pageSize: Int?
    ) throws -> KeyStore {
        let exists = FileManager.default.fileExists(atPath: path(ofIndex: indexPath))
        var roots = try candidates(source.root)
        if isNew && source.makesKeys {
            if roots.isEmpty && !exists { roots = [try source.root.make()] }
            if let root = roots.first {
                try make(indexPath: indexPath, root: root, secret: source.secret, pageSize: pageSize)
            }
        } else if !exists {
            throw IndexError.keyStoreMissing(path: path(ofIndex: indexPath))
        }
        guard !roots.isEmpty else { throw IndexError.noRootKey(source: source.root.name) }
        return try KeyStore(indexPath: indexPath, roots: roots, rootName: source.root.name)
    }

    /// The root keys that the source has; none where its file is not there.
    static func candidates(_ source: RootKeySource) throws -> [RootKey] {
        do throws(KeyError) {
            return try source.candidates()
        } catch .missing {
            return []
        }
    }
}

extension KeyStore {
    /// Makes root key and key store of an enclave that has none; what is there stays.
    ///
    /// - Returns: The name of the root key, and the path of the key store.
    package static func initialize(indexPath: String, root source: RootKeySource) throws -> (root: String, path: String)
    {
        try FileManager.default.createDirectory(
            atPath: (indexPath as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        let lock = try EnclaveLock(indexPath: indexPath)
        defer { withExtendedLifetime(lock) {} }
        let path = path(ofIndex: indexPath)
        guard FileManager.default.fileExists(atPath: path) || !FileManager.default.fileExists(atPath: indexPath) else {
            // A new key store would not open the index that is there.
            throw IndexError.keyStoreMissing(path: path)
        }
        let root = try source.make()
        try make(indexPath: indexPath, root: root)
        let store = try KeyStore(indexPath: indexPath, roots: try candidates(source), rootName: source.name)
        return (try root.id().description, store.path)
    }
}
