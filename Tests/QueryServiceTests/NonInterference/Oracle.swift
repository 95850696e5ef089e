import AccessControl
import Cedar
import Enclaves
import IndexStore
import Ingest
import Labels
import Passages

/// Somebody who asks: what a token and a request say of him.
struct Asker: Sendable, CustomStringConvertible {
    let person: String
    let purpose: String
    let mfa: Bool

    var description: String { "\(person), \(purpose), \(mfa ? "with" : "without") a second factor" }
}

/// What somebody may read, by the whole evaluation of the policies for each text by itself: no label is interned, no
/// decision kept, nothing asked of `LabelAuthorizer`. So a wrong permit shows.
struct Oracle {
    private let authorizer: Authorizer
    private let entities: Entities
    private let principal: EntityUID
    private let context: [CedarString: Value]

    init(_ enclave: Enclave, _ asker: Asker, now: Int64) throws {
        authorizer = Authorizer(policies: enclave.policies)
        entities = try enclave.principals.entities.adding(enclave.schema.actionEntities)
        let type: EntityTypeName = asker.person == "kiosk" ? "Service" : "Person"
        principal = EntityUID(type: type, id: CedarString(asker.person))
        context = [
            "purpose": .string(CedarString(asker.purpose)), "mfa": .bool(asker.mfa),
            "now": .datetime(Datetime(millisecondsSinceEpoch: now)), "network": .ip(IPAddress(parsing: "127.0.0.1")!),
        ]
    }

    /// - Parameters:
    ///   - document: Nil where no policy names any.
    ///   - id: Of the passage, if it is one.
    func mayRead(_ label: Label, document: DocumentID? = nil, id: String = "title") throws -> Bool {
        var attributes: [CedarString: Value] = [:]
        for (name, value) in label.attributes { attributes[CedarString(utf8: name.bytes)] = Self.value(value) }
        let passage = Entity(
            uid: EntityUID(type: "Passage", id: CedarString(id)), attributes: attributes,
            parents: Set(
                label.parents.map(Self.uid)
                    + [document].compactMap(\.self).map { EntityUID(type: "Document", id: CedarString("\($0)")) }))
        let store = try entities.adding([passage])
        let response = authorizer.authorize(
            Request(
                principal: principal, action: EntityUID(type: "Action", id: "retrieve"), resource: passage.uid,
                context: context), entities: store)
        return response.decision == .allow && response.errors.isEmpty
    }

    private static func value(_ value: AttributeValue) -> Value {
        switch value {
        case .bool(let value): .bool(value)
        case .long(let value): .long(value)
        case .string(let text): .string(CedarString(utf8: text.bytes))
        case .entity(let reference): .entity(uid(reference))
        case .datetime(let instant): .datetime(Datetime(millisecondsSinceEpoch: instant))
        case .set(let members): .set(Set(members.map(self.value)))
        }
    }

    private static func uid(_ reference: Labels.EntityReference) -> EntityUID {
        EntityUID(
            type: EntityTypeName(CedarString(utf8: reference.type.bytes)), id: CedarString(utf8: reference.id.bytes))
    }

    /// The documents as they would be if nothing else had ever been in them. A hidden title is an empty text of the same
    /// label, for a document needs one.
    func permittedOnly(_ documents: [IndexedDocument]) throws -> [IndexedDocument] {
        var rest: [IndexedDocument] = []
        for document in documents {
            let showsTitle = try mayRead(document.title.label, document: document.id)
            var headings: [Heading] = []
            var places: [Int: Int] = [:]
            for (index, heading) in document.headings.enumerated()
            where try mayRead(heading.label, document: document.id) {
                places[index] = headings.count
                headings.append(heading)
            }
            var passages: [IndexedPassage] = []
            for passage in document.passages
            where try mayRead(passage.label, document: document.id, id: passage.id.description) {
                passages.append(
                    IndexedPassage(
                        id: passage.id, label: passage.label, text: passage.text, sha256: passage.sha256,
                        range: passage.range, page: passage.page, section: passage.section.compactMap { places[$0] },
                        embeddingDigest: passage.embeddingDigest, vector: passage.vector))
            }
            guard showsTitle || !passages.isEmpty else { continue }
            rest.append(
                IndexedDocument(
                    id: document.id, source: document.source,
                    place: showsTitle ? document.place : DocumentPlace(path: "hidden"),
                    sourceDigest: document.sourceDigest,
                    title: Heading(text: showsTitle ? document.title.text : "", label: document.title.label),
                    headings: headings, passages: passages))
        }
        return rest
    }
}
