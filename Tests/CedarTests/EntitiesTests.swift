import Testing

@testable import Cedar

@Suite struct EntitiesTests {
    private func uid(_ number: Int) -> EntityUID { EntityUID(type: "N", id: CedarString("\(number)")) }

    @Test func closesTheHierarchy() throws {
        let entities = try Entities([
            Entity(uid: uid(1), parents: [uid(2), uid(9)]), Entity(uid: uid(2), parents: [uid(3)]),
            Entity(uid: uid(3), parents: []),
        ])
        #expect(entities.record(of: uid(1))?.ancestors == [uid(2), uid(3), uid(9)])
        #expect(entities.isEntity(uid(1), in: uid(3)))
        #expect(!entities.isEntity(uid(3), in: uid(1)))
        #expect(entities.isEntity(uid(77), in: uid(77)))
    }

    @Test func refusesCyclesAndContradictions() throws {
        #expect(throws: EntityError.self) { try Entities([Entity(uid: uid(1), parents: [uid(1)])]) }
        #expect(throws: EntityError.self) {
            try Entities([
                Entity(uid: uid(1), parents: [uid(2)]), Entity(uid: uid(2), parents: [uid(3)]),
                Entity(uid: uid(3), parents: [uid(1)]),
            ])
        }
        #expect(throws: EntityError.duplicate(uid(1))) {
            try Entities([Entity(uid: uid(1)), Entity(uid: uid(1), attributes: ["a": 1])])
        }
        #expect(try Entities([Entity(uid: uid(1)), Entity(uid: uid(1))]).count == 1)
    }

    @Test("Adding entities one by one gives the store that all of them make at once")
    func adding() throws {
        for seed in 0..<40 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let all = (0..<100).map { number in
                Entity(
                    uid: uid(number),
                    parents: Set(
                        (0..<2).map { _ in uid(Int.random(in: 0...200, using: &generator)) }.filter { parent in
                            parent.id.utf8.count > 2 || (Int(parent.id.description) ?? 0) > number
                        }))
            }.shuffled(using: &generator)
            let whole = try Entities(all)
            var grown = try Entities(all.prefix(10))
            for entity in all.dropFirst(10) { grown = try grown.adding([entity]) }
            #expect(grown.count == whole.count)
            for entity in all {
                #expect(grown.record(of: entity.uid)?.ancestors == whole.record(of: entity.uid)?.ancestors)
            }
        }
    }

    @Test func addingRefusesCyclesAndContradictions() throws {
        let store = try Entities([Entity(uid: uid(1), parents: [uid(2)])])
        #expect(throws: EntityError.self) { try store.adding([Entity(uid: uid(2), parents: [uid(1)])]) }
        #expect(throws: EntityError.duplicate(uid(1))) { try store.adding([Entity(uid: uid(1))]) }
        #expect(try store.adding([Entity(uid: uid(1), parents: [uid(2)])]).count == 1)
        let two = [Entity(uid: uid(7), attributes: ["a": 1]), Entity(uid: uid(7))]
        #expect(throws: EntityError.duplicate(uid(7))) { try store.adding(two) }
    }

    private static let schema = """
        entity User in [Group] { n?: Long, e?: Group, d?: decimal, s?: Set<Group>, r?: {a: Long, b?: ipaddr} } tags Long;
        entity Group, Doc;
        entity C enum ["r", "g"];
        entity H { c: C };
        action g;
        action read in [g] appliesTo { principal: User, resource: Doc, context: { x?: Long } };
        """

    private func reads(_ json: String, schema: Bool) throws -> Bool {
        let schema = schema ? try Schema(parsing: Self.schema) : nil
        do {
            _ = try Entities(json: Array(json.utf8), schema: schema)
            return true
        } catch {
            return false
        }
    }

    private static let user = "\"uid\":{\"type\":\"User\",\"id\":\"alice\"}"

    /// JSON after the `uid` of a user, and whether it is taken without a schema and with one.
    @Test(arguments: [
        ("\"attrs\":{},\"parents\":[]", true, true), ("\"parents\":[]", false, false), ("\"attrs\":{}", false, false),
        ("\"attrs\":{\"n\":1.0},\"parents\":[]", false, false), ("\"attrs\":{\"n\":1e2},\"parents\":[]", false, false),
        ("\"attrs\":{\"n\":null},\"parents\":[]", false, false), ("\"attrs\":{\"n\":-0},\"parents\":[]", false, false),
        ("\"attrs\":{\"n\":9223372036854775808},\"parents\":[]", false, false),
        ("\"attrs\":{\"n\":-9223372036854775808},\"parents\":[]", true, true),
        ("\"attrs\":{\"n\":1,\"n\":1},\"parents\":[]", false, false),
        ("\"attrs\":{\"n\":{\"__expr\":\"1\"}},\"parents\":[]", false, false),
        ("\"attrs\":{\"n\":\"a\"},\"parents\":[]", true, false), ("\"attrs\":{\"zz\":1},\"parents\":[]", true, false),
        ("\"attrs\":{\"e\":{\"__entity\":{\"type\":\"Group\",\"id\":\"g\"}}},\"parents\":[]", true, true),
        ("\"attrs\":{\"e\":{\"type\":\"Group\",\"id\":\"g\"}},\"parents\":[]", true, true),
        ("\"attrs\":{\"e\":{\"type\":\"User\",\"id\":\"g\"}},\"parents\":[]", true, false),
        ("\"attrs\":{\"s\":[{\"type\":\"Group\",\"id\":\"g\"}]},\"parents\":[]", true, true),
        ("\"attrs\":{\"d\":\"1.0\"},\"parents\":[]", true, true),
        ("\"attrs\":{\"d\":\"1\"},\"parents\":[]", true, false),
        ("\"attrs\":{\"d\":{\"fn\":\"decimal\",\"arg\":\"1.0\"}},\"parents\":[]", true, true),
        ("\"attrs\":{\"d\":{\"__extn\":{\"fn\":\"decimal\",\"arg\":\"1.0\"}}},\"parents\":[]", true, true),
        ("\"attrs\":{\"d\":{\"__extn\":{\"fn\":\"ip\",\"arg\":\"::1\"}}},\"parents\":[]", true, false),
        ("\"attrs\":{\"d\":{\"__extn\":{\"fn\":\"foo\",\"arg\":\"::1\"}}},\"parents\":[]", false, false),
        ("\"attrs\":{\"r\":{\"b\":\"::1\"}},\"parents\":[]", true, false),
        ("\"attrs\":{\"r\":{\"a\":1,\"b\":\"::1\"}},\"parents\":[]", true, true),
        ("\"attrs\":{},\"parents\":[{\"type\":\"Doc\",\"id\":\"g\"}]", true, false),
        ("\"attrs\":{},\"parents\":[{\"__entity\":{\"type\":\"Group\",\"id\":\"g\"}}]", true, true),
        ("\"attrs\":{},\"parents\":[\"Group::g\"]", false, false),
        ("\"attrs\":{},\"parents\":[],\"tags\":{\"a\":1}", true, true),
        ("\"attrs\":{},\"parents\":[],\"tags\":{\"a\":\"x\"}", true, false),
    ])
    func json(_ rest: String, _ untyped: Bool, _ typed: Bool) throws {
        let json = "[{\(Self.user),\(rest)}]"
        #expect(try reads(json, schema: false) == untyped)
        #expect(try reads(json, schema: true) == typed)
    }

    @Test(arguments: [
        ("{\"type\":\"Zed\",\"id\":\"x\"}", "{}", "[]", false), ("{\"type\":\"C\",\"id\":\"r\"}", "{}", "[]", true),
        ("{\"type\":\"C\",\"id\":\"x\"}", "{}", "[]", false), ("{\"type\":\"H\",\"id\":\"x\"}", "{}", "[]", false),
        ("{\"type\":\"H\",\"id\":\"x\"}", "{\"c\":{\"type\":\"C\",\"id\":\"zz\"}}", "[]", false),
        ("{\"type\":\"Action\",\"id\":\"read\"}", "{}", "[{\"type\":\"Action\",\"id\":\"g\"}]", true),
        ("{\"type\":\"Action\",\"id\":\"read\"}", "{}", "[]", false),
        ("{\"type\":\"Action\",\"id\":\"zz\"}", "{}", "[]", false),
        ("{\"type\":\"User :: A\",\"id\":\"x\"}", "{}", "[]", false),
        ("{\"type\":\"in\",\"id\":\"x\"}", "{}", "[]", false),
    ])
    func conformance(_ uid: String, _ attributes: String, _ parents: String, _ isTaken: Bool) throws {
        let json = "[{\"uid\":\(uid),\"attrs\":\(attributes),\"parents\":\(parents)}]"
        #expect(try reads(json, schema: true) == isTaken)
    }

    @Test func theSchemaAddsItsActions() throws {
        let schema = try Schema(parsing: Self.schema)
        let entities = try Entities(json: Array("[]".utf8), schema: schema)
        #expect(entities.isEntity(Samples.read, in: EntityUID(type: "Action", id: "g")))
    }

    @Test func malformedJSONIsLocated() throws {
        let error = try #require(throws: EntityError.self) {
            try Entities(json: Array("[\n {\"uid\": 1}]".utf8), schema: nil, file: "e.json")
        }
        guard case .malformed(let errors) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(errors.errors[0].location == SourceLocation(file: "e.json", line: 2, column: 2))
    }

    @Test("Errors in documents of many megabytes are located too")
    func largeJSONIsLocated() throws {
        let lines = String(repeating: String(repeating: " ", count: 999) + "\n", count: 2000) + "[}"
        let error = try #require(throws: EntityError.self) { try Entities(json: Array(lines.utf8), schema: nil) }
        guard case .malformed(let errors) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(errors.errors[0].location == SourceLocation(file: "entities", line: 2001, column: 2))
    }

    @Test func requestsAreChecked() throws {
        let schema = try Schema(parsing: Self.schema)
        let conformance = Conformance(schema: schema)
        try conformance.check(Samples.request(context: ["x": 1]))
        #expect(throws: RequestError.self) { try conformance.check(Samples.request(context: ["x": "1"])) }
        #expect(throws: RequestError.self) { try conformance.check(Samples.request(context: ["y": 1])) }
        var request = Samples.request()
        request.principal = Samples.group
        #expect(throws: RequestError.invalidPrincipalType("Group", action: Samples.read)) {
            try conformance.check(request)
        }
        request = Samples.request()
        request.action = EntityUID(type: "Action", id: "zz")
        #expect(throws: RequestError.self) { try conformance.check(request) }
    }
}
