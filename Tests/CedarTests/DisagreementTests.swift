import Cedar
import CedarCases
import Testing

/// Cases on which our engine once differed from the official one, made small. The official engine's answers stand here,
/// so that they are checked where it is not installed.
@Suite struct DisagreementTests {
    private func verdict(
        policy: String = "permit(principal, action, resource);", schema: String? = nil, entities: String = "[]",
        context: String = "{}"
    ) throws -> String {
        func quote(_ text: String) -> String { JSONText.string(CedarString(text)) }
        let schema = schema.map { "\"schema\": \(quote($0)), " } ?? ""
        let line = """
            {"name": "n", \(schema)"policies": \(quote(policy)), "entities": \(quote(entities)), "request": {"principal": \
            {"type": "U", "id": "x"}, "action": {"type": "Action", "id": "r"}, "resource": {"type": "U", "id": "x"}, \
            "context": \(quote(context))}}
            """
        return try PolicyCase(line: Array(line.utf8)).verdictLines().joined(separator: "\n")
    }

    /// `context.a` under an expression that must be true.
    private func holds(_ condition: String, of value: String) throws -> Bool {
        try verdict(policy: "permit(principal, action, resource) when { \(condition) };", context: "{\"a\": \(value)}")
            .contains("\"allow\"")
    }

    @Test(
        "An escape with company, or without the form of one, is a record",
        arguments: [
            (#"{"__entity": {"type": "U", "id": "x"}, "b": 1}"#, "context.a.b == 1"),
            (#"{"__entity": {"type": "U", "id": "x"}, "b": 1}"#, #"context.a["__entity"].id == "x""#),
            (#"{"__entity": 5}"#, #"context.a["__entity"] == 5"#),
            (#"{"__entity": {"type": "U"}}"#, #"context.a["__entity"] == {type: "U"}"#),
            (#"{"__extn": {"fn": "ip", "arg": "::1"}, "b": 1}"#, "context.a.b == 1"),
            (#"{"__extn": {"fn": "ip"}}"#, #"context.a["__extn"].fn == "ip""#),
            (#"{"__expr": 7}"#, #"context.a["__expr"] == 7"#),
            (#"{"__expr": "1 + 1", "b": 1}"#, "context.a.b == 1"),
        ])
    func escapesInCompany(value: String, condition: String) throws {
        #expect(try holds(condition, of: value))
        #expect(try !holds("context.a == U::\"x\" || context.a == ip(\"::1\") || context.a == 2", of: value))
    }

    @Test(
        "Within an escape further members do not count",
        arguments: [
            (#"{"__entity": {"type": "U", "id": "x", "b": 1}}"#, #"context.a == U::"x""#),
            (#"{"__extn": {"fn": "ip", "arg": "::1", "b": 1}}"#, #"context.a == ip("::1")"#),
            (#"{"__extn": {"fn": "ip", "args": ["::1"]}}"#, #"context.a == ip("::1")"#),
        ])
    func membersOfEscapes(value: String, condition: String) throws {
        #expect(try holds(condition, of: value))
    }

    @Test("An expression in JSON is refused when it stands alone", arguments: ["{\"__expr\": \"1 + 1\"}"])
    func expressionEscape(value: String) throws {
        #expect(try verdict(context: "{\"a\": \(value)}").contains("\"refused\""))
    }

    @Test(
        "Where the schema wants an entity or an extension value, further members do not count",
        arguments: [
            #"{"a": {"__entity": {"type": "U", "id": "x"}, "b": 1}}"#, #"{"a": {"type": "U", "id": "x", "b": 1}}"#,
            #"{"a": {"__entity": 5, "type": "U", "id": "x"}}"#,
            #"{"i": {"__extn": {"fn": "ip", "arg": "::1"}, "b": 1}}"#,
            #"{"i": {"fn": "ip", "arg": "::1", "b": 1}}"#,
        ])
    func typedEscapes(context: String) throws {
        let schema = "entity U; action r appliesTo { principal: U, resource: U, context: { a?: U, i?: ipaddr } };"
        #expect(try verdict(schema: schema, context: context).contains("\"allow\""))
    }

    @Test(
        "The uid of an entity may have further members, and the escape goes first",
        arguments: [
            #"{"type": "U", "id": "x", "b": 1}"#, #"{"__entity": {"type": "U", "id": "x"}, "type": "U", "id": "y"}"#,
            #"{"__entity": 5, "type": "U", "id": "x"}"#,
        ])
    func uids(uid: String) throws {
        let found = try verdict(
            policy: "permit(principal, action, resource) when { principal has a };",
            entities: "[{\"uid\": \(uid), \"attrs\": {\"a\": 1}, \"parents\": []}]")
        #expect(found.contains("\"allow\""))
    }

    @Test(
        "Of attributes of one name in a schema the last one counts",
        arguments: ["a: String, a: Long", "a: Unknown, \"a\": Long", "a?: Long, b?: String, \"\\u{61}\": Long"])
    func attributesTwice(attributes: String) throws {
        let found = try verdict(
            policy: "permit(principal, action, resource) when { context.a == 1 };",
            schema: "entity U; action r appliesTo { principal: U, resource: U, context: { \(attributes) } };",
            context: "{\"a\": 1}")
        #expect(found.contains("\"validates\":true,\"decision\":\"allow\""), "\(found)")
    }

    @Test("In a schema `__cedar` may name attributes and actions, but no types")
    func reservedWord() throws {
        let actions = "action r in [__cedar] appliesTo { principal: U, resource: U }; action __cedar;"
        #expect(try verdict(schema: "entity U { __cedar?: Long }; \(actions)").contains("\"allow\""))
        for declaration in ["entity __cedar;", "type __cedar = Long;", "namespace __cedar { entity V; }"] {
            let rest = "entity U; action r appliesTo { principal: U, resource: U };"
            let found = try verdict(schema: "\(rest) \(declaration)")
            #expect(found.contains("\"parseError\":{\"file\":\"schema\""), "\(declaration)")
        }
    }
}
