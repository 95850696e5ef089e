import Foundation
import Sealing

/// `keys`: where the root key is.
extension SettingsReader {
    private static let kinds = ["file", "credential", "token"]
    /// Of the label of a token; PKCS#11 has no room for more.
    private static let tokenLabelBytes = 32

    func keys(_ fields: inout YAMLFields, mode: EnclaveSettings.Mode?, index: URL?) -> EnclaveSettings.Keys? {
        var inner = optionalSection("keys", of: &fields)
        defer { inner.refuseRest() }
        let path = inner.path(of: "root")
        if let tree = inner.take("root") {
            guard var root = YAMLFields(tree, path: path, log: log) else { return nil }
            defer { root.refuseRest() }
            return self.root(&root, mode: mode, index: index).map { EnclaveSettings.Keys(root: $0) }
        }
        if mode == .production {
            log.report(
                inner.line,
                "`keys.root` is missing; mode production needs a root key that does not lie with the index: a file "
                    + "elsewhere, a credential of the service manager, or a key in a token")
        }
        return index.map { EnclaveSettings.Keys(root: .file(path: $0.path + ".root")) }
    }

    private func root(_ fields: inout YAMLFields, mode: EnclaveSettings.Mode?, index: URL?) -> RootKeySource? {
        let trees = Self.kinds.compactMap { kind in fields.take(kind).map { (kind, $0) } }
        guard let (kind, tree) = trees.first else {
            log.report(fields.line, "`keys.root` must name a `file`, a `credential` or a `token`")
            return nil
        }
        guard trees.count == 1 else {
            let named = trees.map { "`\($0.0)`" }.joined(separator: " and ")
            log.report(trees[1].1.line, "`keys.root` names \(named); keep one of them")
            return nil
        }
        let path = fields.path(of: kind)
        switch kind {
        case "file":
            return YAMLFields.text(tree, path: path, log: log)
                .flatMap { rootFile(url($0), line: tree.line, mode: mode, index: index) }
        case "credential":
            return YAMLFields.text(tree, path: path, log: log).flatMap { credential($0, line: tree.line) }
        default:
            guard var inner = YAMLFields(tree, path: path, log: log) else { return nil }
            defer { inner.refuseRest() }
            return token(&inner)
        }
    }

    /// Who takes the disk, or the folder from a backup, must not have key and index at once.
    private func rootFile(_ file: URL, line: Int, mode: EnclaveSettings.Mode?, index: URL?) -> RootKeySource? {
        if mode == .production {
            let place = ResolvedPath(file)
            let remedy = "in production it must be elsewhere: who took the disk would have both"
            if place.lies(within: ResolvedPath(folder)) {
                log.report(line, "`keys.root.file` lies in the enclave's folder; \(remedy)")
                return nil
            }
            if let index, place.parent == ResolvedPath(index).parent {
                log.report(line, "`keys.root.file` lies beside the index; \(remedy)")
                return nil
            }
        }
        return .file(path: file.path)
    }

    /// A plain name: it becomes the name of a file in the folder that the service manager passes.
    private func credential(_ name: String, line: Int) -> RootKeySource? {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "-_.".utf8.contains(byte)
            }
        }
        guard isPlain, name.utf8.count <= 255, !name.hasPrefix(".") else {
            log.report(
                line,
                "`keys.root.credential` must be at most 255 letters, digits, `-`, `_` and `.`, with no `.` at its "
                    + "beginning, not `\(name)`")
            return nil
        }
        return .credential(name: name)
    }

    private func token(_ fields: inout YAMLFields) -> RootKeySource? {
        let module = fields.requiredText("module")
        let token = fields.requiredText("token", limit: Self.tokenLabelBytes)
        let key = fields.requiredText("key")
        let pinFile = fields.requiredText("pin_file")
        guard let module, let token, let key, let pinFile else { return nil }
        return .token(
            TokenSource(
                module: url(module.text).path, token: token.text, key: key.text, pinFile: url(pinFile.text).path))
    }
}
