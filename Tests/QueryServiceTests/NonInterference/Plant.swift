import AccessControl
import Cedar
import Enclaves
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Labels
import LexicalSearch
import Logging
import NIOCore
import Passages
import Retrieval
import ServiceLifecycle
import Synchronization
import Testing
import TextEmbedding

@testable import IndexStore
@testable import QueryService
@testable import VectorSearch

/// A leak on purpose. A test of non-interference that does not see it proves nothing.
enum Plant: String, CaseIterable, Sendable {
    /// No leak: the rebuilt server itself answers alike.
    case nothing
    /// The k best of all rows, then those that may be read.
    case postFilter
    /// Passages are numbered through.
    case rowNumbers
    /// Equal scores stand in the order in which labels came.
    case tiesByRowOrder
    /// Scores are centred on the mean of all rows.
    case meanOfAllRows
    /// Scores are weighted by the number of all rows.
    case countOfAllRows
    /// Scores are divided by the best of all rows.
    case bestOfAllRows
    /// Scores are those of one call of the BLAS library over all rows.
    case scoresFromBLAS
    /// A passage is left out beside a hidden one that is as near.
    case duplicatesOfHidden
    /// The best estimates of all rows, then those that may be read.
    case approximatePostFilter
    /// The recall to be expected depends on the number of all rows.
    case recallByAllRows
    /// Words are counted over all passages.
    case wordsOfHidden
    /// The k best of all passages by words, then those that may be read.
    case wordsPostFilter
    /// The most that a passage could score by words is that of all passages.
    case wordsBoundOfAll
    /// What is like a hidden passage falls behind.
    case likenessToHidden
    /// Titles and addresses are shown with every passage.
    case hiddenTitles
    /// Headings are shown with every passage below them.
    case hiddenHeadings
    /// The index's generation in place of the content tag.
    case generationNumber
    /// 403 for what exists and may not be read.
    case forbiddenIsTold
    /// Answers are kept by question, whoever asks.
    case sharedCache
    /// The number of all passages in a header.
    case totalInHeader
    /// Policies that forbid are left out of the decision.
    case forbidsIgnored

    /// Where the processor has wide registers, a library computes rows several at a time and the last ones otherwise.
    static var libraryComputesRowsInTiles: Bool {
        ["Haswell", "Zen", "SkylakeX", "Cooperlake", "SapphireRapids"]
            .contains { BLASLibrary.current.name.contains("(\($0))") }
    }

    /// Serves an engine with a leak, or as it is.
    static func serve<Result: Sendable>(
        _ engine: Engine, _ plant: Plant?, policies: PolicyText,
        _ body: @Sendable (TestServer) async throws -> Result
    ) async throws -> Result {
        let logger = TwoIndexes.logger
        let (ports, running) = AsyncStream<Int>.makeStream()
        let application: any ApplicationProtocol
        if let plant {
            let routes = try LeakyRoutes(engine: engine, plant: plant, policies: policies) { engine.current }
            application = routes.application(at: .hostname("127.0.0.1", port: 0), logger: logger) {
                running.yield($0.localAddress?.port ?? 0)
            }
        } else {
            application = QueryApplication(engine: engine, logger: logger)
                .application(host: "127.0.0.1", port: 0) { running.yield($0) }
        }
        let group = ServiceGroup(configuration: .init(services: [.init(service: application)], logger: logger))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            let result: Swift.Result<Result, any Error>
            do {
                result = .success(try await body(TestServer(engine: engine, port: port)))
            } catch {
                result = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return try result.get()
        }
    }
}

/// The routes of the query service, rebuilt over an index with a leak.
struct LeakyRoutes: Sendable {
    let engine: Engine
    let plant: Plant
    let access: @Sendable () -> Engine.Access
    private let everything: Everything
    private let retriever: Retriever<LeakyIndex>
    private let cache = Cache()

    private final class Cache: Sendable {
        let answers = Mutex<[String: Answer]>([:])
    }

    /// - Parameter access: The rules that callers are known by.
    init(
        engine: Engine, plant: Plant, policies: PolicyText, access: @escaping @Sendable () -> Engine.Access
    ) throws {
        self.engine = engine
        self.plant = plant
        self.access = access
        let enclave = engine.current.enclave
        everything = try Everything(engine)
        let authorizer =
            plant == .forbidsIgnored
            ? try LabelAuthorizer(
                policies: PolicySet(parsing: policies.permits), schema: enclave.schema,
                entities: enclave.principals.entities) : enclave.authorizer
        retriever = Retriever(
            index: LeakyIndex(base: engine.index, plant: plant, everything: everything), embedder: engine.embedder,
            authorizer: authorizer, scheme: enclave.labelScheme, policyVersion: enclave.policyVersion,
            citationBaseURL: enclave.settings.citationBase)
    }

    func application(
        at address: BindAddress, logger: Logger, onRunning: @escaping @Sendable (any Channel) async -> Void
    ) -> any ApplicationProtocol {
        let router = Router(context: ServiceContext.self)
        router.add(middleware: ProblemMiddleware())
        router.get("readyz") { _, _ in HummingbirdCore.Response.json(["status": "ready"]) }
        let calls = router.group("v1").add(middleware: CallerMiddleware(access: access))
            .group(context: CallerContext.self)
        calls.post("retrieve", use: retrieve)
        calls.get("passages/{id}", use: passage)
        calls.get("documents/{id}", use: document)
        return Application(
            router: router, configuration: ApplicationConfiguration(address: address, serverName: nil),
            onServerRunning: onRunning, logger: logger)
    }

    @Sendable private func retrieve(
        _ request: HummingbirdCore.Request, context: CallerContext
    ) async throws -> HummingbirdCore.Response {
        let body = try await RetrieveBody(request, context: context)
        let query = try body.query(enclave: engine.current.enclave)
        let decision = try decision(on: request, context, purpose: body.purpose)
        if plant == .sharedCache, let kept = cache.answers.withLock({ $0["\(query)"] }) {
            return .json(bytes: kept.json)
        }
        let answer = try await retriever.retrieve(query, for: decision)
        cache.answers.withLock { $0["\(query)"] = answer }
        var headers = HTTPFields()
        if plant == .totalInHeader, let name = HTTPField.Name("X-Total") {
            headers[name] = "\(engine.index.snapshot().passageCount)"
        }
        return .json(bytes: answer.json, headers: headers)
    }

    @Sendable private func passage(
        _ request: HummingbirdCore.Request, context: CallerContext
    ) async throws -> HummingbirdCore.Response {
        let decision = try decision(
            on: request, context, purpose: request.uri.queryParameters["purpose"].map(String.init))
        guard let id = context.parameters.get("id").flatMap({ PassageID($0) }) else { throw Problem.notFound }
        if let passage = try await retriever.passage(id, for: decision) { return .json(bytes: passage.json) }
        let snapshot = engine.index.snapshot()
        if plant == .forbiddenIsTold,
            try await snapshot.passage(id, permitted: everything.labels(of: snapshot)) != nil
        {
            throw Problem(status: .forbidden, kind: "forbidden", detail: "you may not read this")
        }
        throw Problem.notFound
    }

    @Sendable private func document(
        _ request: HummingbirdCore.Request, context: CallerContext
    ) async throws -> HummingbirdCore.Response {
        let decision = try decision(
            on: request, context, purpose: request.uri.queryParameters["purpose"].map(String.init))
        guard let id = context.parameters.get("id").flatMap({ DocumentID($0) }),
            let document = try await retriever.document(id, for: decision)
        else { throw Problem.notFound }
        return .json(bytes: document.json)
    }

    private func decision(
        on request: HummingbirdCore.Request, _ context: CallerContext, purpose: String?
    ) throws -> AccessRequest {
        try access().accessRequest(
            caller: context.caller, purpose: purpose, peer: context.peer, headers: request.headers)
    }
}

/// An index that lets what is hidden shape what is shown.
private struct LeakyIndex: PassageIndex {
    let base: SQLiteIndex
    let plant: Plant
    let everything: Everything

    func snapshot() -> LeakySnapshot { leaky(base.snapshot()) }

    func lexicalSnapshot() async throws -> LeakySnapshot { leaky(try await base.lexicalSnapshot()) }

    private func leaky(_ snapshot: IndexSnapshot) -> LeakySnapshot {
        LeakySnapshot(base: snapshot, plant: plant, everything: everything.labels(of: snapshot))
    }
}

private struct LeakySnapshot: PassageSnapshot {
    private static let all = 1_000_000

    let base: IndexSnapshot
    let plant: Plant
    let everything: PermittedLabels

    var labels: LabelTable { base.labels }

    func nearest(
        to query: [Float], among permitted: PermittedLabels, limit: Int, minimumScore: Double
    ) async throws -> [ScoredPassage] {
        func rows(_ labels: PermittedLabels, _ count: Int, _ lowest: Double) async throws -> [ScoredPassage] {
            try await base.nearest(to: query, among: labels, limit: count, minimumScore: lowest)
        }
        func rescored(_ change: ([Double]) -> (Double) -> Double) async throws -> [ScoredPassage] {
            let change = change(try await rows(everything, Self.all, -10).map(\.score))
            return try await rows(permitted, limit, minimumScore).map {
                ScoredPassage(id: $0.id, label: $0.label, score: change($0.score))
            }
        }
        switch plant {
        case .postFilter:
            return try await rows(everything, limit, minimumScore).filter { permitted.contains($0.label) }
        case .tiesByRowOrder:
            return Array(
                try await rows(permitted, Self.all, minimumScore)
                    .sorted { ($1.score, $0.label, $0.id) < ($0.score, $1.label, $1.id) }.prefix(limit))
        case .meanOfAllRows:
            return try await rescored { all in
                let mean = all.reduce(0, +) / Double(all.count)
                return { $0 - mean }
            }
        case .countOfAllRows:
            return try await rescored { all in { $0 * (1 + 1 / Double(all.count)) } }
        case .bestOfAllRows:
            return try await rescored { all in { $0 / (all.first ?? 1) } }
        case .scoresFromBLAS:
            let found = try scoresOfTheLibrary(query).filter { permitted.contains($0.label) }
            return Array(found.filter { $0.score >= minimumScore }.prefix(limit))
        case .duplicatesOfHidden:
            let hidden = Set(
                try await rows(everything, Self.all, -10).filter { !permitted.contains($0.label) }.map(\.score))
            return Array(
                try await rows(permitted, Self.all, minimumScore).filter { !hidden.contains($0.score) }.prefix(limit))
        default:
            return try await rows(permitted, limit, minimumScore)
        }
    }

    func approximatelyNearest(
        to query: [Float], among permitted: PermittedLabels, limit: Int, minimumScore: Double
    ) async throws -> ApproximateResult {
        func rows(_ labels: PermittedLabels) async throws -> ApproximateResult {
            try await base.approximatelyNearest(to: query, among: labels, limit: limit, minimumScore: minimumScore)
        }
        let honest = try await rows(permitted)
        switch plant {
        case .approximatePostFilter:
            return ApproximateResult(
                passages: try await rows(everything).passages.filter { permitted.contains($0.label) },
                expectedRecall: honest.expectedRecall)
        case .recallByAllRows:
            let share = Double(base.passageCount) / Double(base.passageCount + 1)
            return ApproximateResult(passages: honest.passages, expectedRecall: honest.expectedRecall * share)
        default:
            return honest
        }
    }

    func matching(
        _ words: LexicalQuery, among permitted: PermittedLabels, limit: Int, minimumScore: Double
    ) async throws -> [ScoredPassage] {
        func rows(_ labels: PermittedLabels, _ count: Int) async throws -> [ScoredPassage] {
            try await base.matching(words, among: labels, limit: count, minimumScore: minimumScore)
        }
        switch plant {
        case .wordsOfHidden:
            return Array(
                try await rows(everything, Self.all).filter { permitted.contains($0.label) }.prefix(limit))
        case .wordsPostFilter:
            let best = Set(try await rows(everything, limit).map(\.id))
            return try await rows(permitted, limit).filter { best.contains($0.id) }
        default:
            return try await rows(permitted, limit)
        }
    }

    func candidates(
        vector: [Float], words: LexicalQuery, among permitted: PermittedLabels, depth: Int
    ) async throws -> SearchCandidates {
        func found(_ labels: PermittedLabels, _ depth: Int) async throws -> SearchCandidates {
            try await base.candidates(vector: vector, words: words, among: labels, depth: depth)
        }
        let honest = try await found(permitted, depth)
        switch plant {
        case .wordsOfHidden:
            let all = try await found(everything, Self.all)
            return SearchCandidates(
                candidates: all.candidates.filter { permitted.contains($0.label) }, lexicalBound: honest.lexicalBound)
        case .wordsBoundOfAll:
            return SearchCandidates(
                candidates: honest.candidates, lexicalBound: try await found(everything, depth).lexicalBound)
        default:
            return honest
        }
    }

    func similarities(among found: [ScoredPassage]) async throws -> [[Double]] {
        let honest = try await base.similarities(among: found)
        guard plant == .likenessToHidden else { return honest }
        let hidden = try await base.nearest(
            to: [Float](repeating: 1, count: base.dimension), among: everything, limit: Self.all, minimumScore: -1e9
        ).filter { passage in !found.contains { $0.id == passage.id } }
        guard !hidden.isEmpty else { return honest }
        let both = try await base.similarities(among: found + hidden)
        return found.indices.map { left in
            found.indices.map { right in
                honest[left][right] + 0.1 * (both[right][found.count...].max() ?? 0)
            }
        }
    }

    private func scoresOfTheLibrary(_ query: [Float]) throws -> [ScoredPassage] {
        let partitions = base.partitions.filter { $0.value.rows.count > 0 }
            .sorted { $0.value.digest < $1.value.digest }
        guard !partitions.isEmpty else { return [] }
        return try ExactScan(.best, fault: .scoresFromBLAS)
            .topK(query: QueryVector(query), k: Self.all, partitions: partitions.map(\.value.rows))
            .map {
                ScoredPassage(id: PassageID(bytes: $0.key.bytes), label: partitions[$0.partition].key, score: $0.score)
            }
    }

    func passages(_ found: [ScoredPassage], permitted: PermittedLabels) async throws -> [StoredPassage] {
        let passages = try await base.passages(found, permitted: permitted)
        switch plant {
        case .rowNumbers:
            let places = try await base.nearest(
                to: [Float](repeating: 1, count: base.dimension), among: everything, limit: Self.all, minimumScore: -1e9
            )
            .sorted { ($0.label, $0.id) < ($1.label, $1.id) }.map { [$0.id.bytes, [UInt8($0.label.rawValue & 255)]] }
            return zip(found, passages).map { hit, passage in
                let number = places.firstIndex(of: [hit.id.bytes, [UInt8(hit.label.rawValue & 255)]]) ?? 0
                let id = PassageID(bytes: [UInt8](repeating: 0, count: 14) + [UInt8(number >> 8), UInt8(number & 255)])
                return passage.changed(id: id)
            }
        case .hiddenTitles:
            let whole = try await base.passages(found, permitted: everything)
            return zip(passages, whole).map { $0.changed(title: $1.title) }
        case .hiddenHeadings:
            let whole = try await base.passages(found, permitted: everything)
            return zip(passages, whole).map { $0.changed(section: $1.section) }
        default:
            return passages
        }
    }

    func passage(_ id: PassageID, permitted: PermittedLabels) async throws -> StoredPassage? {
        try await base.passage(id, permitted: permitted)
    }

    func document(_ id: DocumentID, permitted: PermittedLabels) async throws -> StoredDocument? {
        try await base.document(id, permitted: permitted)
    }

    func contentTag(of permitted: PermittedLabels) async throws -> ContentTag {
        guard plant == .generationNumber else { return base.contentTag(of: permitted) }
        return ContentTag(bytes: withUnsafeBytes(of: base.generation.bigEndian) { Array($0) })
    }
}

extension StoredPassage {
    fileprivate func changed(
        id: PassageID? = nil, section: [Heading]? = nil, title: StoredTitle? = nil
    ) -> StoredPassage {
        StoredPassage(
            id: id ?? self.id, document: document, label: label, text: text, sha256: sha256, range: range, page: page,
            revision: revision, section: section ?? self.section, title: title ?? self.title)
    }
}
