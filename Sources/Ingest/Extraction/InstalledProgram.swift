import Foundation
import Glibc
import Subprocess
import SystemPackage

/// A program of the machine that documents are read with, as `portcullis doctor` looks at it.
package struct InstalledProgram: Sendable {
    package let name: String
    /// nil where there is none.
    package let path: String?
    /// The first line of what the program says about its version; nil where it says nothing.
    package let version: String?

    /// Folders in which readers of documents are looked for; the caller's own `PATH` has no say.
    package static let readerPath = ConfinedProgram.searchPath
    private static let versionBytes = 65_536
    private static let versionSeconds = 10

    /// - Parameters:
    ///   - searchPath: Folders with `:` between them.
    ///   - versionArgument: What makes the program tell its version.
    package init(_ name: String, in searchPath: String = readerPath, versionArgument: String) async {
        self.name = name
        path = searchPath.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
        version = if let path { await Self.version(of: path, versionArgument) } else { nil }
    }

    private static func version(of path: String, _ argument: String) async -> String? {
        await withTaskGroup(of: String?.self) { group in
            group.addTask {
                let result = try? await Subprocess.run(
                    .path(FilePath(path)), arguments: Arguments([argument]),
                    environment: .custom(["PATH": readerPath, "LC_ALL": "C.UTF-8"]), input: .none,
                    output: .string(limit: versionBytes), error: .string(limit: versionBytes))
                let said = (result?.standardOutput ?? "") + "\n" + (result?.standardError ?? "")
                return said.split(whereSeparator: \.isNewline).first.map { String($0.prefix(80)) }
            }
            group.addTask {
                try? await Task.sleep(for: .seconds(versionSeconds))
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    /// Runs a reader of PDFs over nothing, confined as it is for a document, and says why that fails, or nil.
    package static func confinementProblem() async -> String? {
        let program = ConfinedProgram(
            program: PDFPrograms().pdftotext, arguments: ["-v"], seconds: versionSeconds, memoryBytes: 1 << 30,
            outputBytes: versionBytes)
        do {
            guard case .exited = try await program.run(input: [0]).ending else { return "it ended by a signal" }
            return nil
        } catch {
            return error.description
        }
    }
}
