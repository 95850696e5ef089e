package import Labels
package import Passages

/// A passage as it is read back for a caller: its own text, and of the rest of its document only what he may read.
package struct StoredPassage: Sendable {
    package let id: PassageID
    package let document: DocumentID
    package let label: Label
    package let text: String
    package let sha256: [UInt8]
    package let range: ByteRange
    package let page: Int?
    package let revision: [UInt8]
    /// Those headings above the passage whose labels are permitted, outermost first.
    package let section: [Heading]
    /// nil unless the title's label is permitted.
    package let title: StoredTitle?

    package init(
        id: PassageID, document: DocumentID, label: Label, text: String, sha256: [UInt8], range: ByteRange, page: Int?,
        revision: [UInt8], section: [Heading], title: StoredTitle?
    ) {
        self.id = id
        self.document = document
        self.label = label
        self.text = text
        self.sha256 = sha256
        self.range = range
        self.page = page
        self.revision = revision
        self.section = section
        self.title = title
    }
}

/// What a document is called, and where it lies. Both follow the decision on the title's label.
package struct StoredTitle: Sendable {
    package let text: String
    package let label: Label
    package let place: DocumentPlace

    package init(text: String, label: Label, place: DocumentPlace) {
        self.text = text
        self.label = label
        self.place = place
    }
}

/// What a caller may read of one document.
package struct StoredDocument: Sendable {
    package let id: DocumentID
    package let title: StoredTitle?
    /// In the order of the text.
    package let passages: [StoredPassage]

    package init(id: DocumentID, title: StoredTitle?, passages: [StoredPassage]) {
        self.id = id
        self.title = title
        self.passages = passages
    }
}

/// What a scan in approximate mode found.
package struct ApproximateResult: Sendable {
    /// Best first, with exact scores; some of the best may be missing.
    package let passages: [ScoredPassage]
    /// The share of the true best that they can be expected to hold.
    package let expectedRecall: Double

    package init(passages: [ScoredPassage], expectedRecall: Double) {
        self.passages = passages
        self.expectedRecall = expectedRecall
    }
}

/// A row that a scan found.
package struct ScoredPassage: Hashable, Sendable {
    package let id: PassageID
    package let label: LabelID
    /// Inner product with the query, by the fixed-order kernel.
    package let score: Double

    package init(id: PassageID, label: LabelID, score: Double) {
        self.id = id
        self.label = label
        self.score = score
    }
}
