import Testing

@testable import Cedar

@Suite struct RobustnessTests {
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

    @Test func illFormedUTF8IsRefused() {
        for bytes: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82]] {
            let text = Array("permit(principal,action,resource) when { \"".utf8) + bytes + Array("\" == \"\" };".utf8)
            #expect(throws: ParseErrors.self) { try PolicySet(parsing: text) }
            #expect(throws: EntityError.self) { try Entities(json: [0x22] + bytes + [0x22], schema: nil) }
        }
    }
}
