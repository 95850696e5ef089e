import Foundation
import Sealing

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
