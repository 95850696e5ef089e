import Cedar
import Labels
import Testing

@testable import AccessControl

@Suite("Decisions about erasing and holding")
struct AdministrativeActionTests {
    private static let schema = """
        entity Group;
        entity Document;
        entity Person, Service in [Group] { limit: Long };
        entity Passage in [Document] { classification: String, weight: Long };
        action retrieve appliesTo {
            principal: [Person, Service], resource: [Passage],
            context: { purpose: String, now: datetime, network: ipaddr, mfa: Bool, assistant?: String }
        };
        action erase appliesTo {
            principal: [Person], resource: [Passage],
            context: { purpose: String, now: datetime, network: ipaddr, mfa: Bool, assistant?: String }
        };
        """

    private static let maria = EntityUID(type: "Person", id: "maria")
    private static let sweeper = EntityUID(type: "Service", id: "sweeper")

    private func authorizer(_ policies: String) throws -> LabelAuthorizer {
        let known = [Self.maria, Self.sweeper].map { uid in
            Entity(uid: uid, attributes: ["limit": 10], parents: [EntityUID(type: "Group", id: "staff")])
        }
        return try LabelAuthorizer(
            policies: PolicySet(parsing: policies), schema: Schema(parsing: Self.schema), entities: Entities(known))
    }

    private func request(
        _ principal: EntityUID = Self.maria, purpose: ByteText = "records", mfa: Bool = true
    ) throws -> AccessRequest {
        AccessRequest(
            principal: principal, purpose: purpose, now: 1_800_000_000_000,
            network: try #require(IPAddress(parsing: "10.1.2.3")), mfa: mfa)
    }

    private func label(_ classification: ByteText = "public", weight: Int64 = 1) -> Label {
        Label(attributes: ["classification": .string(classification), "weight": .long(weight)], parents: [])
    }

    private func refusal(
        _ policies: String, on labels: Set<Label>, for request: AccessRequest, _ action: AdministrativeAction = .erase
    ) throws -> ActionRefused? {
        let authorizer = try authorizer(policies)
        do throws(ActionRefused) {
            _ = try authorizer.authorization(of: action, on: labels, for: request)
            return nil
        } catch {
            return error
        }
    }

    private static let erasing = #"permit (principal, action == Action::"erase", resource)"#
    private static let light = "\(erasing) when { resource.weight <= principal.limit };"

    @Test("What is permitted on every label is permitted, and says for whom, what for, when and on what")
    func permits() throws {
        let labels: Set = [label(), label("cui", weight: 10)]
        let request = try request()
        let action = try authorizer(Self.light).authorization(of: .erase, on: labels, for: request)
        #expect(action.action == .erase && action.labels == labels)
        #expect(action.principal == Self.maria && action.purpose == "records" && action.now == request.now)
        #expect(
            AdministrativeAction.allCases.map(\.uid.description)
                == [#"Action::"erase""#, #"Action::"hold""#, #"Action::"verify""#])
    }

    @Test("One label that is refused refuses all, and the refusal has numbers and no value of a label")
    func refusesAll() throws {
        let labels: Set = [label(), label("cui"), label("cui", weight: 11), label("cui", weight: 12)]
        let refused = try #require(try refusal(Self.light, on: labels, for: request()))
        #expect(refused == ActionRefused.labels(.erase, refused: 2, of: 4))
        #expect(
            refused.description
                == "erase is refused on 2 of the 4 labels concerned, and so on all; a policy must permit Action::\"erase\" "
                + "on every one of them")
        #expect(try refusal("", on: labels, for: request())?.reason == .labels(refused: 4, of: 4, failed: []))
    }

    @Test("A permit to read permits no erasing, and a permit to erase no reading")
    func apart() throws {
        let reading = #"permit (principal, action == Action::"retrieve", resource);"#
        #expect(try authorizer(reading).mayRead(label(), for: request()))
        #expect(try refusal(reading, on: [label()], for: request()) != nil)
        #expect(try !authorizer(Self.light).mayRead(label(), for: request()))
        #expect(try refusal(Self.light, on: [label()], for: request()) == nil)
        let table = LabelTable([(LabelID(0), label())])
        #expect(try authorizer(Self.light).permittedLabels(among: table, for: request()).isEmpty)
    }

    @Test("A forbid that leaves the action open holds for erasing too")
    func openForbid() throws {
        let policies = Self.light + #"forbid (principal, action, resource) when { resource.classification == "cui" };"#
        #expect(try refusal(policies, on: [label()], for: request()) == nil)
        #expect(
            try refusal(policies, on: [label(), label("cui")], for: request())
                == ActionRefused.labels(.erase, refused: 1, of: 2))
    }

    @Test("The context reaches the policies")
    func context() throws {
        let policies = #"\#(Self.erasing) when { context.mfa && context.purpose == "records" };"#
        #expect(try refusal(policies, on: [label()], for: request()) == nil)
        #expect(try refusal(policies, on: [label()], for: request(mfa: false)) != nil)
        #expect(try refusal(policies, on: [label()], for: request(purpose: "work")) != nil)
    }

    @Test("An action that the schema does not declare is nobody's")
    func undeclared() throws {
        let refused = try #require(
            try refusal("permit (principal, action, resource);", on: [label()], for: request(), .hold))
        #expect(refused.reason == .undeclared && refused.description.contains(#"does not declare Action::"hold""#))
    }

    @Test("Who is not in the store, or of a type that the action does not apply to, may nothing")
    func principals() throws {
        let everyone = "permit (principal, action, resource);"
        for uid in [
            Self.sweeper, EntityUID(type: "Person", id: "mallory"), EntityUID(type: "Group", id: "staff"),
            EntityUID(type: "Passage", id: "passage"),
        ] {
            let refused = try refusal(everyone, on: [label()], for: request(uid))
            #expect(refused?.reason == .principal, "\(uid)")
            #expect(refused?.description.contains(uid.id.description) == false)
        }
        #expect(try authorizer(everyone).mayRead(label(), for: request(Self.sweeper)))
    }

    @Test("Nothing is permitted on no label")
    func nothing() throws {
        let refused = try refusal("permit (principal, action, resource);", on: [], for: request())
        #expect(refused?.description == "there is nothing to erase: no label is concerned")
    }

    @Test("A label that is not as the schema says is refused")
    func nonconforming() throws {
        let bad = Label(attributes: ["classification": .string("public")], parents: [])
        #expect(
            try refusal("permit (principal, action, resource);", on: [bad, label()], for: request())
                == ActionRefused.labels(.erase, refused: 1, of: 2))
    }

    @Test("A policy that fails refuses the label it fails on, be it permit or forbid, and is named")
    func failures() throws {
        let heavy = label(weight: .max)
        for policy in ["permit", "forbid"] {
            let policies = """
                \(Self.erasing);
                @id("heavy") \(policy) (principal, action, resource) when { resource.weight + 2 < 0 };
                """
            #expect(try refusal(policies, on: [label()], for: request()) == nil)
            let refused = try #require(try refusal(policies, on: [label(), heavy], for: request()))
            #expect(refused.reason == .labels(refused: 1, of: 2, failed: ["heavy"]))
            #expect(refused.description.hasSuffix("; policies that failed, and so refuse: heavy"))
        }
    }

    @Test("A policy may name the document that is not to be erased")
    func names() throws {
        let policies = Self.light + #"forbid (principal, action == Action::"erase", resource in Document::"3");"#
        let authorizer = try authorizer(policies)
        #expect(authorizer.names == ResourceNames([EntityReference(type: "Document", id: "3")]))
        let own = authorizer.names.label(label(), document: "3", passage: "7")
        let other = authorizer.names.label(label(), document: "4", passage: "8")
        #expect(try refusal(policies, on: [own], for: request()) != nil)
        #expect(try refusal(policies, on: [other], for: request()) == nil)
    }

    @Test("What policies about erasing say is left out where it is told how reading is decided")
    func outcomes() throws {
        let policies = """
            @id("read") permit (principal, action == Action::"retrieve", resource);
            @id("any") forbid (principal, action, resource) when { false };
            @id("both") permit (principal, action in [Action::"erase", Action::"retrieve"], resource) when { false };
            @id("erase") permit (principal, action == Action::"erase", resource);
            @id("mallory") permit (principal == Person::"mallory", action in Action::"erase", resource);
            """
        let outcomes = try #require(try authorizer(policies).outcomes(of: label(), for: request()))
        #expect(outcomes.map { $0.policy.name.description } == ["read", "any", "both"])
    }
}

extension ActionRefused {
    /// As it is where no policy failed.
    fileprivate static func labels(_ action: AdministrativeAction, refused: Int, of count: Int) -> ActionRefused {
        ActionRefused(action, .labels(refused: refused, of: count, failed: []))
    }
}
