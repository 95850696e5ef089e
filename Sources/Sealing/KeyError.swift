import Glibc

/// What can be wrong with a key, and what to do about it. Messages hold paths and numbers, never a byte of a key.
package enum KeyError: Error, Equatable {
    case missing(path: String)
    case exposed(path: String, mode: String)
    case file(path: String, reason: String)
    case length(given: Int)
    /// The file holds something else than a key of 32 bytes.
    case damaged(path: String, bytes: Int)
    case credentialsMissing(name: String)
    /// Portcullis was to make a credential, and the service manager does that.
    case credentialNotMade(name: String)
    /// A token, by what was tried and the reason that the module gives.
    case token(what: String, reason: String, remedy: String)
    case memory(reason: String)

    static func systemText(_ code: Int32) -> String { String(cString: strerror(code)) }
}

extension KeyError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing(let path):
            "there is no key file \(path); restore it from its backup, or run `portcullis keys init` for a new enclave"
        case .exposed(let path, let mode):
            "the key file \(path) has mode \(mode) and must be a plain file of yours with mode 600; run chmod 600 on it, "
                + "and rotate the key if others could have read it"
        case .file(let path, let reason):
            "cannot use \(path): \(reason); check that the folder exists, is writable and has room"
        case .length(let given):
            "a key has \(SecretKey.length) bytes, and \(given) were given"
        case .damaged(let path, let bytes):
            "the key file \(path) holds \(bytes) bytes and a key has \(SecretKey.length); restore it from its backup"
        case .credentialsMissing(let name):
            "the settings name the credential \(name), and the service manager passed none; add "
                + "`LoadCredentialEncrypted=\(name)` to the unit"
        case .credentialNotMade(let name):
            "the credential \(name) was not passed, and Portcullis cannot make it, for that is the service manager's; "
                + "run `head -c \(SecretKey.length) /dev/urandom | systemd-creds encrypt --name=\(name) - "
                + "/etc/credstore.encrypted/\(name)` as root, add "
                + "`LoadCredentialEncrypted=\(name):/etc/credstore.encrypted/\(name)` to the unit, and start it again"
        case .token(let what, let reason, let remedy):
            "\(what): \(reason); \(remedy)"
        case .memory(let reason):
            "memory for keys cannot be locked: \(reason); raise the limit on locked memory (LimitMEMLOCK=, ulimit -l)"
        }
    }
}

/// What went wrong with a file that must survive a power cut.
package struct FileFailure: Error, Equatable, CustomStringConvertible {
    package let path: String
    package let reason: String

    package init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    package init(path: String, code: Int32) {
        self.init(path: path, reason: KeyError.systemText(code))
    }

    package var description: String { "\(path): \(reason)" }
}
