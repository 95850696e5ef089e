import Foundation
import Testing

@testable import Cedar

@Suite struct RobustnessTests {
    /// The seed of the random tests: given by the environment, else fixed.
    private static var seed: UInt64 {
        ProcessInfo.processInfo.environment["CEDAR_FUZZ_SEED"].flatMap { UInt64($0) } ?? 20_260_101
    }

    private static let policies = """
        @id("a") permit(principal == User::"alice", action in [Action::"read", Action::"w"], resource is Doc in F::"x")
        when { principal has rec.a.b && principal.rec["a"].b + 1 * -2 < 9223372036854775807 }
        unless { [1, "é", {a: 1}].contains(context.x) || !(resource like "a*\\*") };
        forbid(principal, action, resource) when { if principal.hasTag("k") then principal.getTag("k") == "v" else
        ip("10.0.0.1").isInRange(ip("10.0.0.0/8")) && datetime("2024-01-01").offset(duration("-1d2h")) <= datetime("2024-02-29") };
        """

    private static let schema = """
        type T = { a?: Set<Long>, "b c": decimal }; entity User in [G] = { t: T } tags String; entity G enum ["x"];
        namespace N { entity D; action a, "b" in [c] appliesTo { principal: User, resource: [D], context: T }; action c; }
        """

    private static let json = """
        [{"uid":{"type":"User","id":"\\u00e9\\ud83d\\udd12"},"attrs":{"t":{"b c":{"__extn":{"fn":"decimal","arg":"1.0"}}},
        "n":[-9223372036854775808,true]},"parents":[{"__entity":{"type":"G","id":"x"}}],"tags":{"k":"v"}}]
        """

    private func mutate(_ text: String, _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let index = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes.remove(at: index)
            case 1: bytes[index] = UInt8.random(in: 0...255, using: &generator)
            case 2: bytes.insert(Array("(){}[]\"\\:;,.?-!*".utf8).randomElement(using: &generator) ?? 0, at: index)
            case 3:
                let end = min(bytes.count, index + Int.random(in: 0...40, using: &generator))
                bytes.insert(
                    contentsOf: Array(bytes[index..<end]), at: Int.random(in: 0...bytes.count, using: &generator))
            default: bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 1...20, using: &generator)))
            }
            if bytes.isEmpty { return [0] }
        }
        return bytes
    }

    @Test("Mutated text never traps, in any reader or in what follows it")
    func mutations() throws {
        let seed = Self.seed
        print("CEDAR_FUZZ_SEED=\(seed)")
        var generator = SeededGenerator(seed: seed)
        let schema = try Schema(parsing: Self.schema)
        let entities = try Samples.entities()
        var parsed = 0
        var parsedJSON = 0
        let policyJSON = String(decoding: try PolicySet(parsing: Self.policies).json, as: UTF8.self)
        let schemaJSON = SchemaJSONText.text(of: schema)
        for _ in 0..<3000 {
            let text = mutate(Self.policies, &generator)
            if let set = try? PolicySet(parsing: text) {
                parsed += 1
                let formatted = try PolicyFormatter.format(text)
                #expect(try PolicyFormatter.format(formatted) == formatted)
                #expect(PolicyContent.all(try PolicySet(parsing: set.description)) == PolicyContent.all(set))
                let response = Authorizer(policies: set).authorize(Samples.request(), entities: entities)
                _ = response.errors.map(\.description)
                _ = Validator(schema: schema).validate(set).errors.map(\.description)
            }
            if let mutated = try? Schema(parsing: mutate(Self.schema, &generator)) {
                _ = Validator(schema: mutated).validate(try PolicySet(parsing: Self.policies))
            }
            if let set = try? PolicySet(json: mutate(policyJSON, &generator)) {
                parsedJSON += 1
                #expect(try PolicySet(json: set.json).json == set.json)
            }
            if (try? Schema(json: mutate(schemaJSON, &generator))) != nil { parsedJSON += 1 }
            _ = try? Entities(json: mutate(Self.json, &generator), schema: schema)
            _ = try? Entities(json: mutate(Self.json, &generator), schema: nil)
        }
        #expect(parsed > 50, "the mutations must leave some policies standing")
        #expect(parsedJSON > 10, "the mutations must leave some JSON standing")
    }

    @Test(arguments: [
        "(", "[", "{a: ", "!", "-", "if true then ", "1 + ", "a.", "ip(", "[1].contains(", "\"", "\\", "?", "@a(\"b\")",
    ])
    func deepNesting(_ unit: String) {
        let opened = String(repeating: unit, count: 100_000)
        #expect(!Samples.parses(Samples.policy(when: opened)))
        #expect(!Samples.parses(opened))
    }

    @Test func deepNestingOfClosedText() {
        let count = 50_000
        let parentheses = String(repeating: "(", count: count) + "true" + String(repeating: ")", count: count)
        #expect(!Samples.parses(Samples.policy(when: parentheses)))
        #expect(!Samples.parses(Samples.policy(when: "principal" + String(repeating: ".a", count: count))))
        #expect(!Samples.parses(Samples.policy(when: "1" + String(repeating: " + 1", count: count) + " == 1")))
        #expect(Samples.parses(Samples.policy(when: "true" + String(repeating: " && true", count: count))))
        #expect(Samples.parses(Samples.policy(when: "[1" + String(repeating: ", 1", count: count) + "].isEmpty()")))
        let scope = String(repeating: "(", count: count) + "User::\"a\"" + String(repeating: ")", count: count)
        #expect(!Samples.parses("permit(principal == \(scope), action, resource);"))
    }

    @Test("Just under the limit everything works, to the end of the pipeline")
    func depthWithinTheLimit() throws {
        let count = Limits.expressionHeight / 2 - 2
        let negations = String(repeating: "!(", count: count) + "true" + String(repeating: ")", count: count)
        let response = try Samples.decide(Samples.policy(when: negations))
        #expect(response.decision == .allow)
        let schema = try Schema(
            parsing: "entity User, Doc; action read appliesTo { principal: User, resource: Doc };")
        #expect(Validator(schema: schema).validate(try PolicySet(parsing: Samples.policy(when: negations))).isValid)
    }

    @Test func deepJSONAndSchemas() {
        let arrays = String(repeating: "[", count: 100_000)
        #expect(throws: EntityError.self) { try Entities(json: Array(arrays.utf8), schema: nil) }
        let objects = String(repeating: "{\"a\":", count: 100_000)
        #expect(throws: EntityError.self) { try Entities(json: Array(objects.utf8), schema: nil) }
        let sets = "entity A { a: " + String(repeating: "Set<", count: 100_000)
        #expect(throws: ParseErrors.self) { try Schema(parsing: sets) }
        let records = "type T = " + String(repeating: "{a: ", count: 100_000)
        #expect(throws: ParseErrors.self) { try Schema(parsing: records) }
    }

    @Test func textThatIsTooLongNamesBothNumbers() throws {
        let text = [UInt8](repeating: 0x20, count: Limits.sourceBytes + 1)
        let errors = try #require(throws: ParseErrors.self) { try PolicySet(parsing: text) }
        #expect(errors.description.contains("\(Limits.sourceBytes + 1)"))
        #expect(errors.description.contains("\(Limits.sourceBytes)"))
        #expect(throws: ParseErrors.self) { try Schema(parsing: text) }
    }

    @Test func illFormedUTF8IsRefused() {
        for bytes: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82]] {
            let text = Array("permit(principal,action,resource) when { \"".utf8) + bytes + Array("\" == \"\" };".utf8)
            #expect(throws: ParseErrors.self) { try PolicySet(parsing: text) }
            #expect(throws: EntityError.self) { try Entities(json: [0x22] + bytes + [0x22], schema: nil) }
        }
    }
}
