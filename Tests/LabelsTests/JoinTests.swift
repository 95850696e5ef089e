import Labels
import TestSupport
import Testing

@Suite("Joins")
struct JoinTests {
    @Test("each join is idempotent, commutative and associative, and its result at least as strict as either")
    func algebra() throws {
        let seed = SeededGenerator.newSeed()
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            for declaration in SampleScheme.scheme.attributes.values.sorted(by: { $0.name < $1.name }) {
                let a = SampleScheme.randomValue(of: declaration, using: &random)
                let b = SampleScheme.randomValue(of: declaration, using: &random)
                let c = SampleScheme.randomValue(of: declaration, using: &random)
                let join = declaration.join
                #expect(try join.join(a, a) == a, "seed \(seed)")
                if case .same = join, a != b || b != c { continue }
                let ab = try join.join(a, b)
                #expect(try ab == join.join(b, a), "seed \(seed)")
                #expect(try join.join(ab, c) == join.join(a, join.join(b, c)), "seed \(seed)")
                #expect(
                    isStricter(join, ab, than: a) && isStricter(join, ab, than: b), "seed \(seed): \(a) ⊔ \(b) = \(ab)")
            }
        }
    }

    /// Strictness said once more, without the join.
    private func isStricter(_ join: Join, _ value: AttributeValue, than other: AttributeValue) -> Bool {
        switch (join, value, other) {
        case (.maximum(let order), .string(let a), .string(let b)):
            order.firstIndex(of: a)! >= order.firstIndex(of: b)!
        case (.largest, .long(let a), .long(let b)): a >= b
        case (.union, .set(let a), .set(let b)): a.isSuperset(of: b)
        case (.intersection, .set(let a), .set(let b)): a.isSubset(of: b)
        case (.earliest, .datetime(let a), .datetime(let b)): a <= b
        case (.either, .bool(let a), .bool(let b)): a || !b
        case (.same, let a, let b): a == b
        default: false
        }
    }

    @Test("values that differ under `same`, are outside the order, or are of the wrong type are errors")
    func errors() {
        #expect(throws: LabelingError(.disagreement)) { try Join.same.join(.string("a"), .string("b")) }
        #expect(throws: LabelingError(.notInOrder(["a"]))) {
            try Join.maximum(order: ["a"]).join(.string("a"), .string("b"))
        }
        #expect(throws: LabelingError(.joinMismatch)) { try Join.largest.join(.long(1), .bool(true)) }
    }

    @Test("canonically equal texts are different values")
    func bytes() throws {
        #expect(throws: LabelingError(.disagreement)) { try Join.same.join(.string("é"), .string("e\u{301}")) }
        let both = try Join.union.join(SampleScheme.strings("é"), SampleScheme.strings("e\u{301}"))
        #expect(both == SampleScheme.strings("é", "e\u{301}"))
        let neither = try Join.intersection.join(SampleScheme.strings("é"), SampleScheme.strings("e\u{301}"))
        #expect(neither == .set([]))
    }

    @Test("a join fits the types it can combine and no others")
    func types() {
        #expect(Join.maximum(order: ["a"]).accepts(.string) && !Join.maximum(order: ["a"]).accepts(.long))
        #expect(Join.union.accepts(.set(.string)) && !Join.union.accepts(.string))
        #expect(Join.intersection.accepts(.set(.entity("T"))) && !Join.intersection.accepts(.entity("T")))
        #expect(Join.earliest.accepts(.datetime) && !Join.earliest.accepts(.long))
        #expect(Join.largest.accepts(.long) && !Join.largest.accepts(.datetime))
        #expect(Join.either.accepts(.bool) && !Join.either.accepts(.string))
        #expect(Join.same.accepts(.entity("T")))
    }

    @Test("the join of labels does not depend on their order or number")
    func labels() {
        let seed = SeededGenerator.newSeed()
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let labels = (0..<4).map { _ in SampleScheme.randomLabel(using: &random) }
            let joined = SampleScheme.scheme.join(labels)
            #expect(joined == SampleScheme.scheme.join(labels.shuffled(using: &random) + labels), "seed \(seed)")
            for label in labels {
                #expect(joined.parents.isSuperset(of: label.parents), "seed \(seed)")
                #expect(
                    isStricter(
                        SampleScheme.scheme.attributes["classification"]!.join, joined.attributes["classification"]!,
                        than: label.attributes["classification"]!), "seed \(seed)")
            }
        }
        #expect(SampleScheme.scheme.join([]) == Label(attributes: [:]))
    }

    @Test("a level that the order no longer knows stays in the marking")
    func unknownLevel() {
        let old = Label(attributes: ["classification": .string("secret")])
        let new = Label(attributes: ["classification": .string("cui")])
        let joined = SampleScheme.scheme.join([new, old, new])
        #expect(SampleScheme.marking.marking(of: joined).text == "secret")
    }
}
