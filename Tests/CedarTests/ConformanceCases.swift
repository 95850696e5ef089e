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
}
