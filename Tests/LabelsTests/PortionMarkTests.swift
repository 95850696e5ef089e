import Labels
import TestSupport
import Testing

@Suite("Portion marks")
struct PortionMarkTests {
    private func marks(_ text: String) throws -> [PortionMark] {
        try SampleScheme.marking.portionMarks(in: Array(text.utf8))
    }

    /// Marks as the markings they stand for, a leading one with `^` before it.
    private func written(_ text: String) throws -> [String] {
        try marks(text).map { mark in
            let label = Label(attributes: [
                "classification": mark.level, "categories": .set(mark.categories),
                "dissemination": .set(mark.dissemination),
            ])
            return (mark.isLeading ? "^" : "") + SampleScheme.marking.marking(of: label).text
        }
    }

    @Test(
        "marks at the start",
        arguments: [
            ("(U) Text", "^U"), ("(CUI) Text", "^CUI"), ("(PUBLIC)", "^PUBLIC"),
            ("(CUI//SP-EXPT) Text", "^CUI//SP-EXPT"),
            ("(CUI//SP-EXPT/SP-CTI//NOFORN) T", "^CUI//SP-CTI/SP-EXPT//NOFORN"),
            ("(CUI//NOFORN) T", "^CUI//NOFORN"), ("(CUI//FED ONLY)", "^CUI//FED ONLY"),
            ("(CUI//SP-EXPT/NOFORN)", "^CUI//SP-EXPT//NOFORN"), ("(CUI//REL TO USA, GBR)", "^CUI//REL TO USA, GBR"),
            ("(U//PRVCY)", "^U//PRVCY"), ("  (CUI)", "^CUI"), ("# (CUI) Heading", "^CUI"), ("- (CUI) item", "^CUI"),
            ("12. (CUI) item", "^CUI"), ("3.2.1 (CUI) Scope", "^CUI"), ("1) (U) x", "^U"), ("> (CUI) quote", "^CUI"),
            ("| (CUI) cell |", "^CUI"), ("**(CUI)** bold", "^CUI"), ("\\(CUI\\) escaped", "^CUI"),
            ("• (CUI) x", "^CUI"),
        ])
    func leading(_ text: String, _ expected: String) throws {
        #expect(try written(text) == [expected])
    }

    @Test(
        "blanks around slashes and parentheses are no matter",
        arguments: [
            "( CUI // SP-EXPT / SP-CTI // FED  ONLY )", "(CUI//SP-EXPT/\nSP-CTI//FED ONLY)",
            "(CUI\u{A0}//\u{A0}SP-EXPT/ SP-CTI //FED\tONLY)", "(**CUI**//SP-EXPT/SP-CTI//FED ONLY)",
        ])
    func blanks(_ text: String) throws {
        #expect(try written(text) == ["^CUI//SP-CTI/SP-EXPT//FED ONLY"])
    }

    @Test("marks further inside are found and do not lead")
    func inside() throws {
        #expect(try written("(U) One. (CUI//SP-EXPT) Two. (CUI) Three.") == ["^U", "CUI//SP-EXPT", "CUI"])
        #expect(try written("Text (CUI) more") == ["CUI"])
        #expect(try written("5 (CUI) bolts") == ["CUI"])
        #expect(try written("((CUI))") == ["CUI"])
        #expect(try written("(see (CUI)) x") == ["CUI"])
        #expect(try written("| (U) a | (CUI) b |") == ["^U", "CUI"])
    }

    @Test(
        "what is no mark",
        arguments: [
            "(u) x", "(Cui) x", "(cui//sp-expt) x", "(CUI", "CUI//SP-EXPT", "(CUIX)", "(CUI/SP-EXPT)", "(U/mL)", "()",
            "(",
            "(U S)", "", "(XCUI//NOFORN)", "(UC)", "(U, V)",
        ])
    func noMark(_ text: String) throws {
        #expect(try marks(text).isEmpty)
    }

    @Test(
        "a mark that cannot be read sets the document aside",
        arguments: [
            "(CUI//SECRET-THING) x", "(CUI//SP-EXPT//SP-CTI) x", "(CUI//NOFORN//SP-EXPT)", "(CUI//sp-expt) x",
            "(CUI//SP-EXPT//NOFORN//X)", "(CUI//) x", "(CUI//SP-EXPT//)", "(CUI////NOFORN)", "(CUI//SP-EXPT/)",
            "(CUI//SP-EXPT", "(U//SP EXPT)", "x (CUI//NO FORN) y", "(CUI//(SP-EXPT))", "(CUI//FEDONLY)",
        ])
    func unreadable(_ text: String) {
        let error = #expect(throws: LabelingError.self) { try marks(text) }
        #expect(error?.source == .portionMark)
        for word in ["SECRET", "FORN", "EXPT"] {
            #expect(error?.description.contains(word) == false, "text of a document in \(error?.description ?? "")")
        }
    }

    @Test("an overlong mark is not closed")
    func overlong() {
        let text = "(CUI//" + String(repeating: " ", count: 600) + "SP-EXPT)"
        #expect(throws: LabelingError(.malformedMark(offset: 0), source: .portionMark)) { try marks(text) }
    }

    @Test("ranges are those of the slice that was given")
    func ranges() throws {
        let text = Array("0123(CUI) x (U)".utf8)
        let marks = try SampleScheme.marking.portionMarks(in: text[4...])
        #expect(marks.map(\.range) == [4..<9, 12..<15])
        #expect(marks[0].isLeading)
    }

    @Test("without closed lists a token is upper case and a single part is a control")
    func openLists() throws {
        let scheme = MarkingScheme(
            levelAttribute: "l", levels: [.init(value: "c", text: "C")],
            categories: .init(name: "k", entityType: nil, closedList: nil),
            dissemination: .init(name: "d", entityType: nil, closedList: nil))
        let one = try scheme.portionMarks(in: Array("(C//NOFORN)".utf8))
        #expect(one.first?.dissemination == [.string("NOFORN")] && one.first?.categories == [])
        let two = try scheme.portionMarks(in: Array("(C//A/B-1//NOFORN)".utf8))
        #expect(two.first?.categories == [.string("A"), .string("B-1")])
        #expect(throws: LabelingError.self) { try scheme.portionMarks(in: Array("(C//lower)".utf8)) }
    }

    @Test("without category and control attributes only bare levels are marks")
    func levelsOnly() throws {
        let scheme = MarkingScheme(
            levelAttribute: "l", levels: [.init(value: "c", text: "C")], categories: nil, dissemination: nil)
        #expect(try scheme.portionMarks(in: Array("(C) x".utf8)).count == 1)
        #expect(throws: LabelingError.self) { try scheme.portionMarks(in: Array("(C//A)".utf8)) }
    }

    @Test("text made of parentheses ends at once", .timeLimit(.minutes(1)))
    func hostile() throws {
        #expect(try marks(String(repeating: "(", count: 20_000)).isEmpty)
        #expect(try marks(String(repeating: "( U", count: 10_000)).isEmpty)
        #expect(try marks(String(repeating: "(U)", count: 5000)).count == 5000)
    }

    @Test("a marking that is written is read back")
    func roundTrip() throws {
        let seed = SeededGenerator.newSeed()
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let level = SampleScheme.marking.levels.randomElement(using: &random)!
            let categories = SampleScheme.categories.closedList!.filter { _ in Bool.random(using: &random) }
            let controls = SampleScheme.dissemination.closedList!.filter { _ in Bool.random(using: &random) }
            let label = Label(attributes: [
                "classification": .string(level.value),
                "categories": .set(Set(categories.map { .entity(EntityReference(type: "Category", id: $0)) })),
                "dissemination": .set(Set(controls.map { .entity(EntityReference(type: "Control", id: $0)) })),
            ])
            let text = "(" + SampleScheme.marking.marking(of: label).text + ") text"
            let mark = try #require(try marks(text).first, "seed \(seed)")
            #expect(mark.level == label.attributes["classification"], "seed \(seed): \(text)")
            #expect(.set(mark.categories) == label.attributes["categories"], "seed \(seed): \(text)")
            #expect(.set(mark.dissemination) == label.attributes["dissemination"], "seed \(seed): \(text)")
        }
    }
}
