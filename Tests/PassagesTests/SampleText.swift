import Labels
import Passages

let secret = Label(attributes: ["classification": .string("cui")])
let open = Label(attributes: ["classification": .string("public")])
let other = Label(attributes: ["classification": .string("internal")])

/// Words stand for tokens.
@Sendable func countWords(_ text: String) -> Int {
    var count = 0
    var inWord = false
    for byte in text.utf8 {
        let blank = byte == 0x20 || (0x09...0x0D).contains(byte)
        if !blank && !inWord { count += 1 }
        inWord = !blank
    }
    return count
}

func segmenter(_ maximumTokens: Int, overlap: Int = 0) -> Segmenter {
    Segmenter(
        embeddingText: EmbeddingText(maximumTokens: maximumTokens, countTokens: countWords), overlapTokens: overlap)
}

/// A text put together from blocks, so that their ranges are right by construction.
struct SampleText {
    struct Piece {
        var kind: Block.Kind
        var label: Label
        /// One string for a block without parts.
        var parts: [String]
        var partLabels: [Label] = []
        var page: Int?
    }

    var pieces: [Piece] = []
    var fallbackTitle = Heading(text: "Fallback", label: open)

    mutating func add(
        _ kind: Block.Kind, _ label: Label, _ parts: String..., partLabels: [Label] = [], page: Int? = nil
    ) {
        pieces.append(Piece(kind: kind, label: label, parts: parts, partLabels: partLabels, page: page))
    }

    func build() -> (text: ExtractedText, blocks: [LabelledBlock]) {
        var bytes: [UInt8] = []
        var blocks: [LabelledBlock] = []
        for piece in pieces {
            if !bytes.isEmpty { bytes += Array("\n\n".utf8) }
            let start = bytes.count
            var parts: [ByteRange] = []
            for (index, part) in piece.parts.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: "\n")) }
                parts.append(ByteRange(bytes.count, bytes.count + part.utf8.count))
                bytes += Array(part.utf8)
            }
            let hasParts = piece.kind == .list || piece.kind == .table
            var headingText = ""
            if case .heading = piece.kind { headingText = piece.parts.joined(separator: " ") }
            let block = Block(
                kind: piece.kind, range: ByteRange(start, bytes.count), parts: hasParts ? parts : [], page: piece.page,
                headingText: headingText)
            blocks.append(LabelledBlock(block: block, label: piece.label, partLabels: piece.partLabels))
        }
        return (ExtractedText(text: bytes, metadataTitle: nil, blocks: blocks.map(\.block)), blocks)
    }

    func segmented(_ segmenter: Segmenter) -> (text: ExtractedText, result: Segmentation) {
        let (text, blocks) = build()
        return (text, segmenter.segment(text, blocks: blocks, fallbackTitle: fallbackTitle))
    }

    /// Texts of the passages.
    func passages(_ segmenter: Segmenter) -> [String] {
        let (text, result) = segmented(segmenter)
        return result.passages.map { text.string($0.range) }
    }
}
