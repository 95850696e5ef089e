import CedarCases
import Foundation
import Testing

/// The official cases, in the folder `../shared/cedar` beside the package.
enum ConformanceCases {
    /// Found from the place of this file: `Tests/CedarTests` below the root of the package.
    static let folder: URL = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "shared/cedar")

    static var arePresent: Bool { FileManager.default.fileExists(atPath: folder.path) }

    static let absence: Comment =
        "skipped: the folder ../shared/cedar with the official cases is not beside the package"

    static func lines(_ name: String) async throws -> [[UInt8]] {
        try await CaseFile(path: folder.appending(path: name).path).lines()
    }

    /// The policy texts of all three files, those that must not parse included.
    static func allPolicies() async throws -> [[UInt8]] {
        var texts: [[UInt8]] = []
        for name in ["handwritten.jsonl.gz", "corpus-half.jsonl.gz", "golden.jsonl"] {
            for line in try await lines(name) { texts.append(try PolicyCase(line: line).policies) }
        }
        return texts
    }
}
