import Foundation
import TestSupport
import Testing

/// The procedures of docs/operations.md are run as they stand there.
@Suite("The page of procedures")
struct OperationsPageTests {
    /// The blocks marked `sh test`, in their order.
    private static func blocks() throws -> [String] {
        let page = try String(contentsOf: Program.root.appending(path: "docs/operations.md"), encoding: .utf8)
        return page.components(separatedBy: "```sh test\n").dropFirst().map {
            $0.components(separatedBy: "\n```")[0]
        }
    }

    @Test("Every procedure that can be run does what the page says, one after the other")
    func procedures() async throws {
        let blocks = try Self.blocks()
        #expect(blocks.count >= 8, "\(blocks.count) blocks")
        let folder = try TemporaryFolder()
        let files = FileManager.default
        try files.createDirectory(at: folder.url.appending(path: "corpus"), withIntermediateDirectories: true)
        try files.copyItem(
            at: Program.root.appending(path: "corpus/clinic"), to: folder.url.appending(path: "corpus/clinic"))
        try files.createSymbolicLink(
            at: folder.url.appending(path: ".cache"), withDestinationURL: Program.root.appending(path: ".cache"))
        try files.createDirectory(at: folder.url.appending(path: "bin"), withIntermediateDirectories: true)
        try files.createSymbolicLink(
            at: folder.url.appending(path: "bin/portcullis"), withDestinationURL: Program.url)
        let script = "set -euo pipefail\n" + blocks.enumerated().map { "echo '== block \($0 + 1)'\n\($1)\n" }.joined()
        try folder.write(script, to: "procedures.sh")
        var environment = ProcessInfo.processInfo.environment
        environment["PATH"] = folder.url.appending(path: "bin").path + ":" + (environment["PATH"] ?? "")
        let run = try RunningProgram(
            executable: URL(filePath: "/bin/bash"), arguments: ["procedures.sh"], environment: environment,
            folder: folder.url)
        let outcome = try await run.outcome(within: 600)
        #expect(outcome.status == 0, "\(outcome.output.suffix(2_000))\(outcome.errors.suffix(2_000))")
    }
}
