package import IndexStore
package import Sealing

extension SQLiteIndex.KeySource {
    /// A root key in a file beside the index, made when it is needed.
    package static func beside(_ indexPath: String, secret: SecretKey? = nil) -> SQLiteIndex.KeySource {
        SQLiteIndex.KeySource(.file(path: indexPath + ".root"), makesKeys: true, secret: secret)
    }
}
