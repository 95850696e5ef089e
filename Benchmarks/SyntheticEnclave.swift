import Crypto
import Foundation
import IndexStore
import Labels
import Passages
import QueryService

/// An enclave of invented rows: 64 labels of uneven size, and people who may read a stated share of the rows.
struct SyntheticEnclave: Sendable {
    static let dimension = 384
    static let labelCount = 64
    /// Shares of the rows, in percent.
    static let shares = [0.1, 1, 10, 50, 100]
    /// People for each share. Each may read other labels, so that small shares do not stay in the caches.
    static let holders = 4
    private static let passagesPerDocument = 20
    private static let textBytes = 1_000

    let rows: Int
    /// Rows of each label: by Zipf's law with exponent 1.5, the largest about 500 times the smallest.
    let labelRows: [Int]
    let folder: URL
    let isQuick: Bool

    init(workspace: URL, isQuick: Bool) {
        rows = isQuick ? 20_000 : 100_000
        self.isQuick = isQuick
        folder = workspace.appending(path: "synthetic")
        let weights = (1...Self.labelCount).map { 1 / Double($0 * $0 * $0).squareRoot() }
        let total = weights.reduce(0, +)
        var sizes = [Int]()
        for weight in weights { sizes.append(Int(weight / total * Double(rows))) }
        sizes[0] += rows - sizes.reduce(0, +)
        labelRows = sizes
    }

    /// The labels that a person may read: chosen at random, as many as fit the share.
    func labels(share: Double, holder: Int) -> [Int] {
        var random = RandomNumbers(seed: UInt64(share * 10) * 31 + UInt64(holder))
        var left = Int((share / 100 * Double(rows)).rounded())
        var chosen: [Int] = []
        for label in labelRows.indices.shuffled(using: &random) where labelRows[label] <= left {
            chosen.append(label)
            left -= labelRows[label]
        }
        return chosen.sorted()
    }

    func rows(share: Double, holder: Int) -> Int {
        labels(share: share, holder: holder).reduce(0) { $0 + labelRows[$1] }
    }

    func person(share: Double, holder: Int) -> String { "reader-\(Int(share * 10))-\(holder)" }

    /// The vector of a row: a random direction, which is the hardest case for a scan that looks for near rows.
    func vector(label: Int, row: Int) -> [Float] {
        var random = RandomNumbers(seed: UInt64(label) << 32 | UInt64(row))
        return random.unitVector(Self.dimension)
    }

    /// Opens the enclave, which must have been built.
    func engine(create: Bool = false) async throws -> Engine {
        try await Engine(folder: folder, create: create, embedder: PreparedEmbedder())
    }

    /// Writes the enclave's folder and fills its index, one durable commit a document.
    func build() async throws -> Section {
        for (path, text) in files {
            let file = folder.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        try FileManager.default.createDirectory(
            at: folder.appending(path: "documents"), withIntermediateDirectories: true)
        let engine = try await engine(create: true)
        var commits = Samples()
        var random = RandomNumbers(seed: 1)
        for label in labelRows.indices {
            for first in stride(from: 0, to: labelRows[label], by: Self.passagesPerDocument) {
                let rows = first..<min(first + Self.passagesPerDocument, labelRows[label])
                let document = document(label: label, rows: rows, keys: engine.index.keys, random: &random)
                if commits.count % 250 == 0 { commits.beginRound() }
                commits.add(try await Stopwatch.milliseconds { try await engine.index.commit(document) })
            }
            if label % 16 == 15 { Subject.index.note("\(label + 1) of \(labelRows.count) labels committed") }
        }
        let size = try FileManager.default.attributesOfItem(atPath: folder.appending(path: "index.sqlite").path)
        return Section(
            title: "Committing documents to the index",
            explanation: [
                "Durable commits of documents of \(Self.passagesPerDocument) passages of about \(Self.textBytes) bytes "
                    + "with ready vectors, until the index holds \(rows) rows under \(Self.labelCount) labels.",
                "The file's size is that of the main file before a checkpoint.",
            ],
            columns: ["", "p50", "p95"],
            rows: [
                .init(
                    name: "one commit, ms",
                    cells: [commits.median(decimals: 2), Figure(commits.percentile(0.95), decimals: 2)]),
                .init(
                    name: "passages/s while committing",
                    cells: [commits.rate(of: Double(Self.passagesPerDocument), decimals: 0), nil]),
                .init(
                    name: "file, MB", cells: [Figure(Double(size[.size] as? Int ?? 0) / 1e6, decimals: 0), nil]),
            ], targets: [])
    }

    private func document(
        label number: Int, rows: Range<Int>, keys: IndexKeys, random: inout RandomNumbers
    ) -> IndexedDocument {
        let label = Self.label(number)
        let path = "project-\(number)/\(rows.lowerBound).md"
        let id = keys.documentID(path: ByteText(path))
        var start = 0
        let passages = rows.map { row in
            let text = Self.text(row, random: &random)
            let bytes = Array(text.utf8)
            defer { start += bytes.count + 2 }
            return IndexedPassage(
                id: keys.passageID(document: id, text: bytes, ordinal: 0), label: label, text: text,
                sha256: Array(SHA256.hash(data: bytes)), range: ByteRange(start, start + bytes.count),
                page: nil, section: [0], embeddingDigest: keys.embeddingDigest(of: text, model: "prepared"),
                vector: vector(label: number, row: row))
        }
        return IndexedDocument(
            id: id, place: DocumentPlace(path: path), sourceDigest: keys.sourceDigest(parts: [Array(path.utf8)]),
            title: Heading(text: "Record \(rows.lowerBound) of project \(number)", label: label),
            headings: [Heading(text: "Findings", label: label)], passages: passages)
    }

    private static let words =
        "torque bond panel cure fitting spar rib joint fastener load cycle test report limit value article drawing sheet"
        .split(separator: " ")

    private static func text(_ row: Int, random: inout RandomNumbers) -> String {
        var text = "Entry \(row):"
        while text.utf8.count < textBytes { text += " " + words[Int(random.next() % UInt64(words.count))] }
        return text
    }
}
