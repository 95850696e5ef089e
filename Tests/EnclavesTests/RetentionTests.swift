import Enclaves
import Labels
import Testing

@Suite("Retention in labels.yaml")
struct RetentionTests {
    private func sample(_ retention: String) -> SampleEnclave {
        var sample = SampleEnclave()
        sample.files["labels.yaml"]! += "\nretention:" + retention
        return sample
    }

    @Test("Rules are read with their conditions as the schema types them")
    func rules() throws {
        let retention = try sample(
            """

              - where: {classification: cui}
                retain: 6y after document.date
              - where:
                  categories: [SP-EXPT, SP-CTI]
                  expires: 2027-01-01
                retain: 1y6mo after document.ingested
              - retain: 30d after expires
              - {where: {releasable_to: [NO]}, retain: forever}
            """
        ).write { try Enclave(folder: $0).retention }
        func span(_ text: String) throws -> RetentionSpan { try RetentionSpan(parsing: text) }
        #expect(
            try retention.rules == [
                RetentionRule(
                    line: 23, conditions: ["classification": .string("cui")],
                    term: .span(span("6y"), after: .documentDate)),
                RetentionRule(
                    line: 25,
                    conditions: [
                        "categories": .set([
                            .entity(EntityReference(type: "Category", id: "SP-EXPT")),
                            .entity(EntityReference(type: "Category", id: "SP-CTI")),
                        ]), "expires": .datetime(1_798_761_600_000),
                    ], term: .span(span("18mo"), after: .documentIngested)),
                RetentionRule(line: 29, term: .span(span("30d"), after: .attribute("expires"))),
                RetentionRule(line: 30, conditions: ["releasable_to": .set([.string("NO")])], term: .forever),
            ])
    }

    @Test("Without the section, or without a rule in it, everything is kept", arguments: ["", " []"])
    func none(_ text: String) throws {
        let sample = text.isEmpty ? SampleEnclave() : sample(text)
        #expect(try sample.write { try Enclave(folder: $0).retention.rules } == [])
    }

    @Test("Every anchor and a rule of each limit")
    func limits() throws {
        let rules = String(repeating: "\n  - retain: 1000y after document.date", count: 100)
        #expect(try sample(rules).write { try Enclave(folder: $0).retention.rules.count } == 100)
        let error = #expect(throws: EnclaveError.self) {
            try sample(rules + "\n  - retain: forever").write { _ = try Enclave(folder: $0) }
        }
        #expect(error?.description == "labels.yaml:23: `retention` has 101 rules; the limit is 100")
    }

    @Test("Mistakes of several rules are reported together, each with its line")
    func together() throws {
        let error = #expect(throws: EnclaveError.self) {
            try sample(
                """

                  - where: {classification: secret}
                    retain: 6 years after document.date
                  - retain: 6m after expired
                """
            ).write { _ = try Enclave(folder: $0) }
        }
        #expect(error?.problems.map(\.line) == [23, 24, 25, 25])
    }
}
