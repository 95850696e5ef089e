/// Draws cases. The case number `n` of a seed is always the same, whatever was drawn before.
package struct CaseGenerator: Sendable {
    package let seed: UInt64

    package init(seed: UInt64) {
        self.seed = seed
    }

    /// Two of three cases are a world with its policies, entities and requests; of these one of eight has a text that
    /// was damaged, and one of ten has no schema. The third case is text made of phrases.
    package func draft(_ number: Int) -> CaseDraft {
        var generator = FuzzGenerator(seed: seed &+ UInt64(number) &* 0xD1B5_4A32_D192_ED03)
        let name = "seed \(seed) case \(number)"
        if number % 3 == 2 { return drawnText(name, &generator) }
        let world = World(&generator)
        let hasSchema = !generator.chance(10)
        let policies = PolicyWriter(
            world: world, sloppiness: generator.one(of: [0, 0, 0, 1, 8]), rashness: generator.one(of: [0, 0, 0, 30]))
        let entities = EntityWriter(world: world, hasSchema: hasSchema, isSloppy: generator.chance(25))
        let drafts = policies.policies(&generator)
        var draft = CaseDraft(
            name: name,
            schema: hasSchema ? Array(world.schema(&generator).unicodeScalars) : nil, policies: drafts,
            links: policies.links(drafts, &generator), entities: entities.entities(&generator),
            requests: (0..<12).map { _ in entities.request(&generator) })
        if generator.chance(13) { damage(&draft, &generator) }
        return draft
    }

    private func drawnText(_ name: String, _ generator: inout FuzzGenerator) -> CaseDraft {
        var text = TextGenerator(generator: FuzzGenerator(seed: generator.next()))
        return text.draft(name: name)
    }

    private func damage(_ draft: inout CaseDraft, _ generator: inout FuzzGenerator) {
        var mutation = Mutation(generator: FuzzGenerator(seed: generator.next()))
        switch generator.number(0...9) {
        case 0, 1, 2, 3, 4: draft.policyText = mutation.damaged(Array(draft.renderedPolicies.unicodeScalars))
        case 5, 6: draft.entityText = mutation.damaged(Array(draft.renderedEntities.unicodeScalars))
        case 7:
            for index in draft.requests.indices {
                let text = "{\(draft.requests[index].context.joined(separator: ", "))}"
                draft.requests[index].contextText = mutation.damaged(Array(text.unicodeScalars))
            }
        default: draft.schema = draft.schema.map { mutation.damaged($0) }
        }
    }
}

/// Damages a text in one to three places: scalars are lost, doubled, exchanged, or replaced by what may matter there.
struct Mutation {
    var generator: FuzzGenerator

    private static let inserts: [String] = [
        "(", ")", "[", "]", "{", "}", "\"", "\\", "::", ":", ";", ",", ".", "?", "-", "!", "*", "/", "//", "\n", "\r",
        "\t",
        "\u{A0}", "\u{2028}", "\u{FEFF}", "\u{0}", "\\u{d800}", "\\x80", "\\u{110000}", "\\q", "\\u{1_0}", "\\u{}",
        " in ", " has ", " like ", " is ", " if ", "true", "0", "00", "1.5", "1e3", "9223372036854775808", "null", "=",
        "==",
        "<", "&&", "||", "&", "principal", "?principal", "?resource", "context", "__cedar", "__cedar::Long",
        "Action::\"a\"",
        "permit", "when", "@a", "@a(\"b\")", "\\ud800", "\\ud83d\\ude00", "+", "%", " in in ", "!!!!", "!!!!!", "----1",
        "-----1",
        "ip(\"::1\")", ".isEmpty()", ".contains()", "foo(1)", "a::b", "a :: b", "é", "_", "# ", "\u{301}", "' ", "`",
    ]

    mutating func damaged(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var text = text
        for _ in 0..<generator.number(1...3) where !text.isEmpty {
            let index = generator.number(0...text.count - 1)
            let end = min(text.count, index + generator.number(1...8))
            switch generator.number(0...5) {
            case 0: text.remove(at: index)
            case 1: text.removeSubrange(index..<end)
            case 2: text.insert(contentsOf: Array(text[index..<end]), at: generator.number(0...text.count))
            case 3: text.swapAt(index, generator.number(0...text.count - 1))
            case 4: text.replaceSubrange(index..<end, with: generator.one(of: Self.inserts).unicodeScalars)
            default: text.insert(contentsOf: generator.one(of: Self.inserts).unicodeScalars, at: index)
            }
        }
        return text
    }
}
