import AccessControl
package import Labels
package import Passages

/// A document to be committed: every text in it has its label, and at last every passage its vector.
package struct IndexedDocument: Sendable {
    package let id: DocumentID
    /// The file that the document is, or is part of: the id that a document of the whole file has.
    package let source: DocumentID
    package let place: DocumentPlace
    /// `IndexKeys.sourceDigest` of what the document was made from.
    package let sourceDigest: [UInt8]
    /// The date that the document bears, milliseconds since 1970.
    package let date: Int64?
    package private(set) var title: Heading
    package private(set) var headings: [Heading]
    /// In the order of the text.
    package private(set) var passages: [IndexedPassage]

    /// - Parameter source: where nil, the document is a whole file.
    package init(
        id: DocumentID, source: DocumentID? = nil, place: DocumentPlace, sourceDigest: [UInt8], date: Int64? = nil,
        title: Heading, headings: [Heading], passages: [IndexedPassage]
    ) {
        self.id = id
        self.source = source ?? id
        self.place = place
        self.sourceDigest = sourceDigest
        self.date = date
        self.title = title
        self.headings = headings
        self.passages = passages
    }
}

extension IndexedDocument {
    /// The document with labels of its own where it is named, or a passage of it.
    func distinguished(by names: ResourceNames) -> IndexedDocument {
        guard !names.isEmpty else { return self }
        var document = self
        let id = ByteText(id.description)
        func own(_ heading: Heading) -> Heading {
            Heading(text: heading.text, label: names.label(heading.label, document: id, passage: nil))
        }
        document.title = own(title)
        document.headings = headings.map(own)
        document.passages = passages.map {
            $0.with(label: names.label($0.label, document: id, passage: ByteText($0.id.description)))
        }
        return document
    }

    /// Of each passage: which of the title and the headings above it have its label, and so shape its vector
    /// (`EmbeddingText`).
    var shaping: [[Bool]] {
        passages.map { passage in
            ([title] + passage.section.map { headings[$0] }).map { $0.label == passage.label }
        }
    }

    /// The document with the digest of what is embedded for each passage.
    package func with(embeddingDigests: [[UInt8]]) -> IndexedDocument {
        precondition(embeddingDigests.count == passages.count, "a passage without a digest")
        var document = self
        document.passages = zip(passages, embeddingDigests).map { $0.with(embeddingDigest: $1) }
        return document
    }

    /// The document with a vector for each passage.
    package func with(vectors: [[Float]]) -> IndexedDocument {
        precondition(vectors.count == passages.count, "a passage without a vector")
        var document = self
        document.passages = zip(passages, vectors).map { $0.with(vector: $1) }
        return document
    }
}

/// A passage of a document to be committed.
package struct IndexedPassage: Sendable {
    package let id: PassageID
    package private(set) var label: Label
    package let text: String
    /// SHA-256 of the text.
    package let sha256: [UInt8]
    package let range: ByteRange
    package let page: Int?
    /// Indices into the document's headings, outermost first.
    package let section: [Int]
    /// `IndexKeys.embeddingDigest` of what is embedded for it.
    package private(set) var embeddingDigest: [UInt8]
    /// Unit length; empty until it is made.
    package private(set) var vector: [Float]

    package init(
        id: PassageID, label: Label, text: String, sha256: [UInt8], range: ByteRange, page: Int?, section: [Int],
        embeddingDigest: [UInt8], vector: [Float] = []
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

    fileprivate func with(label: Label) -> IndexedPassage {
        var passage = self
        passage.label = label
        return passage
    }

    fileprivate func with(embeddingDigest: [UInt8]) -> IndexedPassage {
        var passage = self
        passage.embeddingDigest = embeddingDigest
        return passage
    }

    package func with(vector: [Float]) -> IndexedPassage {
        var passage = self
        passage.vector = vector
        return passage
    }
}
