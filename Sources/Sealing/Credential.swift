import Foundation
import Glibc

/// A key that the service manager passes to the service, in a file of its credentials folder (systemd.exec(5)).
enum Credential {
    /// The folder that the service manager made for this process, or nil.
    static var folder: String? { ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"] }

    /// The key that was passed under a name, or nil.
    static func key(_ name: String, in folder: String?) throws(KeyError) -> SecretKey? {
        guard let folder else { return nil }
        let path = folder + "/" + name
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return nil }
            throw .file(path: path, reason: KeyError.systemText(errno))
        }
        // The file is the service's own with mode 400, or root's with an access list, whose mask shows as the group's.
        guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o037 == 0,
            status.st_uid == geteuid() || status.st_uid == 0
        else { throw .exposed(path: path, mode: String(status.st_mode & 0o7777, radix: 8)) }
        return try KeyFile.readKey(at: path)
    }
}
