/// Where the root key is: what the settings name.
package enum RootKeySource: Hashable, Sendable {
    /// A file of 32 bytes, mode 600.
    case file(path: String)
    /// A credential of the service manager, by its name (systemd.exec(5), `LoadCredentialEncrypted=`): 32 bytes in a file
    /// that the service alone can read.
    case credential(name: String)
    case token(TokenSource)
}

/// A key in a PKCS#11 token.
package struct TokenSource: Hashable, Sendable {
    /// The token's module, a shared library.
    package let module: String
    /// CKA_LABEL of the token.
    package let token: String
    /// CKA_LABEL of its keys that are root keys; each rotation makes another one.
    package let key: String
    /// A file with the user's PIN, mode 600.
    package let pinFile: String

    package init(module: String, token: String, key: String, pinFile: String) {
        self.module = module
        self.token = token
        self.key = key
        self.pinFile = pinFile
    }
}
