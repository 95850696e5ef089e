import CedarCases
import Testing

@testable import Cedar

@Suite struct SchemaJSONTests {
    private static func read(_ json: String) throws(ParseErrors) -> Schema {
        try Schema(json: Array(json.utf8), file: "s.json")
    }

    /// A schema of one namespace without a name, with the entity type `B` and the common type `T`.
    private static func schema(types: String = "", actions: String = "", more: String = "") -> String {
        """
        {"":{"commonTypes":{"T":{"type":"Record","attributes":{"x":{"type":"Long"}}}},
        "entityTypes":{"B":{}\(types.isEmpty ? "" : "," + types)},"actions":{\(actions)}\(more)}}
        """
    }

    private static func schema(attribute: String) -> String {
        schema(types: #""A":{"shape":{"type":"Record","attributes":{"a":\#(attribute)}}}"#)
    }

    private static let human = """
        type Address = { city: String, zip?: Long };
        type decimal = String;
        @doc("a person") @plain
        entity User in [Group, Org::Team] = {
            address: Address, "two words"?: Bool, manager?: User, price: decimal, exact: __cedar::decimal,
            all: Set<Set<{ "if": ipaddr }>>, at: datetime, for: duration, did: Action,
        } tags Set<String>;
        entity Group in Group;
        entity Color enum ["red", "green\\u{e9}"];
        @doc("reading")
        action read, "list all" in anyAccess appliesTo {
            principal: [User, Group], resource: Color, context: { now: datetime, ip?: __cedar::ipaddr },
        };
        action anyAccess;
        @doc("of the firm")
        namespace Org {
            type Size = Long;
            entity Team in [Company] { size: Size };
            entity Company = { seat: Address };
            action admit in [Action::"anyAccess", work] appliesTo { principal: User, resource: Team, context: Address };
            action work in Action::"anyAccess";
        }
        """

    private static let json = #"""
        {"Org": {
            "annotations": {"doc": "of the firm"},
            "commonTypes": {"Size": {"type": "Long", "annotations": {"a": null}}},
            "entityTypes": {
                "Team": {"memberOfTypes": ["Company"], "shape": {"type": "Record", "attributes": {"size": {"type": "Size"}}}},
                "Company": {"shape": {"type": "Record", "additionalAttributes": false,
                    "attributes": {"seat": {"type": "EntityOrCommon", "name": "Address"}}}}
            },
            "actions": {
                "admit": {"memberOf": [{"id": "anyAccess", "type": "Action"}, {"id": "work"}],
                    "appliesTo": {"principalTypes": ["User"], "resourceTypes": ["Team"], "context": {"type": "Address"}}},
                "work": {"memberOf": [{"id": "anyAccess", "type": null}], "appliesTo": null, "attributes": null}
            }
        },
        "": {
            "commonTypes": {
                "Address": {"type": "Record", "attributes": {"city": {"type": "String"}, "zip": {"type": "Long", "required": false}}},
                "decimal": {"type": "String"}
            },
            "entityTypes": {
                "User": {
                    "memberOfTypes": ["Group", "Org::Team"],
                    "shape": {"type": "Record", "attributes": {
                        "address": {"type": "Address", "required": true, "annotations": {"note": "x"}},
                        "two words": {"type": "Boolean", "required": false},
                        "manager": {"type": "Entity", "name": "User", "required": false},
                        "price": {"type": "decimal"},
                        "exact": {"type": "Extension", "name": "decimal"},
                        "all": {"type": "Set", "element": {"type": "Set", "element": {"type": "Record",
                            "attributes": {"if": {"type": "EntityOrCommon", "name": "__cedar::ipaddr"}}}}},
                        "at": {"type": "__cedar::datetime"}, "for": {"type": "duration"},
                        "did": {"type": "Entity", "name": "Action"}
                    }},
                    "tags": {"type": "Set", "element": {"type": "EntityOrCommon", "name": "String"}},
                    "annotations": {"doc": "a person", "plain": null}
                },
                "Group": {"memberOfTypes": ["Group"]},
                "Color": {"enum": ["red", "green\u00e9"]}
            },
            "actions": {
                "read": {"memberOf": [{"id": "anyAccess"}], "annotations": {"doc": "reading"}, "appliesTo": {
                    "principalTypes": ["User", "Group"], "resourceTypes": ["Color"],
                    "context": {"type": "Record", "attributes": {
                        "now": {"type": "Extension", "name": "datetime"},
                        "ip": {"type": "ipaddr", "required": false}}}}},
                "list all": {"memberOf": [{"id": "anyAccess"}], "annotations": {"doc": "reading"}, "appliesTo": {
                    "principalTypes": ["User", "Group"], "resourceTypes": ["Color"],
                    "context": {"type": "Record", "attributes": {
                        "now": {"type": "Extension", "name": "datetime"},
                        "ip": {"type": "ipaddr", "required": false}}}}},
                "anyAccess": {"memberOf": []}
            }
        }}
        """#

    @Test func bothSyntaxesGiveTheSameSchema() throws {
        let fromText = try Schema(parsing: Self.human)
        let fromJSON = try Self.read(Self.json)
        #expect(SchemaContent(fromJSON) == SchemaContent(fromText))
        let user = try #require(fromJSON.entityType("User"))
        #expect(user.attributes.attributes["price"]?.type == .string)
        #expect(user.attributes.attributes["exact"]?.type == .decimal)
        #expect(user.ancestors == ["Group", "Org::Team", "Org::Company"])
    }

    @Test(arguments: [
        "{}", #"{"A::B":{"entityTypes":{},"actions":{}}}"#, schema(types: #""A":{"shape":{"type":"T"}}"#),
        schema(types: #""A":{"shape":{"type":"EntityOrCommon","name":"T"}}"#),
        schema(types: #""A":{"tags":{"type":"T"}}"#),
        schema(types: #""A":{"enum":["a"],"annotations":{"b":"c"}}"#),
        schema(types: #""Long":{},"Set":{},"Record":{}"#),
        schema(attribute: #"{"type":"EntityOrCommon","name":"Bool"}"#), schema(attribute: #"{"type":"Bool"}"#),
        schema(attribute: #"{"type":"EntityOrCommon","name":"B"}"#), schema(attribute: #"{"type":"__cedar::Long"}"#),
        schema(actions: #""a":{"appliesTo":{"principalTypes":[],"resourceTypes":["B"]}}"#),
        schema(actions: #""a":{"memberOf":null}"#),
        schema(
            actions: #""a":{"appliesTo":{"principalTypes":["B","B"],"resourceTypes":["B"],"context":{"type":"T"}}}"#),
    ])
    func takes(_ json: String) throws {
        _ = try Self.read(json)
    }

    @Test(arguments: [
        ("[]", "an array where a schema belongs"), (#"{"":{}}"#, "needs the key \"entityTypes\""),
        (#"{"":1}"#, "a number where a namespace belongs"),
        (#"{"":{"entityTypes":{}}}"#, "needs the key \"actions\""),
        (#"{"A B":{"entityTypes":{},"actions":{}}}"#, "cannot name a namespace"),
        (#"{"if":{"entityTypes":{},"actions":{}}}"#, "cannot name a namespace"),
        (#"{"__cedar":{"entityTypes":{},"actions":{}}}"#, "cannot name a namespace"),
        (schema(more: #","foo":1"#), "has no key \"foo\""),
        (schema(more: #","annotations":{}"#), "has no key \"annotations\""),
        (#"{"N":{"entityTypes":{},"actions":{},"annotations":{"a b":"c"}}}"#, "cannot name an annotation"),
        (#"{"N":{"entityTypes":{},"actions":{},"annotations":{"a":1}}}"#, "a number where the text"),
        (#"{"N":{"entityTypes":[],"actions":{}}}"#, "an array where an object of entity types belongs"),
        (#"{"N":{"entityTypes":{},"actions":[]}}"#, "an array where an object of actions belongs"),
        (#"{"N":{"entityTypes":{"A":{},"A":{}},"actions":{}}}"#, "stands here twice"),
        (
            #"{"N":{"entityTypes":{},"actions":{},"commonTypes":{"Long":{"type":"String"}}}}"#,
            "is a type of the language"
        ),
        (
            #"{"N":{"entityTypes":{},"actions":{},"commonTypes":{"N::T":{"type":"String"}}}}"#,
            "cannot be the name of a type"
        ),
        (#"{"N":{"entityTypes":{},"actions":{},"commonTypes":{"T":{"type":"T"}}}}"#, "contains itself"),
        (
            #"{"N":{"entityTypes":{},"actions":{},"commonTypes":{"T":{"type":"Long","required":true}}}}"#,
            "has no key \"required\""
        ),
        (#"{"N":{"entityTypes":{},"actions":{},"commonTypes":{"T":{}}}}"#, "where a type belongs"),
        (#"{"":{"entityTypes":{"A":{}},"actions":{}},"N":{"entityTypes":{"A":{}},"actions":{}}}"#, "hides the type"),
        (schema(types: #""A":null"#), "null where an entity type belongs"),
        (schema(types: #""if":{}"#), "cannot be the name of a type"),
        (schema(types: #""N::A":{}"#), "cannot be the name of a type"),
        (schema(types: #""Action":{}"#), "is the type of actions"),
        (schema(types: #""A":{"foo":1}"#), "has no key \"foo\""),
        (schema(types: #""A":{"memberOfTypes":"B"}"#), "a string where a list of entity types"),
        (schema(types: #""A":{"memberOfTypes":["C"]}"#), "there is no entity type `C`"),
        (schema(types: #""A":{"memberOfTypes":["T"]}"#), "a common type cannot stand here"),
        (schema(types: #""A":{"memberOfTypes":["a b"]}"#), "is no name of a type"),
        (schema(types: #""A":{"shape":{"type":"Long"}}"#), "a shape is a record, not Long"),
        (schema(types: #""A":{"shape":null}"#), "null where a type belongs"),
        (schema(types: #""A":{"shape":{"type":"U"}}"#), "there is no common type `U`"),
        (schema(types: #""A":{"shape":{"type":"Record"}}"#), "needs the key \"attributes\""),
        (schema(types: #""A":{"enum":[]}"#), "an enumeration without ids"),
        (schema(types: #""A":{"enum":[1]}"#), "a number where an id belongs"),
        (schema(types: #""A":{"enum":["a"],"memberOfTypes":[]}"#), "has no key \"memberOfTypes\""),
        (schema(attribute: #"{"type":"B"}"#), "an entity type is written"),
        (schema(attribute: #"{"type":"Set"}"#), "needs the key \"element\""),
        (schema(attribute: #"{"type":"Set","element":"Long"}"#), "a string where a type belongs"),
        (schema(attribute: #"{"type":"Long","element":{"type":"Long"}}"#), "has no key \"element\""),
        (schema(attribute: #"{"type":"Set","element":{"type":"Long","required":true}}"#), "has no key \"required\""),
        (schema(attribute: #"{"type":"Entity"}"#), "needs the key \"name\""),
        (schema(attribute: #"{"type":"Entity","name":"T"}"#), "there is no entity type `T`"),
        (schema(attribute: #"{"type":"Entity","name":"Action"}"#), "there is no entity type `Action`"),
        (schema(attribute: #"{"type":"Entity","name":"__cedar::Long"}"#), "no entity type `__cedar::Long`"),
        (schema(attribute: #"{"type":"Extension","name":"ip"}"#), "there is no extension type"),
        (schema(attribute: #"{"type":"Extension","name":"Long"}"#), "there is no extension type"),
        (schema(attribute: #"{"type":"EntityOrCommon","name":"Boolean"}"#), "is `Bool`"),
        (schema(attribute: #"{"type":"__cedar::Boolean"}"#), "has no common type `__cedar::Boolean`"),
        (schema(attribute: #"{"type":"Long","required":null}"#), "null where true or false belongs"),
        (schema(attribute: #"{"type":1}"#), "a number where the kind of a type"),
        (schema(attribute: #"{"type":"Record","attributes":{},"additionalAttributes":true}"#), "are not supported"),
        (schema(attribute: #"{"name":"B"}"#), "where a type belongs"),
        (schema(attribute: #"{"type":"T","name":"T"}"#), "has no key \"name\""),
        (schema(attribute: #"{"type":""}"#), "is no name of a type"),
        (schema(actions: #""a":null"#), "null where an action belongs"),
        (schema(actions: #""a":{"foo":1}"#), "has no key \"foo\""),
        (schema(actions: #""a":{"attributes":{}}"#), "actions have no attributes"),
        (schema(actions: #""a":{"appliesTo":{"principalTypes":["B"]}}"#), "needs the key \"resourceTypes\""),
        (
            schema(actions: #""a":{"appliesTo":{"principalTypes":null,"resourceTypes":[]}}"#),
            "null where a list of entity types"
        ),
        (
            schema(
                actions: #""a":{"appliesTo":{"principalTypes":["B"],"resourceTypes":["B"],"context":{"type":"Long"}}}"#),
            "a context is a record, not Long"
        ),
        (
            schema(actions: #""a":{"appliesTo":{"principalTypes":["B"],"resourceTypes":["B"],"context":null}}"#),
            "null where a type belongs"
        ),
        (
            schema(actions: #""a":{"appliesTo":{"principalTypes":["Action"],"resourceTypes":["B"]}}"#),
            "there is no entity type `Action`"
        ),
        (schema(actions: #""a":{"memberOf":["b"]}"#), "a string where a reference to an action"),
        (schema(actions: #""a":{"memberOf":[{"id":"b"}]}"#), "there is no action \"b\""),
        (schema(actions: #""a":{"memberOf":[{"id":"a"}]}"#), "is in itself"),
        (schema(actions: #""a":{"memberOf":[{"id":"a","x":1}]}"#), "has no key \"x\""),
    ])
    func refuses(_ json: String, _ message: String) throws {
        let errors = try #require(throws: ParseErrors.self) { try Self.read(json) }
        #expect(errors.description.contains(message), "\(errors)")
        #expect(errors.errors.allSatisfy { $0.location.file == "s.json" && !$0.snippet.isEmpty })
    }

    @Test func oneErrorForEachDeclaration() throws {
        let json = "{\"\":{\"entityTypes\":{\n\"A\":{\"x\":1},\n\"B\":{},\n\"if\":{}},\"actions\":{\n\"a\":1}}}"
        let errors = try #require(throws: ParseErrors.self) { try Self.read(json) }
        #expect(errors.errors.map(\.location.line) == [2, 4, 5])
    }

    @Test func depth() throws {
        func nested(_ depth: Int, _ open: String, _ close: String) -> String {
            Self.schema(
                attribute: String(repeating: open, count: depth) + #"{"type":"Long"}"#
                    + String(repeating: close, count: depth))
        }
        let record = (#"{"type":"Record","attributes":{"a":"#, "}}")
        _ = try Self.read(nested(190, record.0, record.1))
        for (depth, message) in [(200, "the limit"), (100_000, "limit is 416")] {
            for (open, close) in [record, (#"{"type":"Set","element":"#, "}")] {
                let errors = try #require(throws: ParseErrors.self) { try Self.read(nested(depth, open, close)) }
                #expect(errors.description.contains(message))
            }
        }
        #expect(throws: ParseErrors.self) { try Schema(json: [UInt8](repeating: 0x20, count: Limits.sourceBytes + 1)) }
    }
}

@Suite(.enabled(if: ConformanceCases.arePresent, ConformanceCases.absence))
struct SchemaJSONConformanceTests {
    /// Every third of the different schemas, for the time that it takes.
    @Test("Schemas of the official cases are the same when read from JSON")
    func roundTrip() async throws {
        var schemas = 0
        var seen: Set<[UInt8]> = []
        for name in ["handwritten.jsonl.gz", "corpus-half.jsonl.gz"] {
            for line in try await ConformanceCases.lines(name) {
                await Task.yield()
                let text = try #require(try PolicyCase(line: line).schema)
                schemas += 1
                guard seen.insert(text).inserted, seen.count % 3 == 0 else { continue }
                var schema = try Schema(parsing: text)
                let json = SchemaJSONText.text(of: schema)
                // Annotations are no part of the written JSON.
                schema = schema.withoutAnnotations
                #expect(SchemaContent(try Schema(json: Array(json.utf8))) == SchemaContent(schema), "\(json)")
            }
        }
        #expect(schemas == 22 + 3957)
        #expect(seen.count == 2498)
    }
}

extension Schema {
    fileprivate var withoutAnnotations: Schema {
        Schema(
            entityTypes: entityTypes.mapValues {
                EntityType(
                    name: $0.name, memberOf: $0.memberOf, ancestors: $0.ancestors, attributes: $0.attributes,
                    tags: $0.tags, enumeration: $0.enumeration, annotations: [])
            },
            actions: actions.mapValues {
                Action(
                    uid: $0.uid, parents: $0.parents, ancestors: $0.ancestors, principalTypes: $0.principalTypes,
                    resourceTypes: $0.resourceTypes, context: $0.context, annotations: [])
            })
    }
}
