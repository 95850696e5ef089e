import TestSupport

@testable import LexicalSearch

/// Random documents, changes to them, and queries.
struct World {
    static let words = [
        "the", "of", "access", "control", "policy", "record", "AC-2(3)", "164.312(a)(2)(ii)", "audits", "auditing",
        "organization", "patient", "naïve", "Größe", "CVE-2021-44228", "P/N 4471-B", "encryption", "keys", "key", "日本",
        "logging", "e\u{301}clair", "4471-B", "ii", "164.312", "and", "system", "systems", "media", "sanitize",
    ]

    var random: SeededRandom
    let partitionCount: Int
    private(set) var documents: [LexicalKey: LexicalDocument] = [:]
    var index = LexicalIndex()

    init(_ stream: UInt64, partitions: Int) {
        random = SeededRandom(stream)
        partitionCount = partitions
    }

    mutating func text(_ longest: Int = 30) -> String {
        (0..<random.below(longest)).map { _ in Self.words[random.skewed(Self.words.count)] }.joined(separator: " ")
    }

    mutating func partition() -> Int32 { Int32(random.skewed(partitionCount)) }

    mutating func document() -> LexicalDocument {
        // Few keys, so that documents come again and texts stand under several labels.
        let key = LexicalKey(high: 0, low: UInt64(random.below(40)))
        var passages: [LexicalPassage] = []
        for number in 0..<random.below(6) {
            let passage = LexicalKey(high: key.low &* 7919 % 5, low: key.low << 8 | UInt64(number))
            let text = text()
            passages.append(.init(key: passage, partition: partition(), text: text))
            let other = partition()
            if random.below(4) == 0, other != passages[passages.count - 1].partition {
                passages.append(.init(key: passage, partition: other, text: text))
            }
        }
        return LexicalDocument(key: key, passages: passages)
    }

    mutating func change() {
        switch random.below(10) {
        case 0..<5:
            let added = (0...random.below(3)).map { _ in document() }
            for document in added {
                documents[document.key] = document.passages.isEmpty ? nil : document
            }
            index.insert(added)
        case 5:
            guard let key = documents.keys.sorted().randomElement(using: &random) else { return }
            documents[key] = nil
            index.remove([key])
        case 6, 7:
            guard let key = documents.keys.sorted().randomElement(using: &random) else { return }
            relabel(key)
        case 8:
            compact(while: { if $0.random.below(2) == 0 { $0.change() } })
        default:
            if let compaction = index.fullCompaction() { index.install(compaction.run()) }
        }
    }

    private mutating func relabel(_ key: LexicalKey) {
        let old = documents[key]!
        // All into one partition, or each by itself; a text is never twice in one partition.
        var taken: Set<[UInt64]> = []
        let passages = old.passages.map { passage in
            var partition = self.partition()
            while !taken.insert([passage.key.high, passage.key.low, UInt64(partition)]).inserted {
                partition = (partition + 1) % Int32(partitionCount)
            }
            return LexicalPassage(key: passage.key, partition: partition, text: passage.text)
        }
        documents[key] = LexicalDocument(key: key, passages: passages)
        let unknown = index.relabel([(document: key, partitions: passages.map(\.partition))])
        precondition(unknown.isEmpty)
    }

    /// A compaction, with changes while it runs.
    mutating func compact(while meanwhile: (inout World) -> Void) {
        guard let compaction = index.compaction(atMost: random.below(200)) else { return }
        let result = compaction.run()
        meanwhile(&self)
        index.install(result)
    }

    mutating func query() -> LexicalQuery {
        var parts = [text(8)]
        if random.below(3) == 0 { parts.append("\"\(text(4))\"") }
        return LexicalQuery(parts.joined(separator: " "))
    }

    /// Some partitions in some order.
    mutating func permitted() -> [Int32] {
        let all = (0..<Int32(partitionCount)).shuffled(using: &random)
        return Array(all.prefix(random.below(partitionCount + 1)))
    }

    var oracle: Oracle { Oracle(documents.values) }

    /// The documents with those passages alone that are permitted.
    func permittedAlone(_ partitions: [Int32]) -> [LexicalDocument] {
        documents.values.map { document in
            LexicalDocument(
                key: document.key, passages: document.passages.filter { partitions.contains($0.partition) })
        }
    }

    func indexOfPermitted(_ partitions: [Int32]) -> LexicalIndex {
        var index = LexicalIndex()
        index.insert(permittedAlone(partitions))
        return index
    }
}
