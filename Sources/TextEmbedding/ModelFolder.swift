import Crypto
package import Foundation

/// The folder with the files of all-MiniLM-L6-v2, as `make model` lays it out, checked against the hashes of the
/// published model.
///
/// The weights come from a third party, so they are checked at every start. The bytes that were checked are the bytes
/// that are used: each file is read once, and what changes on disk afterwards has no effect.
package struct ModelFolder: Sendable {
    package static let weightsName = "model.safetensors"
    package static let vocabularyName = "vocab.txt"
    package static let configurationName = "config.json"

    /// Where `make model` puts the folder, below the folder that it is started in.
    package static let usualPath = ".cache/models/all-MiniLM-L6-v2"

    /// The same hashes stand in `.ci/setup`.
    package static let weightsSHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    package static let vocabularySHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"

    package let path: String
    package let weights: Data
    package let vocabulary: Data
    package let configuration: BertConfiguration

    /// Reads 91 MB and hashes them: about a quarter of a second.
    package init(_ path: String) throws(EmbeddingModelError) {
        self.path = path
        // The small file first: a wrong folder is then told at once.
        vocabulary = try Self.read(Self.vocabularyName, in: path, sha256: Self.vocabularySHA256)
        configuration = try Self.readConfiguration(in: path)
        weights = try Self.read(Self.weightsName, in: path, sha256: Self.weightsSHA256)
    }

    private static func read(
        _ name: String, in folder: String, sha256 expected: String
    ) throws(EmbeddingModelError) -> Data {
        let file = URL(fileURLWithPath: folder).appendingPathComponent(name)
        let data: Data
        do {
            data = try Data(contentsOf: file)
        } catch {
            let absent = !FileManager.default.fileExists(atPath: file.path)
            throw absent ? .missing(folder: folder, file: name) : .unreadable(folder: folder, file: name)
        }
        let found = hexadecimal(SHA256.hash(data: data))
        guard found == expected else {
            throw .corrupted(folder: folder, file: name, bytes: data.count, expected: expected, found: found)
        }
        return data
    }

    /// `config.json` where it is present. It is not part of the digest, so it may only confirm what is known.
    private static func readConfiguration(in folder: String) throws(EmbeddingModelError) -> BertConfiguration {
        let file = URL(fileURLWithPath: folder).appendingPathComponent(configurationName)
        guard let data = try? Data(contentsOf: file) else { return .miniLM }
        let configuration: BertConfiguration
        do {
            configuration = try BertConfiguration(json: data)
        } catch {
            throw .unusable(folder: folder, reason: error.description)
        }
        guard configuration == .miniLM else {
            throw .unusable(folder: folder, reason: "config.json describes another model than all-MiniLM-L6-v2")
        }
        return configuration
    }

    /// SHA-256 over a line for each thing that shapes a vector. The last lines name how this program reads a text and
    /// computes; they change when a vector of the same text would no longer be comparable.
    package static func digest(_ precision: EncoderPrecision) -> String {
        var parts = [
            "portcullis embedding model 1",
            "\(weightsName) \(weightsSHA256)",
            "\(vocabularyName) \(vocabularySHA256)",
            "tokens 256, special tokens literal, mean pooling, unit length",
        ]
        switch precision {
        case .exact: break
        case .fast: parts.append("dense layers in 16-bit codes 1")
        }
        return hexadecimal(SHA256.hash(data: Data(parts.joined(separator: "\n").utf8)))
    }

    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}

/// Why there is no encoder. There is no other model to fall back on: each message says how to get this one.
package enum EmbeddingModelError: Error, Equatable, CustomStringConvertible {
    case missing(folder: String, file: String)
    case unreadable(folder: String, file: String)
    case corrupted(folder: String, file: String, bytes: Int, expected: String, found: String)
    case unusable(folder: String, reason: String)

    package var description: String {
        switch self {
        case .missing(let folder, let file):
            "The embedding model is missing: there is no \(file) in \(folder). Run `make model` to fetch it."
        case .unreadable(let folder, let file):
            "The embedding model cannot be read: no access to \(file) in \(folder). "
                + "Check its permissions, or run `make model` to fetch it again."
        case .corrupted(let folder, let file, let bytes, let expected, let found):
            "The embedding model is corrupted: \(file) in \(folder) has \(bytes) bytes with SHA-256 \(found), "
                + "expected \(expected). Delete the folder and run `make model` to fetch it again."
        case .unusable(let folder, let reason):
            "The embedding model in \(folder) cannot be used: \(reason). "
                + "Delete the folder and run `make model` to fetch it again."
        }
    }
}
