import AccessControl
import IndexStore
import LexicalSearch
import Passages
import TextEmbedding

/// A question made ready for its mode, and carried out among what a caller may read.
struct Search {
    /// Bytes of a snippet, at most.
    private static let snippetBytes = 240

    /// What each mode goes by, and nothing is made ready for another.
    private enum Method {
        case vector([Float])
        case approximate([Float])
        case lexical(LexicalQuery)
        case hybrid([Float], LexicalQuery)
    }

    private let query: Query
    private let method: Method
    private let selection: ResultSelection

    init(_ query: Query, embedder: any Embedder) async throws {
        self.query = query
        method =
            switch query.options.mode {
            case .vector: .vector(try await embedder.embed(query.text))
            case .approximate: .approximate(try await embedder.embed(query.text))
            case .lexical: .lexical(LexicalQuery(query.text))
            case .hybrid: .hybrid(try await embedder.embed(query.text), LexicalQuery(query.text))
            }
        selection = ResultSelection(options: query.options)
    }

    /// Whether it takes a snapshot that has the words of passages.
    var needsWords: Bool {
        switch method {
        case .vector, .approximate: false
        case .lexical, .hybrid: true
        }
    }

    /// The words of the question: those that its method goes by, or else made for snippets alone.
    private var words: LexicalQuery {
        switch method {
        case .vector, .approximate: LexicalQuery(query.text)
        case .lexical(let words), .hybrid(_, let words): words
        }
    }

    /// Passages, best first, and in approximate mode the share of the true best that can be expected among them.
    typealias Found = (passages: [ScoredPassage], expectedRecall: Double?)

    /// The results.
    func found<Snapshot: PassageSnapshot>(
        in snapshot: Snapshot, among permitted: PermittedLabels
    ) async throws -> Found {
        let depth = selection.depth(for: query.count)
        let (ranked, expectedRecall) = try await ranked(in: snapshot, among: permitted, depth: depth)
        guard selection.isNeeded else { return (ranked, expectedRecall) }
        let chosen = selection.chosen(
            ranked, count: query.count, similarity: try await snapshot.similarities(among: ranked))
        return (chosen, expectedRecall)
    }

    /// The `depth` best, where there are so many.
    private func ranked<Snapshot: PassageSnapshot>(
        in snapshot: Snapshot, among permitted: PermittedLabels, depth: Int
    ) async throws -> Found {
        switch method {
        case .vector(let vector):
            let found = try await snapshot.nearest(
                to: vector, among: permitted, limit: depth, minimumScore: query.minimumScore)
            return (found, nil)
        case .approximate(let vector):
            let found = try await snapshot.approximatelyNearest(
                to: vector, among: permitted, limit: depth, minimumScore: query.minimumScore)
            return (found.passages, found.expectedRecall)
        case .lexical(let words):
            let found = try await snapshot.matching(
                words, among: permitted, limit: depth, minimumScore: query.minimumScore)
            return (found, nil)
        case .hybrid(let vector, let words):
            let found = try await snapshot.candidates(
                vector: vector, words: words, among: permitted, depth: max(depth, Fusion.depth))
            return (Fusion.ranked(found, limit: depth).filter { $0.score >= query.minimumScore }, nil)
        }
    }

    /// The stretch of each text that matches best; nil where none is asked for.
    func snippets(of texts: [String]) -> [Snippet?] {
        guard query.options.hasSnippets else { return texts.map { _ in nil } }
        let words = words
        return texts.map { text in
            let found = Highlights(words, in: text).snippet(atMost: Self.snippetBytes)
            return Snippet(
                text: String(decoding: Array(text.utf8)[found.bytes], as: UTF8.self),
                byteRange: ByteRange(found.bytes.lowerBound, found.bytes.upperBound),
                highlights: found.matches.map { ByteRange($0.lowerBound, $0.upperBound) })
        }
    }
}
