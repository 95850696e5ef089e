import Ingest
import Labels
import Passages
import Testing

@Suite("Labels of blocks")
struct BlockLabelerTests {
    static let scheme: LabelScheme = {
        let order: [ByteText] = ["public", "internal", "cui"]
        func declaration(_ name: ByteText, _ type: AttributeType, _ join: Join, _ value: AttributeValue?) -> (
            ByteText, AttributeDeclaration
        ) {
            let isRequired = value == nil
            return (
                name,
                AttributeDeclaration(
                    name: name, type: type, join: join, isRequired: isRequired, defaultValue: value, isVisible: true)
            )
        }
        return LabelScheme(
            attributes: Dictionary(uniqueKeysWithValues: [
                declaration("classification", .string, .maximum(order: order), nil),
                declaration("categories", .set(.string), .union, .set([])),
                declaration("dissemination", .set(.string), .union, .set([])),
            ]),
            marking: MarkingScheme(
                levelAttribute: "classification",
                levels: [
                    .init(value: "public", text: "PUBLIC"), .init(value: "internal", text: "U"),
                    .init(value: "cui", text: "CUI"),
                ],
                categories: .init(name: "categories", entityType: nil, closedList: ["SP-EXPT", "SP-CTI"]),
                dissemination: .init(name: "dissemination", entityType: nil, closedList: ["NOFORN"])))
    }()

    /// - Parameter mayLower: whether portion marks may loosen.
    static func labeler(_ classification: ByteText, mayLower: Bool = false) throws -> BlockLabeler {
        var allowed = LabelRule.MayLower()
        if mayLower { allowed.portionMarks = ["classification", "categories", "dissemination"] }
        let rule = LabelRule(
            line: 1, patterns: [try PathPattern("**")], values: ["classification": .string(classification)],
            mayLower: allowed)
        let labeling = try LabelRules(scheme: scheme, rules: [rule]).labeling(path: "a.md")
        return BlockLabeler(scheme: scheme, labeling: labeling)
    }

    /// `level+CATEGORY`, with the labels of parts in brackets.
    static func shown(_ blocks: [LabelledBlock]) -> [String] {
        func text(_ label: Label) -> String {
            let tokens = ["categories", "dissemination"].compactMap { name -> String? in
                guard case .set(let values)? = label.attributes[ByteText(name)], !values.isEmpty else { return nil }
                return values.sorted().map(\.description).joined(separator: "/")
            }
            return ([label.attributes["classification"]!.description] + tokens).joined(separator: "+")
        }
        return blocks.map { block in
            block.partLabels.isEmpty ? text(block.label) : "\(text(block.label)) \(block.partLabels.map(text))"
        }
    }

    private func labels(_ name: String, _ source: String, _ labeler: BlockLabeler) async throws -> [String] {
        Self.shown(try labeler.label(try await extract(name, source).extracted))
    }

    @Test("Headings, paragraphs and quotes have the labels of their marks")
    func marks() async throws {
        let source = """
            # (U) Title

            (CUI//SP-EXPT) Secret.

            Plain.

            ## (CUI) Head

            > (CUI//SP-CTI) one
            >
            > two

            Plain with (CUI//NOFORN) inside.
            """
        #expect(
            try await labels("a.md", source, Self.labeler("internal")) == [
                "internal", "cui+SP-EXPT", "internal", "cui", "cui+SP-CTI", "internal", "cui+NOFORN",
            ])
        let html = "<h1>(CUI) T</h1><p><b>(CUI//SP-EXPT)</b> x<p>y"
        #expect(try await labels("a.html", html, Self.labeler("internal")) == ["cui", "cui+SP-EXPT", "internal"])
    }

    @Test("A planted (U) loosens nothing, unless the path allows it")
    func lowering() async throws {
        let source = "(U) Open?\n\n- (U) a\n- b\n\n```\n(U) code\n```\n\nText (U) inside."
        #expect(
            try await labels("a.md", source, Self.labeler("cui")) == ["cui", "cui [\"cui\", \"cui\"]", "cui", "cui"])
        #expect(
            try await labels("a.md", source, Self.labeler("cui", mayLower: true)) == [
                "internal", "cui [\"internal\", \"cui\"]", "cui", "cui",
            ])
    }

    @Test("A list or table with a marked part has a label for each part, otherwise one")
    func parts() async throws {
        let source = """
            - a
            - (CUI) b
              - inner (CUI//SP-CTI) c

            1. x
            2. y

            | a | b |
            |---|---|
            | 1 | (CUI//SP-EXPT) 2 |
            | (CUI) 3 | (CUI//NOFORN) 4 |
            """
        #expect(
            try await labels("a.md", source, Self.labeler("internal")) == [
                "cui+SP-CTI [\"internal\", \"cui+SP-CTI\"]", "internal",
                "cui+SP-EXPT+NOFORN [\"internal\", \"cui+SP-EXPT\", \"cui+NOFORN\"]",
            ])
    }

    @Test("A mark that cannot be read sets the document aside")
    func unknown() async throws {
        await #expect(throws: LabelingError.self) {
            try await labels("a.md", "- a\n- (CUI//SP-NONE) b", Self.labeler("cui"))
        }
    }

    private func pageBlocks(_ pages: [[String]]) -> ExtractedText {
        var bytes: [UInt8] = []
        var blocks: [Block] = []
        for (index, page) in pages.enumerated() {
            for paragraph in page {
                let start = bytes.count
                bytes += Array(paragraph.utf8)
                let isHeading = paragraph.hasPrefix("#")
                blocks.append(
                    Block(
                        kind: isHeading ? .heading(level: 2) : .paragraph, range: ByteRange(start, bytes.count),
                        page: index + 1))
                bytes += Array("\n\n".utf8)
            }
        }
        return ExtractedText(text: bytes, metadataTitle: nil, blocks: blocks)
    }

    @Test("In a PDF the rest of a marked paragraph keeps its mark over a page or a gap")
    func continuation() throws {
        func levels(_ pages: [[String]]) throws -> [String] {
            Self.shown(try Self.labeler("internal").label(pageBlocks(pages)))
        }
        #expect(
            try levels([
                ["(CUI) The torque is given", "Page 1"], ["Falcon manual", "in table 3 of the annex to this."],
                ["A new paragraph of the third page, whole and ended.", "Another one."],
            ]) == ["cui", "cui", "cui", "cui", "cui", "internal"])
        #expect(
            try levels([
                ["(CUI) The torque is given here.", "Page 1"],
                ["Whether this continues cannot be told from the text.", "This is new."],
            ]) == ["cui", "internal", "cui", "internal"])
        #expect(
            try levels([["(CUI) Ended.", "A new one begins here.", "Last."], ["Next page."]]) == [
                "cui", "internal", "internal", "internal",
            ])
        #expect(try levels([["(CUI) Ended.", "# Head", "text without end"]]) == ["cui", "internal", "internal"])
        #expect(
            try levels([["(CUI) Ended.", "# Head"], ["Next page begins with this."]]) == [
                "cui", "internal", "internal",
            ])
        #expect(try levels([["(CUI) Torn here", "# 5 Nm", "and on."]]) == ["cui", "cui", "cui"])
    }
}
