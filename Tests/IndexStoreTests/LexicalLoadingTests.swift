import Dispatch
import Foundation
import GRDB
import Labels
import LexicalSearch
import Passages
import TestSupport
import Testing

@testable import IndexStore

@Suite("Reading the words of an index")
struct LexicalLoadingTests {
    /// Three documents, each with a word of its own.
    private static func index(_ folder: TemporaryFolder) async throws -> (SQLiteIndex, [IndexedDocument]) {
        let index = try Fixture.open(folder, keepsVectors: false)
        let documents = (0..<3).map { Fixture.document(index, "d\($0)", [("open", "wing bolt w\($0)")]) }
        for document in documents { try await index.commit(document) }
        return (index, documents)
    }

    private static func found(_ words: String, _ index: SQLiteIndex) async throws -> Set<PassageID> {
        let snapshot = try await index.lexicalSnapshot()
        let found = try await snapshot.matching(
            LexicalQuery(words), among: Fixture.permitted(snapshot), limit: 9, minimumScore: 0)
        return Set(found.map(\.id))
    }

    /// Makes everything wait that changes the index or what is in memory of it, from when this returns until the gate
    /// opens.
    private static func hold(_ index: SQLiteIndex, until gate: DispatchSemaphore) async -> Task<Void, any Error> {
        let (began, beginning) = AsyncStream<Void>.makeStream()
        let holding = Task {
            try await index.database.pool.writeWithoutTransaction { _ in
                beginning.yield()
                gate.wait()
            }
        }
        for await _ in began { break }
        return holding
    }

    @Test("It ends where the process is to end, and who asks next begins it anew", .timeLimit(.minutes(1)))
    func ended() async throws {
        let folder = try TemporaryFolder()
        let (index, documents) = try await Self.index(folder)
        let gate = DispatchSemaphore(value: 0)
        let holding = await Self.hold(index, until: gate)
        let reading = Task { try await index.readWords() }
        // The gate opens when the reading knows that it is to end, or it could be at its end before.
        while index.lexicalLoading.underWay == nil { try await Task.sleep(for: .milliseconds(1)) }
        reading.cancel()
        while index.lexicalLoading.underWay?.isCancelled == false { try await Task.sleep(for: .milliseconds(1)) }
        gate.signal()
        try await holding.value
        await #expect(throws: CancellationError.self) { try await reading.value }
        #expect(index.snapshot().lexical == nil)
        #expect(try await Self.found("w1", index) == [documents[1].passages[0].id])
        // What is there already is no work.
        try await index.readWords()
    }

    @Test("A document that comes into quarantine while words are read is found by none")
    func quarantine() async throws {
        let folder = try TemporaryFolder()
        let (index, documents) = try await Self.index(folder)
        index.reportDamage { _ in }
        try await index.database.pool.write { db in
            let row = try Int64.fetchOne(
                db, sql: "SELECT document_row FROM documents WHERE document_id = ?",
                arguments: [Data(documents[1].id.bytes)])
            try db.execute(sql: "UPDATE vectors SET body = zeroblob(600) WHERE document_row = ?", arguments: [row])
        }
        let before = index.snapshot()
        let permitted = try Fixture.permitted(before)
        let gate = DispatchSemaphore(value: 0)
        let holding = await Self.hold(index, until: gate)
        // Quarantine comes first, and after it what was read when there was none.
        let searching = Task {
            try await before.nearest(to: Fixture.vector("query"), among: permitted, limit: 9, minimumScore: -2)
        }
        try await Task.sleep(for: .milliseconds(100))
        let reading = Task { try await index.readWords() }
        try await Task.sleep(for: .milliseconds(100))
        gate.signal()
        try await holding.value
        _ = try? await searching.value
        try await reading.value
        #expect(index.snapshot().quarantined == [documents[1].id])
        #expect(try await Self.found("bolt", index) == [documents[0].passages[0].id, documents[2].passages[0].id])
    }
}
