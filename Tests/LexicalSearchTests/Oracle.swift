import Glibc

@testable import LexicalSearch

/// BM25 as one writes it down: every permitted passage, every term, nothing kept. Its words come from
/// `LexicalAnalyzer`, which has tests of its own.
struct Oracle {
    /// Deliberate mistakes, each of which lets hidden passages into an answer.
    enum Fault: CaseIterable {
        case frequenciesOfAll, averageLengthOfAll, limitBeforeFilter, tiesByPlace
    }

    struct Passage {
        let key: LexicalKey
        let partition: Int32
        /// The terms at each position, words and parts of identifiers.
        let terms: [(term: [UInt8], position: Int)]
        let length: Int

        init(_ passage: LexicalPassage, _ analyzer: LexicalAnalyzer) {
            key = passage.key
            partition = passage.partition
            analyzer.analyze(passage.text)
            terms = analyzer.tokens.map { (Array(analyzer.term(of: $0)), $0.position) }
            length = analyzer.words.count
        }

        func occurrences(of term: [UInt8]) -> Int { min(255, terms.count { $0.term == term }) }

        func holds(_ phrase: [[UInt8]]) -> Bool {
            let positions = phrase.map { word in Set(terms.filter { $0.term == word }.map(\.position)) }
            return positions[0].contains { start in
                positions.indices.allSatisfy { positions[$0].contains(start + $0) }
            }
        }
    }

    let passages: [Passage]

    init(_ documents: some Sequence<LexicalDocument>) {
        let analyzer = LexicalAnalyzer()
        passages = documents.flatMap { document in document.passages.map { Passage($0, analyzer) } }
    }

    /// Every match, in the order of hits.
    func hits(
        _ query: LexicalQuery, permitting partitions: [Int32], limit: Int = .max, fault: Fault? = nil
    ) -> [LexicalHit] {
        let permitted = passages.filter { partitions.contains($0.partition) }
        let counted = fault == .frequenciesOfAll ? passages : permitted
        let measured = fault == .averageLengthOfAll ? passages : permitted
        let words = measured.reduce(0) { $0 + $1.length }
        let average = words == 0 ? 1 : Double(words) / Double(measured.count)
        let inverse = query.terms.map { term in
            let frequency = Double(counted.count { $0.occurrences(of: term) > 0 })
            return log(1 + (Double(counted.count) - frequency + 0.5) / (frequency + 0.5))
        }
        var found: [(hit: LexicalHit, rank: Int, place: Int)] = []
        for (place, passage) in (fault == .limitBeforeFilter ? passages : permitted).enumerated() {
            var (score, isMatch) = (0.0, false)
            for (number, term) in query.terms.enumerated() {
                let occurrences = Double(passage.occurrences(of: term))
                guard occurrences > 0 else { continue }
                isMatch = true
                let norm = 0.9 * (1 - 0.4 + 0.4 * Double(passage.length) / average)
                score += query.weights[number] * inverse[number] * ((0.9 + 1) * occurrences / (occurrences + norm))
            }
            guard isMatch, query.phrases.allSatisfy({ passage.holds($0) }) else { continue }
            let hit = LexicalHit(key: passage.key, partition: passage.partition, score: score)
            found.append((hit, partitions.firstIndex(of: passage.partition) ?? .max, place))
        }
        found.sort {
            if $0.hit.score != $1.hit.score { return $0.hit.score > $1.hit.score }
            if fault == .tiesByPlace { return $0.place < $1.place }
            return $0.hit.key != $1.hit.key ? $0.hit.key < $1.hit.key : $0.rank < $1.rank
        }
        return found.prefix(limit).map(\.hit).filter { partitions.contains($0.partition) }
    }
}
