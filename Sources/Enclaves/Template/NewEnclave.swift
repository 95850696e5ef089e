package import Foundation
import Glibc

/// A new enclave in a folder that was empty or not there, filled from `EnclaveTemplate`.
///
/// The files are written aside first. Where the folder was not there, they appear in one rename; where it was, its
/// entries are moved in with `portcullis.yaml` last. What goes wrong on the way leaves nothing behind.
package struct NewEnclave: Sendable {
    package let folder: URL
    package let name: String
    /// The folder of the embedding model.
    package let model: URL
    private let template: EnclaveTemplate

    /// A question to begin with. One of the firm gets another answer than a guest.
    package static let firstQuestion = "What is wrong with the front axle of the Otter?"
    package static let insider = "tom.reed"
    package static let outsider = "jan.moss"

    /// Looks whether an enclave can be made, and writes nothing.
    ///
    /// - Parameters:
    ///   - name: The enclave's name; made from the folder's when nil.
    ///   - current: The folder that the program was started in. A model below it is written relative to an enclave below
    ///     it, so that both can be moved together.
    package init(folder: URL, name: String?, model: URL, current: URL) throws(NewEnclaveError) {
        self.folder = folder.standardizedFileURL
        self.model = model.standardizedFileURL
        let folderName = self.folder.lastPathComponent
        self.name = if let name { name } else { try Self.name(for: folderName) }
        guard Self.isName(self.name) else { throw .badName(self.name) }
        let modelPath = Self.path(of: self.model, from: self.folder, within: current.standardizedFileURL)
        guard modelPath.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else { throw .badModelPath }
        template = EnclaveTemplate(name: self.name, model: modelPath)
        try Self.check(self.folder)
    }

    /// Writes the enclave; afterwards it is there as a whole, or nothing is.
    package func write() throws(NewEnclaveError) {
        let exists = Self.exists(folder)
        let parent = exists ? folder : folder.deletingLastPathComponent()
        let aside = parent.appending(path: ".portcullis-init-\(getpid())", directoryHint: .isDirectory)
        do {
            try fill(aside)
            if exists {
                try moveEntries(from: aside)
            } else {
                // Never onto a file: rename(2) replaces an empty folder only.
                guard rename(aside.path, folder.path) == 0 else { throw POSIXError.last }
            }
        } catch {
            try? FileManager.default.removeItem(at: aside)
            throw .notWritten(folder: folder.path, reason: Self.reason(error))
        }
    }

    private func fill(_ aside: URL) throws {
        // Documents lie in the folder: nobody else's to read, unless its owner says so.
        guard mkdir(aside.path, 0o700) == 0 else { throw POSIXError.last }
        for (path, text) in template.files {
            let file = aside.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }

    private func moveEntries(from aside: URL) throws {
        var moved: [URL] = []
        do {
            var names: [String] = []
            for (path, _) in template.files {
                let top = String(path.prefix { $0 != "/" })
                if !names.contains(top) { names.append(top) }
            }
            for name in names {
                let target = folder.appending(path: name)
                try FileManager.default.moveItem(at: aside.appending(path: name), to: target)
                moved.append(target)
            }
            try FileManager.default.removeItem(at: aside)
        } catch {
            for entry in moved { try? FileManager.default.removeItem(at: entry) }
            throw error
        }
    }

    private static func exists(_ folder: URL) -> Bool { FileManager.default.fileExists(atPath: folder.path) }

    private static func check(_ folder: URL) throws(NewEnclaveError) {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isDirectory) else {
            let parent = folder.deletingLastPathComponent()
            guard exists(parent) else { throw .noParent(parent.path) }
            // A link that leads nowhere is not there for `fileExists`, and is in the way.
            var status = stat()
            guard lstat(folder.path, &status) != 0 else { throw .notAFolder(folder.path) }
            return
        }
        guard isDirectory.boolValue else { throw .notAFolder(folder.path) }
        guard let entries = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
            throw .notWritten(folder: folder.path, reason: "it cannot be read")
        }
        guard entries.isEmpty else { throw .notEmpty(folder.path, entries: entries.count) }
    }

    // MARK: Names and paths

    private static func name(for folder: String) throws(NewEnclaveError) -> String {
        var name = ""
        for byte in folder.lowercased().utf8 {
            let scalar = Unicode.Scalar(byte)
            if isNameByte(byte) {
                name.unicodeScalars.append(scalar)
            } else if name.last != "-" {
                name += "-"
            }
        }
        let trimmed = name.drop { $0 == "-" }.prefix(64)
        guard let last = trimmed.lastIndex(where: { $0 != "-" }) else { throw .noName(folder) }
        return String(trimmed[...last])
    }

    private static func isName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count) && name.utf8.allSatisfy(isNameByte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "-"): true
        default: false
        }
    }

    /// The way from `base` to `target` where both lie within `common`, otherwise the absolute path.
    private static func path(of target: URL, from base: URL, within common: URL) -> String {
        let (to, from, shared) = (target.pathComponents, base.pathComponents, common.pathComponents)
        guard shared.count > 1, to.starts(with: shared), from.starts(with: shared) else { return target.path }
        let same = zip(to, from).prefix { $0 == $1 }.count
        return (Array(repeating: "..", count: from.count - same) + to[same...]).joined(separator: "/")
    }

    private static func reason(_ error: any Error) -> String {
        (error as? POSIXError).map { String(cString: strerror($0.code.rawValue)) } ?? "a file could not be written"
    }
}

extension POSIXError {
    /// What the last call to the system said.
    fileprivate static var last: POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}

/// Why there is no new enclave. Nothing was written.
package enum NewEnclaveError: Error, Equatable, CustomStringConvertible {
    case notEmpty(String, entries: Int)
    case notAFolder(String)
    case noParent(String)
    case badName(String)
    case noName(String)
    case badModelPath
    case notWritten(folder: String, reason: String)

    package var description: String {
        switch self {
        case .notEmpty(let path, let entries):
            "\(path) is not empty (\(entries) \(entries == 1 ? "entry" : "entries")); name a folder that is empty or does "
                + "not exist"
        case .notAFolder(let path): "\(path) is there and is no folder; name a folder that is empty or does not exist"
        case .noParent(let path): "there is no folder \(path); make it first"
        case .badName(let name):
            "the name `\(name)` must be 1 to 64 small letters, digits and hyphens; choose another with --name"
        case .noName(let folder): "no name can be made from `\(folder)`; give one with --name"
        case .badModelPath: "the path of the model has a control character; move the model elsewhere"
        case .notWritten(let folder, let reason):
            "the enclave in \(folder) cannot be written: \(reason); check permissions and free space"
        }
    }
}
