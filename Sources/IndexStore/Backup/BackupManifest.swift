import Foundation
import Passages

/// What a backup says that it holds. A drill compares it with what the restored index holds.
package struct BackupManifest: Codable, Equatable, Sendable {
    /// Of the index file that it was copied from.
    package let enclave: String
    package let model: String
    package let dimension: Int
    /// ISO 8601.
    package let made: String
    package let generation: Int64
    package let documents: Int
    package let passages: Int
    package let labels: Int
    /// Sum of the keyed digests of all records.
    package let records: String
    /// Keyed digest of the answers to sample queries: ids, scores and texts.
    package let samples: String

    static let file = "manifest.json"

    static func read(in folder: URL) throws -> BackupManifest {
        let file = folder.appending(path: file)
        guard let data = FileManager.default.contents(atPath: file.path) else {
            throw BackupError.notABackup(path: folder.path)
        }
        do {
            return try JSONDecoder().decode(BackupManifest.self, from: data)
        } catch {
            throw BackupError.damaged(path: file.path, what: "it cannot be read")
        }
    }

    var json: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return try encoder.encode(self) + Data("\n".utf8)
        }
    }
}

/// What can be wrong with a backup or a restore.
package enum BackupError: Error, Equatable, CustomStringConvertible {
    case notABackup(path: String)
    case none(path: String)
    case damaged(path: String, what: String)
    case occupied(path: String)
    case noKeyStore(path: String)
    case twoKeyStores(path: String)
    /// A drill that found something else than the backup says.
    case differs(path: String, what: String, expected: String, found: String)

    package var description: String {
        switch self {
        case .notABackup(let path):
            "\(path) is no backup: it has no \(BackupManifest.file); name a folder that `portcullis backup` made"
        case .none(let path): "there is no backup in \(path); run `portcullis backup` first"
        case .damaged(let path, let what): "the backup \(path) is damaged (\(what)); use another one"
        case .occupied(let path):
            "\(path) is there, and a restore wants an empty place; move it away, but leave its key store, which knows of every "
                + "erasure"
        case .noKeyStore(let path):
            "there is no key store \(path), and none was named; add --keys-from with a copy that `portcullis backup` made"
        case .twoKeyStores(let path):
            "there is a key store \(path), and another one was named; leave --keys-from out to use the first, which knows of "
                + "every erasure, or move it away"
        case .differs(let path, let what, let expected, let found):
            "the backup \(path) does not give what was backed up: \(what): \(expected) expected, \(found) found"
        }
    }
}
