import AccessControl
import Cedar
import Crypto
import Foundation
import IndexStore
import Labels
import Passages
import Sealing
import TestSupport
import Testing

/// Labels, documents and decisions for an index of vectors with four numbers.
enum Fixture {
    static let model = "test, 4 dimensions"
    static let dimension = 4

    static func open(
        _ folder: TemporaryFolder, create: Bool = true, model: String = model, secret: SecretKey? = nil,
        beginsAnew: Bool = false, keepsVectors: Bool = true, pageSize: Int? = nil
    ) throws -> SQLiteIndex {
        try SQLiteIndex(
            path: path(folder), model: model, dimension: dimension, create: create,
            keys: .init(.file(path: root(folder)), makesKeys: create, secret: secret), beginsAnew: beginsAnew,
            keepsVectors: keepsVectors, pageSize: pageSize)
    }

    /// The file of the root key.
    static func root(_ folder: TemporaryFolder) -> String { path(folder) + ".root" }

    static func path(_ folder: TemporaryFolder) -> String { folder.url.appending(path: "index.sqlite").path }

    static func label(_ level: ByteText) -> Label { Label(attributes: ["level": .string(level)]) }

    /// A passage of each text, under its label; the title has the label of the first.
    static func document(
        _ index: SQLiteIndex, _ path: String, _ texts: [(level: ByteText, text: String)], title: String = "Title"
    ) -> IndexedDocument {
        let id = index.keys.documentID(path: ByteText(path))
        var start = 0
        var ordinals: [String: Int] = [:]
        let passages = texts.map { level, text in
            let bytes = Array(text.utf8)
            let ordinal = ordinals["\(level) \(text)", default: 0]
            ordinals["\(level) \(text)"] = ordinal + 1
            defer { start += bytes.count + 2 }
            return IndexedPassage(
                id: index.keys.passageID(document: id, text: bytes, ordinal: ordinal), label: label(level), text: text,
                sha256: Array(SHA256.hash(data: bytes)), range: ByteRange(start, start + bytes.count), page: nil,
                section: [0], embeddingDigest: index.keys.embeddingDigest(of: text, model: model), vector: vector(text))
        }
        let first = label(texts.first?.level ?? "open")
        return IndexedDocument(
            id: id, place: DocumentPlace(path: path), sourceDigest: index.keys.sourceDigest(parts: [Array(path.utf8)]),
            title: Heading(text: title, label: first), headings: [Heading(text: "Heading of \(path)", label: first)],
            passages: passages)
    }

    /// Commits a document that is a whole file, and the file.
    static func store(
        _ document: IndexedDocument, in index: SQLiteIndex, contentDigest: [UInt8] = [1], labelDigest: [UInt8] = [2]
    ) async throws {
        try await index.commit(document)
        try await index.complete(
            IndexedSource(
                id: document.source, contentDigest: contentDigest, labelDigest: labelDigest,
                documents: [document.id: document.sourceDigest]))
    }

    /// Of unit length, from the bytes of a text.
    static func vector(_ text: String) -> [Float] {
        var generator = SeededGenerator(seed: text.utf8.reduce(17) { $0 &* 31 &+ UInt64($1) })
        let raw = (0..<dimension).map { _ in Float.random(in: -1...1, using: &generator) }
        let length = raw.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return raw.map { $0 / length }
    }

    private static let person = EntityUID(type: "Person", id: "p")

    /// Decides by one policy, whose condition is about `resource.level`.
    static func authorizer(when condition: String) throws -> LabelAuthorizer {
        let schema = """
            entity Group;
            entity Person, Service in [Group];
            entity Passage { level: String };
            action retrieve appliesTo {
                principal: [Person, Service], resource: [Passage],
                context: { purpose: String, now: datetime, network: ipaddr, mfa: Bool, assistant?: String },
            };
            """
        return try LabelAuthorizer(
            policies: PolicySet(parsing: "permit (principal, action, resource) when { \(condition) };"),
            schema: Schema(parsing: schema), entities: Entities([Entity(uid: person)]))
    }

    /// The labels that a policy permits: its condition is about `resource.level`.
    static func permitted(
        _ snapshot: IndexSnapshot, when condition: String = "true"
    ) throws -> PermittedLabels {
        let authorizer = try authorizer(when: condition)
        return authorizer.permittedLabels(
            among: snapshot.labels,
            for: AccessRequest(
                principal: person, purpose: "work", now: 0, network: try #require(IPAddress(parsing: "127.0.0.1")),
                mfa: false))
    }
}

extension EmbeddingText {
    /// Words stand for tokens.
    static let ofWords = EmbeddingText(maximumTokens: 64) { $0.split(whereSeparator: \.isWhitespace).count }
}

extension SQLiteIndex {
    /// `distinguish` with the vectors of the fixture.
    func distinguishing(_ names: ResourceNames) async throws {
        try await distinguish(names, embeddingText: .ofWords) { $0.map(Fixture.vector) }
    }
}

/// Everything that callers can get out of a snapshot, in a form that can be compared.
struct Contents: Equatable {
    var tag: String
    var passages: [String]
    var counts: [String]

    init(_ snapshot: IndexSnapshot, when condition: String = "true") async throws {
        let permitted = try Fixture.permitted(snapshot, when: condition)
        tag = snapshot.contentTag(of: permitted).description
        let found = try await snapshot.nearest(
            to: Fixture.vector("query"), among: permitted, limit: 1_000_000, minimumScore: -2)
        passages = try await snapshot.passages(found, permitted: permitted).enumerated().map { place, passage in
            [
                passage.id.description, passage.document.description, "\(found[place].score)", passage.text,
                "\(passage.label.canonicalBytes)", "\(passage.revision)", "\(passage.range)",
                "\(passage.section.map(\.text))", passage.title?.text ?? "–", passage.title?.place.path ?? "–",
            ].joined(separator: " · ")
        }
        counts = snapshot.passageCounts.filter { $0.passages > 0 }.map { "\($0.label.canonicalBytes): \($0.passages)" }
            .sorted()
    }
}
