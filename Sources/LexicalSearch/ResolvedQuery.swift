/// A query put to a plan: its terms with their document frequencies among the permitted passages, and where their
/// postings are. It serves for the best hits and for the scores of given passages.
package struct ResolvedQuery: Sendable {
    /// A term that some permitted passage holds.
    struct Term: Sendable {
        /// Times what the term weighs.
        let inverseDocumentFrequency: Double
        /// Its postings in each part of the plan.
        let postings: [Range<Int>]
        /// Those of permitted rows, in each part of the plan.
        let permitted: [PermittedPostings]
    }

    /// The most ranges of postings that all terms together keep: 16 MB.
    private static let mostKept = 1 << 20

    let plan: LexicalPlan
    /// In the query's order, without those that no permitted passage holds.
    let terms: [Term]
    /// The words of each phrase.
    let phrases: [[[UInt8]]]
    /// False where a word of a phrase stands in no permitted passage: then no passage matches.
    let canMatch: Bool
    /// The document frequency of every term of the query among the permitted passages.
    let documentFrequencies: [Int]
    /// What no score exceeds, but for rounding: the sum of weight(t) * idf(t) * (k1 + 1) over all terms of the query.
    /// Scores divided by it can be compared between queries. It comes from the permitted passages alone.
    package let upperBound: Double

    package init(_ query: LexicalQuery, in plan: LexicalPlan) {
        self.init(query, in: plan, keeping: Self.mostKept)
    }

    /// - Parameter limit: Of the ranges of postings that are kept; it changes no result.
    init(_ query: LexicalQuery, in plan: LexicalPlan, keeping limit: Int) {
        var room = limit
        var absent: Set<[UInt8]> = []
        var terms: [Term] = []
        var frequencies: [Int] = []
        var bound = 0.0
        for (term, weight) in zip(query.terms, query.weights) {
            let postings = plan.parts.map { $0.part.segment.postings(of: term) }
            let permitted = zip(plan.parts, postings).map { planned, postings in
                let found = PermittedPostings(postings, of: planned, keeping: room)
                room -= found.kept.count
                return found
            }
            let frequency = permitted.reduce(0) { $0 + $1.count }
            let inverse = plan.count == 0 ? 0 : weight * BM25.inverseDocumentFrequency(frequency, of: plan.count)
            frequencies.append(frequency)
            bound += inverse * (BM25.k1 + 1)
            if frequency > 0 {
                terms.append(Term(inverseDocumentFrequency: inverse, postings: postings, permitted: permitted))
            } else {
                absent.insert(term)
            }
        }
        self.plan = plan
        self.terms = terms
        phrases = query.phrases
        // Of one that is no term, because there are too many, nothing is known here.
        canMatch = absent.isEmpty || !query.phrases.joined().contains(where: absent.contains)
        documentFrequencies = frequencies
        upperBound = bound
    }

    /// The scores of some passages, each under the partition it is in; 0 for one that does not match, is not permitted or
    /// not there. For n passages O(n log n), and O(log postings) for each of them and each term: postings are gone through
    /// in the order of rows.
    package func scores(of passages: [(key: LexicalKey, partition: Int32)]) -> [Double] {
        var scores = [Double](repeating: 0, count: passages.count)
        guard canMatch else { return scores }
        for (part, rows) in places(of: passages).enumerated() where !rows.isEmpty {
            let segment = plan.parts[part].part.segment
            for term in terms {
                var postings = term.postings[part]
                for (row, passage) in rows {
                    let found = segment.firstPosting(in: postings, notBefore: UInt32(row))
                    postings = found..<postings.upperBound
                    guard found < postings.upperBound else { break }
                    guard segment.rows[found] == UInt32(row) else { continue }
                    scores[passage] +=
                        term.inverseDocumentFrequency
                        * plan.saturations(Int(segment.occurrences[found]), length: segment.length(of: row))
                }
            }
            for phrase in phrases {
                var phrase = PhraseMatch(phrase, of: segment)
                for (row, passage) in rows where scores[passage] > 0 && !phrase.stands(in: row, of: segment) {
                    scores[passage] = 0
                }
            }
        }
        return scores
    }

    /// For each part the rows of passages, ascending, each with the number of its passage.
    private func places(
        of passages: [(key: LexicalKey, partition: Int32)]
    ) -> [[(row: Int, passage: Int)]] {
        var places = plan.parts.map { _ in [(row: Int, passage: Int)]() }
        for (number, passage) in passages.enumerated() where plan.rank(of: passage.partition) != nil {
            for (part, planned) in plan.parts.enumerated() {
                let row = planned.part.segment.rows(of: passage.key)
                    .first { planned.part.partitions[$0] == passage.partition }
                guard let row else { continue }
                places[part].append((row, number))
                break
            }
        }
        return places.map { $0.sorted { $0.row < $1.row } }
    }
}
