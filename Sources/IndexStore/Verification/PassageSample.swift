package import Passages

/// What questions are made of that come near a passage.
package struct PassageSample: Sendable {
    /// Words of a question, at most.
    private static let wordLimit = 12

    package let id: PassageID
    package let document: DocumentID
    /// The first words of the text.
    package let words: String
    /// The heading right above it, or else the title.
    package let heading: String?

    init(_ passage: StoredPassage) {
        self.init(
            id: passage.id, document: passage.document, text: passage.text,
            heading: passage.section.last?.text ?? passage.title?.text)
    }

    init(id: PassageID, document: DocumentID, text: String, heading: String?) {
        self.id = id
        self.document = document
        words = text.split(whereSeparator: \.isWhitespace).prefix(Self.wordLimit).joined(separator: " ")
        self.heading = heading
    }
}
