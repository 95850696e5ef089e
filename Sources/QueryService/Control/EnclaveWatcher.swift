package import Foundation
import Glibc

/// Waits for changes of an enclave's folder (inotify(7)): documents, policies, and the files of rules beside them.
///
/// Where the kernel lost count, that is a change too. Never looks below any other folder: the index may lie there.
package final class EnclaveWatcher {
    /// Milliseconds without a change after which one is reported, so that a copy of many files is one change.
    private static let quietMilliseconds: Int32 = 400
    /// Milliseconds after which a change is reported although it goes on.
    private static let longestMilliseconds = 10_000
    private static let folders = ["documents", "policies"]
    private static let events = UInt32(
        IN_CREATE | IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF)

    private let folder: URL
    private let descriptor: Int32
    /// The watch of the enclave's own folder, of which only files of rules count.
    private var top: Int32 = -1

    package init(folder: URL) throws(WatchError) {
        self.folder = folder
        descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        guard descriptor >= 0 else { throw WatchError(path: folder.path, code: errno) }
        try watchAll()
    }

    deinit {
        close(descriptor)
    }

    /// Blocks until something changed and is quiet again.
    package func waitForChange() throws(WatchError) {
        while !drain() { wait(milliseconds: -1) }
        let start = ContinuousClock.now
        while ContinuousClock.now < start + .milliseconds(Self.longestMilliseconds) {
            guard wait(milliseconds: Self.quietMilliseconds) else { break }
            _ = drain()
        }
        // Folders may be new; to watch one twice is to watch it once.
        try watchAll()
    }

    private func watchAll() throws(WatchError) {
        top = try watch(folder.path)
        for name in Self.folders {
            let root = folder.appending(path: name)
            guard let walk = FileManager.default.enumerator(at: root, includingPropertiesForKeys: [.isDirectoryKey])
            else { continue }
            _ = try watch(root.path)
            for case let url as URL in walk {
                let values = try? url.resourceValues(forKeys: [.isDirectoryKey, .isSymbolicLinkKey])
                if values?.isDirectory == true && values?.isSymbolicLink != true { _ = try watch(url.path) }
            }
        }
    }

    private func watch(_ path: String) throws(WatchError) -> Int32 {
        let watch = inotify_add_watch(descriptor, path, Self.events | UInt32(IN_DONT_FOLLOW))
        // A folder that is gone meanwhile has been reported by the one above it.
        guard watch >= 0 || errno == ENOENT else { throw WatchError(path: path, code: errno) }
        return watch
    }

    /// - Returns: Whether there is something to read.
    @discardableResult
    private func wait(milliseconds: Int32) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&request, 1, milliseconds) > 0
    }

    /// Takes all events. Returns whether one of them counts.
    private func drain() -> Bool {
        var counts = false
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        let header = MemoryLayout<inotify_event>.size
        while true {
            let length = read(descriptor, &buffer, buffer.count)
            guard length > 0 else { return counts }
            var position = 0
            while position + header <= length {
                let event = buffer.withUnsafeBytes {
                    $0.loadUnaligned(fromByteOffset: position, as: inotify_event.self)
                }
                let name = buffer[(position + header)..<(position + header + Int(event.len))].prefix { $0 != 0 }
                position += header + Int(event.len)
                counts = counts || event.wd != top || String(decoding: name, as: UTF8.self).hasSuffix(".yaml")
            }
        }
    }
}

/// A folder that cannot be watched.
package struct WatchError: Error, CustomStringConvertible {
    let path: String
    let code: Int32

    package var description: String {
        code == ENOSPC
            ? "the system's limit of watched folders is reached at \(path); raise fs.inotify.max_user_watches (sysctl)"
            : "\(path) cannot be watched: \(String(cString: strerror(code)))"
    }
}
