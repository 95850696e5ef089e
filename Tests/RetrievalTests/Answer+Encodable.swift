import Labels
import Passages

@testable import Retrieval

// The oracle of `Answer.json`: the same values through `JSONEncoder`.

extension Answer: Encodable {
    enum CodingKeys: String, CodingKey {
        case results, marking, mode
        case expectedRecall = "expected_recall"
        case policyVersion = "policy_version"
        case contentTag = "content_tag"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(results, forKey: .results)
        try container.encode(marking, forKey: .marking)
        try container.encode(policyVersion, forKey: .policyVersion)
        try container.encode(contentTag, forKey: .contentTag)
        try container.encode(mode.rawValue, forKey: .mode)
        try container.encodeIfPresent(expectedRecall, forKey: .expectedRecall)
    }
}

extension Hit: Encodable {
    enum CodingKeys: String, CodingKey {
        case score, snippet
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(score, forKey: .score)
        try container.encodeIfPresent(snippet, forKey: .snippet)
        try passage.encode(to: encoder)
    }
}

extension Snippet: Encodable {
    enum CodingKeys: String, CodingKey {
        case text, highlights
        case byteRange = "byte_range"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(text, forKey: .text)
        try container.encode(byteRange, forKey: .byteRange)
        try container.encode(highlights, forKey: .highlights)
    }
}

extension CitedPassage: Encodable {
    enum CodingKeys: String, CodingKey {
        case id, text, marking, attributes, citation
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id.description, forKey: .id)
        try container.encode(text, forKey: .text)
        try container.encode(marking, forKey: .marking)
        let pairs = attributes.map { ($0.name, AttributeJSON(value: $0.value)) }
        try container.encode(Dictionary(uniqueKeysWithValues: pairs), forKey: .attributes)
        try container.encode(citation, forKey: .citation)
    }
}

extension CitedDocument: Encodable {
    enum CodingKeys: String, CodingKey {
        case id, title, url, passages, marking
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id.description, forKey: .id)
        try container.encode(title, forKey: .title)
        try container.encode(url, forKey: .url)
        try container.encode(passages, forKey: .passages)
        try container.encode(marking, forKey: .marking)
    }
}

extension Citation: Encodable {
    enum CodingKeys: String, CodingKey {
        case title, section, page, sha256, revision, url
        case document = "document_id"
        case byteRange = "byte_range"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(document.description, forKey: .document)
        try container.encode(title, forKey: .title)
        try container.encode(section, forKey: .section)
        try container.encode(page, forKey: .page)
        try container.encode(byteRange, forKey: .byteRange)
        try container.encode(sha256, forKey: .sha256)
        try container.encode(revision, forKey: .revision)
        try container.encode(url, forKey: .url)
    }
}

private struct AttributeJSON: Encodable {
    let value: AttributeValue

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch value {
        case .bool(let bool): try container.encode(bool)
        case .long(let number): try container.encode(number)
        case .string, .entity, .datetime: try container.encode(value.description)
        case .set(let members): try container.encode(members.sorted().map { AttributeJSON(value: $0) })
        }
    }
}
