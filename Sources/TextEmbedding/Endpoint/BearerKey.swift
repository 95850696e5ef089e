import Glibc

/// The secret that an endpoint knows its callers by. Goes into one header field and nowhere else.
struct BearerKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// For `Authorization`.
    let headerValue: String

    /// Reads the key from a file that its owner alone can read. White space at the end of the file is passed over.
    init(file path: String) throws(EndpointError) {
        // The checks are made on the descriptor that is read from, so that the file cannot be exchanged in between.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw .keyFile(path: path, reason: "cannot be opened: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .keyFile(path: path, reason: "is not a file")
        }
        guard status.st_uid == geteuid() else {
            throw .keyFile(path: path, reason: "belongs to another user; make the one that runs portcullis its owner")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw .keyFile(
                path: path,
                reason: "is open to others (mode \(String(status.st_mode & 0o7777, radix: 8))); run chmod 600 on it")
        }
        guard status.st_size <= EndpointLimits.keyBytes else {
            throw .keyFile(
                path: path, reason: "is \(status.st_size) bytes long; the limit is \(EndpointLimits.keyBytes)")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        guard count == bytes.count else { throw .keyFile(path: path, reason: "cannot be read") }
        while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
        // Anything else could end the header field and begin another.
        guard !bytes.isEmpty, bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .keyFile(path: path, reason: "must hold one line of printable ASCII without spaces")
        }
        headerValue = "Bearer " + String(decoding: bytes, as: UTF8.self)
    }

    var description: String { "bearer key" }
    var customMirror: Mirror { Mirror(self, children: [:]) }
}
