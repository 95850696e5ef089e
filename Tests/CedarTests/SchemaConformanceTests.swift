import Testing

@testable import Cedar

/// Requests and entities against a schema; the verdicts are those of the official engine.
@Suite struct SchemaConformanceTests {
    private static let schema = """
        entity User in [Group] { n?: Long, c?: Color, r?: {a: Long, b?: Color}, s?: Set<Color> } tags Long;
        entity Group in [Org];
        entity Org, Doc;
        entity Badge { number: Long, holder: User };
        entity Color enum ["red", "green"];
        action g;
        action h in [g];
        action read in [h] appliesTo {
            principal: [User, Color], resource: [Doc, Color],
            context: { x?: Long, c?: Color, r?: {a: Long}, s?: Set<Long>, d?: decimal, e?: Group, act?: Action }
        };
        action enter appliesTo { principal: User, resource: Doc, context: { badge: Badge } };
        """

    // MARK: Requests

    @Test(
        arguments: [
            ("User", "a", "read", "Doc", "d", nil),
            ("User", "a", "nope", "Doc", "d", "the action Action::\"nope\" is not declared"),
            ("User", "a", "g", "Doc", "d", "Action::\"g\" does not apply to principals of type User"),
            ("Group", "a", "read", "Doc", "d", "Action::\"read\" does not apply to principals of type Group"),
            ("Nope", "a", "read", "Doc", "d", "Nope::\"a\": the type Nope is not declared"),
            ("User", "a", "read", "User", "a", "Action::\"read\" does not apply to resources of type User"),
            ("User", "a", "read", "Nope", "a", "Nope::\"a\": the type Nope is not declared"),
            ("Color", "red", "read", "Color", "green", nil),
            ("Color", "blue", "read", "Doc", "d", "Color::\"blue\": the type Color has no entity \"blue\""),
            ("User", "a", "read", "Color", "blue", "Color::\"blue\": the type Color has no entity \"blue\""),
            ("Action", "read", "read", "Doc", "d", "Action::\"read\" does not apply to principals of type Action"),
            ("User", "a", "enter", "Doc", "d", "the context of Action::\"enter\": the attribute `badge` is missing"),
        ] as [(EntityTypeName, CedarString, CedarString, EntityTypeName, CedarString, String?)])
    func request(
        _ principal: EntityTypeName, _ principalID: CedarString, _ action: CedarString, _ resource: EntityTypeName,
        _ resourceID: CedarString, _ problem: String?
    ) throws {
        let request = Request(
            principal: EntityUID(type: principal, id: principalID), action: EntityUID(type: "Action", id: action),
            resource: EntityUID(type: resource, id: resourceID))
        var found: String?
        do {
            try Conformance(schema: try Schema(parsing: Self.schema)).check(request)
        } catch let error as RequestError {
            found = error.description
        }
        #expect(found == problem)
    }

    /// The context, and the column and the message of the error.
    @Test(
        arguments: [
            ("{}", nil), ("{\"x\": 1}", nil), ("{\"x\": \"1\"}", "1:7: attribute `x`: String where Long is declared"),
            ("{\"y\": 1}", "1:7: the attribute `y` is not declared"),
            ("{\"c\": {\"type\": \"Color\", \"id\": \"red\"}}", nil),
            (
                "{\"c\": {\"type\": \"Color\", \"id\": \"blue\"}}",
                "1:7: attribute `c`: the type Color has no entity \"blue\""
            ),
            (
                "{\"c\": {\"type\": \"Nope\", \"id\": \"x\"}}",
                "1:7: attribute `c`: entity of type Nope where Color is declared"
            ),
            ("{\"r\": {\"a\": 1}}", nil),
            ("{\"x\": 1, \"r\": {}}", "1:15: attribute `r`: the attribute `a` is missing"),
            ("{\"r\": {\"a\": 1, \"z\": 1}}", "1:21: the attribute `z` is not declared"), ("{\"s\": [1, 2]}", nil),
            ("{\"s\": []}", nil),
            ("{\"s\": [1, \"2\"]}", "1:7: attribute `s`: in the set: String where Long is declared"),
            ("{\"s\": 1}", "1:7: a number where a set belongs"), ("{\"d\": \"1.0\"}", nil), ("{\"d\": \"1\"}", "1:7: "),
            (
                "{\"d\": {\"__extn\": {\"fn\": \"ip\", \"arg\": \"1.2.3.4\"}}}",
                "1:7: attribute `d`: ipaddr where decimal is declared"
            ),
            ("{\"e\": {\"type\": \"Group\", \"id\": \"absent\"}}", nil),
            ("{\"act\": {\"type\": \"Action\", \"id\": \"read\"}}", nil),
            (
                "{\"act\": {\"type\": \"Action\", \"id\": \"nope\"}}",
                "1:9: attribute `act`: the action Action::\"nope\" is not declared"
            ),
            ("[]", "1:1: an array where a record belongs"), ("\"x\"", "1:1: a string where a record belongs"),
            ("", "1:1: unexpected end of text"), ("{\"x\": null}", "1:7: null is no value"),
        ] as [(String, String?)])
    func context(_ json: String, _ problem: String?) throws {
        let conformance = Conformance(schema: try Schema(parsing: Self.schema))
        let errors: ParseErrors
        do {
            let context = try conformance.context(json: Array(json.utf8), for: Samples.read)
            #expect(problem == nil)
            try conformance.check(
                Request(
                    principal: EntityUID(type: "User", id: "a"), action: Samples.read,
                    resource: EntityUID(type: "Doc", id: "d"), context: context))
            return
        } catch let error as ParseErrors {
            errors = error
        }
        let error = try #require(errors.errors.first)
        let found =
            "\(error.location.line):\(error.location.column): "
            + error.message.replacing("the context of Action::\"read\": ", with: "")
        #expect(problem.map { found.hasPrefix($0) } == true, "\(found)")
        #expect(json.isEmpty || error.snippet.contains("^"))
    }

    @Test func contextOfAnUndeclaredAction() throws {
        let conformance = Conformance(schema: try Schema(parsing: Self.schema))
        let errors = try #require(throws: ParseErrors.self) {
            try conformance.context(json: Array("{}".utf8), for: EntityUID(type: "Action", id: "nope"))
        }
        #expect(errors.errors.map(\.message) == ["the action Action::\"nope\" is not declared"])
    }

    // MARK: Entities

    private static let user = "\"uid\":{\"type\":\"User\",\"id\":\"a\"}"
    private static func action(_ id: String) -> String { "\"uid\":{\"type\":\"Action\",\"id\":\"\(id)\"}" }
    private static func ref(_ type: String, _ id: String) -> String { "{\"type\":\"\(type)\",\"id\":\"\(id)\"}" }

    /// Members of an entity's object, one a line; and the line and the message of the error.
    @Test(
        arguments: [
            (user, "{}", "[]", nil, nil), (user, "{\"zz\":1}", "[]", nil, "3: the attribute `zz` is not declared"),
            (user, "{\"n\":\"x\"}", "[]", nil, "3: User::\"a\": attribute `n`: String where Long is declared"),
            (
                user, "{\"c\":\(ref("Color", "blue"))}", "[]", nil,
                "3: User::\"a\": attribute `c`: the type Color has no entity \"blue\""
            ),
            (
                user, "{\"s\":[\(ref("Color", "blue"))]}", "[]", nil,
                "3: User::\"a\": attribute `s`: in the set: the type Color has no"
            ),
            (
                user, "{\"r\":{\"a\":1,\"b\":\(ref("Color", "blue"))}}", "[]", nil,
                "3: User::\"a\": attribute `r`: attribute `b`: "
            ),
            (user, "{\"r\":{}}", "[]", nil, "3: User::\"a\": attribute `r`: the attribute `a` is missing"),
            ("\"uid\":\(ref("Badge", "b"))", "{}", "[]", nil, "3: Badge::\"b\": the attribute `holder` is missing"),
            (user, "{}", "[]", "{\"k\":1}", nil),
            (user, "{}", "[]", "{\"k\":\"x\"}", "5: User::\"a\": tag `k`: String where Long is declared"),
            ("\"uid\":\(ref("Group", "g"))", "{}", "[]", "{\"k\":1}", "5: Group::\"g\": its type has no tags"),
            ("\"uid\":\(ref("Group", "g"))", "{}", "[]", "{}", nil), (user, "{}", "[\(ref("Group", "g"))]", nil, nil),
            (user, "{}", "[\(ref("Org", "o"))]", nil, nil),
            (user, "{}", "[\(ref("Doc", "d"))]", nil, "4: User::\"a\": it cannot be in an entity of type Doc"),
            (user, "{}", "[\(ref("Nope", "d"))]", nil, "4: User::\"a\": it cannot be in an entity of type Nope"),
            (user, "{}", "[\(ref("Color", "red"))]", nil, "4: User::\"a\": it cannot be in an entity of type Color"),
            (user, "{}", "[\(ref("User", "a"))]", nil, "4: User::\"a\": it cannot be in an entity of type User"),
            (user, "{}", "[\(ref("Action", "g"))]", nil, "4: User::\"a\": it cannot be in an entity of type Action"),
            ("\"uid\":\(ref("Color", "red"))", "{}", "[]", nil, nil),
            (
                "\"uid\":\(ref("Color", "blue"))", "{}", "[]", nil,
                "2: Color::\"blue\": the type Color has no entity \"blue\""
            ),
            ("\"uid\":\(ref("Color", "red"))", "{\"a\":1}", "[]", nil, "3: the attribute `a` is not declared"),
            (
                "\"uid\":\(ref("Color", "red"))", "{}", "[\(ref("Group", "g"))]", nil,
                "4: Color::\"red\": it cannot be in an entity of"
            ),
            ("\"uid\":\(ref("Color", "red"))", "{}", "[]", "{\"a\":1}", "5: Color::\"red\": its type has no tags"),
            ("\"uid\":\(ref("Nope", "x"))", "{}", "[]", nil, "2: Nope::\"x\": its type is not declared"),
            (action("read"), "{}", "[\(ref("Action", "h")),\(ref("Action", "g"))]", nil, nil),
            (
                action("read"), "{}", "[\(ref("Action", "g"))]", nil,
                "2: Action::\"read\" is not as the schema declares it"
            ),
            (action("read"), "{}", "[]", nil, "2: Action::\"read\" is not as the schema declares it"),
            (action("read"), "{\"a\":1}", "[\(ref("Action", "h"))]", nil, "2: Action::\"read\" is not as the schema"),
            (action("read"), "{}", "[\(ref("Action", "h"))]", "{\"a\":1}", "2: Action::\"read\" is not as the schema"),
            (
                action("read"), "{}", "[\(ref("Action", "h")),\(ref("Group", "g"))]", nil,
                "2: Action::\"read\" is not as the"
            ),
            (action("nope"), "{}", "[]", nil, "2: Action::\"nope\": the action is not declared"),
        ] as [(String, String, String, String?, String?)])
    func entity(_ uid: String, _ attributes: String, _ parents: String, _ tags: String?, _ problem: String?) throws {
        let json =
            "[{\n\(uid),\n\"attrs\":\(attributes),\n\"parents\":\(parents)\(tags.map { ",\n\"tags\":\($0)" } ?? "")\n}]"
        do {
            _ = try Entities(json: Array(json.utf8), schema: try Schema(parsing: Self.schema), file: "e.json")
            #expect(problem == nil)
        } catch EntityError.malformed(let errors) {
            let error = try #require(errors.errors.first)
            let found = "\(error.location.line): \(error.message)"
            #expect(problem.map { found.hasPrefix($0) } == true, "\(found)")
            #expect(error.location.file == "e.json" && error.snippet.contains("^"))
        }
    }

    @Test("Every entity that is wrong is reported, each where it stands")
    func severalEntities() throws {
        let json = """
            [{\(Self.user), "attrs": {"n": true}, "parents": []},
             {"uid": \(Self.ref("Group", "g")), "attrs": {}, "parents": []},
             {"uid": 1, "attrs": {}, "parents": []},
             {"uid": \(Self.ref("Group", "h")), "parents": []},
             {"uid": \(Self.ref("Doc", "d")), "attrs": {}, "parents": [\(Self.ref("Group", "h"))]}]
            """
        let error = try #require(throws: EntityError.self) {
            try Entities(json: Array(json.utf8), schema: try Schema(parsing: Self.schema))
        }
        guard case .malformed(let errors) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(errors.errors.map(\.location.line) == [1, 3, 4, 5])
        // The value of the attribute, not the entity as a whole.
        #expect(errors.errors[0].location.column == 50)
    }

    @Test("An entity above itself, and one given twice, are shown")
    func hierarchies() throws {
        let group = { (id: String, parent: String) in
            "{\"uid\": \(Self.ref("G", id)), \"attrs\": {}, \"parents\": [\(Self.ref("G", parent))]}"
        }
        for (json, message) in [
            ("[\(group("a", "b")),\n\(group("b", "a"))]", "is above itself"),
            ("[\(group("a", "b")),\n\(group("a", "c"))]", "is given twice, with different content"),
        ] {
            let error = try #require(throws: EntityError.self) { try Entities(json: Array(json.utf8), schema: nil) }
            guard case .malformed(let errors) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(errors.errors[0].message.hasSuffix(message))
            #expect([1, 2].contains(errors.errors[0].location.line))
            #expect(errors.errors[0].snippet.contains("^"))
        }
    }
}
