import Labels
import TestSupport
import Testing

@Suite("How long a document is kept")
struct RetentionScheduleTests {
    private static let day: Int64 = 86_400_000

    private func rule(_ term: RetentionRule.Term, where conditions: [ByteText: AttributeValue] = [:]) -> RetentionRule {
        RetentionRule(line: 1, conditions: conditions, term: term)
    }

    private func span(_ text: String, after anchor: RetentionRule.Anchor) throws -> RetentionRule.Term {
        .span(try RetentionSpan(parsing: text), after: anchor)
    }

    private func label(_ attributes: [ByteText: AttributeValue]) -> Label { Label(attributes: attributes) }

    private func retention(
        _ rules: [RetentionRule], _ labels: [Label], date: Int64? = 0, ingested: Int64 = 0
    ) -> Retention {
        RetentionSchedule(rules: rules).retention(labels: Set(labels), date: date, ingested: ingested)
    }

    @Test("A condition wants the value, or at least these members of a set")
    func conditions() throws {
        let term = try span("1d", after: .documentIngested)
        func applies(_ conditions: [ByteText: AttributeValue], to attributes: [ByteText: AttributeValue]) -> Bool {
            rule(term, where: conditions).applies(to: label(attributes))
        }
        let cui: [ByteText: AttributeValue] = [
            "classification": .string("cui"), "categories": SampleScheme.category("SP-CTI", "PRVCY"),
        ]
        #expect(applies([:], to: cui) && applies([:], to: [:]))
        #expect(applies(["classification": .string("cui")], to: cui))
        #expect(!applies(["classification": .string("public")], to: cui))
        #expect(applies(["categories": SampleScheme.category("SP-CTI")], to: cui))
        #expect(applies(["categories": SampleScheme.category("SP-CTI", "PRVCY")], to: cui))
        #expect(!applies(["categories": SampleScheme.category("SP-CTI", "SP-EXPT")], to: cui))
        #expect(!applies(["categories": SampleScheme.control("SP-CTI")], to: cui), "of another type")
        #expect(!applies(["classification": .string("cui"), "owner": .string("x")], to: cui), "it has no owner")
        #expect(!applies(["owner": .string("é")], to: ["owner": .string("e\u{301}")]), "bytes decide")
    }

    @Test("The rule that keeps longest decides, whatever their order")
    func longest() throws {
        let short = rule(try span("30d", after: .documentIngested))
        let long = rule(try span("1y", after: .documentDate), where: ["classification": .string("cui")])
        let cui = label(["classification": .string("cui")])
        let open = label(["classification": .string("public")])
        #expect(retention([short, long], [cui]) == .until(365 * Self.day, rule: 1))
        #expect(retention([long, short], [cui]) == .until(365 * Self.day, rule: 0))
        #expect(retention([long, short], [open]) == .until(30 * Self.day, rule: 1))
        #expect(retention([long, short], [open, cui]) == .until(365 * Self.day, rule: 0), "one label is enough")
        // Ingested long after its date, it is kept for the 30 days all the same.
        #expect(retention([short, long], [cui], ingested: 400 * Self.day) == .until(430 * Self.day, rule: 0))
        #expect(retention([short, short], [cui]) == .until(30 * Self.day, rule: 0), "the first of equals")
    }

    @Test("What no rule is about is kept, and so is what a rule keeps for ever")
    func unlimited() throws {
        let cui = rule(try span("1d", after: .documentIngested), where: ["classification": .string("cui")])
        #expect(retention([], [label([:])]) == .unlimited)
        #expect(retention([cui], [label(["classification": .string("public")])]) == .unlimited)
        let labels = [label(["classification": .string("cui")])]
        #expect(retention([cui, rule(.forever)], labels) == .unlimited)
        // For ever is more than not to know.
        #expect(
            retention([rule(try span("1d", after: .documentDate)), rule(.forever)], labels, date: nil) == .unlimited)
    }

    @Test("A rule without what its span begins with keeps the document, and says what is missing")
    func undetermined() throws {
        let dated = rule(try span("1d", after: .documentDate))
        let expiring = rule(try span("1d", after: .attribute("expires")))
        let long = rule(try span("900y", after: .documentIngested))
        let ended = label(["expires": .datetime(Self.day)])
        #expect(retention([long, dated], [ended], date: nil) == .undetermined(rule: 1, missing: "document.date"))
        #expect(retention([dated], [ended]) == .until(Self.day, rule: 0))
        #expect(retention([dated, expiring], [ended]) == .until(2 * Self.day, rule: 1))
        #expect(retention([dated, expiring], [label([:])]) == .undetermined(rule: 1, missing: "expires"))
        #expect(retention([expiring], [ended, label([:])]) == .undetermined(rule: 0, missing: "expires"))
        #expect(
            retention([expiring], [ended, label(["expires": .datetime(5 * Self.day)])])
                == .until(6 * Self.day, rule: 0),
            "the latest of several labels")
        #expect(retention([expiring, dated], [label([:])], date: nil) == .undetermined(rule: 0, missing: "expires"))
        // A label that the rule is not about need not have the attribute.
        let cui = rule(try span("1d", after: .attribute("expires")), where: ["classification": .string("cui")])
        let marked = label(["classification": .string("cui"), "expires": .datetime(0)])
        #expect(retention([cui], [marked, label([:])]) == .until(Self.day, rule: 0))
        #expect(retention([expiring], []) == .undetermined(rule: 0, missing: "expires"))
    }

    @Test("Several rules and labels are what each rule makes of each label, taken together")
    func together() throws {
        let seed = SeededGenerator.newSeed()
        var random = SeededGenerator(seed: seed)
        var kinds: [String: Int] = [:]
        for _ in 0..<3000 {
            let labels = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                SampleScheme.randomLabel(using: &random)
            }
            let rules = try (0..<Int.random(in: 0...4, using: &random)).map { _ in try randomRule(using: &random) }
            let date = Bool.random(using: &random) ? Int64.random(in: -5...5, using: &random) : nil
            let ingested = Int64.random(in: -5...5, using: &random)
            let whole = retention(rules, labels, date: date, ingested: ingested)

            let single = rules.enumerated().flatMap { number, rule in
                labels.filter(rule.applies).map { label in
                    (number, retention([rule], [label], date: date, ingested: ingested))
                }
            }
            var ends: [Int64] = []
            for (_, part) in single { if case .until(let end, _) = part { ends.append(end) } }
            switch whole {
            case .unlimited:
                #expect(single.isEmpty || single.contains { $0.1 == .unlimited }, "seed \(seed)")
                kinds["unlimited", default: 0] += 1
            case .undetermined(let rule, let missing):
                #expect(!single.contains { $0.1 == .unlimited }, "seed \(seed)")
                #expect(single.contains { $0 == (rule, .undetermined(rule: 0, missing: missing)) }, "seed \(seed)")
                kinds["undetermined", default: 0] += 1
            case .until(let end, let rule):
                #expect(ends.count == single.count && ends.max() == end, "seed \(seed)")
                #expect(single.contains { $0 == (rule, .until(end, rule: 0)) }, "seed \(seed)")
                kinds["until", default: 0] += 1
            }
        }
        #expect(kinds.count == 3 && kinds.values.allSatisfy { $0 > 300 }, "seed \(seed): \(kinds)")
    }

    private func randomRule(using random: inout SeededGenerator) throws -> RetentionRule {
        var conditions: [ByteText: AttributeValue] = [:]
        for declaration in SampleScheme.scheme.attributes.values.sorted(by: { $0.name < $1.name })
        where Int.random(in: 0..<8, using: &random) == 0 {
            conditions[declaration.name] = SampleScheme.randomValue(of: declaration, using: &random)
        }
        let anchors: [RetentionRule.Anchor] = [
            .documentDate, .documentIngested, .documentIngested, .attribute("expires"),
        ]
        let spans = ["1d", "2d", "1mo", "31d", "1y"]
        let term = try span(spans.randomElement(using: &random)!, after: anchors.randomElement(using: &random)!)
        return rule(Int.random(in: 0..<10, using: &random) == 0 ? .forever : term, where: conditions)
    }

    @Test("A term is shown as it is written")
    func descriptions() throws {
        #expect("\(RetentionRule.Term.forever)" == "forever")
        #expect("\(try span("1y6mo", after: .attribute("expires")))" == "1y6mo after expires")
        #expect("\(try span("30d", after: .documentIngested))" == "30d after document.ingested")
        #expect("\(try span("6y", after: .documentDate))" == "6y after document.date")
    }
}
