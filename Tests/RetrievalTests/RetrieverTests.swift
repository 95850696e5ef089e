import AccessControl
import Foundation
import IndexStore
import Labels
import Passages
import Retrieval
import Synchronization
import TestSupport
import Testing

@Suite("Retrieval")
struct RetrieverTests {
    private let embedder = RandomEmbedder(dimension: 8)

    private func index(_ folder: TemporaryFolder) async throws -> SQLiteIndex {
        let index = try Fixture.index(folder, "index", embedder: embedder)
        for number in 0..<4 {
            let rows = [Fixture.open, Fixture.closed, Fixture.label("open", groups: ["a", "b"])].enumerated()
                .map { place, label in
                    let text = "text \(place) of \(number)"
                    return (label: label, text: text, vector: embedder.vector(text))
                }
            try await index.commit(Fixture.document(index.keys, "d\(number)", rows))
        }
        return index
    }

    @Test("The nearest permitted passage comes first, and no other label's")
    func nearest() async throws {
        let folder = try TemporaryFolder()
        let retriever = try Fixture.retriever(try await index(folder), embedder)
        let open = try await retriever.retrieve(Fixture.query("text 0 of 2", count: 3), for: Fixture.request())
        #expect(open.results.count == 3 && open.results[0].passage.text == "text 0 of 2" && open.marking == "open")
        let hidden = try await retriever.retrieve(Fixture.query("text 1 of 2"), for: Fixture.request())
        #expect(hidden.results.count == 8 && hidden.results.allSatisfy { $0.passage.marking == "open" })
        let all = try await retriever.retrieve(Fixture.query("text 1 of 2"), for: Fixture.request("all"))
        #expect(all.results.count == 12 && all.results[0].passage.text == "text 1 of 2" && all.marking == "closed")
        #expect(all.contentTag != open.contentTag && hidden.contentTag == open.contentTag)
        let unknown = try await retriever.retrieve(Fixture.query("text"), for: Fixture.request("nobody"))
        #expect(unknown.results.isEmpty && unknown.marking == nil)
    }

    @Test("A request that a change overtakes starts again and is of one generation")
    func retries() async throws {
        let folder = try TemporaryFolder()
        let base = try await index(folder)
        let moving = MovingIndex(base: base, embedder: embedder, changes: 3)
        let retriever = try Fixture.retriever(moving, embedder)
        let answer = try await retriever.retrieve(Fixture.query("text 0 of 0"), for: Fixture.request())
        #expect(moving.snapshots.withLock { $0 } == 4)
        let settled = try await Fixture.retriever(base, embedder)
            .retrieve(Fixture.query("text 0 of 0"), for: Fixture.request())
        #expect(Fixture.bytes(answer) == Fixture.bytes(settled))
    }

    @Test("A request that is overtaken for ever ends")
    func givesUp() async throws {
        let folder = try TemporaryFolder()
        let moving = MovingIndex(base: try await index(folder), embedder: embedder, changes: .max)
        let retriever = try Fixture.retriever(moving, embedder)
        await #expect(throws: IndexError.outdated) {
            try await retriever.retrieve(Fixture.query("text 0 of 0"), for: Fixture.request())
        }
        #expect(moving.snapshots.withLock { $0 } == 20)
    }

    @Test("A change of what the caller may not read changes no byte")
    func hiddenChange() async throws {
        let folder = try TemporaryFolder()
        let index = try await index(folder)
        let retriever = try Fixture.retriever(index, embedder)
        func answer() async throws -> Data {
            Fixture.bytes(try await retriever.retrieve(Fixture.query("text"), for: Fixture.request()))
        }
        let before = try await answer()
        let rows = (0..<30).map {
            (label: Fixture.closed, text: "secret \($0)", vector: embedder.vector("secret \($0)"))
        }
        try await index.commit(Fixture.document(index.keys, "secret", rows))
        #expect(try await answer() == before)
        try await index.remove([index.keys.documentID(path: "secret")])
        #expect(try await answer() == before)
    }

    @Test("What an error of the index is, is thrown; nothing is answered without texts")
    func errors() async throws {
        let retriever = try Fixture.retriever(BrokenIndex(), embedder)
        await #expect(throws: IndexError.damaged(what: "test")) {
            try await retriever.retrieve(Fixture.query("text"), for: Fixture.request())
        }
    }

    @Test("A filter keeps labels by their visible attributes and widens nothing")
    func filter() async throws {
        let folder = try TemporaryFolder()
        let retriever = try Fixture.retriever(try await index(folder), embedder)
        func count(_ filter: LabelFilter, as person: String = "reader") async throws -> Int {
            try await retriever.retrieve(Fixture.query("text", filter: filter), for: Fixture.request(person)).results
                .count
        }
        func level(_ comparison: LabelFilter.Operator, _ value: ByteText) -> LabelFilter {
            .comparison(attribute: "level", comparison, [.string(value)])
        }
        func groups(_ comparison: LabelFilter.Operator, _ values: [ByteText]) -> LabelFilter {
            .comparison(attribute: "groups", comparison, values.map { .string($0) })
        }
        #expect(try await count(level(.eq, "closed")) == 0)
        #expect(try await count(level(.eq, "closed"), as: "all") == 4)
        #expect(try await count(level(.ne, "closed"), as: "all") == 8)
        #expect(try await count(level(.gt, "open"), as: "all") == 4)
        #expect(try await count(level(.lte, "open"), as: "all") == 8)
        #expect(try await count(groups(.eq, ["a"])) == 4)
        #expect(try await count(groups(.in, ["x", "b"])) == 4)
        #expect(try await count(groups(.nin, ["x", "b"])) == 4)
        #expect(try await count(.all([groups(.eq, ["a"]), level(.eq, "closed")]), as: "all") == 0)
        #expect(try await count(.any([groups(.eq, ["a"]), level(.eq, "closed")]), as: "all") == 8)
    }

    @Test("A comparison with an attribute that a label lacks holds for `ne` and `nin` alone")
    func missingAttribute() {
        let evaluator = LabelFilterEvaluator(scheme: Fixture.scheme)
        let bare = Fixture.label("open")
        let full = Label(attributes: ["level": .string("open"), "count": .long(3), "until": .datetime(1_000)])
        for comparison in LabelFilter.Operator.allCases {
            let filter = LabelFilter.comparison(attribute: "count", comparison, [.long(3)])
            #expect(evaluator.matches(bare, filter) == [.ne, .nin].contains(comparison), "\(comparison)")
            #expect(evaluator.matches(full, filter) == [.eq, .in, .gte, .lte].contains(comparison), "\(comparison)")
        }
        #expect(evaluator.matches(full, .comparison(attribute: "until", .lt, [.datetime(1_001)])))
        #expect(!evaluator.matches(full, .comparison(attribute: "until", .lt, [.datetime(1_000)])))
        // Sets have no order, and a level that the order does not know has no place in it.
        #expect(!evaluator.matches(bare, .comparison(attribute: "groups", .gte, [.set([])])))
        #expect(!evaluator.matches(bare, .comparison(attribute: "level", .lt, [.string("cosmic")])))
    }
}

/// An index in which a document changes behind each of the first snapshots.
private final class MovingIndex: PassageIndex {
    let base: SQLiteIndex
    let embedder: RandomEmbedder
    let changes: Int
    let snapshots = Mutex(0)

    init(base: SQLiteIndex, embedder: RandomEmbedder, changes: Int) {
        (self.base, self.embedder, self.changes) = (base, embedder, changes)
    }

    func snapshot() async throws -> IndexSnapshot { try await moved(base.snapshot()) }

    func lexicalSnapshot() async throws -> IndexSnapshot { try await moved(base.lexicalSnapshot()) }

    /// The snapshot, behind which the document changes.
    private func moved(_ snapshot: IndexSnapshot) async throws -> IndexSnapshot {
        let number = snapshots.withLock { number in
            number += 1
            return number
        }
        if number <= changes {
            let text = "text 0 of 0"
            try await base.commit(
                Fixture.document(base.keys, "d0", [(label: Fixture.open, text: text, vector: embedder.vector(text))]))
        }
        return snapshot
    }
}

private struct BrokenIndex: PassageIndex {
    func snapshot() throws -> IndexSnapshot { throw IndexError.damaged(what: "test") }

    func lexicalSnapshot() throws -> IndexSnapshot { throw IndexError.damaged(what: "test") }
}
