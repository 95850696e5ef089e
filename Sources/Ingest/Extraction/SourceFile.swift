package import Foundation
import Glibc

/// A file of the enclave, read once: what is digested is what is extracted.
package struct SourceFile: Sendable {
    /// Relative to the documents folder, `/` between names, the bytes of the file system unchanged.
    package let path: String
    package let url: URL
    package let bytes: [UInt8]

    package init(path: String, url: URL, bytes: [UInt8]) {
        self.path = path
        self.url = url
        self.bytes = bytes
    }

    /// A path as a line for people: control and direction characters are written as `\u{…}`.
    package static func displayed(_ path: String) -> String {
        var text = ""
        for scalar in path.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
                text += "\\u{\(String(scalar.value, radix: 16))}"
            default:
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

/// An open directory or file below the documents folder. No component of a path is followed if it is a link.
struct OpenedFile: ~Copyable {
    let descriptor: Int32

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// The documents folder itself, which the operator names and may link.
    static func folder(_ url: URL) throws(ExtractionError) -> OpenedFile {
        let descriptor = open(url.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .of(errno: errno) }
        return OpenedFile(descriptor: descriptor)
    }

    /// - Parameter isFolder: whether it must be a directory; otherwise it must be a regular file.
    static func at(
        _ folder: borrowing OpenedFile, _ name: String, isFolder: Bool
    ) throws(ExtractionError) -> OpenedFile {
        // A pipe would block an opening without O_NONBLOCK.
        let flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (isFolder ? O_DIRECTORY : 0)
        let descriptor = openat(folder.descriptor, name, flags)
        guard descriptor >= 0 else {
            let failure = errno
            var status = stat()
            if fstatat(folder.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 {
                if status.st_mode & S_IFMT == S_IFLNK { throw .symbolicLink }
                if status.st_mode & S_IFMT != (isFolder ? S_IFDIR : S_IFREG) { throw .notRegular }
            }
            throw .of(errno: failure)
        }
        let opened = OpenedFile(descriptor: descriptor)
        let status = try opened.status()
        guard status.st_mode & S_IFMT == (isFolder ? S_IFDIR : S_IFREG) else { throw .notRegular }
        return opened
    }

    func status() throws(ExtractionError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .of(errno: errno) }
        return status
    }

    /// All bytes, at most `limit`; an error if the file changes meanwhile.
    func contents(limit: Int) throws(ExtractionError) -> [UInt8] {
        let before = try status()
        let size = Int(before.st_size)
        guard size <= limit else { throw .tooLarge(bytes: size, limit: limit) }
        var bytes = [UInt8](repeating: 0, count: size + 1)
        var count = 0
        while count < bytes.count {
            let (read, failure) = bytes.withUnsafeMutableBytes { buffer in
                (Glibc.read(descriptor, buffer.baseAddress! + count, buffer.count - count), errno)
            }
            if read < 0 && failure == EINTR { continue }
            guard read >= 0 else { throw .of(errno: failure) }
            if read == 0 { break }
            count += read
        }
        let after = try status()
        guard count == size, after.st_size == before.st_size, after.st_mtim.tv_sec == before.st_mtim.tv_sec,
            after.st_mtim.tv_nsec == before.st_mtim.tv_nsec
        else { throw .changedWhileRead }
        bytes.removeLast()
        return bytes
    }
}

extension ExtractionError {
    static func of(errno code: Int32) -> ExtractionError {
        switch code {
        case ENOENT: .missing
        case ELOOP: .symbolicLink
        default: .unreadable(reason: String(cString: strerror(code)))
        }
    }
}
