import Passages

/// One text put together from blocks and from other texts, with a blank line between them.
struct ExtractedTextBuilder {
    private(set) var text: [UInt8] = []
    private(set) var blocks: [Block] = []

    /// - Parameter parts: Ranges in `bytes`.
    mutating func append(_ kind: Block.Kind, _ bytes: [UInt8], parts: [ByteRange] = []) {
        guard let content = TextCuts.trimmed(bytes, 0, bytes.count) else { return }
        let shift = begin() - content.start
        text += bytes[content.start..<content.end]
        let range = ByteRange(content.start + shift, content.end + shift)
        let shifted = parts.map { ByteRange($0.start + shift, $0.end + shift) }
        switch kind {
        case .heading where content.count <= ExtractionLimits.headingBytes:
            let words = TextCuts.words(text, range).map { text[$0.start..<$0.end] }
            let heading = String(decoding: Array(words.joined(separator: [0x20])), as: UTF8.self)
            blocks.append(Block(kind: kind, range: range, headingText: heading))
        case .heading: blocks.append(Block(kind: .paragraph, range: range))
        default: blocks.append(Block(kind: kind, range: range, parts: shifted))
        }
    }

    mutating func append(_ piece: ExtractedText) {
        guard let first = piece.blocks.first, let last = piece.blocks.last else { return }
        let shift = begin() - first.range.start
        text += piece.text[first.range.start..<last.range.end]
        func shifted(_ range: ByteRange) -> ByteRange { ByteRange(range.start + shift, range.end + shift) }
        blocks += piece.blocks.map {
            Block(
                kind: $0.kind, range: shifted($0.range), parts: $0.parts.map(shifted), page: $0.page,
                headingText: $0.headingText)
        }
    }

    func finish(title: String?) -> ExtractedText {
        ExtractedText(text: text, metadataTitle: title.flatMap(DocumentTitle.cleaned), blocks: blocks)
    }

    /// Where the next block begins.
    private mutating func begin() -> Int {
        if !text.isEmpty { text += [0x0A, 0x0A] }
        return text.count
    }
}
