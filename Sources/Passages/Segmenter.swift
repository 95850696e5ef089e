/// Cuts an extracted text into passages that follow its structure.
///
/// A passage is a contiguous range of the text, of exactly one label, inside one section and one page. Lists, tables and
/// code stay whole where they fit.
///
/// Rule 2 (non-interference): what a passage of one label says, where it begins and ends and what is embedded for it
/// depend on the text of that label alone, and on *where* blocks and headings of other labels stand, never on what these
/// say or how long they are.
package struct Segmenter: Sendable {
    private let embeddingText: EmbeddingText
    private let overlapTokens: Int

    /// - Parameter overlapTokens: about how much of a passage the next one repeats where a run of text had to be split.
    /// - Precondition: `overlapTokens >= 0`.
    package init(embeddingText: EmbeddingText, overlapTokens: Int) {
        precondition(overlapTokens >= 0)
        self.embeddingText = embeddingText
        self.overlapTokens = overlapTokens
    }

    /// - Parameter fallbackTitle: the title where the text does not begin its headings with one of level 1.
    /// - Precondition: `blocks` are in the order of the text, disjoint, and each with as many part labels as parts, or none.
    package func segment(_ text: ExtractedText, blocks: [LabelledBlock], fallbackTitle: Heading) -> Segmentation {
        let outline = Outline(text: text.text, blocks: blocks, fallbackTitle: fallbackTitle)
        var passages: [PassageDraft] = []
        let (maximumTokens, countTokens) = (embeddingText.maximumTokens, embeddingText.countTokens)
        for run in outline.runs {
            let prefix = embeddingText.prefix(
                label: run.label, title: outline.title, section: run.section.map { outline.headings[$0] })
            let packer = PassagePacker(
                text: text, maximumTokens: maximumTokens - countTokens(prefix), overlapTokens: overlapTokens,
                maximumBytes: maximumTokens * EmbeddingText.maximumBytesPerToken, countTokens: countTokens)
            for range in packer.pack(run.pieces) {
                passages.append(
                    PassageDraft(
                        label: run.label, range: range, page: run.page, section: run.section,
                        embeddingText: embeddingText.joined(prefix, text.string(range))))
            }
        }
        return Segmentation(title: outline.title, headings: outline.headings, passages: passages)
    }
}
