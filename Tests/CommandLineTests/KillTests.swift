import Foundation
import IndexStore
import Sealing
import TestSupport
import Testing
import TextEmbedding

#if canImport(Glibc)
    import Glibc
#endif

@Suite("An ingest that is killed")
struct KillTests {
    private static let kills = 50
    private static let documentCount = 30

    @Test("Fifty kills later no document is half there, and the index becomes what an undisturbed ingest makes")
    func killed() async throws {
        let seed = SeededGenerator.newSeed()
        var generator = SeededGenerator(seed: seed)
        let files = Self.documents(using: &generator)
        let undisturbed = try Program.enclave(files: files)
        let clock = ContinuousClock()
        let start = clock.now
        let outcome = try await Program.run("ingest", undisturbed.url.path)
        // An ingest goes on where the last one was killed, so short spans reach its end too.
        let duration = min(clock.now - start, .seconds(6))
        #expect(outcome.status == 0, "\(outcome.errors)")
        let expected = try await Self.contents(undisturbed)
        #expect(expected.count == files.count + SampleEnclave.documents.count)

        let enclave = try Program.enclave(files: files)
        var stored: Set<String> = []
        var progress: [Int] = []
        for _ in 0..<Self.kills {
            // An ingest that has nothing left to do could not be interrupted.
            if stored.count == expected.count { stored = try Self.removeIndex(of: enclave) }
            let program = try Program.start(["ingest", enclave.url.path])
            try await Task.sleep(for: duration * Double.random(in: 0...1, using: &generator))
            kill(program.process.processIdentifier, SIGKILL)
            program.process.waitUntilExit()
            guard FileManager.default.fileExists(atPath: enclave.indexPath) else {
                #expect(stored.isEmpty)
                progress.append(0)
                continue
            }
            if Int.random(in: 0..<8, using: &generator) == 0 {
                // Without the check, which would tidy up: the log of the removed index stays behind.
                stored = try Self.removeIndex(of: enclave)
                continue
            }
            let check = try await Program.run("check", enclave.url.path)
            #expect(check.status == 0 && check.output.contains("the index is sound"), "\(check.output)\(check.errors)")
            let found = try await Self.contents(enclave)
            for (id, rows) in found {
                #expect(expected[id] == rows, "after \(progress.count) kills a document differs")
            }
            #expect(stored.isSubset(of: found.keys), "after \(progress.count) kills a document is gone")
            stored = Set(found.keys)
            progress.append(found.count)
        }
        print("documents stored after each kill: \(progress.map(String.init).joined(separator: " "))")
        // The kills fell on work that was under way.
        #expect(Set(progress).count > 5)

        let rest = try await Program.run("ingest", enclave.url.path)
        #expect(rest.status == 0, "\(rest.errors)")
        let check = try await Program.run("check", enclave.url.path)
        #expect(check.status == 0, "\(check.output)\(check.errors)")
        #expect(try await Self.contents(enclave) == expected)
    }

    private static func removeIndex(of enclave: SampleEnclave) throws -> Set<String> {
        for suffix in ["", ".keys"] { try FileManager.default.removeItem(atPath: enclave.indexPath + suffix) }
        return []
    }

    /// Small documents under several labels.
    private static func documents(using generator: inout SeededGenerator) -> [String: String] {
        let words = ["bolt", "wing", "torque", "cable", "rudder", "hall", "crack", "shift", "wrench", "metre", "pass"]
        func sentence() -> String {
            (0..<Int.random(in: 8...20, using: &generator)).map { _ in words.randomElement(using: &generator)! }
                .joined(separator: " ") + " \(UInt64.random(in: 0..<1_000_000, using: &generator))."
        }
        var files: [String: String] = [:]
        for number in 0..<documentCount {
            let folder = ["public", "internal", "secret", "kestrel"][number % 4]
            let parts = (0..<Int.random(in: 1...3, using: &generator)).map { "## Part \($0)\n\n\(sentence())\n" }
            files["documents/\(folder)/generated-\(number).md"] =
                "# Document \(number)\n\n" + parts.joined(separator: "\n")
        }
        return files
    }

    private static func contents(_ enclave: SampleEnclave) async throws -> [String: [String]] {
        let model = try MiniLMEmbedder(modelDirectory: Program.model.path).model
        let index = try SQLiteIndex(
            path: enclave.indexPath, model: model.identity, dimension: model.dimension, create: false,
            keys: .beside(enclave.indexPath))
        return try await IndexFileContents(index, withIDs: false).documents
    }
}
