import Cedar
import Labels
import TestSupport
import Testing

@testable import AccessControl

/// Cached and specialised decisions against full evaluation of every label, over random histories: requests of several
/// people at instants that go forward and back, labels that are added, readers of older tables, other policies.
@Suite("Decisions over time")
struct DecisionHistoryTests {
    private static let people = (0..<4).map { EntityUID(type: "Person", id: CedarString("p\($0)")) }

    /// Full evaluation: the entity of each label put into the store, every policy evaluated.
    private struct Oracle {
        let policies: PolicySet
        let schema: Schema
        let entities: Entities

        func ids(_ labels: [(LabelID, Label)], _ request: AccessRequest) throws -> [LabelID] {
            let store = try entities.adding(schema.actionEntities)
            return try labels.compactMap { id, label in
                let resource = LabelEntity.entity(of: label)
                guard store.record(of: request.principal) != nil,
                    (try? Conformance(schema: schema).check(resource)) != nil
                else { return nil }
                let response = Authorizer(policies: policies).authorize(
                    Request(
                        principal: request.principal, action: AccessRequest.action, resource: resource.uid,
                        context: request.context),
                    entities: try store.adding([resource]))
                return response.errors.isEmpty && response.decision == .allow ? id : nil
            }
        }
    }

    private static let conditions = [
        "resource.classification == principal.clearance", "resource.weight < principal.limit", "context.mfa",
        "principal.projects.containsAny(resource.projects)", "resource in Project::\"falcon\"",
        "resource has owner && resource.owner == principal.name", "context.now < resource.ends",
        "context has assistant && context.assistant like \"ext*\"",
        "resource has expires && resource.expires <= context.now",
        "principal has until && context.now < principal.until", "resource.weight + 1 > 3",
        "context.purpose == \"work\"",
        "context.network.isInRange(ip(\"10.0.0.0/8\"))", "principal.projects.containsAll(resource.projects)",
        "context.now.toDate() == datetime(\"1970-01-01\")", "resource.weight == 2 || resource.classification == \"b\"",
        "if resource.weight > 2 then context.mfa else resource.weight == 1",
        "[\"a\", \"b\"].contains(resource.classification)", "principal in Group::\"staff\"",
        "resource.projects.isEmpty()",
    ]

    private static let schema = """
        entity Group;
        entity Project;
        entity Person, Service in [Group] {
            clearance: String, limit: Long, projects: Set<Project>, name?: String, until?: datetime
        };
        entity Passage in [Project] {
            classification: String, weight: Long, projects: Set<Project>, owner?: String, ends: datetime, expires?: datetime
        };
        action retrieve appliesTo {
            principal: [Person, Service], resource: [Passage],
            context: { purpose: String, now: datetime, network: ipaddr, mfa: Bool, assistant?: String }
        };
        """

    private static func policies(_ random: inout SeededGenerator) throws -> PolicySet {
        let texts = (0..<Int.random(in: 1...5, using: &random)).map { number in
            let chosen = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                conditions.randomElement(using: &random)!
            }
            let effect = number == 0 || Bool.random(using: &random) ? "permit" : "forbid"
            let word = Bool.random(using: &random) ? "when" : "unless"
            return
                "\(effect) (principal, action, resource) \(word) { \(chosen.map { "(\($0))" }.joined(separator: " && ")) };"
        }
        return try PolicySet(parsing: texts.joined(separator: "\n"))
    }

    private static func entities(_ random: inout SeededGenerator) throws -> Entities {
        try Entities(
            people.map { uid in
                var attributes: [CedarString: Value] = [
                    "clearance": ["a", "b", "c"].randomElement(using: &random)!,
                    "limit": .long([0, 2, .max].randomElement(using: &random)!), "projects": projects(&random),
                ]
                if Bool.random(using: &random) {
                    attributes["name"] = ["é", "e\u{301}"].randomElement(using: &random)!
                }
                if Bool.random(using: &random) { attributes["until"] = .datetime(instant(&random)) }
                return Entity(
                    uid: uid, attributes: attributes,
                    parents: Bool.random(using: &random) ? [EntityUID(type: "Group", id: "staff")] : [])
            })
    }

    private static func instant(_ random: inout SeededGenerator) -> Datetime {
        Datetime(millisecondsSinceEpoch: Int64.random(in: 0...20, using: &random))
    }

    private static func projects(_ random: inout SeededGenerator) -> Value {
        .set(
            Set(
                ["falcon", "kestrel"].filter { _ in Bool.random(using: &random) }.map {
                    .entity(EntityUID(type: "Project", id: CedarString($0)))
                }))
    }

    private static func label(_ random: inout SeededGenerator, number: Int) -> Label {
        var attributes: [ByteText: AttributeValue] = [
            "classification": .string(["a", "b", "c"].randomElement(using: &random)!),
            "weight": .long([1, 2, 3, .max].randomElement(using: &random)!),
            "projects": AttributeValue(projects(&random))!,
            "ends": .datetime(Int64.random(in: 0...20, using: &random)),
        ]
        if Bool.random(using: &random) {
            attributes["owner"] = .string(["é", "e\u{301}", ByteText("o\(number)")].randomElement(using: &random)!)
        }
        if Bool.random(using: &random) { attributes["expires"] = .datetime(Int64.random(in: 0...20, using: &random)) }
        // Now and then one that is not as the schema says.
        if Int.random(in: 0..<20, using: &random) == 0 { attributes["weight"] = nil }
        let falcon = EntityReference(type: "Project", id: "falcon")
        return Label(attributes: attributes, parents: Bool.random(using: &random) ? [falcon] : [])
    }

    private static func request(_ random: inout SeededGenerator) throws -> AccessRequest {
        let networks = try ["10.0.0.1", "192.168.0.1"].map { try #require(IPAddress(parsing: $0)) }
        return AccessRequest(
            principal: (people + [EntityUID(type: "Person", id: "nobody")]).randomElement(using: &random)!,
            purpose: ["work", "play"].randomElement(using: &random)!, now: Int64.random(in: 0...20, using: &random),
            network: networks.randomElement(using: &random)!, mfa: Bool.random(using: &random),
            assistant: ["external", "ours", nil].randomElement(using: &random)!)
    }

    @Test("Cached decisions are those of full evaluation, whatever changed between the requests")
    func histories() async throws {
        let seed = SeededGenerator.newSeed()
        var random = SeededGenerator(seed: seed)
        var (permitted, denied, hits) = (0, 0, 0)
        for history in 0..<25 {
            var labels: [(LabelID, Label)] = []
            var tables = [LabelTable()]
            let schema = try Schema(parsing: Self.schema)
            var oracle = Oracle(
                policies: try Self.policies(&random), schema: schema, entities: try Self.entities(&random))
            var authorizer = try LabelAuthorizer(
                policies: oracle.policies, schema: schema, entities: oracle.entities, cacheLimit: 8)
            for _ in 0..<60 {
                await Task.yield()
                switch Int.random(in: 0..<12, using: &random) {
                case 0..<4:
                    for _ in 0..<(Int.random(in: 0..<8, using: &random) == 0 ? 40 : 1) {
                        let label = Self.label(&random, number: labels.count)
                        labels.append((LabelID(Int64(2 * labels.count)), label))
                        tables.append(tables.last!)
                        tables[tables.count - 1].append(label, id: labels.last!.0)
                    }
                case 4 where Int.random(in: 0..<4, using: &random) == 0:
                    oracle = Oracle(
                        policies: try Self.policies(&random), schema: schema, entities: try Self.entities(&random))
                    authorizer = try LabelAuthorizer(
                        policies: oracle.policies, schema: schema, entities: oracle.entities, cacheLimit: 8)
                default:
                    let request = try Self.request(&random)
                    // Most readers see the newest table, some are not done with an older one.
                    let position =
                        Int.random(in: 0..<5, using: &random) == 0
                        ? Int.random(in: 0..<tables.count, using: &random) : tables.count - 1
                    let table = tables[position]
                    let before = authorizer.cache.hits
                    let found = authorizer.permittedLabels(among: table, for: request)
                    let expected = try oracle.ids(Array(labels.prefix(table.count)), request)
                    try #require(found.ids == expected, "seed \(seed), history \(history)")
                    #expect(found.report.decided == table.count && found.count == expected.count)
                    permitted += expected.count
                    denied += table.count - expected.count
                    hits += authorizer.cache.hits - before
                }
            }
        }
        #expect(permitted > 1_000 && denied > 1_000 && hits > 100, "\(permitted) \(denied) \(hits)")
    }

    @Test("A label added is decided as of the new request, not of the one whose decisions were kept")
    func addedLater() throws {
        let schema = try Schema(parsing: Self.schema)
        let person = Entity(
            uid: Self.people[0], attributes: ["clearance": "a", "limit": 1, "projects": .set([])])
        let authorizer = try LabelAuthorizer(
            policies: PolicySet(parsing: "permit (principal, action, resource) when { context.now < resource.ends };"),
            schema: schema, entities: Entities([person]))
        func label(ends: Int64) -> Label {
            Label(attributes: [
                "classification": .string("a"), "weight": .long(1), "projects": .set([]), "ends": .datetime(ends),
            ])
        }
        func request(now: Int64) throws -> AccessRequest {
            AccessRequest(
                principal: Self.people[0], purpose: "work", now: now,
                network: try #require(IPAddress(parsing: "10.0.0.1")), mfa: true)
        }
        var table = LabelTable([(LabelID(1), label(ends: 100))])
        #expect(authorizer.permittedLabels(among: table, for: try request(now: 10)).ids == [LabelID(1)])
        table.append(label(ends: 20), id: LabelID(2))
        #expect(authorizer.permittedLabels(among: table, for: try request(now: 30)).ids == [LabelID(1)])
        // A clock that steps back.
        #expect(authorizer.permittedLabels(among: table, for: try request(now: 15)).ids == [LabelID(1), LabelID(2)])
        #expect(authorizer.permittedLabels(among: table, for: try request(now: 100)).ids == [])
    }

    @Test("The number of requests whose decisions are kept is bounded, and those used last stay")
    func bounded() throws {
        let schema = try Schema(parsing: Self.schema)
        var random = SeededGenerator(seed: 1)
        let authorizer = try LabelAuthorizer(
            policies: PolicySet(parsing: "permit (principal, action, resource) when { context.purpose == \"work\" };"),
            schema: schema, entities: try Self.entities(&random), cacheLimit: 10)
        let table = LabelTable([(LabelID(1), Self.label(&random, number: 1))])
        for number in 0..<100 {
            var request = try Self.request(&random)
            request.principal = Self.people[0]
            request.purpose = ByteText("purpose \(number)")
            _ = authorizer.permittedLabels(among: table, for: request)
            #expect(authorizer.cache.count <= 10)
        }
        #expect(authorizer.cache.count >= 5)
    }

    @Test("What no policy reads does not split the cache")
    func irrelevantContext() throws {
        let schema = try Schema(parsing: Self.schema)
        var random = SeededGenerator(seed: 2)
        let authorizer = try LabelAuthorizer(
            policies: PolicySet(parsing: "permit (principal, action, resource) when { context.purpose == \"work\" };"),
            schema: schema, entities: try Self.entities(&random))
        let table = LabelTable([(LabelID(1), Self.label(&random, number: 1))])
        var request = try Self.request(&random)
        request.principal = Self.people[0]
        for number in 0..<50 {
            request.now = Int64(number)
            request.assistant = ByteText("a\(number)")
            request.mfa.toggle()
            _ = authorizer.permittedLabels(among: table, for: request)
        }
        #expect(authorizer.cache.count == 1 && authorizer.cache.hits == 49)
    }
}
