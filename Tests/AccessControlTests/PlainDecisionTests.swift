import Cedar
import Labels
import Testing

@testable import AccessControl

/// The oracle of decisions must not fail open where it is the only one that can tell.
@Suite("Decisions about one text by itself")
struct PlainDecisionTests {
    private static let schema = """
        entity Group;
        entity Document;
        entity Person, Service in [Group] { limit: Long };
        entity Passage in [Document] { classification: String, weight: Long };
        action retrieve appliesTo {
            principal: [Person, Service], resource: [Passage],
            context: { purpose: String, now: datetime, network: ipaddr, mfa: Bool, assistant?: String }
        };
        """

    private static let all = #"permit (principal, action == Action::"retrieve", resource);"#
    private static let document = ByteText("0123456789abcdef0123456789abcdef")
    private static let passage = ByteText("fedcba9876543210fedcba9876543210")

    private func mayRead(
        _ policies: String, _ label: Label, as person: String = "maria", document: ByteText = document,
        passage: ByteText? = passage
    ) throws -> Bool {
        let maria = Entity(uid: EntityUID(type: "Person", id: "maria"), attributes: ["limit": 10], parents: [])
        return try PlainDecision(
            policies: PolicySet(parsing: policies), schema: Schema(parsing: Self.schema), entities: Entities([maria]),
            request: AccessRequest(
                principal: EntityUID(type: "Person", id: CedarString(ByteText(person))), purpose: "work",
                now: 1_800_000_000_000, network: try #require(IPAddress(parsing: "10.1.2.3")), mfa: true)
        ).mayRead(label, document: document, passage: passage)
    }

    private func label(
        _ classification: ByteText = "public", weight: AttributeValue = .long(1),
        parents: Set<Labels.EntityReference> = []
    ) -> Label {
        Label(attributes: ["classification": .string(classification), "weight": weight], parents: parents)
    }

    @Test("What policies permit is permitted, and what they forbid or do not speak of is not")
    func decides() throws {
        let policies = #"permit (principal, action, resource) when { resource.weight <= principal.limit };"#
        #expect(try mayRead(policies, label(weight: .long(10))))
        #expect(try !mayRead(policies, label(weight: .long(11))))
        #expect(
            try !mayRead(
                policies + #"forbid (principal, action, resource) when { resource.classification == "public" };"#,
                label()))
    }

    @Test("A policy that fails denies, be it permit or forbid, whatever else permits")
    func failing() throws {
        let heavy = label(weight: .long(.max))
        for effect in ["permit", "forbid"] {
            let failing = "\(effect) (principal, action, resource) when { resource.weight + 1 == 0 };"
            #expect(try mayRead(Self.all + failing, label()))
            #expect(try !mayRead(Self.all + failing, heavy))
        }
    }

    @Test("A label that is not as the schema says is denied, and so is everything to a stranger")
    func unfit() throws {
        #expect(try mayRead(Self.all, label()))
        #expect(try !mayRead(Self.all, label(weight: .string("heavy"))))
        #expect(try !mayRead(Self.all, Label(attributes: ["classification": .string("public")], parents: [])))
        #expect(try !mayRead(Self.all, label(), as: "nobody"))
    }

    @Test("A text is known by its own name and its document's, not by what its label says")
    func names() throws {
        let forbidden = Self.all + #"forbid (principal, action, resource in Document::"\#(Self.document)");"#
        #expect(try !mayRead(forbidden, label()))
        #expect(try !mayRead(forbidden, label(), passage: nil))
        #expect(try mayRead(forbidden, label(), document: Self.passage))
        let one = #"permit (principal, action, resource == Passage::"\#(Self.passage)");"#
        #expect(try mayRead(one, label()))
        #expect(try !mayRead(one, label(), passage: Self.document))
        // A label that bears a name which is not the text's opens nothing.
        let named = label(parents: [Labels.EntityReference(type: "Passage", id: Self.passage)])
        #expect(try !mayRead(one, named, passage: Self.document) && !mayRead(one, named, passage: nil))
    }
}
