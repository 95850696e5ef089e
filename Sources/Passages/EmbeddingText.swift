package import Labels

/// What is embedded for a passage: of title and headings above it those that have its own label, then its text.
///
/// Rule 2 (non-interference): a heading of another label may be hidden from who reads the passage, and would show in its
/// scores. Labels are compared as policies decide about them: a passage that a policy names has a label of its own, which
/// no heading shares, so its text alone is embedded.
package struct EmbeddingText: Sendable {
    /// What title and headings may take of it, in tokens; the innermost are kept.
    package static let maximumHeadingTokens = 64
    /// A text holds at most this many bytes for each token it may have: a tokenizer may read a very long word as one.
    package static let maximumBytesPerToken = 16
    /// The least `maximumTokens` with which headings and text both have room.
    package static let minimumTokens = 8

    let maximumTokens: Int
    let countTokens: @Sendable (String) -> Int

    /// - Parameters:
    ///   - maximumTokens: of the whole, without the tokens that the model puts around it.
    ///   - countTokens: tokens of a text. The count of two texts joined by a line break is the sum of both.
    /// - Precondition: `maximumTokens >= EmbeddingText.minimumTokens`.
    package init(maximumTokens: Int, countTokens: @escaping @Sendable (String) -> Int) {
        precondition(maximumTokens >= Self.minimumTokens)
        self.maximumTokens = maximumTokens
        self.countTokens = countTokens
    }

    /// - Parameter section: The headings above the passage, outermost first.
    package func of(_ text: String, label: Label, title: Heading, section: [Heading]) -> String {
        joined(prefix(label: label, title: title, section: section), text)
    }

    /// Headings and a text that was cut to their room; the text alone where it has a word that leaves them none.
    func joined(_ prefix: String, _ text: String) -> String {
        let whole = prefix + text
        return countTokens(whole) > maximumTokens ? text : whole
    }

    /// Title and headings of this label, one a line, innermost last, equal ones once; empty or ending in a line break.
    func prefix(label: Label, title: Heading, section: [Heading]) -> String {
        let limit = min(Self.maximumHeadingTokens, maximumTokens / 2)
        let candidates = ([title] + section).filter { $0.label == label && !$0.text.isEmpty }
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
