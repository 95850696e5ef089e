import Crypto
import Foundation
import IndexStore
import Labels
import Passages
import Sealing

/// Invented documents of twenty passages each, about what public documents have (`make corpora`: 15,212 passages in 812),
/// and the index that is filled with them.
struct DocumentSeries: Sendable {
    static let dimension = 384
    static let labels = 16
    static let passagesPerDocument = 20
    static let textBytes = 1_000

    /// The folder of the index.
    let folder: URL
    /// How many documents there are.
    let count: Int

    var passages: Int { count * Self.passagesPerDocument }

    var path: String { folder.appending(path: "index.sqlite").path }

    /// Where the root key is.
    var root: RootKeySource { .file(path: folder.appending(path: "root.key").path) }

    func open(create: Bool = false, keepsVectors: Bool = true) throws -> SQLiteIndex {
        try SQLiteIndex(
            path: path, model: "prepared", dimension: Self.dimension, create: create,
            keys: .init(root, makesKeys: create), keepsVectors: keepsVectors)
    }

    /// The label that a document has at first.
    static func label(of document: Int) -> Int { document % labels }

    static func label(_ number: Int) -> Label {
        Label(attributes: ["project": .long(Int64(number)), "classification": .string("internal")])
    }

    /// A random direction.
    static func vector(document: Int, passage: Int) -> [Float] {
        var random = RandomNumbers(seed: UInt64(document) << 8 | UInt64(passage))
        return random.unitVector(dimension)
    }

    static func path(of document: Int) -> String { "project-\(label(of: document))/\(document).md" }

    /// - Parameter label: the one that it has at first where nil.
    func document(_ number: Int, label: Int? = nil, keys: IndexKeys) -> IndexedDocument {
        document(number, keys: keys) { _ in label ?? Self.label(of: number) }
    }

    /// - Parameter label: that of a passage, by its number in the document; title and heading have that of the first.
    func document(_ number: Int, keys: IndexKeys, label: (Int) -> Int) -> IndexedDocument {
        let path = Self.path(of: number)
        let id = keys.documentID(path: ByteText(path))
        let first = Self.label(label(0))
        var random = RandomNumbers(seed: UInt64(number))
        var start = 0
        let passages = (0..<Self.passagesPerDocument).map { passage in
            let text = Self.text("\(number), \(passage)", random: &random)
            let bytes = Array(text.utf8)
            defer { start += bytes.count + 2 }
            return IndexedPassage(
                id: keys.passageID(document: id, text: bytes, ordinal: 0), label: Self.label(label(passage)),
                text: text,
                sha256: Array(SHA256.hash(data: bytes)), range: ByteRange(start, start + bytes.count), page: nil,
                section: [0], embeddingDigest: keys.embeddingDigest(of: text, model: "prepared"),
                vector: Self.vector(document: number, passage: passage))
        }
        return IndexedDocument(
            id: id, place: DocumentPlace(path: path), sourceDigest: keys.sourceDigest(parts: [Array(path.utf8)]),
            title: Heading(text: "Record \(number)", label: first),
            headings: [Heading(text: "Findings", label: first)], passages: passages)
    }

    private static let words =
        "torque bond panel cure fitting spar rib joint fastener load cycle test report limit value article drawing sheet"
        .split(separator: " ")

    private static func text(_ place: String, random: inout RandomNumbers) -> String {
        var text = "Entry \(place):"
        while text.utf8.count < textBytes { text += " " + words[Int(random.next() % UInt64(words.count))] }
        return text
    }
}
