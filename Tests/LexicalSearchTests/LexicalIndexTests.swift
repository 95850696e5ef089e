import TestSupport
import Testing

@testable import LexicalSearch

@Suite("The lexical index")
struct LexicalIndexTests {
    private func key(_ number: UInt64) -> LexicalKey { LexicalKey(high: 0, low: number) }

    /// An index of texts, each a document of one passage under partition 0.
    private func index(_ texts: [String]) -> LexicalIndex {
        var index = LexicalIndex()
        index.insert(
            texts.enumerated().map { number, text in
                let key = key(UInt64(number))
                return LexicalDocument(key: key, passages: [.init(key: key, partition: 0, text: text)])
            })
        return index
    }

    private func found(_ query: String, in index: LexicalIndex, permitting partitions: [Int32] = [0]) -> Set<UInt64> {
        let plan = LexicalPlan(index, permitting: partitions)
        return Set(ResolvedQuery(LexicalQuery(query), in: plan).best(100).map(\.key.low))
    }

    @Test("A phrase matches where its words stand behind one another")
    func matchesPhrases() {
        let texts = index([
            "the security policy of the house", "policy, security", "Security — policies", "security of policy",
            "164.312(a)(2)(ii) applies", "312 then 164", "security security policy",
        ])
        #expect(found("\"security policy\"", in: texts) == [0, 2, 6])
        #expect(found("“security policy” house", in: texts) == [0, 2, 6])
        #expect(found("\"policy security\"", in: texts) == [1])
        #expect(found("\"security policy", in: texts) == [0, 1, 2, 3, 6])
        #expect(found("\"164.312(a)\"", in: texts) == [4])
        #expect(found("\"312 a\"", in: texts) == [4])
        #expect(found("house \"unknown words\"", in: texts) == [])
        #expect(found("\"\" house", in: texts) == [0])
        #expect(found("\"security policy\" \"of the house\"", in: texts) == [0])
    }

    @Test("Identifiers are found whole and in part")
    func findsIdentifiers() {
        let texts = index([
            "AC-2(3) disables accounts", "164.312(a)(2)(ii) emergency access", "CVE-2021-44228", "P/N 4471-B",
            "nothing",
            "NIST SP 800-171", "AC-2 manages accounts",
        ])
        #expect(found("ac-2(3)", in: texts) == [0, 1, 6])
        #expect(found("44228", in: texts) == [2])
        #expect(found("164.312(a)", in: texts) == [1])
        #expect(found("312", in: texts) == [1])
        #expect(found("P/N 4471-B", in: texts) == [3])
        #expect(found("800-171", in: texts) == [5])
        let best = ResolvedQuery(LexicalQuery("AC-2(3)"), in: LexicalPlan(texts, permitting: [0])).best(1)
        #expect(best.map(\.key.low) == [0])
    }

    @Test("Only the first distinct terms of a query count")
    func boundsQueries() {
        let words = (0..<600).map { "w\($0)" }
        let query = LexicalQuery((words + words).joined(separator: " "))
        #expect(query.terms == words.prefix(LexicalQuery.mostTerms).map { Array($0.utf8) })
        let phrases = LexicalQuery(words.map { "\"\($0)\"" }.joined(separator: " "))
        #expect(phrases.phrases.count == LexicalQuery.mostPhrases)
        #expect(
            LexicalQuery("\"" + words.joined(separator: " ") + "\"").phrases[0].count == LexicalQuery.mostPhraseWords)
        for (count, phrases) in [
            (LexicalQuery.mostWordsBesidePhrases, 1), (LexicalQuery.mostWordsBesidePhrases + 1, 0),
        ] {
            let query = LexicalQuery("\"a phrase\" " + words.prefix(count).joined(separator: " "))
            #expect(query.phrases.count == phrases && query.terms.count == count + 2)
        }
    }

    @Test("A generation stays what it was while the next ones are made")
    func keepsGenerations() {
        var now = index(["one two", "two three"])
        let before = now
        now.relabel([(document: key(0), partitions: [1])])
        now.remove([key(1)])
        now.install(now.fullCompaction()!.run())
        #expect(found("two", in: before) == [0, 1])
        #expect(found("two", in: now) == [])
        #expect(found("two", in: now, permitting: [1]) == [0])
        let unknown = now.relabel([(document: key(1), partitions: [0]), (document: key(0), partitions: [])])
        #expect(unknown == [key(1), key(0)])
    }

    @Test("What is appended takes the place of documents with the same key, whichever part they are in")
    func appendsInPlace() {
        func document(_ number: UInt64, _ text: String) -> LexicalDocument {
            LexicalDocument(key: key(number), passages: [.init(key: key(number), partition: 0, text: text)])
        }
        var texts = LexicalIndex()
        for part in [[document(1, "alpha beta"), document(2, "beta delta")], [document(1, "beta beta gamma")]] {
            var builder = LexicalIndexBuilder()
            for document in part { builder.append(document) }
            texts.append(builder)
        }
        let query = LexicalQuery("alpha beta gamma delta")
        let second = Oracle([document(2, "beta delta"), document(1, "beta beta gamma")])
        #expect(texts.count == 2 && texts.segmentCount == 2)
        #expect(
            ResolvedQuery(query, in: LexicalPlan(texts, permitting: [0])).best(9)
                == second.hits(query, permitting: [0]))
        texts.remove(key(1))
        #expect(texts.count == 1 && found("alpha beta gamma", in: texts) == [2])
        texts.remove(key(2))
        #expect(texts.count == 0 && texts.parts.isEmpty)
    }

    @Test("Terms of removed passages are gone after compaction")
    func forgetsRemovedTerms() {
        var texts = index(["alpha beta", "beta gamma"])
        texts.insert([LexicalDocument(key: key(7), passages: [.init(key: key(7), partition: 0, text: "delta beta")])])
        texts.remove([key(0)])
        texts.remove([key(7)])
        texts.install(texts.fullCompaction()!.run())
        let dictionary = texts.parts[0].segment.dictionary
        let terms = (0..<dictionary.count).map { String(decoding: dictionary.term($0), as: UTF8.self) }
        #expect(texts.parts.count == 1 && terms.sorted() == ["beta", "gamma"])
        #expect(texts.fullCompaction() == nil)
        texts.remove([key(1)])
        #expect(texts.count == 0 && texts.parts.isEmpty)
    }

    @Test("Compaction by and by leaves few segments, each time with no more rows than allowed")
    func compactsByAndBy() {
        var (texts, random) = (LexicalIndex(), SeededRandom(3))
        for number in 0..<300 {
            texts.insert(
                LexicalDocument(
                    key: key(UInt64(number)), passages: [.init(key: key(UInt64(number)), partition: 0, text: "a b")]))
            if number % 10 == 0 { texts.remove([key(UInt64(random.below(number + 1)))]) }
            while let compaction = texts.compaction(atMost: 100_000) { texts.install(compaction.run()) }
        }
        #expect(texts.segmentCount < 8)
        let before = texts.segmentCount
        #expect(texts.compaction(atMost: 0) == nil && before > 0)
    }

    @Test("A compaction that another one overtook changes nothing")
    func refusesAnOvertakenCompaction() {
        var texts = index(["one"])
        texts.insert([LexicalDocument(key: key(9), passages: [.init(key: key(9), partition: 0, text: "one two")])])
        let (first, second) = (texts.fullCompaction()!.run(), texts.fullCompaction()!.run())
        let installed = [texts.install(first), texts.install(second)]
        #expect(installed == [true, false])
        #expect(found("one", in: texts) == [0, 9])
    }

    @Test("Several builders make one index")
    func buildsBesideEachOther() {
        var builders = [LexicalIndexBuilder(), LexicalIndexBuilder()]
        var all: [LexicalDocument] = []
        var world = World(500, partitions: 4)
        for number in 0..<60 {
            let document = world.document()
            builders[number % 2].append(document)
            if number % 2 == 0 { all.append(document) }
        }
        // What the second builder has comes after all of the first.
        var second = World(500, partitions: 4)
        for number in 0..<60 {
            let document = second.document()
            if number % 2 == 1 { all.append(document) }
        }
        var last: [LexicalKey: LexicalDocument] = [:]
        for document in all { last[document.key] = document }
        let built = LexicalIndex(builders)
        let query = LexicalQuery("the of access ac-2 key")
        let hits = ResolvedQuery(query, in: LexicalPlan(built, permitting: [2, 0, 1])).best(50)
        #expect(hits == Oracle(last.values).hits(query, permitting: [2, 0, 1], limit: 50))
    }

    @Test("No permitted passage, no text, no term: nothing is found, and nothing fails")
    func standsEmptiness() {
        #expect(found("a", in: LexicalIndex()) == [])
        #expect(found("", in: index(["", "..."])) == [])
        #expect(found("a", in: index(["", "..."])) == [])
        #expect(found("a", in: index(["a"]), permitting: []) == [])
        let plan = LexicalPlan(index(["a"]), permitting: [7])
        #expect(ResolvedQuery(LexicalQuery("a"), in: plan).upperBound == 0)
    }

    @Test("Long passages, and terms that stand in them often, count as brute force counts them")
    func countsLongPassages() {
        let texts = [
            String(repeating: "key ", count: 3000) + "end", String(repeating: "key lock ", count: 200), "key",
            (0..<700).map { "w\($0)" }.joined(separator: " "),
        ]
        let index = index(texts)
        let documents = texts.enumerated().map {
            LexicalDocument(key: key(UInt64($0)), passages: [.init(key: key(UInt64($0)), partition: 0, text: $1)])
        }
        for text in ["key", "lock key", "\"lock key\"", "w699 w3 key end", "\"w698 w699\""] {
            let query = LexicalQuery(text)
            #expect(
                ResolvedQuery(query, in: LexicalPlan(index, permitting: [0])).best(9)
                    == Oracle(documents).hits(query, permitting: [0]))
        }
    }
}
