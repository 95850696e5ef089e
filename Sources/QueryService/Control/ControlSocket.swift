package import Enclaves
import Foundation
import Glibc

/// Where the owner of an enclave takes commands from other processes: a socket that only its user can open.
package struct ControlSocket: Sendable {
    /// The longest path of a Unix domain socket, bytes (`sun_path` less its terminator).
    static let pathLimit = 107

    package let path: String

    package init(enclave: Enclave) throws(ControlSocketError) {
        path = enclave.settings.index.path + ".sock"
        guard path.utf8.count <= Self.pathLimit else {
            throw ControlSocketError(path: path, limit: Self.pathLimit)
        }
    }

    /// Whether a process answers there.
    package var isAnswered: Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    /// Removes what a process that was killed left behind. Only for the owner of the enclave's lock.
    func clear() {
        unlink(path)
    }
}

/// A socket path that the system cannot take.
package struct ControlSocketError: Error, CustomStringConvertible {
    let path: String
    let limit: Int

    package var description: String {
        "the control socket \(path) has \(path.utf8.count) bytes in its path and at most \(limit) are possible; "
            + "choose a shorter `index` in portcullis.yaml"
    }
}
