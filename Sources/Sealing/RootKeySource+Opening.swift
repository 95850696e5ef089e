import Foundation

extension RootKeySource {
    package var name: String {
        switch self {
        case .file(let path): "file \(path)"
        case .credential(let name): "credential \(name)"
        case .token(let token): "token \(token.token)"
        }
    }

    package func candidates() throws(KeyError) -> [RootKey] {
        guard case .file(let path) = self else { return [] }
        return [.local(try KeyFile.key(at: path))]
    }

    package func make() throws(KeyError) -> RootKey {
        guard case .file(let path) = self else { return .local(try SecretKey()) }
        return .local(try KeyFile.make(at: path))
    }
}
