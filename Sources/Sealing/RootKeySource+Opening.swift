extension RootKeySource {
    /// For people.
    package var name: String {
        switch self {
        case .file(let path): "file \(path)"
        case .credential(let name): "credential \(name)"
        case .token(let source): "token \(source.token), key \(source.key)"
        }
    }

    /// The root keys that the source has now, the newest last. A file or credential has two while a rotation is under way;
    /// a token has those of earlier rotations too.
    /// - Throws: Also where there is none.
    package func candidates() throws(KeyError) -> [RootKey] {
        try candidates(credentials: Credential.folder)
    }

    /// A first key where there is none, or the one that is there.
    /// - Throws: Of a credential that was not passed: the service manager makes it.
    package func make() throws(KeyError) -> RootKey {
        try make(credentials: Credential.folder)
    }

    /// The key that the next rotation takes. That of a file is on the disk then; a token makes another one each time.
    package func makeNext() throws(KeyError) -> RootKey {
        try makeNext(credentials: Credential.folder)
    }

    /// Puts the next key of a file in the place of the one before. For a credential or token there is nothing to do:
    /// the service manager passes other credentials, and in a token keys stay beside each other.
    package func adoptNext() throws(KeyError) {
        guard case .file(let path) = self else { return }
        let next = Self.next(path)
        // What takes the place of a key must be one.
        _ = try KeyFile.key(at: next)
        do throws(FileFailure) {
            try DurableFile.move(next, to: path)
        } catch {
            throw .file(path: error.path, reason: error.reason)
        }
    }

    func candidates(credentials folder: String?) throws(KeyError) -> [RootKey] {
        switch self {
        case .file(let path):
            var keys = [RootKey.local(try KeyFile.key(at: path))]
            do throws(KeyError) {
                keys.append(.local(try KeyFile.key(at: Self.next(path))))
            } catch .missing {
                // No rotation is under way.
            }
            return keys
        case .credential(let name):
            guard let key = try Credential.key(name, in: folder) else { throw .credentialsMissing(name: name) }
            let next = try Credential.key(Self.next(name), in: folder)
            return [.local(key)] + (next.map { [.local($0)] } ?? [])
        case .token(let source):
            return try TokenKey.all(of: source).map { .token($0) }
        }
    }

    func make(credentials folder: String?) throws(KeyError) -> RootKey {
        switch self {
        case .file(let path):
            return .local(try KeyFile.make(at: path))
        case .credential(let name):
            guard let key = try Credential.key(name, in: folder) else { throw .credentialNotMade(name: name) }
            return .local(key)
        case .token(let source):
            if let key = try TokenKey.present(in: source).first { return .token(key) }
            return .token(try TokenKey.generate(in: source))
        }
    }

    func makeNext(credentials folder: String?) throws(KeyError) -> RootKey {
        switch self {
        case .file(let path):
            return .local(try KeyFile.make(at: Self.next(path)))
        case .credential(let name):
            let next = Self.next(name)
            guard let key = try Credential.key(next, in: folder) else { throw .credentialNotMade(name: next) }
            return .local(key)
        case .token(let source):
            return .token(try TokenKey.generate(in: source))
        }
    }

    private static func next(_ name: String) -> String { name + ".new" }
}
