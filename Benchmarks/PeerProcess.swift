import Foundation

/// FAISS and sqlite-vec, in a Python process that answers line by line (see `peers/time_peers.py`).
final class PeerProcess {
    private let process: LineProcess

    /// Whether `.ci/setup peers` made an environment in this folder.
    static func isThere(_ environment: String) -> Bool { LineProcess.isThere(environment) }

    init(environment: String) throws {
        process = try LineProcess(script: "Benchmarks/peers/time_peers.py", environment: environment)
    }

    // MARK: - What can be asked

    /// What the peers build their indexes from. The files hold little-endian float32 rows, one after another.
    struct Rows: Encodable {
        let vectors: String
        let questions: String
        let dimension: Int
        /// Rows of each label, in the order in which they stand in the file.
        let labelRows: [Int]
        /// The labels that each reader may read.
        let readers: [[Int]]
        /// Results of a search.
        let count: Int

        enum CodingKeys: String, CodingKey {
            case vectors, questions, dimension, readers, count
            case labelRows = "label_rows"
        }
    }

    /// One search: a reader and a question, by number.
    struct Search: Encodable {
        let reader: Int
        let question: Int

        func encode(to encoder: any Encoder) throws {
            var values = encoder.unkeyedContainer()
            try values.encode(reader)
            try values.encode(question)
        }
    }

    /// Builds the indexes. What the peers say about themselves.
    func load(_ rows: Rows) throws -> [String] {
        struct Answer: Decodable { let facts: [String] }
        return try process.exchange(["load": rows], for: Answer.self).facts
    }

    /// The positions of the best rows, the best first.
    func answer(_ peer: Peer, reader: Int, question: Int) throws -> [Int] {
        struct Request: Encodable {
            let peer: Peer
            let reader: Int
            let question: Int
        }
        struct Answer: Decodable { let rows: [Int] }
        let request = Request(peer: peer, reader: reader, question: question)
        return try process.exchange(["answer": request], for: Answer.self).rows
    }

    /// Makes the searches one after another. Milliseconds of each, taken around the search alone.
    func time(_ peer: Peer, _ searches: [Search]) throws -> [Double] {
        struct Request: Encodable {
            let peer: Peer
            let calls: [Search]
        }
        struct Answer: Decodable { let milliseconds: [Double] }
        let times = try process.exchange(["time": Request(peer: peer, calls: searches)], for: Answer.self).milliseconds
        guard times.count == searches.count else { throw UnexpectedAnswer(what: "a search without its time") }
        return times
    }
}

/// What the scan is compared with. The names are those that the script knows.
enum Peer: String, Encodable {
    case faiss
    case sqliteVec = "sqlite-vec"
    /// The same without any row: what a call costs before it searches.
    case faissWithoutRows = "faiss, no rows"
    case sqliteVecWithoutRows = "sqlite-vec, no rows"
}
