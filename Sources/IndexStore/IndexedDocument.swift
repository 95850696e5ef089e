package import Labels
package import Passages

/// A document ready to be committed: every text in it has its label, every passage its vector.
package struct IndexedDocument: Sendable {
    package let id: DocumentID
    /// Relative to the enclave's documents folder.
    package let path: String
    /// `IndexKeys.sourceDigest` of what the document was made from.
    package let sourceDigest: [UInt8]
    package let title: Heading
    package let headings: [Heading]
    /// In the order of the text.
    package let passages: [IndexedPassage]

    package init(
        id: DocumentID, path: String, sourceDigest: [UInt8], title: Heading, headings: [Heading],
        passages: [IndexedPassage]
    ) {
        self.id = id
        self.path = path
        self.sourceDigest = sourceDigest
        self.title = title
        self.headings = headings
        self.passages = passages
    }
}

/// A passage ready to be committed.
package struct IndexedPassage: Sendable {
    package let id: PassageID
    package let label: Label
    package let text: String
    /// SHA-256 of the text.
    package let sha256: [UInt8]
    package let range: ByteRange
    package let page: Int?
    /// Indices into the document's headings, outermost first.
    package let section: [Int]
    /// `IndexKeys.embeddingDigest` of what was embedded.
    package let embeddingDigest: [UInt8]
    /// Unit length.
    package let vector: [Float]

    package init(
        id: PassageID, label: Label, text: String, sha256: [UInt8], range: ByteRange, page: Int?, section: [Int],
        embeddingDigest: [UInt8], vector: [Float]
    ) {
        self.id = id
        self.label = label
        self.text = text
        self.sha256 = sha256
        self.range = range
        self.page = page
        self.section = section
        self.embeddingDigest = embeddingDigest
        self.vector = vector
    }
}
