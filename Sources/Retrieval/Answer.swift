import IndexStore
package import Labels
package import Passages

/// What a caller gets for a question. The same over HTTP and on the command line.
///
/// Nothing in it depends on a passage that the caller may not read (rule 2, non-interference).
package struct Answer: Sendable, Encodable {
    package let results: [Hit]
    /// The marking of all results together; nil when there are none.
    package let marking: String?
    /// Names the policies and schema that decided.
    package let policyVersion: String
    /// Names the set of passages that the caller may read, and changes only with it.
    package let contentTag: String

    package init(results: [Hit], marking: String?, policyVersion: String, contentTag: String) {
        self.results = results
        self.marking = marking
        self.policyVersion = policyVersion
        self.contentTag = contentTag
    }

    enum CodingKeys: String, CodingKey {
        case results, marking
        case policyVersion = "policy_version"
        case contentTag = "content_tag"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(results, forKey: .results)
        try container.encode(marking, forKey: .marking)
        try container.encode(policyVersion, forKey: .policyVersion)
        try container.encode(contentTag, forKey: .contentTag)
    }
}

/// One passage of an answer.
package struct Hit: Sendable, Encodable {
    package let score: Double
    package let passage: CitedPassage

    package init(score: Double, passage: CitedPassage) {
        self.score = score
        self.passage = passage
    }

    enum CodingKeys: String, CodingKey {
        case score
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(score, forKey: .score)
        try passage.encode(to: encoder)
    }
}

/// A passage with its marking and citation.
package struct CitedPassage: Sendable, Encodable {
    package let id: PassageID
    package let text: String
    package let marking: String
    /// The attributes of its label that `labels.yaml` calls visible.
    package let attributes: [String: AttributeValue]
    package let citation: Citation

    package init(
        id: PassageID, text: String, marking: String, attributes: [String: AttributeValue], citation: Citation
    ) {
        self.id = id
        self.text = text
        self.marking = marking
        self.attributes = attributes
        self.citation = citation
    }

    enum CodingKeys: String, CodingKey {
        case id, text, marking, attributes, citation
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id.description, forKey: .id)
        try container.encode(text, forKey: .text)
        try container.encode(marking, forKey: .marking)
        try container.encode(attributes.mapValues(AttributeJSON.init), forKey: .attributes)
        try container.encode(citation, forKey: .citation)
    }
}

/// What a caller may read of one document.
package struct CitedDocument: Sendable, Encodable {
    package let id: DocumentID
    package let title: String?
    package let url: String?
    package let passages: [CitedPassage]
    package let marking: String?

    enum CodingKeys: String, CodingKey {
        case id, title, url, passages, marking
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id.description, forKey: .id)
        try container.encode(title, forKey: .title)
        try container.encode(url, forKey: .url)
        try container.encode(passages, forKey: .passages)
        try container.encode(marking, forKey: .marking)
    }
}

/// An attribute value as JSON: sets as sorted lists, instants as text.
struct AttributeJSON: Encodable {
    let value: AttributeValue

    init(_ value: AttributeValue) {
        self.value = value
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch value {
        case .bool(let bool): try container.encode(bool)
        case .long(let number): try container.encode(number)
        case .string, .entity, .datetime: try container.encode(value.description)
        case .set(let members): try container.encode(members.sorted().map(AttributeJSON.init))
        }
    }
}
