import IndexStore
package import Labels
package import Passages

/// What a caller gets for a question. The same over HTTP and on the command line.
///
/// Nothing in it depends on a passage that the caller may not read (rule 2, non-interference).
package struct Answer: Sendable {
    package let results: [Hit]
    /// The marking of all results together; nil when there are none.
    package let marking: String?
    /// Names the policies and schema that decided.
    package let policyVersion: String
    /// Names the set of passages that the caller may read, and changes only with it.
    package let contentTag: String
    package let mode: SearchMode
    /// The share of the true results that such a search finds on average; nil where it finds all of them.
    package let expectedRecall: Double?

    package init(
        results: [Hit], marking: String?, policyVersion: String, contentTag: String, mode: SearchMode = .hybrid,
        expectedRecall: Double? = nil
    ) {
        self.mode = mode
        self.expectedRecall = expectedRecall
        self.results = results
        self.marking = marking
        self.policyVersion = policyVersion
        self.contentTag = contentTag
    }
}

/// One passage of an answer.
package struct Hit: Sendable {
    package let score: Double
    package let passage: CitedPassage
    /// Where it was asked for.
    package let snippet: Snippet?

    package init(score: Double, passage: CitedPassage, snippet: Snippet? = nil) {
        self.snippet = snippet
        self.score = score
        self.passage = passage
    }
}

/// A passage with its marking and citation.
package struct CitedPassage: Sendable {
    package let id: PassageID
    package let text: String
    package let marking: String
    /// The attributes of its label that `labels.yaml` calls visible, in the order of their names.
    package let attributes: [VisibleAttribute]
    package let citation: Citation

    package init(
        id: PassageID, text: String, marking: String, attributes: [VisibleAttribute], citation: Citation
    ) {
        self.id = id
        self.text = text
        self.marking = marking
        self.attributes = attributes
        self.citation = citation
    }
}

/// An attribute of a passage's label as its readers see it.
package struct VisibleAttribute: Sendable {
    package let name: String
    package let value: AttributeValue

    package init(name: String, value: AttributeValue) {
        self.name = name
        self.value = value
    }
}

/// What a caller may read of one document.
package struct CitedDocument: Sendable {
    package let id: DocumentID
    package let title: String?
    package let url: String?
    package let passages: [CitedPassage]
    package let marking: String?
}
