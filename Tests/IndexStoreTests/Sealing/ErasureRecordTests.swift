import Foundation
import Labels
import Passages
import TestSupport
import Testing

@testable import IndexStore

@Suite("What is on record of an erasure")
struct ErasureRecordTests {
    @Test("Where a reader stays, it is erased all the same, and who erased is told; the record says nothing of it")
    func readersRemain() async throws {
        let (folder, index) = try await ErasureTests.filled()
        let (a, b) = (index.keys.documentID(path: "a"), index.keys.documentID(path: "b"))
        var reader: IndexSnapshot? = index.snapshot()
        let erasing = Task { try await ErasureTests.erase([a], of: index) }
        while index.keyStore.register.erasures.values.first?.isComplete != true {
            try await Task.sleep(for: .milliseconds(5))
        }
        // Nobody waits for the reader any longer.
        erasing.cancel()
        let erasure = try await erasing.value
        #expect(erasure.readersRemain && erasure.isComplete)
        #expect(index.keyStore.register.erasures[erasure.id]?.readersRemain == false)
        #expect(try await index.outline(of: a) == nil)
        #expect(reader?.passageCount == index.snapshot().passageCount + 2)
        reader = nil
        #expect(try await !ErasureTests.erase([b], of: index).readersRemain)
        _ = folder
    }

    @Test("A request that is carried out waits no more, from the moment on in which the keys go")
    func request() async throws {
        let folder = try TemporaryFolder()
        var index: SQLiteIndex? = try Fixture.open(folder)
        try await ErasureTests.fill(#require(index))
        let id = try #require(index).keys.documentID(path: "a")
        let requests = ["a", "b"].map { name in
            PendingRequest(
                time: 1, scope: .document(name), principal: "p", reason: "r", documents: [id.description])
        }
        for request in requests { try await #require(index).record(request) }
        let erasure = try await #require(index).erase(
            [id], scope: .document(id.description), authority: .retention(rule: "test"), reason: "test",
            request: requests[0].id, subjects: "level", now: 1_000)
        for _ in 0..<2 {
            let register = try #require(index).keyStore.register
            #expect(Set(register.requests.keys) == [requests[1].id])
            #expect(register.erasures.keys.contains(erasure.id))
            index = nil
            index = try Fixture.open(folder, create: false)
        }
    }

    @Test("A backup that was begun while an erasure waited for its turn is one from before it")
    func time() async throws {
        let (folder, index) = try await ErasureTests.filled()
        let asked = Date().milliseconds
        try await Task.sleep(for: .milliseconds(20))
        let backup = try await index.backUp(
            name: "b", to: folder.url.appending(path: "backups"), keysTo: folder.url.appending(path: "keys"),
            keyDays: 1, recoveryKey: nil)
        let erasure = try await index.erase(
            [index.keys.documentID(path: "a")], scope: .retention, authority: .retention(rule: "test"), reason: "test",
            subjects: "level", now: asked)
        #expect(asked < backup.keyBackup.time && backup.keyBackup.time <= erasure.time)
        // A clock that went back since does not take it back before it was asked for.
        let later = Date().milliseconds + 3_600_000
        let next = try await index.erase(
            [index.keys.documentID(path: "b")], scope: .retention, authority: .retention(rule: "test"), reason: "test",
            subjects: "level", now: later)
        #expect(next.time == later)
    }

    @Test("Records of the first version are read, and every scope comes back as it was stored")
    func coding() throws {
        let stored: [String: RecordScope] = [
            #"{"kind":"document","id":"ab"}"#: .document("ab"),
            #"{"kind":"subject","token":"P-1"}"#: .subject("P-1"),
            #"{"kind":"older_than","before":86400000}"#: .olderThan(86_400_000),
            #"{"kind":"retention"}"#: .retention,
        ]
        let decoder = JSONDecoder()
        for (text, scope) in stored {
            #expect(try decoder.decode(RecordScope.self, from: Data(text.utf8)) == scope)
            #expect(try decoder.decode(RecordScope.self, from: JSONEncoder().encode(scope)) == scope)
        }
        let text = """
            {"id": "0123456789abcdef", "time": 1, "scope": {"kind": "older_than", "before": 1},
             "authority": "retention: labels.yaml:3", "reason": "retention",
             "documents": [{"document": "00", "content": "11"}], "isComplete": true}
            """
        let erasure = try decoder.decode(Erasure.self, from: Data(text.utf8))
        #expect(erasure.isComplete && !erasure.readersRemain && erasure.scope == .olderThan(1))
        let again = String(decoding: try JSONEncoder().encode(erasure), as: UTF8.self)
        #expect(!again.contains("readersRemain") && again.contains("isComplete"))
    }
}
