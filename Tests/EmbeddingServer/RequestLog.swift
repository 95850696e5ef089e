import Foundation
import Synchronization

/// What the tests learn about a request: a line of JSON each.
struct RequestRecord: Codable {
    let path: String
    let model: String
    let texts: [String]
    let encodingFormat: String
    let authorization: String?
    /// Requests that were being answered when this one came, itself included.
    let inFlight: Int
}

/// A file that grows by whole lines.
final class RequestLog: Sendable {
    private let file: Mutex<FileHandle>

    init(path: String) throws {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        file = Mutex(try FileHandle(forWritingTo: URL(fileURLWithPath: path)))
    }

    func write(_ record: RequestRecord) {
        guard let line = try? JSONEncoder().encode(record) else { return }
        file.withLock { try? $0.write(contentsOf: line + Data("\n".utf8)) }
    }
}
