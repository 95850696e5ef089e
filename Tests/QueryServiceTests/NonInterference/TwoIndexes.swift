import Crypto
import Enclaves
import Foundation
import IndexStore
import Labels
import Logging
import Passages
import TestSupport
import Testing
import TextEmbedding

@testable import Ingest
@testable import QueryService

/// Two servers that must answer alike, and how many answers they gave.
struct Verdict: Sendable {
    var compared = 0
    /// Hidden and permitted passages of the askers: a comparison in which nothing is hidden shows nothing.
    var hidden = 0
    var permitted = 0
    var differences: [String] = []

    static func += (left: inout Verdict, right: Verdict) {
        left.compared += right.compared
        left.hidden += right.hidden
        left.permitted += right.permitted
        left.differences += right.differences
    }
}

/// Form one of the test: index A is made from everything, index B from what an asker may read, with the same keys.
struct TwoIndexes {
    let world: RandomWorld
    let engine: Engine
    let embedder: any Embedder

    static var logger: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }

    static func now() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

    /// Everything that A was made from, read anew from the sources with A's keys.
    static func documents(
        of world: RandomWorld, index: SQLiteIndex, embedder: any Embedder
    ) async throws -> [IndexedDocument] {
        let scratch = try Self.index(in: TemporaryFolder(), like: index, of: world, embedder: embedder)
        let ingestor = Ingestor(enclave: try Enclave(folder: world.url), index: scratch, embedder: embedder)
        var documents: [IndexedDocument] = []
        for source in world.sources {
            let file = try await ingestor.read(source.path)
            for member in try await ingestor.extract(file).members {
                let draft = try ingestor.document(member, of: file)
                documents.append(draft.document.with(vectors: try await embedder.embed(draft.embeddingTexts)))
            }
        }
        return documents
    }

    /// An empty index with the keys of another.
    static func index(
        in folder: TemporaryFolder, like index: SQLiteIndex, of world: RandomWorld, embedder: any Embedder
    ) throws -> SQLiteIndex {
        let path = folder.url.appending(path: "\(UUID()).sqlite").path
        return try SQLiteIndex(
            path: path, model: index.model, dimension: embedder.model.dimension, create: true,
            keys: .beside(path, secret: index.secret), keepsVectors: world.comparesInMemory)
    }

    /// Asks both indexes the same for a few people.
    func compare(askers count: Int, using generator: inout SeededGenerator) async throws -> Verdict {
        var verdict = Verdict()
        for pair in try await pairs(askers: count, using: &generator) { verdict += try await pair.compare(nil) }
        return verdict
    }

    /// Index A and an index B for each of a few people.
    func pairs(askers count: Int, using generator: inout SeededGenerator) async throws -> [IndexPair] {
        let documents = try await Self.documents(of: world, index: engine.index, embedder: embedder)
        var pairs: [IndexPair] = []
        for asker in try askers(documents, using: &generator).prefix(count) {
            pairs.append(try await pair(asker, documents: documents, using: &generator))
        }
        return pairs
    }

    private func pair(
        _ asker: Asker, documents: [IndexedDocument], using generator: inout SeededGenerator
    ) async throws -> IndexPair {
        let oracle = try Oracle(engine.current.enclave, asker, now: Self.now())
        let rest = try oracle.permittedOnly(documents)
        let exchanges = try ExchangeGenerator(asker: asker, documents: documents, oracle: oracle)
            .exchanges(using: &generator)
        let folder = try TemporaryFolder()
        let permittedOnly = try Self.index(in: folder, like: engine.index, of: world, embedder: embedder)
        // In another order, so that whatever follows the order of rows shows.
        for document in rest.shuffled(using: &generator) { try await permittedOnly.commit(document) }
        let permitted = rest.reduce(0) { $0 + $1.passages.count }
        return IndexPair(
            folder: folder, everything: engine,
            permittedOnly: try await Engine(
                folder: world.url, index: permittedOnly, embedder: embedder, logger: Self.logger),
            asker: asker, exchanges: exchanges, policies: world.policies, permitted: permitted,
            hidden: documents.reduce(0) { $0 + $1.passages.count } - permitted)
    }

    /// Everybody who can ask, those first who may read a part, for they show the most.
    private func askers(
        _ documents: [IndexedDocument], using generator: inout SeededGenerator
    ) throws -> [Asker] {
        let labels = documents.flatMap(\.passages).map(\.label)
        var askers: [(asker: Asker, share: Double)] = []
        for person in world.people {
            let asker = Asker(
                person: person, purpose: ["work", "audit"].randomElement(using: &generator)!,
                mfa: Bool.random(using: &generator))
            let oracle = try Oracle(engine.current.enclave, asker, now: Self.now())
            let permitted = try labels.count { try oracle.mayRead($0) }
            askers.append((asker, abs(Double(permitted) / Double(max(1, labels.count)) - 0.5)))
        }
        return askers.sorted { $0.share < $1.share }.map(\.asker)
    }
}

/// Two engines that must answer one person alike, and what he asks.
struct IndexPair: Sendable {
    /// Where the index of what may be read lies.
    let folder: TemporaryFolder
    let everything: Engine
    let permittedOnly: Engine
    let asker: Asker
    let exchanges: [Exchange]
    let policies: PolicyText
    let permitted: Int
    let hidden: Int

    /// - Parameters:
    ///   - plant: What is wrong with both servers on purpose; nil for the real ones.
    ///   - stopsEarly: Whether the first difference is enough.
    func compare(_ plant: Plant?, stopsEarly: Bool = false) async throws -> Verdict {
        try await Plant.serve(everything, plant, policies: policies) { left in
            try await Plant.serve(permittedOnly, plant, policies: policies) { right in
                try await compare(left, right, stopsEarly: stopsEarly)
            }
        }
    }

    private func compare(_ left: TestServer, _ right: TestServer, stopsEarly: Bool) async throws -> Verdict {
        let token = try await left.token(asker.person, purposes: [asker.purpose], mfa: asker.mfa)
        // Somebody else asks the same before, for what one caller leaves behind must not reach another.
        let colleague = try await left.token(asker.person == "p0" ? "p1" : "p0", purposes: [asker.purpose])
        for exchange in exchanges.prefix(2) {
            for server in [left, right] { _ = try await server.send(exchange, token: colleague) }
        }
        var verdict = Verdict(compared: exchanges.count, hidden: hidden, permitted: permitted)
        for exchange in exchanges {
            let (first, second) = (
                try await left.send(exchange, token: token), try await right.send(exchange, token: token)
            )
            guard let difference = ResponseComparison().difference(first, second) else { continue }
            verdict.differences.append("\(asker): \(exchange): \(difference)")
            if stopsEarly { break }
        }
        return verdict
    }
}

extension TestServer {
    func send(_ exchange: Exchange, token: String) async throws -> Response {
        try await send(exchange.method, exchange.path, body: exchange.body.map { Data($0.utf8) }, token: token)
    }
}
