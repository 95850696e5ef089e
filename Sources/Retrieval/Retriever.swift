package import AccessControl
package import IndexStore
package import Labels
package import Passages
package import TextEmbedding

/// The enforcement point: everything that leaves an index leaves through here, after a decision.
package struct Retriever<Index: PassageIndex>: Sendable {
    private let index: Index
    private let embedder: any Embedder
    private let authorizer: LabelAuthorizer
    private let presentation: Presentation
    private let filters: LabelFilterEvaluator
    private let policyVersion: String
    private let reportDecision: @Sendable (DecisionReport) -> Void

    package init(
        index: Index, embedder: any Embedder, authorizer: LabelAuthorizer, scheme: LabelScheme, policyVersion: String,
        citationBaseURL: String, reportDecision: @escaping @Sendable (DecisionReport) -> Void = { _ in }
    ) {
        self.index = index
        self.embedder = embedder
        self.authorizer = authorizer
        self.presentation = Presentation(scheme: scheme, baseURL: citationBaseURL)
        self.filters = LabelFilterEvaluator(scheme: scheme)
        self.policyVersion = policyVersion
        self.reportDecision = reportDecision
    }

    /// The straight line of a query.
    package func retrieve(_ query: Query, for request: AccessRequest) async throws -> Answer {
        let search = try await Search(query, embedder: embedder)
        return try await inOneGeneration(search.needsWords) { snapshot in
            // Rule 1, decide before touching: one decision for each distinct label, before any row is read.
            let permitted = decide(snapshot, request)
            let searched =
                query.filter.map { filter in permitted.narrowed(to: { filters.matches($0, filter) }) } ?? permitted
            let (found, expectedRecall) = try await search.found(in: snapshot, among: searched)
            let passages = try await snapshot.passages(found, permitted: permitted)
            return Answer(
                results: zip(zip(found, passages), search.snippets(of: passages.map(\.text))).map { hit, snippet in
                    Hit(score: hit.0.score, passage: presentation.cited(hit.1), snippet: snippet)
                },
                marking: presentation.marking(of: passages), policyVersion: policyVersion,
                contentTag: try await snapshot.contentTag(of: permitted).description, mode: query.options.mode,
                expectedRecall: expectedRecall)
        }
    }

    /// One passage; nil when it does not exist and when the caller may not read it, without telling which.
    package func passage(_ id: PassageID, for request: AccessRequest) async throws -> CitedPassage? {
        try await inOneGeneration { snapshot in
            let permitted = decide(snapshot, request)
            return try await snapshot.passage(id, permitted: permitted).map(presentation.cited)
        }
    }

    /// What the caller may read of one document; nil when that is nothing, for whatever reason.
    package func document(_ id: DocumentID, for request: AccessRequest) async throws -> CitedDocument? {
        try await inOneGeneration { snapshot in
            let permitted = decide(snapshot, request)
            return try await snapshot.document(id, permitted: permitted).map(presentation.cited)
        }
    }

    /// One decision for each distinct label. What went wrong in it is for administrators; the caller sees less, not why.
    private func decide(_ snapshot: Index.Snapshot, _ request: AccessRequest) -> PermittedLabels {
        let permitted = authorizer.permittedLabels(among: snapshot.labels, for: request)
        reportDecision(permitted.report)
        return permitted
    }

    /// Runs `body` on the newest snapshot, anew when a change overtakes it, so that its result is of one generation.
    private func inOneGeneration<Result>(
        _ needsWords: Bool = false, _ body: (Index.Snapshot) async throws -> Result
    ) async throws -> Result {
        for attempt in 1... {
            do {
                return try await body(needsWords ? index.lexicalSnapshot() : index.snapshot())
            } catch IndexError.outdated where attempt < RetrievalLimits.attempts {
                try await Task.sleep(for: .milliseconds(attempt))
            }
        }
        throw IndexError.outdated
    }
}

enum RetrievalLimits {
    /// How often a request starts again because what it found was changed meanwhile.
    static let attempts = 20
}
