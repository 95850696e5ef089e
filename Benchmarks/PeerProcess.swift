import Foundation

/// One library that the scan is measured beside, in a process of its own (`Benchmarks/peers/time_peers.py`).
final class PeerProcess {
    let name: String
    private let process: LineProcess

    /// Whether `.ci/setup peers` made an environment in this folder.
    static func isThere(_ environment: String) -> Bool { LineProcess.isThere(environment) }

    /// The names of all that the script knows.
    static func names(environment: String) throws -> [String] {
        struct Answer: Decodable { let names: [String] }
        return try PeerProcess("", environment: environment).ask("names", [String: Int](), for: Answer.self).names
    }

    init(_ name: String, environment: String) throws {
        self.name = name
        process = try LineProcess(
            script: "Benchmarks/peers/time_peers.py", arguments: [name], environment: environment)
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

    /// Builds the index. What the peer says about itself.
    func load(_ rows: Rows) throws -> [String] {
        struct Answer: Decodable { let facts: [String] }
        return try ask("load", rows, for: Answer.self).facts
    }

    /// The positions of the rows that a search finds, the best first.
    func answer(reader: Int, question: Int) throws -> [Int] {
        struct Answer: Decodable { let rows: [Int] }
        return try ask("answer", ["reader": reader, "question": question], for: Answer.self).rows
    }

    /// Makes the searches one after another. Milliseconds of each, taken around the search alone.
    func time(_ searches: [Search]) throws -> [Double] {
        struct Answer: Decodable { let milliseconds: [Double] }
        let times = try ask("time", ["calls": searches], for: Answer.self).milliseconds
        guard times.count == searches.count else { throw UnexpectedAnswer(what: "a search without its time") }
        return times
    }

    private func ask<Answer: Decodable>(
        _ request: String, _ values: some Encodable, for type: Answer.Type
    ) throws -> Answer {
        try process.exchange([request: values], for: Reply<Answer>.self).answer.get()
    }

    /// An answer, or why there is none.
    private struct Reply<Answer: Decodable>: Decodable {
        let answer: Result<Answer, UnexpectedAnswer>

        private enum CodingKeys: String, CodingKey { case error }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            if let reason = try values.decodeIfPresent(String.self, forKey: .error) {
                answer = .failure(UnexpectedAnswer(what: reason))
            } else {
                answer = .success(try Answer(from: decoder))
            }
        }
    }
}
