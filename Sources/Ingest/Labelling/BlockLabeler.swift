package import Labels
package import Passages

/// Gives every block of a text its label: the document's, changed by the portion marks that the block carries.
///
/// A list or table none of whose parts is marked has one label; otherwise each part has its own. Marks of the cells of a
/// row are joined into the row's label.
package struct BlockLabeler: Sendable {
    private let marking: MarkingScheme
    private let labeling: DocumentLabeling

    package init(scheme: LabelScheme, labeling: DocumentLabeling) {
        marking = scheme.marking
        self.labeling = labeling
    }

    /// The blocks of the text in order. Throws where a mark cannot be read: the document is set aside (rule 4, fail closed).
    package func label(_ text: ExtractedText) throws(LabelingError) -> [LabelledBlock] {
        var continuation = MarkContinuation()
        var blocks: [LabelledBlock] = []
        for block in text.blocks {
            blocks.append(try label(block, of: text, &continuation))
        }
        return blocks
    }

    private func label(
        _ block: Block, of text: ExtractedText, _ continuation: inout MarkContinuation
    ) throws(LabelingError) -> LabelledBlock {
        let bytes = text.text[block.range.start..<block.range.end]
        switch block.kind {
        case .heading, .paragraph:
            return LabelledBlock(block: block, label: try label(bytes, of: block, &continuation))
        case .code:
            // A parenthesis at the start of a program is no portion mark, so it may not loosen.
            let marks = try tighteningMarks(bytes)
            guard marks.isEmpty else { return LabelledBlock(block: block, label: try labeling.label(marked: marks)) }
            return LabelledBlock(block: block, label: try label(bytes, of: block, &continuation))
        case .list, .table:
            // What lies between the parts is governed by every mark of the whole, and loosened by none.
            let whole = try tighteningMarks(bytes)
            guard !whole.isEmpty && !block.parts.isEmpty else {
                return LabelledBlock(block: block, label: try label(bytes, of: block, &continuation))
            }
            var labels: [Label] = []
            for part in block.parts {
                labels.append(try label(text.text[part.start..<part.end], of: block, &continuation))
            }
            return LabelledBlock(block: block, label: try labeling.label(marked: whole), partLabels: labels)
        }
    }

    private func label(
        _ bytes: ArraySlice<UInt8>, of block: Block, _ continuation: inout MarkContinuation
    ) throws(LabelingError) -> Label {
        let marks = try marking.portionMarks(in: bytes)
        let inherited = continuation.marks(of: bytes, block: block, own: try tighteningMarks(bytes))
        return try labeling.label(marked: marks.isEmpty ? inherited : marks)
    }

    /// The marks of a text, none of them as standing at its start: such marks are joined and never loosen.
    private func tighteningMarks(_ bytes: ArraySlice<UInt8>) throws(LabelingError) -> [PortionMark] {
        try marking.portionMarks(in: [UInt8(ascii: "x")] + bytes)
    }
}

/// Follows marked text of a PDF across the places where its paragraphs are torn: at the end of a page, or at a gap in the
/// middle of a sentence. What is torn off carries no mark of its own, and would have the label of the document although
/// its author marked it more strictly. So it is joined with the mark it was torn from; nothing is loosened by that.
struct MarkContinuation {
    /// A line of fewer words without an end of sentence may be the header or footer of a page.
    private static let fewestWords = 8

    private var marks: [PortionMark] = []
    private var page: Int?
    private var isEnded = true

    /// The marks that govern an unmarked text by continuation; none for text without pages, or with marks of its own.
    mutating func marks(of bytes: ArraySlice<UInt8>, block: Block, own: [PortionMark]) -> [PortionMark] {
        guard let page = block.page else { return [] }
        let endsSentence = Self.endsSentence(bytes)
        if !own.isEmpty {
            (marks, self.page, isEnded) = (own, page, endsSentence)
            return []
        }
        guard !marks.isEmpty else { return [] }
        if case .heading = block.kind {
            if !isEnded { return marks }
            marks = []
            return []
        }
        let isShort = !endsSentence && Self.words(bytes) < Self.fewestWords
        let continues = !isEnded || Self.beginsInSentence(bytes) || (page != self.page && !isShort)
        let inherited = continues ? marks : []
        if !isShort {
            if !continues { marks = [] }
            (self.page, isEnded) = (page, endsSentence)
        }
        return inherited
    }

    private static func endsSentence(_ bytes: ArraySlice<UInt8>) -> Bool {
        let closing = Array(")]\"'*_".utf8)
        let last = bytes.last { !TextCuts.isBlank($0) && !closing.contains($0) }
        return last.map { Array(".!?".utf8).contains($0) } ?? false
    }

    private static func beginsInSentence(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.first { !TextCuts.isBlank($0) }.map { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) } ?? false
    }

    private static func words(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.split { TextCuts.isBlank($0) }.count
    }
}
