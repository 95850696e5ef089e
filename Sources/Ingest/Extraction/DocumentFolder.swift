package import Foundation
import Glibc
import Sealing

/// The `documents/` folder of an enclave: which files there are, and their bytes.
///
/// Symbolic links are never followed: one that leads outside would bring in what nobody placed here, one that stays
/// inside would give a file the label of another folder.
package struct DocumentFolder: Sendable {
    /// The end of the name of a file that labels its neighbour: `name.ext.label.yaml`.
    package static let sidecarSuffix = ".label.yaml"

    package let url: URL
    private let limits: ExtractionLimits

    package init(url: URL, limits: ExtractionLimits = ExtractionLimits()) {
        self.url = url
        self.limits = limits
    }

    /// Every file below the folder, in the byte order of the paths. Names that begin with a dot are left out; sidecars
    /// too, unless their document is missing.
    package func list() throws(ExtractionError) -> DocumentListing {
        let root = try OpenedFile.folder(url)
        var walk = FolderWalk(limits: limits)
        try walk.visit(root, prefix: "", depth: 0)
        return walk.listing()
    }

    /// Reads one file of the listing.
    package func read(_ path: String) throws(ExtractionError) -> SourceFile {
        let bytes = try contents(of: path, limit: limits.maximumFileBytes)
        return SourceFile(path: path, url: url.appending(path: path), bytes: bytes)
    }

    /// The bytes of the label file beside a document, if there is one.
    package func sidecar(of path: String) throws(ExtractionError) -> [UInt8]? {
        do {
            return try contents(of: path + Self.sidecarSuffix, limit: ExtractionLimits.frontMatterBytes)
        } catch .missing {
            return nil
        }
    }

    /// What tells whether a file and the label file beside it are the ones that were read. nil where the file is not there.
    package struct FileState: Equatable {
        private let numbers: [Int64]

        fileprivate init?(_ file: String) {
            var status = stat()
            guard lstat(file, &status) == 0 else { return nil }
            var numbers = Self.numbers(status)
            if lstat(file + DocumentFolder.sidecarSuffix, &status) == 0 { numbers += Self.numbers(status) }
            self.numbers = numbers
        }

        private static func numbers(_ status: stat) -> [Int64] {
            [
                Int64(bitPattern: UInt64(status.st_ino)), Int64(status.st_size), Int64(status.st_mtim.tv_sec),
                Int64(status.st_mtim.tv_nsec), Int64(status.st_ctim.tv_sec), Int64(status.st_ctim.tv_nsec),
            ]
        }
    }

    package func state(of path: String) -> FileState? { FileState(url.appending(path: path).path) }

    /// Removes a file and the label file beside it, for good when this returns.
    ///
    /// - Returns: False, and nothing is removed, where they are not what they were.
    package func remove(_ path: String, unlessOtherThan state: FileState) throws -> Bool {
        let file = url.appending(path: path).path
        guard FileState(file) == state else { return false }
        // The label file goes last: without it the document would lie there under a wider label.
        guard unlink(file) == 0 else { throw FileFailure(path: file, code: errno) }
        try removeSidecar(of: path)
        return true
    }

    /// Removes the label file beside a document, for good when this returns.
    package func removeSidecar(of path: String) throws {
        let sidecar = url.appending(path: path).path + Self.sidecarSuffix
        guard unlink(sidecar) == 0 || errno == ENOENT else { throw FileFailure(path: sidecar, code: errno) }
        try DurableFile.syncFolder(of: sidecar)
    }

    private func contents(of path: String, limit: Int) throws(ExtractionError) -> [UInt8] {
        var names = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard !names.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." || $0.utf8.contains(0) }) else {
            throw .missing
        }
        guard names.count <= limits.maximumDepth + 1 else { throw .foldersTooDeep(limit: limits.maximumDepth) }
        let last = names.removeLast()
        var folder = try OpenedFile.folder(url)
        for name in names { folder = try OpenedFile.at(folder, name, isFolder: true) }
        return try OpenedFile.at(folder, last, isFolder: false).contents(limit: limit)
    }
}

/// What a documents folder holds.
package struct DocumentListing: Hashable, Sendable {
    /// Files that can be read as far as their names and kinds tell, in byte order.
    package let paths: [String]
    /// Files and folders that cannot, in byte order, each with its reason.
    package let setAside: [SetAsideFile]
}

/// A file that was left out, and why.
package struct SetAsideFile: Hashable, Sendable {
    package let path: String
    package let reason: ExtractionError

    package init(path: String, reason: ExtractionError) {
        self.path = path
        self.reason = reason
    }
}

/// Gathers names. Recursion is bounded by `maximumDepth`, which also bounds the open descriptors.
private struct FolderWalk {
    let limits: ExtractionLimits
    private var paths: [String] = []
    private var sidecars: [String] = []
    private var setAside: [SetAsideFile] = []

    init(limits: ExtractionLimits) {
        self.limits = limits
    }

    func listing() -> DocumentListing {
        let orphans = Set(sidecars).subtracting(paths.map { $0 + DocumentFolder.sidecarSuffix })
            .subtracting(setAside.map { $0.path + DocumentFolder.sidecarSuffix })
        let left = setAside + orphans.map { SetAsideFile(path: $0, reason: .sidecarWithoutDocument) }
        return DocumentListing(
            paths: paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) },
            setAside: left.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) })
    }

    mutating func visit(_ folder: borrowing OpenedFile, prefix: String, depth: Int) throws(ExtractionError) {
        for name in try names(in: folder, prefix: prefix) {
            let path = prefix + name
            var status = stat()
            guard fstatat(folder.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                leave(path, .of(errno: errno))
                continue
            }
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                guard depth < limits.maximumDepth else {
                    leave(path, .foldersTooDeep(limit: limits.maximumDepth))
                    continue
                }
                do {
                    try visit(try OpenedFile.at(folder, name, isFolder: true), prefix: path + "/", depth: depth + 1)
                } catch .tooManyFiles(let limit) {
                    throw .tooManyFiles(limit: limit)
                } catch {
                    leave(path, error)
                }
            case S_IFREG:
                add(path)
            case S_IFLNK:
                leave(path, .symbolicLink)
            default:
                leave(path, .notRegular)
            }
            guard paths.count + sidecars.count + setAside.count <= ExtractionLimits.folderFiles else {
                throw .tooManyFiles(limit: ExtractionLimits.folderFiles)
            }
        }
    }

    private mutating func add(_ path: String) {
        if path.hasSuffix(DocumentFolder.sidecarSuffix) {
            sidecars.append(path)
            return
        }
        do {
            _ = try DocumentFormat.of(path: path)
            paths.append(path)
        } catch {
            leave(path, error)
        }
    }

    private mutating func leave(_ path: String, _ reason: ExtractionError) {
        setAside.append(SetAsideFile(path: path, reason: reason))
    }

    /// Names that do not begin with a dot. One that is not UTF-8 is set aside under its repaired name.
    private mutating func names(
        in folder: borrowing OpenedFile, prefix: String
    ) throws(ExtractionError) -> [String] {
        let descriptor = openat(folder.descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .of(errno: errno) }
        guard let stream = fdopendir(descriptor) else {
            let failure = errno
            close(descriptor)
            throw .of(errno: failure)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let offset = MemoryLayout<dirent>.offset(of: \.d_name)!
            let start = (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: UInt8.self)
            let bytes = UnsafeBufferPointer(start: start, count: strlen(UnsafePointer<CChar>(OpaquePointer(start))))
            guard bytes.first != UInt8(ascii: ".") else { continue }
            if let name = String(validating: bytes, as: UTF8.self) {
                names.append(name)
            } else {
                leave(prefix + String(decoding: bytes, as: UTF8.self), .nameNotUTF8)
            }
        }
        return names
    }
}
