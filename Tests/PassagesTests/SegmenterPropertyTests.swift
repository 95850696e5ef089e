import Labels
import Passages
import TestSupport
import Testing

/// Random texts, and everything a segmentation must hold for every one of them.
@Suite("Segmenter, every text")
struct SegmenterPropertyTests {
    typealias Segment = (ExtractedText, [LabelledBlock], Heading) -> Segmentation

    static let labels = [open, secret, other]

    // MARK: Random texts

    private static func words(_ count: Int, _ generator: inout SeededGenerator) -> String {
        let vocabulary = ["bolt", "torque", "Nm", "größe", "螺栓。", "falcon", "x", "inspection", "--------", "😀", "J."]
        var text = ""
        for index in 0..<count {
            if index > 0 { text += Int.random(in: 0..<12, using: &generator) == 0 ? "\n" : " " }
            text += vocabulary.randomElement(using: &generator)!
            if Int.random(in: 0..<7, using: &generator) == 0 { text += ". S" }
        }
        if Int.random(in: 0..<40, using: &generator) == 0 { text += String(repeating: "ö", count: 900) }
        return text
    }

    private static func length(_ generator: inout SeededGenerator) -> Int {
        [1, 3, 9, 30, 120].randomElement(using: &generator)! + Int.random(in: 0..<5, using: &generator)
    }

    static func randomText(_ generator: inout SeededGenerator) -> SampleText {
        var sample = SampleText()
        var page = 1
        let hasPages = Bool.random(using: &generator)
        for _ in 0..<Int.random(in: 1..<14, using: &generator) {
            if hasPages && Int.random(in: 0..<5, using: &generator) == 0 { page += 1 }
            let label = labels.randomElement(using: &generator)!
            let kinds: [Block.Kind] = [
                .paragraph, .paragraph, .list, .table, .code, .heading(level: Int.random(in: 1...4, using: &generator)),
            ]
            var piece = SampleText.Piece(kind: kinds.randomElement(using: &generator)!, label: label, parts: [])
            piece.page = hasPages ? page : nil
            switch piece.kind {
            case .list, .table:
                for _ in 0..<Int.random(in: 1..<6, using: &generator) {
                    piece.parts.append(words(length(&generator), &generator))
                }
                if Bool.random(using: &generator) {
                    piece.partLabels = piece.parts.map { _ in labels.randomElement(using: &generator)! }
                }
            default:
                piece.parts = [words(length(&generator), &generator)]
            }
            sample.pieces.append(piece)
        }
        return sample
    }

    /// The same text with whatever `label` governs said in other words and at another length.
    static func replacing(_ label: Label, in sample: SampleText, _ generator: inout SeededGenerator) -> SampleText {
        var changed = sample
        for (index, piece) in sample.pieces.enumerated() {
            for part in piece.parts.indices {
                let governing = piece.partLabels.isEmpty ? piece.label : piece.partLabels[part]
                guard governing == label else { continue }
                changed.pieces[index].parts[part] = words(length(&generator), &generator)
            }
        }
        return changed
    }

    // MARK: What must hold

    /// Sentences on what is wrong; empty when all is well.
    static func faults(_ sample: SampleText, maximumTokens: Int, _ segment: Segment) -> [String] {
        let (text, blocks) = sample.build()
        let result = segment(text, blocks, sample.fallbackTitle)
        var faults: [String] = []
        var governing: [Label?] = Array(repeating: nil, count: text.text.count)
        for labelled in blocks {
            if case .heading = labelled.block.kind { continue }
            for byte in labelled.block.range.start..<labelled.block.range.end { governing[byte] = labelled.label }
            for (part, label) in zip(labelled.block.parts, labelled.partLabels) {
                for byte in part.start..<part.end { governing[byte] = label }
            }
        }
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        var covered: [Bool] = Array(repeating: false, count: text.text.count)
        for (number, passage) in result.passages.enumerated() {
            let bytes = text.text[passage.range.start..<passage.range.end]
            for byte in bytes.indices {
                covered[byte] = true
                if !isBlank(text.text[byte]) && governing[byte] != passage.label {
                    faults.append("passage \(number) holds a byte of another label or of a heading")
                    break
                }
            }
            if String(validating: bytes, as: UTF8.self) == nil { faults.append("passage \(number) cuts a scalar") }
            let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            if lines.first!.allSatisfy(isBlank) || lines.last!.allSatisfy(isBlank) {
                faults.append("passage \(number) begins or ends with a blank line")
            }
            if countWords(passage.embeddingText) > maximumTokens { faults.append("passage \(number) is too long") }
            if !passage.embeddingText.hasSuffix(text.string(passage.range)) {
                faults.append("passage \(number) embeds another text than its own")
            }
            let pages = Set(blocks.map(\.block).filter { overlaps($0.range, passage.range) }.map(\.page))
            if pages != [passage.page] { faults.append("passage \(number) is not on its page") }
        }
        for byte in text.text.indices where governing[byte] != nil && !isBlank(text.text[byte]) && !covered[byte] {
            faults.append("byte \(byte) is in no passage")
            break
        }
        return faults
    }

    private static func overlaps(_ left: ByteRange, _ right: ByteRange) -> Bool {
        left.start < right.end && right.start < left.end
    }

    /// What a reader of `label` sees of a text.
    static func view(of label: Label, _ sample: SampleText, _ segment: Segment) -> [[String]] {
        let (text, blocks) = sample.build()
        let result = segment(text, blocks, sample.fallbackTitle)
        return result.passages.filter { $0.label == label }.map { passage in
            let headings = [result.title] + passage.section.map { result.headings[$0] }
            return [text.string(passage.range), passage.embeddingText, "\(passage.section)"]
                + headings.filter { $0.label == label }.map(\.text)
        }
    }

    static func interferes(seed: UInt64, _ segment: Segment) -> Bool {
        var generator = SeededGenerator(seed: seed)
        let sample = randomText(&generator)
        let hidden = labels.randomElement(using: &generator)!
        let changed = replacing(hidden, in: sample, &generator)
        return labels.contains { $0 != hidden && view(of: $0, sample, segment) != view(of: $0, changed, segment) }
    }

    // MARK: Tests

    @Test("Coverage, one label, limits, scalars, pages", arguments: [8, 12, 40, 254])
    func wellFormed(maximumTokens: Int) {
        for seed in UInt64(1)...40 {
            var generator = SeededGenerator(seed: seed)
            let sample = Self.randomText(&generator)
            let segmenter = segmenter(maximumTokens, overlap: maximumTokens / 8)
            let faults = Self.faults(sample, maximumTokens: maximumTokens) {
                segmenter.segment($0, blocks: $1, fallbackTitle: $2)
            }
            #expect(faults.isEmpty, "seed \(seed), \(maximumTokens) tokens")
        }
    }

    @Test("Other words under another label change nothing", arguments: [8, 12, 40, 254])
    func nonInterference(maximumTokens: Int) {
        let segmenter = segmenter(maximumTokens, overlap: maximumTokens / 8)
        for seed in UInt64(1)...40 {
            let interferes = Self.interferes(seed: seed) { segmenter.segment($0, blocks: $1, fallbackTitle: $2) }
            #expect(!interferes, "seed \(seed), \(maximumTokens) tokens")
        }
    }

    // MARK: Positive controls: a test that cannot fail proves nothing

    @Test("Caught: all headings embedded, whatever their label")
    func leakByHeadings() {
        let honest = segmenter(40, overlap: 5)
        let caught = (UInt64(1)...40).contains { seed in
            Self.interferes(seed: seed) { text, blocks, title in
                let result = honest.segment(text, blocks: blocks, fallbackTitle: title)
                let passages = result.passages.map { passage in
                    PassageDraft(
                        label: passage.label, range: passage.range, page: passage.page, section: passage.section,
                        embeddingText: passage.section.map { result.headings[$0].text + "\n" }.joined()
                            + text.string(passage.range))
                }
                return Segmentation(title: result.title, headings: result.headings, passages: passages)
            }
        }
        #expect(caught)
    }

    @Test("Caught: room for the text measured by headings of another label")
    func leakByBudget() {
        let caught = (UInt64(1)...40).contains { seed in
            Self.interferes(seed: seed) { text, blocks, title in
                let headings = blocks.map(\.block.headingText).joined(separator: " ")
                let room = max(EmbeddingText.minimumTokens, 40 - countWords(headings) % 32)
                return segmenter(room, overlap: 5).segment(text, blocks: blocks, fallbackTitle: title)
            }
        }
        #expect(caught)
    }

    @Test("Caught: text of two labels in a passage")
    func leakByMixing() {
        let caught = (UInt64(1)...40).contains { seed in
            var generator = SeededGenerator(seed: seed)
            let faults = Self.faults(Self.randomText(&generator), maximumTokens: 40) { text, blocks, title in
                let mixed = blocks.map { LabelledBlock(block: $0.block, label: open) }
                return segmenter(40, overlap: 5).segment(text, blocks: mixed, fallbackTitle: title)
            }
            return faults.contains { $0.contains("another label") }
        }
        #expect(caught)
    }
}
