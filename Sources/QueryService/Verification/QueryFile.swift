import AccessControl
import Foundation
import Labels

/// Questions out of a file, one a line: the body of a `POST /v1/retrieve`, or else plain text.
struct QueryFile: Sendable {
    static let byteLimit = 64 << 20
    static let lineLimit = 100_000

    private enum Content {
        case text(String)
        /// - Parameter purpose: The one that it states.
        case body(String, purpose: String?)
    }

    private let lines: [(number: Int, content: Content)]

    /// - Parameter path: Absolute: the process that reads it may have another current folder.
    init(path: String) throws(QueryFileError) {
        guard let file = FileHandle(forReadingAtPath: path) else { throw QueryFileError(path, "cannot be read") }
        defer { try? file.close() }
        guard let data = try? file.read(upToCount: Self.byteLimit + 1) ?? Data() else {
            throw QueryFileError(path, "cannot be read")
        }
        guard data.count <= Self.byteLimit else {
            throw QueryFileError(path, "has more than the \(Self.byteLimit) bytes allowed")
        }
        var lines: [(number: Int, content: Content)] = []
        for (index, line) in data.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            do {
                if let content = try Self.content(Array(line)) { lines.append((index + 1, content)) }
            } catch {
                throw QueryFileError("\(path), line \(index + 1)", error.reason)
            }
            guard lines.count <= Self.lineLimit else {
                throw QueryFileError(path, "has more than the \(Self.lineLimit) lines allowed")
            }
        }
        guard !lines.isEmpty else { throw QueryFileError(path, "holds no question; write one on each line") }
        self.lines = lines
    }

    private struct BadLine: Error {
        let reason: String
    }

    /// Nil for a line of blanks.
    private static func content(_ line: [UInt8]) throws(BadLine) -> Content? {
        guard line.count <= ServiceLimits.bodyBytes else {
            throw BadLine(reason: "has \(line.count) bytes and at most \(ServiceLimits.bodyBytes) are allowed")
        }
        guard let decoded = String(validating: line, as: UTF8.self) else { throw BadLine(reason: "is not UTF-8") }
        let text = decoded.trimmingCharacters(in: .whitespaces.union(.controlCharacters))
        guard !text.isEmpty else { return nil }
        guard text.hasPrefix("{") else { return .text(text) }
        do {
            return .body(text, purpose: try RetrieveBody(Array(text.utf8)).purpose)
        } catch {
            throw BadLine(reason: "is no body of a question: \(error.detail)")
        }
    }

    /// What somebody asks for one purpose. A body that states another one of his is not asked; to one that states none
    /// the purpose is added.
    func requests(for purpose: String?, of principal: Principal) -> [ReplayedRequest] {
        lines.compactMap { number, content in
            let name = "line \(number)"
            switch content {
            case .text(let text): return .question(text, purpose: purpose, name: name)
            case .body(let body, nil):
                guard let purpose else { return .body(body, name: name) }
                return .body("\(body.dropLast()),\"purpose\":\(ReplayedRequest.quoted(purpose))}", name: name)
            case .body(let body, let stated?):
                let isForAnother =
                    ByteText(stated) != purpose.map { ByteText($0) } && principal.purposes.contains(ByteText(stated))
                return isForAnother ? nil : .body(body, name: name)
            }
        }
    }
}

/// A file of questions that cannot be used. Nothing of a question is in it.
struct QueryFileError: Error, CustomStringConvertible {
    let description: String

    init(_ place: String, _ reason: String) { description = "\(place): \(reason)" }
}
