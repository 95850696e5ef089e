import AccessControl
import Cedar
import Crypto
import Foundation
import IndexStore
import Labels
import Passages
import Retrieval
import Sealing
import TestSupport
import Testing
import TextEmbedding

/// Rows of random vectors under two labels, and somebody who may read one of them.
enum Fixture {
    static let open = label("open")
    static let closed = label("closed")

    static func label(_ level: ByteText, groups: [ByteText] = []) -> Label {
        Label(attributes: ["level": .string(level), "groups": .set(Set(groups.map { .string($0) }))])
    }

    static let levels: [ByteText] = ["open", "closed"]

    static let scheme = LabelScheme(
        attributes: [
            "level": AttributeDeclaration(
                name: "level", type: .string, join: .maximum(order: levels), isRequired: true, defaultValue: nil,
                isVisible: true),
            "groups": AttributeDeclaration(
                name: "groups", type: .set(.string), join: .union, isRequired: true, defaultValue: nil, isVisible: true),
            "count": AttributeDeclaration(
                name: "count", type: .long, join: .largest, isRequired: false, defaultValue: nil, isVisible: true),
            "until": AttributeDeclaration(
                name: "until", type: .datetime, join: .earliest, isRequired: false, defaultValue: nil, isVisible: true),
            "secret": AttributeDeclaration(
                name: "secret", type: .bool, join: .either, isRequired: false, defaultValue: nil, isVisible: false),
        ],
        marking: MarkingScheme(
            levelAttribute: "level", levels: levels.map { MarkingScheme.Level(value: $0, text: $0) }, categories: nil,
            dissemination: nil))

    static let secret = Result { try SecretKey(copying: Data(repeating: 9, count: 32)) }

    static func index(_ folder: TemporaryFolder, _ name: String, embedder: some Embedder) throws -> SQLiteIndex {
        let path = folder.url.appending(path: "\(name).sqlite").path
        return try SQLiteIndex(
            path: path, model: embedder.model.name, dimension: embedder.model.dimension, create: true,
            keys: .beside(path, secret: secret.get()))
    }

    static func document(
        _ keys: IndexKeys, _ path: String, _ rows: [(label: Label, text: String, vector: [Float])]
    ) -> IndexedDocument {
        let id = keys.documentID(path: ByteText(path))
        let passages = rows.map { row in
            IndexedPassage(
                id: keys.passageID(document: id, text: Array(row.text.utf8), ordinal: 0), label: row.label,
                text: row.text, sha256: Array(SHA256.hash(data: Data(row.text.utf8))),
                range: ByteRange(0, row.text.utf8.count), page: nil, section: [],
                embeddingDigest: keys.embeddingDigest(of: row.text, model: "m"), vector: row.vector)
        }
        return IndexedDocument(
            id: id, place: DocumentPlace(path: path), sourceDigest: keys.sourceDigest(parts: [Array(path.utf8)]),
            title: Heading(text: path, label: open), headings: [], passages: passages)
    }

    static func authorizer() throws -> LabelAuthorizer {
        let schema = """
            entity Group;
            entity Person, Service in [Group];
            entity Passage { level: String, groups: Set<String>, count?: Long, until?: datetime, secret?: Bool };
            action retrieve appliesTo {
                principal: [Person, Service], resource: [Passage],
                context: { purpose: String, now: datetime, network: ipaddr, mfa: Bool, assistant?: String },
            };
            """
        let policies = """
            permit (principal, action, resource) when { resource.level == "open" };
            permit (principal == Person::"all", action, resource);
            """
        let people = ["all", "reader"].map { Entity(uid: EntityUID(type: "Person", id: CedarString($0))) }
        return try LabelAuthorizer(
            policies: PolicySet(parsing: policies), schema: Schema(parsing: schema), entities: Entities(people))
    }

    static func request(_ person: String = "reader") -> AccessRequest {
        AccessRequest(
            principal: EntityUID(type: "Person", id: CedarString(person)), purpose: "work", now: 0,
            network: IPAddress(parsing: "127.0.0.1")!, mfa: false)
    }

    static func retriever<Index: PassageIndex>(_ index: Index, _ embedder: any Embedder) throws -> Retriever<Index> {
        Retriever(
            index: index, embedder: embedder, authorizer: try authorizer(), scheme: scheme, policyVersion: "v",
            citationBaseURL: "https://documents.example/")
    }

    /// By vector, where nothing else is said.
    static func query(
        _ text: String, count: Int = 1_000, filter: LabelFilter? = nil,
        options: SearchOptions = SearchOptions(mode: .vector)
    ) throws -> Query {
        try Query(
            text: text, count: count, filter: filter, options: options,
            limits: Query.Limits(queryBytes: 1_000, results: 1_000))
    }

    /// The bytes of an answer, as they would leave.
    static func bytes(_ answer: Answer) -> Data { Data(answer.json) }
}

/// A vector for each text, random but the same each time, of unit length or a multiple of one in `ties` directions.
struct RandomEmbedder: Embedder {
    let model: EmbeddingModel
    let ties: UInt64?

    init(dimension: Int, ties: UInt64? = nil) {
        model = EmbeddingModel(name: "random \(dimension)", dimension: dimension, maximumTokens: 64, digest: "")
        self.ties = ties
    }

    func embed(_ texts: [String]) async throws -> [[Float]] { texts.map(vector) }
    func countTokens(_ text: String) -> Int { text.split(separator: " ").count }

    func vector(_ text: String) -> [Float] {
        var seed = text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        if let ties { seed %= ties }
        var generator = SeededGenerator(seed: seed)
        let raw = (0..<model.dimension).map { _ in Float.random(in: -1...1, using: &generator) }
        let length = raw.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return raw.map { $0 / length }
    }
}
