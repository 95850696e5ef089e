import Foundation
import IndexStore
import Labels
import Passages
import TestSupport
import Testing

@testable import Retrieval

@Suite("Answers as JSON")
struct AnswerJSONTests {
    static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()

    /// Texts that JSON must escape, must not escape, or might be tempted to.
    static let texts = [
        "", "plain", #"a "quoted" \ back/slash"#, String(decoding: UInt8(0)...127, as: UTF8.self),
        "\u{2028}\u{2029}\u{85}",
        "café e\u{301} 日本 😀", "\r\n", "</script>", "\u{FEFF}mark",
    ]

    @Test("The bytes are those of JSONEncoder", arguments: 0..<40)
    func equalsJSONEncoder(number: Int) throws {
        var random = SeededGenerator(seed: UInt64(number))
        let passages = (0..<number % 5).map { _ in Self.passage(&random) }
        let scores: [Double] = [1, 0, -1, 0.5, 1e-7, -0.123456789012345, .random(in: -1...1, using: &random), 1e20]
        let answer = Answer(
            results: passages.map {
                Hit(
                    score: scores.randomElement(using: &random) ?? 0, passage: $0,
                    snippet: Bool.random(using: &random)
                        ? Snippet(
                            text: Self.texts.randomElement(using: &random) ?? "", byteRange: ByteRange(3, 40),
                            highlights: [ByteRange(5, 9), ByteRange(12, 13)])
                        : nil)
            },
            marking: passages.isEmpty ? nil : Self.texts.randomElement(using: &random),
            policyVersion: "0123456789abcdef",
            contentTag: "ff", mode: SearchMode.allCases.randomElement(using: &random) ?? .hybrid,
            expectedRecall: Bool.random(using: &random) ? 0.993 : nil)
        #expect(try Data(answer.json) == Self.encoder.encode(answer))
        let document = CitedDocument(
            id: DocumentID(bytes: Self.bytes(16, &random)), title: Self.optional(&random), url: Self.optional(&random),
            passages: passages, marking: Self.optional(&random))
        #expect(try Data(document.json) == Self.encoder.encode(document))
        for passage in passages { #expect(try Data(passage.json) == Self.encoder.encode(passage)) }
    }

    @Test("Each scalar is escaped or kept wherever it stands among others")
    func everyPlace() throws {
        for scalar in (0...0x17F).compactMap(Unicode.Scalar.init) {
            for before in 0..<9 {
                for after in [0, 7, 8] {
                    let text =
                        String(repeating: "x", count: before) + String(scalar) + String(repeating: "é", count: after)
                    let answer = Answer(results: [], marking: text, policyVersion: "", contentTag: "")
                    #expect(try Data(answer.json) == Self.encoder.encode(answer))
                }
            }
        }
    }

    private static func passage(_ random: inout SeededGenerator) -> CitedPassage {
        func heading() -> Heading {
            Heading(text: texts.randomElement(using: &random) ?? "", label: Label(attributes: [:]))
        }
        let start = Int.random(in: 0...1_000, using: &random)
        let title = heading()
        let stored = StoredPassage(
            id: PassageID(bytes: bytes(16, &random)), document: DocumentID(bytes: bytes(16, &random)),
            label: Label(attributes: [:]), text: texts.randomElement(using: &random) ?? "", sha256: bytes(32, &random),
            range: ByteRange(start, start + 100), page: Bool.random(using: &random) ? start : nil,
            revision: bytes(8, &random), section: (0..<start % 3).map { _ in heading() },
            title: Bool.random(using: &random)
                ? StoredTitle(
                    text: title.text, label: title.label,
                    place: DocumentPlace(
                        path: "a folder/é \(start).pdf", member: start % 3 == 0 ? "r \(start)" : nil))
                : nil)
        return CitedPassage(
            id: stored.id, text: stored.text, marking: texts.randomElement(using: &random) ?? "",
            attributes: [
                VisibleAttribute(name: "categories", value: .set([.string("b"), .string("a"), .string("\"")])),
                VisibleAttribute(name: "classification", value: .string("cui")),
                VisibleAttribute(name: "controlled", value: .bool(Bool.random(using: &random))),
                VisibleAttribute(name: "copies", value: .long(.random(in: -9...9, using: &random))),
                VisibleAttribute(name: "expires", value: .datetime(1_900_000_000_000)),
                VisibleAttribute(name: "none", value: .set([])),
                VisibleAttribute(
                    name: "projects", value: .set([.entity(EntityReference(type: "Project", id: "heron"))])),
            ].filter { _ in Bool.random(using: &random) },
            citation: Citation(stored, baseURL: "https://documents.example/"))
    }

    private static func optional(_ random: inout SeededGenerator) -> String? {
        Bool.random(using: &random) ? texts.randomElement(using: &random) : nil
    }

    private static func bytes(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }
}
