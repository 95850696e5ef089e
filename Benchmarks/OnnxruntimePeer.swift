/// onnxruntime with the same model in float32, in a Python process of one thread (see `peers/time_onnxruntime.py`).
final class OnnxruntimePeer {
    private let process: LineProcess
    /// Its versions.
    let facts: [String]

    /// Whether `.ci/setup onnxruntime` made an environment in this folder.
    static func isThere(_ environment: String) -> Bool { LineProcess.isThere(environment) }

    /// - Parameter weights: The path of `model.safetensors`.
    init(environment: String, weights: String) throws {
        struct Answer: Decodable { let facts: [String] }
        process = try LineProcess(script: "Benchmarks/peers/time_onnxruntime.py", environment: environment)
        facts = try process.exchange(["load": ["weights": weights]], for: Answer.self).facts
    }

    /// The vector of one text.
    func vector(_ ids: [Int32]) throws -> [Float] {
        struct Answer: Decodable { let vector: [Float] }
        return try process.exchange(["vector": ["ids": ids]], for: Answer.self).vector
    }

    /// Milliseconds of each of `calls` calls for one text.
    func time(_ ids: [Int32], calls: Int) throws -> [Double] {
        struct Request: Encodable {
            let ids: [Int32]
            let calls: Int
        }
        struct Answer: Decodable { let milliseconds: [Double] }
        let request = Request(ids: ids, calls: calls)
        return try process.exchange(["time": request], for: Answer.self).milliseconds
    }

    /// Something for the stopwatch: calls for this text, timed over there.
    func item(_ ids: [Int32]) -> Stopwatch.Item {
        .timedElsewhere { numbers in try self.time(ids, calls: numbers.count) }
    }
}
