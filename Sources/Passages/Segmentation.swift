package import Labels

/// A block of an extracted text with the label that governs it.
package struct LabelledBlock: Sendable {
    package let block: Block
    package let label: Label
    /// One label for each of the block's parts; empty where the parts carry no marks of their own, and then `label`
    /// governs the whole block.
    package let partLabels: [Label]

    package init(block: Block, label: Label, partLabels: [Label] = []) {
        self.block = block
        self.label = label
        self.partLabels = partLabels
    }
}

/// A title or heading: text that has a label like any other.
package struct Heading: Hashable, Sendable {
    package let text: String
    package let label: Label

    package init(text: String, label: Label) {
        self.text = text
        self.label = label
    }
}

/// A document cut into passages, before they have ids and vectors.
package struct Segmentation: Sendable {
    package let title: Heading
    package let headings: [Heading]
    package let passages: [PassageDraft]

    package init(title: Heading, headings: [Heading], passages: [PassageDraft]) {
        self.title = title
        self.headings = headings
        self.passages = passages
    }
}

/// A passage without an id: text of exactly one label.
package struct PassageDraft: Hashable, Sendable {
    package let label: Label
    /// The bytes of the passage in the extracted text.
    package let range: ByteRange
    /// Page of the first byte, from 1.
    package let page: Int?
    /// The headings above, outermost first, as indices into `Segmentation.headings`; the title is not among them.
    package let section: [Int]
    /// What is embedded under this label (`EmbeddingText`). Under another one it is made anew.
    package let embeddingText: String

    package init(label: Label, range: ByteRange, page: Int?, section: [Int], embeddingText: String) {
        self.label = label
        self.range = range
        self.page = page
        self.section = section
        self.embeddingText = embeddingText
    }
}
