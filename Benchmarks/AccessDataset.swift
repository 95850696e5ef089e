import Foundation
import VectorSearch

/// A data set for filtered search whose filter is an access decision: what `Benchmarks/peers/make_dataset.py` wrote.
struct AccessDataset: Sendable {
    static let dimension = 384
    /// Readers of each share.
    static let holders = 4

    /// Rows of each label. The rows of a label stand together, in the order of the labels.
    let labelRows: [Int]
    /// Shares of the rows, in percent.
    let shares: [Double]
    /// The labels of all readers in one list, share by share.
    let readers: [[Int]]
    let questions: [[Float]]
    /// For each share and question, the scores of the closest rows that the question's reader may read, the best first.
    let closestScores: [[[Double]]]

    private let vectors: Data

    /// Whether the data set in this folder is complete: it is written with this file last.
    static func isThere(_ folder: URL) -> Bool {
        FileManager.default.fileExists(atPath: folder.appending(path: "dataset.json").path)
    }

    init(folder: URL) throws {
        vectors = try Self.components(
            of: Data(contentsOf: folder.appending(path: "vectors.npy"), options: .mappedIfSafe))
        labelRows = try Self.labelRows(folder.appending(path: "payloads.jsonl"))
        let tests = try Self.lines(of: folder.appending(path: "tests.jsonl"), as: Test.self)
        var shares: [Double] = []
        var groups: [[Test]] = []
        for test in tests {
            if shares.last != test.permittedPercent {
                shares.append(test.permittedPercent)
                groups.append([])
            }
            groups[groups.count - 1].append(test)
        }
        guard let first = groups.first, groups.allSatisfy({ $0.count == first.count }), first.count >= Self.holders,
            vectors.count == labelRows.reduce(0, +) * Self.dimension * MemoryLayout<Float>.stride,
            tests.allSatisfy({ $0.query.count == Self.dimension })
        else { throw UnexpectedAnswer(what: "a data set of another form in \(folder.path)") }
        self.shares = shares
        readers = groups.flatMap { group in group.prefix(Self.holders).map(\.labels) }
        questions = first.map(\.query)
        closestScores = groups.map { group in group.map(\.closestScores) }
    }

    var rows: Int { labelRows.reduce(0, +) }

    /// The number of the reader who asks this question at a share; calls take turns in the same way.
    static func reader(share: Int, question: Int) -> Int { share * holders + question % holders }

    /// All rows as little-endian float32, one after another.
    var components: Data { vectors }

    /// The row at a position where all rows stand in one list.
    func vector(_ position: Int) -> [Float] {
        let stride = Self.dimension * MemoryLayout<Float>.stride
        return [Float](unsafeUninitializedCapacity: Self.dimension) { buffer, count in
            let first = vectors.startIndex + position * stride
            count = vectors.copyBytes(to: buffer, from: first..<first + stride) / MemoryLayout<Float>.stride
        }
    }

    /// The rows of each label. A row's key is its label and its position.
    func partitions() throws -> [Partition] {
        let arena = try RowArena(dimension: Self.dimension)
        var position = 0
        return try labelRows.enumerated().map { label, count in
            var builder = try PartitionBuilder(in: arena)
            for row in position..<position + count {
                try builder.append(RowKey(high: UInt64(label), low: UInt64(row)), vector(row))
            }
            position += count
            return try builder.finish()
        }
    }

    // MARK: - Files

    private struct Payload: Decodable { let label: Int }

    private struct Test: Decodable {
        let query: [Float]
        let conditions: Conditions
        let closestScores: [Double]
        let permittedPercent: Double

        var labels: [Int] { conditions.or.map(\.label.match.value) }

        struct Conditions: Decodable { let or: [Condition] }
        struct Condition: Decodable { let label: Field }
        struct Field: Decodable { let match: Match }
        struct Match: Decodable { let value: Int }

        enum CodingKeys: String, CodingKey {
            case query, conditions
            case closestScores = "closest_scores"
            case permittedPercent = "permitted_percent"
        }
    }

    private static func lines<Line: Decodable>(of file: URL, as type: Line.Type) throws -> [Line] {
        let decoder = JSONDecoder()
        return try Data(contentsOf: file).split(separator: UInt8(ascii: "\n")).map {
            try decoder.decode(type, from: $0)
        }
    }

    private static func labelRows(_ file: URL) throws -> [Int] {
        var counts: [Int] = []
        for payload in try lines(of: file, as: Payload.self) {
            while counts.count < payload.label + 1 { counts.append(0) }
            guard payload.label == counts.count - 1 else {
                throw UnexpectedAnswer(what: "a data set whose rows do not stand label by label")
            }
            counts[payload.label] += 1
        }
        return counts
    }

    /// What follows the header of an npy file of version 1: six bytes of magic, two of version, two of length.
    private static func components(of file: Data) throws -> Data {
        guard file.count > 10, file.starts(with: [0x93] + Array("NUMPY".utf8)), file[file.startIndex + 6] == 1 else {
            throw UnexpectedAnswer(what: "vectors that are not an npy file of version 1")
        }
        let length = Int(file[file.startIndex + 8]) + Int(file[file.startIndex + 9]) << 8
        let header = String(decoding: file.dropFirst(10).prefix(length), as: UTF8.self)
        guard header.contains("'<f4'"), header.contains("'fortran_order': False") else {
            throw UnexpectedAnswer(what: "vectors that are not rows of little-endian float32")
        }
        return file.dropFirst(10 + length)
    }
}
