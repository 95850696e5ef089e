/// Cuts an extracted text into passages that follow its structure.
///
/// A passage is a contiguous range of the text, of exactly one label, inside one section and one page. Lists, tables and
/// code stay whole where they fit.
///
/// Rule 2 (non-interference): what a passage of one label says, where it begins and ends and what is embedded for it
/// depend on the text of that label alone, and on *where* blocks and headings of other labels stand, never on what these
/// say or how long they are.
package struct Segmenter: Sendable {
    /// What title and headings may take of a passage's embedding text; the innermost are kept.
    package static let maximumHeadingTokens = 64
    /// A passage holds at most this many bytes for each token it may have: a tokenizer may read a very long word as one.
    package static let maximumBytesPerToken = 16
    /// The least `maximumTokens` with which headings and text both have room.
    package static let minimumTokens = 8

    private let maximumTokens: Int
    private let overlapTokens: Int
    private let countTokens: @Sendable (String) -> Int

    /// - Parameters:
    ///   - maximumTokens: of a whole embedding text, without the tokens that the model puts around it.
    ///   - overlapTokens: about how much of a passage the next one repeats where a run of text had to be split.
    ///   - countTokens: tokens of a text. The count of two texts joined by a line break is the sum of both.
    /// - Precondition: `maximumTokens >= Segmenter.minimumTokens`, `overlapTokens >= 0`.
    package init(maximumTokens: Int, overlapTokens: Int, countTokens: @escaping @Sendable (String) -> Int) {
        precondition(maximumTokens >= Self.minimumTokens && overlapTokens >= 0)
        self.maximumTokens = maximumTokens
        self.overlapTokens = overlapTokens
        self.countTokens = countTokens
    }

    /// - Parameter fallbackTitle: the title where the text does not begin its headings with one of level 1.
    /// - Precondition: `blocks` are in the order of the text, disjoint, and each with as many part labels as parts, or none.
    package func segment(_ text: ExtractedText, blocks: [LabelledBlock], fallbackTitle: Heading) -> Segmentation {
        let outline = Outline(text: text.text, blocks: blocks, fallbackTitle: fallbackTitle)
        var passages: [PassageDraft] = []
        for run in outline.runs {
            let prefix = headingPrefix(of: run, in: outline)
            let packer = PassagePacker(
                text: text, maximumTokens: maximumTokens - countTokens(prefix), overlapTokens: overlapTokens,
                maximumBytes: maximumTokens * Self.maximumBytesPerToken, countTokens: countTokens)
            for range in packer.pack(run.pieces) {
                let body = text.string(range)
                var embedded = prefix + body
                if countTokens(embedded) > maximumTokens { embedded = body }
                passages.append(
                    PassageDraft(
                        label: run.label, range: range, page: run.page, section: run.section, embeddingText: embedded))
            }
        }
        return Segmentation(title: outline.title, headings: outline.headings, passages: passages)
    }

    /// Title and headings that have the run's own label, one a line, innermost last, equal ones once; empty or ending in a
    /// line break.
    private func headingPrefix(of run: TextRun, in outline: Outline) -> String {
        let limit = min(Self.maximumHeadingTokens, maximumTokens / 2)
        let candidates = ([outline.title] + run.section.map { outline.headings[$0] })
            .filter { $0.label == run.label && !$0.text.isEmpty }
        var kept: [String] = []
        var total = 0
        for heading in candidates.reversed() {
            let bytes = Array(heading.text.utf8)
            let bound = TextCuts.scalarBoundary(in: bytes, atMost: limit * Self.maximumBytesPerToken)
            var line = String(decoding: bytes[..<bound], as: UTF8.self)
            var tokens = countTokens(line)
            while kept.isEmpty && tokens > limit, let space = line.lastIndex(where: \.isWhitespace) {
                line = String(line[..<space])
                tokens = countTokens(line)
            }
            if kept.contains(where: { $0.utf8.elementsEqual(line.utf8) }) { continue }
            guard total + tokens <= limit else { break }
            kept.append(line)
            total += tokens
        }
        return kept.reversed().map { $0 + "\n" }.joined()
    }
}
