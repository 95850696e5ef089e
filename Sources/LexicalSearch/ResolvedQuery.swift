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
        let permitted: [[Range<Int>]]
    }

    let plan: LexicalPlan
    /// In the query's order, without those that no permitted passage holds.
    let terms: [Term]
    /// The words of each phrase.
    let phrases: [[[UInt8]]]
    /// The document frequency of every term of the query among the permitted passages.
    package let documentFrequencies: [Int]
    /// What no score exceeds, but for rounding: the sum of weight(t) * idf(t) * (k1 + 1) over all terms of the query.
    /// Scores divided by it can be compared between queries. It comes from the permitted passages alone.
    package let upperBound: Double

    package init(_ query: LexicalQuery, in plan: LexicalPlan) {
        var terms: [Term] = []
        var frequencies: [Int] = []
        var bound = 0.0
        for (term, weight) in zip(query.terms, query.weights) {
            let postings = plan.parts.map { $0.part.segment.postings(of: term) }
            let permitted = zip(plan.parts, postings).map { $0.part.segment.meetings(of: $1, $0.stretches) }
            let frequency = permitted.joined().reduce(0) { $0 + $1.count }
            let inverse = plan.count == 0 ? 0 : weight * BM25.inverseDocumentFrequency(frequency, of: plan.count)
            frequencies.append(frequency)
            bound += inverse * (BM25.k1 + 1)
            if frequency > 0 {
                terms.append(Term(inverseDocumentFrequency: inverse, postings: postings, permitted: permitted))
            }
        }
        self.plan = plan
        self.terms = terms
        phrases = query.phrases
        documentFrequencies = frequencies
        upperBound = bound
    }

    /// The scores of some passages, each under the partition it is in; 0 for one that does not match, is not permitted
    /// or not there. O(log postings) for each term of each.
    package func scores(of passages: [(key: LexicalKey, partition: Int32)]) -> [Double] {
        passages.map { passage in
            guard plan.rank(of: passage.partition) != nil else { return 0 }
            for (number, planned) in plan.parts.enumerated() {
                for row in planned.part.segment.rows(of: passage.key)
                where planned.part.partitions[row] == passage.partition {
                    return score(of: row, inPart: number)
                }
            }
            return 0
        }
    }

    private func score(of row: Int, inPart part: Int) -> Double {
        let segment = plan.parts[part].part.segment
        var score = 0.0
        for term in terms {
            guard let posting = segment.posting(of: row, in: term.postings[part]) else { continue }
            score +=
                term.inverseDocumentFrequency
                * plan.saturations(Int(segment.occurrences[posting]), length: segment.length(of: row))
        }
        for phrase in phrases where score > 0 {
            var phrase = PhraseMatch(phrase, of: segment)
            if !phrase.stands(in: row, of: segment) { return 0 }
        }
        return score
    }
}
