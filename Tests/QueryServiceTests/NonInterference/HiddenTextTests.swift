import AccessControl
import Enclaves
import Foundation
import Labels
import Passages
import TestSupport
import Testing
import TextEmbedding

@testable import IndexStore
@testable import Ingest
@testable import QueryService
@testable import VectorSearch

/// Form two: other text of another length where somebody may not read, under the same marks. What he sees stays, but for
/// page and byte range, which say where in the source a passage stands.
@Suite("Non-interference: hidden text can be anything")
struct HiddenTextTests {
    @Test("Whole responses and vectors, in random worlds", arguments: Worlds.seeds(3))
    func replaced(seed: UInt64) async throws {
        let outcome = try await Replacement(seed: seed).outcome()
        #expect(outcome.differences.isEmpty, "PORTCULLIS_SEED=\(seed): \(outcome.differences.first ?? "")")
    }

    @Test("Vectors that depend on what is embedded beside them are caught")
    func batchDependentVectors() async throws {
        try await expectCaught { Replacement(seed: $0, embedder: BatchDependentEmbedder()) }
    }

    @Test("Headings of other labels in what is embedded are caught")
    func hiddenHeadingsEmbedded() async throws {
        try await expectCaught { Replacement(seed: $0, embedsEveryHeading: true) }
    }

    /// The controls go through the same worlds without a leak, so that it is the leak that is caught.
    @Test("Without a leak the worlds of the controls differ in nothing", arguments: PlantedLeakTests.seeds.prefix(1))
    func nothingPlanted(seed: UInt64) async throws {
        let outcome = try await Replacement(seed: seed).outcome()
        #expect(outcome.differences.isEmpty, "\(outcome.differences.first ?? "")")
        #expect(outcome.replaced > 0 && outcome.permitted > 0)
    }

    private func expectCaught(_ replacement: (UInt64) -> Replacement) async throws {
        for seed in PlantedLeakTests.seeds where try await !replacement(seed).outcome().differences.isEmpty { return }
        Issue.record("not caught in \(PlantedLeakTests.seeds.count) worlds")
    }
}

/// One world, and the same with other hidden text.
private struct Replacement {
    let seed: UInt64
    var embedder: any Embedder = HashingEmbedder()
    /// A leak on purpose.
    var embedsEveryHeading = false

    struct Outcome {
        var replaced = 0
        var permitted = 0
        var differences: [String] = []
    }

    func outcome() async throws -> Outcome {
        var generator = SeededGenerator(seed: seed &* 41)
        let world = try RandomWorld(seed: seed)
        let engine = try await engine(world)
        let enclave = engine.current.enclave
        var best: (asker: Asker, oracle: Oracle, hidden: [[Bool]])?
        for person in world.people.shuffled(using: &generator) {
            let asker = Asker(person: person, purpose: "work", mfa: Bool.random(using: &generator))
            let oracle = try Oracle(enclave, asker, now: TwoIndexes.now())
            let hidden = try await hiddenUnits(world, engine, oracle)
            let units = hidden.flatMap(\.self)
            if units.contains(true), units.contains(false) || best == nil { best = (asker, oracle, hidden) }
        }
        guard let (asker, oracle, hidden) = best else { return Outcome() }

        var sources = world.sources
        var outcome = Outcome()
        for (source, units) in hidden.enumerated() {
            // The title in the front matter comes first.
            if units[0], sources[source].title != nil {
                sources[source].title = Vocabulary.text(Int.random(in: 1...8, using: &generator), using: &generator)
            }
            for (unit, isHidden) in units.dropFirst().enumerated() where isHidden {
                sources[source].units[unit].words = other(sources[source].units[unit], using: &generator)
                outcome.replaced += 1
            }
        }
        let changed = try RandomWorld(world, sources: sources)
        try FileManager.default.copyItem(
            atPath: world.indexPath + ".issuer.pem", toPath: changed.indexPath + ".issuer.pem")
        // With the same secret, so that ids are the same.
        _ = try SQLiteIndex(
            path: changed.indexPath, model: engine.index.model, dimension: embedder.model.dimension, create: true,
            keys: .beside(changed.indexPath, secret: engine.index.secret))
        let other = try await self.engine(changed)
        outcome.permitted = try permittedVectors(engine, oracle).count
        if try permittedVectors(engine, oracle) != permittedVectors(other, oracle) {
            outcome.differences.append("vectors of what \(asker) may read")
        }

        let documents = try await TwoIndexes.documents(of: world, index: engine.index, embedder: embedder)
        let exchanges = try ExchangeGenerator(asker: asker, documents: documents, oracle: oracle)
            .exchanges(using: &generator)
        let left = try await responses(engine, exchanges, asker, policies: world.policies)
        let right = try await responses(other, exchanges, asker, policies: world.policies)
        let comparison = ResponseComparison(ignoresPlaces: true)
        for (exchange, (left, right)) in zip(exchanges, zip(left, right)) {
            guard let difference = comparison.difference(left, right) else { continue }
            outcome.differences.append("\(asker): \(exchange): \(difference)")
        }
        return outcome
    }

    private func responses(
        _ engine: Engine, _ exchanges: [Exchange], _ asker: Asker, policies: PolicyText
    ) async throws -> [TestServer.Response] {
        try await Plant.serve(engine, nil, policies: policies) { server in
            let token = try await server.token(asker.person, purposes: [asker.purpose], mfa: asker.mfa)
            var responses: [TestServer.Response] = []
            for exchange in exchanges { responses.append(try await server.send(exchange, token: token)) }
            return responses
        }
    }

    private func engine(_ world: RandomWorld) async throws -> Engine {
        let engine = try await Engine(folder: world.url, create: true, embedder: embedder, logger: TwoIndexes.logger)
        _ = try await engine.ingest { _ in }
        guard embedsEveryHeading else { return engine }
        for document in try await TwoIndexes.documents(of: world, index: engine.index, embedder: embedder) {
            var passages: [IndexedPassage] = []
            for passage in document.passages {
                let headings = passage.section.map { document.headings[$0].text + "\n" }.joined()
                passages.append(
                    IndexedPassage(
                        id: passage.id, label: passage.label, text: passage.text, sha256: passage.sha256,
                        range: passage.range, page: passage.page, section: passage.section,
                        embeddingDigest: passage.embeddingDigest,
                        vector: try await embedder.embed(headings + passage.text)))
            }
            let planted = IndexedDocument(
                id: document.id, place: document.place, sourceDigest: document.sourceDigest, title: document.title,
                headings: document.headings, passages: passages)
            try await engine.index.commit(engine.index.distinguished(planted))
        }
        return engine
    }

    /// For each source: whether its title in the front matter and the words of each of its units are hidden.
    private func hiddenUnits(_ world: RandomWorld, _ engine: Engine, _ oracle: Oracle) async throws -> [[Bool]] {
        let ingestor = Ingestor(enclave: engine.current.enclave, index: engine.index, embedder: embedder)
        var hidden: [[Bool]] = []
        for source in world.sources {
            let file = try await ingestor.read(source.path)
            let member = try #require(try await ingestor.extract(file).members.first)
            let labelled = try ingestor.label(member, of: file)
            var units = [try !oracle.mayRead(labelled.labeling.documentLabel)]
            for place in source.rendered.places {
                let block = labelled.blocks.first {
                    $0.block.range.start <= place.lowerBound && place.upperBound <= $0.block.range.end
                }
                guard let block else { throw Unplaced(path: source.path) }
                var label = block.label
                if !block.partLabels.isEmpty {
                    let part = block.block.parts.firstIndex {
                        $0.start <= place.lowerBound && place.upperBound <= $0.end
                    }
                    guard let part else { throw Unplaced(path: source.path) }
                    label = block.partLabels[part]
                }
                units.append(try !oracle.mayRead(label))
            }
            hidden.append(units)
        }
        return hidden
    }

    private struct Unplaced: Error {
        let path: String
    }

    /// Other words, with markup among them that would disturb a parser which reads across blocks.
    private func other(_ unit: SourceDocument.Unit, using generator: inout SeededGenerator) -> String {
        let isDefinition = unit.words.hasPrefix("[note]:")
        let isWholeParagraph = unit.prefix.isEmpty && unit.mark == nil && unit.suffix.hasPrefix("\n")
        if isWholeParagraph, !isDefinition, Int.random(in: 0..<4, using: &generator) == 0 { return "[note]: /other" }
        let count = Int.random(
            in: 1...(unit.suffix.contains("|") || unit.prefix.hasPrefix("#") ? 5 : 70), using: &generator)
        let markup = ["[note]", "`code`", "*", "&amp;", "<b>", "_x_", "Nm. Then"]
        return Vocabulary.text(1, using: &generator)
            + (0..<count).map { _ in
                Int.random(in: 0..<5, using: &generator) == 0
                    ? " " + markup.randomElement(using: &generator)! : " " + Vocabulary.text(1, using: &generator)
            }.joined()
    }

    /// The bits of every vector that may be scanned for the asker, by passage and label.
    private func permittedVectors(_ engine: Engine, _ oracle: Oracle) throws -> [Row: [UInt32]] {
        var vectors: [Row: [UInt32]] = [:]
        for partition in engine.index.snapshot().partitions.values where try oracle.mayRead(partition.label) {
            for key in partition.rows.keys {
                vectors[Row(label: partition.label, key: key)] = try #require(partition.rows.vector(of: key))
                    .map(\.bitPattern)
            }
        }
        return vectors
    }

    private struct Row: Hashable {
        let label: Label
        let key: RowKey
    }
}

/// An embedder that breaks batch invariance as a library may: the last bits of a vector depend on the rest of the call.
private struct BatchDependentEmbedder: Embedder {
    private let base = HashingEmbedder()
    var model: EmbeddingModel { base.model }

    func countTokens(_ text: String) -> Int { base.countTokens(text) }

    func embed(_ texts: [String]) async throws -> [[Float]] {
        let vectors = try await base.embed(texts)
        let length = texts.reduce(0) { $0 + $1.utf8.count }
        return vectors.map { vector in
            guard texts.count > 1 else { return vector }
            return vector.enumerated().map { length % 32 == $0.offset ? $0.element.nextUp : $0.element }
        }
    }
}
