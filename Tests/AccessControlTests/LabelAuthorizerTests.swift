import AccessControl
import Cedar
import Labels
import Testing

@Suite("Decisions about labels")
struct LabelAuthorizerTests {
    static let schema = """
        entity Group;
        entity Project;
        entity Category enum ["SP-EXPT", "SP-CTI"];
        entity Person, Service in [Group] { clearance: String, limit: Long, projects: Set<Project>, name?: String };
        entity Passage in [Project] {
            classification: String, categories: Set<Category>, weight: Long, owner?: String, expires?: datetime
        };
        action retrieve appliesTo {
            principal: [Person, Service], resource: [Passage],
            context: { purpose: String, now: datetime, network: ipaddr, mfa: Bool, assistant?: String }
        };
        """

    private func authorizer(_ policies: String, schema: String = Self.schema) throws -> LabelAuthorizer {
        let maria = Entity(
            uid: Self.maria,
            attributes: [
                "clearance": "cui", "limit": 10, "name": "é",
                "projects": .set([.entity(EntityUID(type: "Project", id: "falcon"))]),
            ], parents: [EntityUID(type: "Group", id: "staff")])
        return try LabelAuthorizer(
            policies: PolicySet(parsing: policies), schema: Schema(parsing: schema), entities: Entities([maria]))
    }

    private static let maria = EntityUID(type: "Person", id: "maria")

    private func request(_ principal: EntityUID = Self.maria, purpose: ByteText = "engineering") throws -> AccessRequest
    {
        AccessRequest(
            principal: principal, purpose: purpose, now: 1_800_000_000_000,
            network: try #require(IPAddress(parsing: "10.1.2.3")), mfa: true)
    }

    private func label(
        _ classification: ByteText, weight: Int64 = 1, more: [ByteText: AttributeValue] = [:], project: ByteText? = nil
    ) -> Label {
        var attributes: [ByteText: AttributeValue] = [
            "classification": .string(classification), "categories": .set([]), "weight": .long(weight),
        ]
        attributes.merge(more) { $1 }
        return Label(
            attributes: attributes, parents: Set(project.map { [EntityReference(type: "Project", id: $0)] } ?? []))
    }

    private func numbered(_ labels: [Label]) -> LabelTable {
        LabelTable(labels.enumerated().map { (LabelID(Int64($0.offset)), $0.element) })
    }

    @Test("each label gets its own decision, and what is not permitted is denied")
    func decisions() throws {
        let labels = [
            label("public"), label("cui", project: "falcon"), label("cui", project: "kestrel"), label("secret"),
        ]
        let permitted = try authorizer(
            """
            permit (principal, action == Action::"retrieve", resource) when { resource.classification == "public" };
            permit (principal, action, resource in Project::"falcon")
            when { principal.clearance == resource.classification && context.mfa && context.purpose == "engineering" };
            """
        ).permittedLabels(among: numbered(labels), for: request())
        #expect(permitted.ids == [LabelID(0), LabelID(1)])
        #expect(permitted.contains(LabelID(1)) && !permitted.contains(LabelID(2)) && !permitted.contains(LabelID(9)))
        #expect(permitted[LabelID(0)] == labels[0] && permitted[LabelID(3)] == nil)
        #expect(permitted.report.decided == 4 && permitted.report.permitted == 2 && permitted.report.failures.isEmpty)
    }

    @Test("a forbid outweighs every permit")
    func forbids() throws {
        let labels = [label("public"), label("public", weight: 20)]
        let permitted = try authorizer(
            "permit (principal, action, resource); forbid (principal, action, resource) when { resource.weight > principal.limit };"
        ).permittedLabels(among: numbered(labels), for: request())
        #expect(permitted.ids == [LabelID(0)])
    }

    @Test("no policy, no label")
    func noPolicy() throws {
        let permitted = try authorizer("").permittedLabels(among: numbered([label("public")]), for: request())
        #expect(permitted.isEmpty && permitted.count == 0)
    }

    @Test("a forbid that fails on a label denies that label and no other, and is counted")
    func errorsDeny() throws {
        let labels = [label("public"), label("public", weight: .max), label("public", weight: .max - 1)]
        let authorizer = try authorizer(
            """
            permit (principal, action, resource);
            @id("heavy")
            forbid (principal, action, resource) when { resource.weight + 2 > 100 };
            """)
        let permitted = authorizer.permittedLabels(among: numbered(labels), for: try request())
        #expect(permitted.ids == [LabelID(0)])
        #expect(permitted.report.failures == ["heavy": 2])
        // The language itself skips the forbid that fails, and allows.
        let response = Authorizer(
            policies: try PolicySet(
                parsing: """
                    permit (principal, action, resource);
                    forbid (principal, action, resource) when { resource.weight + 2 > 100 };
                    """)
        ).authorize(
            Request(
                principal: Self.maria, action: AccessRequest.action, resource: LabelEntity.uid,
                context: try request().context),
            entities: try Entities([LabelEntity.entity(of: labels[1])]))
        #expect(response.decision == .allow && response.errors.count == 1)
        #expect(try !authorizer.mayRead(labels[1], for: request()))
        #expect(try authorizer.mayRead(labels[0], for: request()))
    }

    @Test("a permit that fails denies too, even beside one that does not")
    func permitErrorsDeny() throws {
        let permitted = try authorizer(
            "permit (principal, action, resource); permit (principal, action, resource) when { resource.weight * 2 > 0 };"
        ).permittedLabels(among: numbered([label("public", weight: .max)]), for: request())
        #expect(permitted.isEmpty && permitted.report.failures == ["policy1": 1])
    }

    @Test("who is not in the store gets nothing, not even what anyone may read")
    func unknownPrincipal() throws {
        let authorizer = try authorizer("permit (principal, action, resource);")
        for uid in [
            EntityUID(type: "Person", id: "mallory"), EntityUID(type: "Service", id: "maria"),
            EntityUID(type: "Group", id: "staff"), EntityUID(type: "Passage", id: "passage"),
        ] {
            let permitted = authorizer.permittedLabels(among: numbered([label("public")]), for: try request(uid))
            #expect(permitted.isEmpty && !permitted.report.isPrincipalKnown)
            #expect(try !authorizer.mayRead(label("public"), for: request(uid)))
        }
    }

    @Test("a label that is not as the schema says is denied")
    func nonconforming() throws {
        let bad = [
            Label(attributes: [:]), label("public", more: ["unknown": .bool(true)]),
            label("public", more: ["weight": .string("1")]),
            label("public", more: ["categories": .set([.entity(EntityReference(type: "Category", id: "X"))])]),
            Label(
                attributes: label("public").attributes, parents: [EntityReference(type: "Group", id: "staff")]),
        ]
        let permitted = try authorizer("permit (principal, action, resource);")
            .permittedLabels(among: numbered(bad + [label("public")]), for: request())
        #expect(permitted.ids == [LabelID(5)])
        #expect(permitted.report.nonconforming == 5)
    }

    @Test("canonically equal texts are told apart")
    func bytes() throws {
        let labels = [
            label("public", more: ["owner": .string("é")]), label("public", more: ["owner": .string("e\u{301}")]),
        ]
        let permitted = try authorizer(
            "permit (principal, action, resource) when { resource.owner == principal.name };"
        )
        .permittedLabels(among: numbered(labels), for: request())
        #expect(permitted.ids == [LabelID(0)])
        let purposes = try authorizer("permit (principal, action, resource) when { context.purpose == \"é\" };")
        #expect(try purposes.mayRead(labels[0], for: request(purpose: "é")))
        #expect(try !purposes.mayRead(labels[0], for: request(purpose: "e\u{301}")))
        let decomposed = EntityUID(type: "Person", id: "ma\u{301}ria")
        #expect(try !purposes.mayRead(labels[0], for: request(decomposed, purpose: "é")))
    }

    @Test("the context reaches the policies")
    func context() throws {
        let authorizer = try authorizer(
            """
            permit (principal, action, resource) when {
                context.network.isInRange(ip("10.0.0.0/8")) && context has assistant && context.assistant == "a" &&
                context.now >= datetime("2027-01-01") && resource has expires && context.now < resource.expires };
            """)
        let label = label("public", more: ["expires": .datetime(1_900_000_000_000)])
        var request = try request()
        #expect(!authorizer.mayRead(label, for: request))
        request.assistant = "a"
        #expect(authorizer.mayRead(label, for: request))
        request.now = 1_900_000_000_000
        #expect(!authorizer.mayRead(label, for: request))
        request.now = 1_800_000_000_000
        request.network = try #require(IPAddress(parsing: "192.168.0.1"))
        #expect(!authorizer.mayRead(label, for: request))
    }

    @Test("the context is what the schema must declare")
    func contextType() throws {
        let declared = try #require(try Schema(parsing: Self.schema).action(AccessRequest.action)).context
        #expect(declared == AccessRequest.contextType)
    }

    @Test("a filter only narrows")
    func narrowing() throws {
        let labels = [label("public"), label("cui"), label("public", weight: 5)]
        let permitted = try authorizer(
            "permit (principal, action, resource) when { resource.classification == \"public\" };"
        ).permittedLabels(among: numbered(labels), for: request())
        let narrowed = permitted.narrowed { $0.attributes["weight"] == .long(5) }
        #expect(narrowed.ids == [LabelID(2)])
        #expect(permitted.narrowed { _ in true }.ids == permitted.ids)
        #expect(permitted.narrowed { _ in false }.isEmpty)
        #expect(narrowed[LabelID(0)] == nil && permitted[LabelID(0)] != nil)
    }

    @Test("a policy cannot tell labels apart by the resource's id, unless it names one")
    func oneResource() throws {
        #expect(LabelEntity.entity(of: label("public")).uid == LabelEntity.entity(of: label("cui")).uid)
        let own = ResourceNames([EntityReference(type: "Passage", id: "7")])
            .label(label("public"), document: "3", passage: "7")
        #expect(LabelEntity.entity(of: own).uid == EntityUID(type: "Passage", id: "7"))
        #expect(LabelEntity.entity(of: own).parents.isEmpty)
    }

    @Test("a name has a decision of its own, and a table that does not know it is not decided")
    func names() throws {
        let authorizer = try authorizer(
            #"permit (principal, action, resource) unless { [Passage::"7"].contains(resource) };"#)
        #expect(authorizer.names == ResourceNames([EntityReference(type: "Passage", id: "7")]))
        let plain = label("public")
        let own = authorizer.names.label(plain, document: "3", passage: "7")
        #expect(own != plain && authorizer.names.label(plain, document: "7", passage: "8") == plain)
        var table = numbered([plain, own])
        let refused = authorizer.permittedLabels(among: table, for: try request())
        #expect(refused.isEmpty && !refused.report.areNamesDistinguished && refused.report.decided == 2)
        table.distinguish(authorizer.names)
        let decided = authorizer.permittedLabels(among: table, for: try request())
        #expect(decided.ids == [LabelID(0)] && decided.report.areNamesDistinguished)
    }

    @Test("the same labels in any order give the same set")
    func order() throws {
        let authorizer = try authorizer("permit (principal, action, resource) when { resource.weight > 3 };")
        let labels = (0..<200).map { (LabelID($0), label("public", weight: $0)) }
        let all = authorizer.permittedLabels(among: LabelTable(labels), for: try request())
        #expect(all.ids.count == 196)
        #expect(authorizer.permittedLabels(among: LabelTable(labels.shuffled()), for: try request()).ids == all.ids)
        for (id, label) in labels { #expect(try authorizer.mayRead(label, for: request()) == all.contains(id)) }
    }
}
