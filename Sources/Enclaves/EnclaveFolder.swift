import Foundation

/// The folder of an enclave on disk.
struct EnclaveFolder {
    let url: URL

    func file(_ path: String) -> URL { url.appending(path: path) }

    var documents: URL { file("documents") }

    /// The bytes of a file; reports and gives nil where there is none or it is too large.
    func read(_ path: String, limit: Int, log: ProblemLog) -> [UInt8]? {
        let file = file(path).resolvingSymlinksInPath()
        guard let values = try? file.resourceValues(forKeys: [.isRegularFileKey, .fileSizeKey]) else {
            log.report(file: path, "is missing; every enclave has this file")
            return nil
        }
        guard values.isRegularFile == true else {
            log.report(file: path, "is not a file")
            return nil
        }
        guard let size = values.fileSize, size <= limit else {
            log.report(file: path, "is \(values.fileSize ?? 0) bytes long; the limit is \(limit)")
            return nil
        }
        guard let data = try? Data(contentsOf: file) else {
            log.report(file: path, "cannot be read; check its permissions")
            return nil
        }
        return Array(data)
    }

    /// The YAML of a file; reports and gives nil where it cannot be read.
    func yaml(_ path: String, limit: Int, log: ProblemLog) -> YAMLTree? {
        guard let bytes = read(path, limit: limit, log: log) else { return nil }
        do {
            if let tree = try YAMLTree.parse(bytes, limit: limit) { return tree }
            log.report(nil, "is empty")
        } catch {
            log.report(error.line, error.message)
        }
        return nil
    }

    /// What is in a folder, in the order of the names' bytes; hidden files are left out.
    func names(in folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: file(folder).path)) ?? []
        return names.filter { !$0.hasPrefix(".") }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    func hasFolder(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: file(path).path, isDirectory: &isDirectory)
            && isDirectory.boolValue
    }
}
