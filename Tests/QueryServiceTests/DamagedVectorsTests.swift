import Foundation
import Ingest
import Passages
import TestSupport
import Testing

@testable import IndexStore
@testable import QueryService

@Suite("Vectors that are damaged while the service runs")
struct DamagedVectorsTests {
    @Test("Who asks is not told, and the next ingest of unchanged files brings the documents back")
    func ingestedAgain() async throws {
        let settings = try #require(SampleEnclave.settings["portcullis.yaml"])
            .replacing("service:\n", with: "service:\n  vectors: file\n")
        let enclave = try SampleEnclave(files: ["portcullis.yaml": settings])
        try await TestServer.with(enclave) { server in
            let index = server.engine.index
            let before = try await Self.answer(server)
            #expect(!before.isEmpty)
            try index.database.truncateLog()
            #expect(try Self.damageVectors(in: enclave.indexPath) >= SampleEnclave.documents.count)
            // After a commit nobody reads what he read before out of his own memory.
            try await index.remove([DocumentID(bytes: [UInt8](repeating: 0, count: 16))])
            #expect(try await Self.answer(server).isEmpty)
            let damaged = index.snapshot().quarantined.count
            #expect(damaged > 0)
            let summary = try await server.engine.ingest { _ in }
            #expect(summary.added == damaged && summary.unchanged == SampleEnclave.documents.count - damaged)
            #expect(index.snapshot().quarantined.isEmpty)
            #expect(try await Self.answer(server) == before)
            #expect(try await server.engine.ingest { _ in }.unchanged == SampleEnclave.documents.count)
        }
    }

    private static func answer(_ server: TestServer) async throws -> [String] {
        try await server.ask("alice", RetrieveTests.question, k: 50, more: #", "mode": "vector""#)
            .compactMap { $0["text"] as? String }
    }

    /// Changes a bit of each record of vectors, and of what pages may still have of one. They begin alike: with the
    /// version of a record, its field, and a nonce of field and ordinal.
    ///
    /// - Returns: How many bits.
    private static func damageVectors(in path: String) throws -> Int {
        let field = RecordField.vectors.rawValue
        let head = Data([2, field, 0, 0, 0, field] + [UInt8](repeating: 0, count: 8))
        let file = try Data(contentsOf: URL(filePath: path))
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        defer { try? handle.close() }
        var (count, start) = (0, file.startIndex)
        while let found = file.range(of: head, in: start..<file.endIndex) {
            try handle.seek(toOffset: UInt64(found.upperBound))
            try handle.write(contentsOf: [file[found.upperBound] ^ 1])
            (count, start) = (count + 1, found.upperBound)
        }
        return count
    }
}
