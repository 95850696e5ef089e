import Foundation
import Glibc

/// Names of files that stay when the power fails.
package enum DurableFile {
    /// Moves a file whose content is on the disk to another name in the same folder, in place of what was there.
    package static func move(_ draft: String, to path: String) throws(FileFailure) {
        // What was removed from the folder before must not come back beside the new file.
        try syncFolder(of: path)
        guard rename(draft, path) == 0 else { throw FileFailure(path: path, code: errno) }
        try syncFolder(of: path)
    }

    /// Brings to the disk which files the folder of `path` has; a sync of a file leaves that open (fsync(2)).
    package static func syncFolder(of path: String) throws(FileFailure) {
        let folder = (path as NSString).deletingLastPathComponent
        let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure(path: folder, code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileFailure(path: folder, code: errno) }
    }

    /// Writes a file for its owner's eyes alone; it has its name when all of it is on the disk.
    package static func write(_ bytes: some Collection<UInt8>, to path: String) throws(FileFailure) {
        try make(path) { descriptor, draft throws(FileFailure) in
            try fill(descriptor, with: Array(bytes), path: draft)
        }
    }

    /// Copies a file, a piece at a time, for its owner's eyes alone; the copy has its name when all of it is on the disk.
    package static func copy(_ source: String, to path: String) throws(FileFailure) {
        let descriptor = open(source, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure(path: source, code: errno) }
        defer { close(descriptor) }
        try make(path) { target, draft throws(FileFailure) in
            try pour(descriptor, from: source, into: target, path: draft)
        }
    }

    /// A file for its owner's eyes alone, which has its name when `body` has brought all of it to the disk.
    private static func make(
        _ path: String, _ body: (_ descriptor: Int32, _ draft: String) throws(FileFailure) -> Void
    ) throws(FileFailure) {
        let draft = path + ".new"
        let descriptor = open(draft, O_CREAT | O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileFailure(path: draft, code: errno) }
        defer { close(descriptor) }
        do throws(FileFailure) {
            try body(descriptor, draft)
            try move(draft, to: path)
        } catch {
            unlink(draft)
            throw error
        }
    }

    private static func pour(
        _ descriptor: Int32, from source: String, into target: Int32, path: String
    ) throws(FileFailure) {
        guard fchmod(target, 0o600) == 0 else { throw FileFailure(path: path, code: errno) }
        var piece = [UInt8](repeating: 0, count: pieceLength)
        while true {
            let count = piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileFailure(path: source, code: errno) }
            if count == 0 { break }
            try append(piece[..<count], to: target, path: path)
        }
        guard fsync(target) == 0 else { throw FileFailure(path: path, code: errno) }
    }

    private static let pieceLength = 1 << 20

    /// Writes all bytes and brings them to the disk.
    static func fill(_ descriptor: Int32, with bytes: [UInt8], path: String) throws(FileFailure) {
        guard fchmod(descriptor, 0o600) == 0, ftruncate(descriptor, 0) == 0 else {
            throw FileFailure(path: path, code: errno)
        }
        try append(bytes[...], to: descriptor, path: path)
        guard fsync(descriptor) == 0 else { throw FileFailure(path: path, code: errno) }
    }

    private static func append(
        _ bytes: ArraySlice<UInt8>, to descriptor: Int32, path: String
    ) throws(FileFailure) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw FileFailure(path: path, code: count == 0 ? ENOSPC : errno) }
            rest = rest.dropFirst(count)
        }
    }
}
