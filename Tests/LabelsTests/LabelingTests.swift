import Labels
import TestSupport
import Testing

@Suite("Labels of documents")
struct LabelingTests {
    private func rule(
        _ line: Int, _ pattern: String, _ values: [ByteText: AttributeValue], parents: Set<EntityReference> = [],
        mayLower: LabelRule.MayLower = .init()
    ) throws -> LabelRule {
        LabelRule(
            line: line, patterns: [try PathPattern(ByteText(pattern))], values: values, parents: parents,
            mayLower: mayLower)
    }

    private func rules(_ mayLower: LabelRule.MayLower = .init()) throws -> LabelRules {
        LabelRules(
            scheme: SampleScheme.scheme,
            rules: [
                try rule(10, "projects/**", ["classification": .string("internal")]),
                try rule(
                    14, "projects/falcon/**",
                    ["classification": .string("cui"), "categories": SampleScheme.category("SP-EXPT")],
                    parents: [EntityReference(type: "Project", id: "falcon")], mayLower: mayLower),
                try rule(20, "public/**", ["classification": .string("public")]),
                try rule(25, "bare/**", ["sensitivity": .long(1)]),
                try rule(26, "bare/allowed/**", [:], mayLower: .init(frontMatter: ["classification"])),
            ])
    }

    private func marks(_ text: String) throws -> [PortionMark] {
        try SampleScheme.marking.portionMarks(in: Array(text.utf8))
    }

    private func marking(_ label: Label) -> String {
        SampleScheme.marking.marking(of: label).text
    }

    @Test("all matching rules are joined, and defaults fill what is missing")
    func rulesAreJoined() throws {
        let falcon = try rules().labeling(path: "projects/falcon/torque.md")
        #expect(marking(falcon.documentLabel) == "CUI//SP-EXPT")
        #expect(falcon.documentLabel.parents == [EntityReference(type: "Project", id: "falcon")])
        let brochure = try rules().labeling(path: "public/brochure.md")
        #expect(brochure.documentLabel.attributes == ["classification": .string("public"), "categories": .set([])])
    }

    @Test("no rule matches: no label")
    func noRule() throws {
        for path: ByteText in ["elsewhere/x.md", "x.md", "Projects/x.md", ""] {
            #expect(throws: LabelingError(.noRuleMatches)) { try rules().labeling(path: path) }
        }
    }

    @Test("front matter and sidecar that would loosen change nothing")
    func planted() throws {
        let rules = try rules()
        let plain = try rules.labeling(path: "projects/falcon/a.md")
        let loose: [ByteText: AttributeValue] = [
            "classification": .string("public"), "categories": .set([]),
        ]
        for (front, side) in [(loose, [:]), ([:], loose), (loose, loose)] {
            let planted = try rules.labeling(path: "projects/falcon/a.md", frontMatter: front, sidecar: side)
            #expect(planted.documentLabel == plain.documentLabel)
            #expect(planted.provenance.contains { $0.effect == .refusedToLoosen })
        }
        for text in ["(U) x", "(PUBLIC) x", "x (U)"] {
            #expect(try plain.label(marked: marks(text)) == plain.documentLabel)
        }
    }

    @Test("what lies with a document tightens")
    func tightens() throws {
        let labeling = try rules().labeling(
            path: "public/a.md", frontMatter: ["classification": .string("internal")],
            sidecar: ["categories": SampleScheme.category("PRVCY"), "releasable_to": SampleScheme.strings("USA")])
        #expect(marking(labeling.documentLabel) == "U//PRVCY")
        #expect(labeling.documentLabel.attributes["releasable_to"] == SampleScheme.strings("USA"))
        #expect(marking(try labeling.label(marked: marks("(CUI//SP-CTI//NOFORN) x"))) == "CUI//SP-CTI/PRVCY//NOFORN")
        #expect(try labeling.label(marked: []) == labeling.documentLabel)
    }

    @Test("may_lower loosens exactly the attributes it names, for exactly the source it names")
    func mayLower() throws {
        let loose: [ByteText: AttributeValue] = ["classification": .string("public"), "categories": .set([])]
        let byFrontMatter = try rules(.init(frontMatter: ["classification"]))
        let front = try byFrontMatter.labeling(path: "projects/falcon/a.md", frontMatter: loose)
        #expect(marking(front.documentLabel) == "PUBLIC//SP-EXPT")
        let side = try byFrontMatter.labeling(path: "projects/falcon/a.md", sidecar: loose)
        #expect(marking(side.documentLabel) == "CUI//SP-EXPT")
        #expect(marking(try front.label(marked: marks("(U) x"))) == "U//SP-EXPT")
        let elsewhere = try byFrontMatter.labeling(path: "projects/kestrel/a.md", frontMatter: loose)
        #expect(marking(elsewhere.documentLabel) == "U")
    }

    @Test("portion marks under may_lower replace at the start and only tighten inside")
    func mayLowerPortionMarks() throws {
        let all = try rules(.init(portionMarks: ["classification", "categories", "dissemination"]))
            .labeling(path: "projects/falcon/a.md")
        #expect(marking(try all.label(marked: marks("(U) x"))) == "U")
        #expect(marking(try all.label(marked: marks("(CUI//NOFORN) x"))) == "CUI//NOFORN")
        #expect(marking(try all.label(marked: marks("(U) x (CUI//SP-CTI) y (PUBLIC)"))) == "CUI//SP-CTI")
        #expect(marking(try all.label(marked: marks("x (U) y"))) == "CUI//SP-EXPT")
        #expect(marking(try all.label(marked: marks("x (CUI//NOFORN) y"))) == "CUI//SP-EXPT//NOFORN")
        let level = try rules(.init(portionMarks: ["classification"])).labeling(path: "projects/falcon/a.md")
        #expect(marking(try level.label(marked: marks("(U) x"))) == "U//SP-EXPT")
        #expect(try all.label(marked: marks("(U) x")).parents == all.documentLabel.parents)
    }

    @Test("a mark without controls does not make an absent attribute present")
    func absentStaysAbsent() throws {
        let labeling = try rules().labeling(path: "public/a.md")
        #expect(try labeling.label(marked: marks("(PUBLIC) x")) == labeling.documentLabel)
    }

    @Test("a source that may lower does not undo what another one tightened")
    func loweringAndTightening() throws {
        let labeling = try rules(.init(sidecar: ["classification"])).labeling(
            path: "projects/falcon/a.md", frontMatter: ["classification": .string("internal")],
            sidecar: ["classification": .string("public")])
        #expect(labeling.documentLabel.attributes["classification"] == .string("internal"))
        let both = try rules(.init(frontMatter: ["classification"], sidecar: ["classification"])).labeling(
            path: "projects/falcon/a.md", frontMatter: ["classification": .string("internal")],
            sidecar: ["classification": .string("public")])
        #expect(both.documentLabel.attributes["classification"] == .string("internal"))
    }

    @Test("a document does not choose a required attribute that no rule gives, unless may_lower lets it")
    func requiredFromDocument() throws {
        let rules = try rules()
        #expect(throws: LabelingError(.missing, attribute: "classification")) { try rules.labeling(path: "bare/a.md") }
        #expect(throws: LabelingError(.givenByDocumentAlone, attribute: "classification", source: .frontMatter)) {
            try rules.labeling(path: "bare/a.md", frontMatter: ["classification": .string("public")])
        }
        let allowed = try rules.labeling(path: "bare/allowed/a.md", frontMatter: ["classification": .string("cui")])
        #expect(marking(allowed.documentLabel) == "CUI")
    }

    @Test("a default is not loosened by a document")
    func defaults() throws {
        let declaration = AttributeDeclaration(
            name: "classification", type: .string, join: .maximum(order: SampleScheme.order), isRequired: true,
            defaultValue: .string("cui"), isVisible: true)
        let scheme = LabelScheme(attributes: ["classification": declaration], marking: SampleScheme.marking)
        let rules = LabelRules(scheme: scheme, rules: [try rule(1, "**", [:])])
        let labeling = try rules.labeling(path: "a.md", frontMatter: ["classification": .string("public")])
        #expect(labeling.documentLabel.attributes["classification"] == .string("cui"))
        #expect(labeling.provenance.map(\.source) == [.defaultValue, .frontMatter])
        #expect(labeling.provenance.map(\.effect) == [.set, .refusedToLoosen])
    }

    @Test("an unknown attribute, a wrong type and a value outside the order set the document aside")
    func badStatements() throws {
        let rules = try rules()
        #expect(throws: LabelingError(.unknownAttribute, attribute: "clasification", source: .frontMatter)) {
            try rules.labeling(path: "public/a.md", frontMatter: ["clasification": .string("cui")])
        }
        #expect(throws: LabelingError(.wrongType(expected: .string), attribute: "classification", source: .sidecar)) {
            try rules.labeling(path: "public/a.md", sidecar: ["classification": .long(3)])
        }
        #expect(throws: LabelingError(.notInOrder(SampleScheme.order), attribute: "classification", source: .sidecar)) {
            try rules.labeling(path: "public/a.md", sidecar: ["classification": .string("CUI")])
        }
        #expect(
            throws: LabelingError(.notInOrder(SampleScheme.order), attribute: "classification", source: .frontMatter)
        ) {
            try rules.labeling(path: "public/a.md", frontMatter: ["classification": .string("public ")])
        }
    }

    @Test("sources that disagree under `same` set the document aside")
    func disagreement() throws {
        let rules = LabelRules(
            scheme: SampleScheme.scheme,
            rules: [try rule(1, "**", ["classification": .string("cui"), "owner": .string("é")])])
        #expect(try rules.labeling(path: "a", frontMatter: ["owner": .string("é")]).documentLabel.parents.isEmpty)
        #expect(throws: LabelingError(.disagreement, attribute: "owner", source: .frontMatter)) {
            try rules.labeling(path: "a", frontMatter: ["owner": .string("e\u{301}")])
        }
    }

    @Test("the provenance tells which rule gave what")
    func provenance() throws {
        let labeling = try rules(.init(frontMatter: ["categories"])).labeling(
            path: "projects/falcon/a.md",
            frontMatter: ["categories": SampleScheme.category("PRVCY"), "classification": .string("internal")])
        let lines = labeling.provenance.map { "\($0.attribute): \($0.source): \($0.offered) \($0.effect) \($0.result)" }
        #expect(
            lines == [
                "categories: labels.yaml line 14 (projects/falcon/**): [SP-EXPT] set [SP-EXPT]",
                "categories: front matter: [PRVCY] lowered [PRVCY]",
                "classification: labels.yaml line 10 (projects/**): internal set internal",
                "classification: labels.yaml line 14 (projects/falcon/**): cui joined cui",
                "classification: front matter: internal refusedToLoosen cui",
            ])
        #expect(labeling.parentProvenance.map(\.source) == [.rule(line: 14, pattern: "projects/falcon/**")])
        #expect(labeling.parentProvenance.map(\.parent) == [EntityReference(type: "Project", id: "falcon")])
    }

    @Test("without may_lower no statement of a document loosens any attribute")
    func neverLoosens() throws {
        let seed = SeededGenerator.newSeed()
        var random = SeededGenerator(seed: seed)
        func statement() -> [ByteText: AttributeValue] {
            var values = SampleScheme.randomLabel(using: &random).attributes
            values["owner"] = nil
            return values
        }
        for _ in 0..<200 {
            let rules = LabelRules(
                scheme: SampleScheme.scheme,
                rules: [try rule(1, "**", SampleScheme.randomLabel(using: &random).attributes)])
            let plain = try rules.labeling(path: "a").documentLabel
            let labeling = try rules.labeling(path: "a", frontMatter: statement(), sidecar: statement())
            let marked = try labeling.label(marked: marks("(U) a (PUBLIC//SP-CTI) b"))
            for (name, value) in plain.attributes {
                for label in [labeling.documentLabel, marked] {
                    let now = try #require(label.attributes[name], "seed \(seed): \(name) is gone")
                    let join = SampleScheme.scheme.attributes[name]!.join
                    #expect(try join.join(now, value) == now, "seed \(seed): \(name) went from \(value) to \(now)")
                }
            }
        }
    }

    @Test("messages say what to do and hold no values of a document")
    func messages() {
        let error = LabelingError(.notInOrder(["a", "b"]), attribute: "classification", source: .frontMatter)
        #expect(error.description == "front matter: the value of `classification` is none of a, b")
        let prose = LabelingError(.unknownAttribute, attribute: "The torque is", source: .frontMatter)
        #expect(!prose.description.contains("torque"))
    }
}
